"""What tasks do their work with. Only workers import this: the manager's image holds neither parser nor tokenizer."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from time import perf_counter

from job_core.errors import PermanentError, TransientError
from job_core.metrics import count_bytes, count_fetch, count_refused_address, count_words_counted
from job_tasks.count_result import CountResult, OneWord
from job_tasks.fetch_limits import fetch_limits
from job_tasks.settings import settings
from page_fetch.errors import AddressRefused, FetchError, TransientFetchError
from page_fetch.fetch import Page, fetch
from page_read.counting import count_page, page_frequencies
from page_read.errors import ReadError
from page_read.words.count import Tokenizer


@contextmanager
def page_errors() -> Iterator[None]:
    """Raise what is wrong with a page as the job's error: TransientError or PermanentError."""
    try:
        yield
    except TransientFetchError as error:
        raise TransientError(
            str(error), type=error.type, title=error.title, retry_after=error.retry_after, limit_key=error.host
        ) from error
    except (FetchError, ReadError) as error:
        raise PermanentError(str(error), type=error.type, title=error.title) from error


def fetch_page(url: str) -> Page:
    """The page that `url` leads to, within the limits that are set. Raises TransientError or PermanentError."""
    started = perf_counter()
    try:
        with page_errors():
            page = fetch(url, fetch_limits(settings()))
    except PermanentError as error:
        if isinstance(error.__cause__, AddressRefused):
            count_refused_address()
        raise
    finally:
        count_fetch(perf_counter() - started)
    count_bytes(page.wire_bytes)
    return page


def frequencies_of(page: Page) -> Counter[str]:
    """How often each word stands on `page`, in lower case."""
    with page_errors():
        return page_frequencies(page.body, page.content_type, tokenizer="words").frequencies


def count_words(page: Page, *, word: str | None, top: int, tokenizer: Tokenizer) -> CountResult:
    """The result of counting the words of `page`, and how the page was had."""
    started = perf_counter()
    with page_errors():
        counted = count_page(page.body, page.content_type, word=word, top=top, tokenizer=tokenizer)
    seconds = perf_counter() - started
    count_words_counted(seconds)
    return {
        "words": counted.counts.words,
        "unique_words": counted.counts.unique_words,
        "top": counted.counts.top,
        "word": None if word is None else OneWord(word=word, count=counted.counts.word_count or 0),
        "final_url": page.final_url,
        "http_status": page.http_status,
        "content_type": page.content_type,
        "charset": counted.charset,
        "charset_source": counted.charset_source,
        "bytes": len(page.body),
        "language": counted.language,
        "fetch_ms": page.fetch_ms,
        "count_ms": round(seconds * 1_000),
    }
