"""Pages for tasks: fetched within the settings, measured, and what is wrong with one raised as the job's error.

Only workers import this: the manager's image can neither fetch nor parse.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from time import perf_counter

from job_core.errors import PermanentError, TransientError
from job_tasks.metrics import count_bytes, count_fetch, count_refused_address
from job_tasks.settings import settings
from page_fetch.errors import AddressRefused, FetchError, TransientFetchError
from page_fetch.fetch import AskedPage, Page, PageFetcher
from page_fetch.url import WebUrl
from page_read.content_type import check_content_type
from page_read.errors import ReadError
from page_read.page import read_page
from page_read.words import frequencies

ACCEPT = "text/html, application/xhtml+xml, text/plain;q=0.9"


@cache
def fetcher() -> PageFetcher:
    """The one of this process. Made before the fork, its certificates are loaded once for all children."""
    return PageFetcher(settings().fetch_limits)


@contextmanager
def page_errors() -> Iterator[None]:
    """Raise what is wrong with a page as the job's error: TransientError or PermanentError."""
    try:
        yield
    except TransientFetchError as error:
        raise TransientError(
            str(error), type=error.type, title=error.title, retry_after=error.retry_after, limit_key=error.host
        ) from error
    except AddressRefused as error:
        detail = f"{error} FETCH_ALLOWED_PRIVATE_NETWORKS and FETCH_ALLOWED_PORTS say what else may be fetched."
        raise PermanentError(detail, type=error.type, title=error.title) from error
    except (FetchError, ReadError) as error:
        raise PermanentError(str(error), type=error.type, title=error.title) from error


def ask_for_page(url: str, page_fetcher: PageFetcher) -> AskedPage | None:
    """Ask for a page that `fetch_page` reads later. None if it cannot be asked for: then `fetch_page` says why."""
    try:
        return page_fetcher.ask(url, accept=ACCEPT)
    except FetchError:
        return None


def fetch_page(
    url: str,
    *,
    page_fetcher: PageFetcher | None = None,
    asked: AskedPage | None = None,
    check_redirect: Callable[[WebUrl], object] = lambda _: None,
) -> Page:
    """The page that `url` leads to, if it is HTML or plain text. Raises TransientError or PermanentError.

    `page_fetcher` is the one of this process unless the caller has one. The page is read from `asked` if it was asked
    for before. `check_redirect` gets the target of each redirect, and may raise an error of the caller's own.
    """
    started = perf_counter()
    try:
        with page_errors():
            page = (page_fetcher or fetcher()).fetch(
                url, asked=asked, accept=ACCEPT, check_type=check_content_type, check_redirect=check_redirect
            )
    except PermanentError as error:
        if isinstance(error.__cause__, AddressRefused):
            count_refused_address()
        raise
    finally:
        count_fetch(perf_counter() - started)
    count_bytes(page.wire_bytes)
    return page


def frequencies_of(page: Page) -> Counter[str]:
    """How often each word occurs on `page`, in lower case. Raises PermanentError if it is not text."""
    with page_errors():
        return frequencies(read_page(page.body, page.content_type).text, "words")
