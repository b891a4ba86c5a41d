"""Whether a callback can be called: what is known before any look-up."""

from collections.abc import Iterable

from job_core.job import NewJob
from job_manager.errors import InvalidRequest
from job_tasks.settings import Settings
from page_fetch.errors import AddressRefused, InvalidUrl
from page_fetch.guard import check_unresolved
from page_fetch.url import MAX_ENCODED_LENGTH, parse_url


def read_callback_url(text: str) -> str:
    """The URL as the parser writes it, so that the part before its path is the receiver. Raises ValueError."""
    try:
        return str(parse_url(text))
    except InvalidUrl as error:
        raise ValueError(str(error)) from error


def check_callbacks(jobs: Iterable[NewJob], settings: Settings) -> None:
    """Raise InvalidRequest if a callback of `jobs` could not be signed, or leads where nothing is sent.

    A name is looked up when the webhook is sent, each time again: until then it may lead elsewhere.
    """
    urls = {job.callback_url for job in jobs if job.callback_url is not None}
    if urls and not settings.webhook_secrets:
        raise InvalidRequest(("callback_url", "is not offered here: no WEBHOOK_SECRETS are set to sign webhooks with"))
    for url in urls:
        try:
            check_unresolved(parse_url(url, max_length=MAX_ENCODED_LENGTH), settings.fetch_limits)
        except AddressRefused as error:
            raise InvalidRequest(("callback_url", "leads to an address or port that no webhook is sent to")) from error
