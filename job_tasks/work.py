"""What tasks do their work with. Only workers import this: the manager's image holds neither parser nor tokenizer."""

from collections import Counter
from time import perf_counter

from job_core.errors import AddressRefused
from job_core.metrics import count_bytes, count_fetch, count_refused_address, count_words_counted
from job_tasks.count_result import CountResult, OneWord
from job_tasks.fetch_limits import fetch_limits
from job_tasks.settings import settings
from page_fetch.fetch import Page, fetch
from page_read.counting import count_page, page_frequencies
from page_read.words.count import Tokenizer


def fetch_page(url: str) -> Page:
    """The page that `url` leads to, within the limits that are set. Raises what `page_fetch.fetch.fetch` does."""
    started = perf_counter()
    try:
        page = fetch(url, fetch_limits(settings()))
    except AddressRefused:
        count_refused_address()
        raise
    finally:
        count_fetch(perf_counter() - started)
    count_bytes(page.wire_bytes)
    return page


def frequencies_of(page: Page) -> Counter[str]:
    """How often each word stands on `page`, in lower case."""
    return page_frequencies(page.body, page.content_type, tokenizer="words").frequencies


def count_words(page: Page, *, word: str | None, top: int, tokenizer: Tokenizer) -> CountResult:
    """The result of counting the words of `page`, and how the page was had."""
    started = perf_counter()
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
