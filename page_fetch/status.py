"""What a response's status means for the fetch."""

from datetime import UTC, datetime
from http import HTTPStatus

from page_fetch.errors import InvalidRedirect, InvalidUrl, PageRefused, ServerBusy
from page_fetch.retry_after import retry_after_seconds
from page_fetch.url import WebUrl, parse_url

REDIRECTS = {301, 302, 303, 307, 308}

_TRANSIENT = {408, 425, 429, *range(500, 600)}


def check_status(status: int, retry_after: str | None, url: WebUrl) -> None:
    """Nothing for a success of `url`; raises ServerBusy, which may carry `retry_after`, or PageRefused."""
    if 200 <= status < 300:  # noqa: PLR2004 - the class of successes, RFC 9110 section 15
        return
    if status in _TRANSIENT:
        raise ServerBusy(
            f"The site answered {_named(status)}.",
            retry_after=retry_after_seconds(retry_after, datetime.now(UTC)),
            host=url.host_name,
        )
    raise PageRefused(f"The site answered {_named(status)}.")


def redirect_target(current: WebUrl, location: str | None) -> WebUrl:
    """Where a redirect from `current` leads; raises InvalidRedirect if it is nowhere or not on the web."""
    if location is None:
        raise InvalidRedirect("The site redirects without saying where to.")
    try:
        return parse_url(_text(location), current)
    except InvalidUrl as error:
        raise InvalidRedirect(f"The redirect target {error}.") from error


def _text(header: str) -> str:
    """A header's bytes as UTF-8, which sites use; the HTTP library takes them for Latin-1."""
    raw = header.encode("latin-1")
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return header


def _named(status: int) -> str:
    return f"{status} {HTTPStatus(status).phrase}" if status in set(HTTPStatus) else str(status)
