"""Sends webhooks as pages are fetched: to public addresses only, under one deadline."""

from collections.abc import Mapping
from dataclasses import replace

from job_core.errors import ReceiverRefused, WebhookNotTaken
from job_core.webhooks import Post
from page_fetch.errors import AddressRefused, FetchError, FetchTimedOut
from page_fetch.fetch import PageFetcher
from page_fetch.guard import Resolver, system_resolver
from page_fetch.limits import FetchLimits


def webhook_post(limits: FetchLimits, seconds: float, resolver: Resolver = system_resolver) -> Post:
    """The function by which webhooks leave. Each post ends within `seconds`."""
    fetcher = PageFetcher(replace(limits, read_timeout_seconds=seconds, total_timeout_seconds=seconds), resolver)

    def post(url: str, body: bytes, headers: Mapping[str, str]) -> tuple[int, float | None]:
        try:
            return fetcher.post(url, body, headers)
        except FetchTimedOut as error:  # whose text is about pages
            detail = f"The receiver did not answer within {seconds:g} seconds."
            raise WebhookNotTaken(detail, type=error.type, title=error.title) from error
        except AddressRefused as error:
            raise ReceiverRefused(str(error), type=error.type, title=error.title) from error
        except FetchError as error:
            raise WebhookNotTaken(str(error), type=error.type, title=error.title) from error

    return post
