"""Counting the words of a page: what is asked for, what comes out, and the work."""

from collections.abc import Sequence
from time import perf_counter
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import AfterValidator, Field, ValidationInfo
from typing_extensions import TypedDict  # pydantic wants this one before Python 3.12

from job_core.job import JsonObject
from job_core.kinds import IS_KEPT, counted
from job_tasks.metrics import count_words_counted
from job_tasks.page_request import PageRequest

if TYPE_CHECKING:
    from page_fetch.fetch import Page


def _check_word(text: str, info: ValidationInfo) -> str:
    """The word without the white space around it."""
    is_kept = (info.context or {}).get(IS_KEPT, False)
    if not is_kept and not any(map(str.isalpha, text)):
        raise ValueError("holds no letter")
    return text.strip()


AskedWord = Annotated[
    str,
    Field(
        min_length=1,
        max_length=100,
        description="a word to count by itself, in any case and with any apostrophe; "
        "one that is cut into several, like `e-mail`, where these follow one another on a line",
    ),
    AfterValidator(_check_word),
]


class CountRequest(PageRequest):
    """What `POST /count` takes, besides the URL."""

    word: AskedWord | None = None
    top: int = Field(default=25, ge=0, le=1_000, description="how many of the most frequent words to list")
    tokenizer: Literal["words", "treebank"] = Field(default="words", description="how text is cut into words")


class OneWord(TypedDict):
    """A word, and how often it occurs on the page."""

    word: str
    count: Annotated[int, Field(ge=0)]


class CountResult(TypedDict):
    """The word counts of a page, and how the page was fetched."""

    words: Annotated[int, Field(ge=0, description="how many words a person reads on the page")]
    unique_words: Annotated[int, Field(ge=0, description="how many different ones")]
    top: Annotated[Sequence[tuple[str, int]], Field(description="the most frequent words, each with its count")]
    word: Annotated[OneWord | None, Field(description="the count of the word that was asked for")]
    final_url: Annotated[str, Field(description="where the redirects ended")]
    http_status: int
    content_type: str | None
    charset: Annotated[str, Field(description="the encoding by which the page was read")]
    charset_source: Annotated[
        Literal["bom", "header", "meta", "detected", "default"], Field(description="what named the encoding")
    ]
    bytes: Annotated[int, Field(ge=0, description="of the page, decompressed")]
    language: Annotated[str | None, Field(description="as the page declares it")]
    fetch_ms: Annotated[int, Field(ge=0)]
    count_ms: Annotated[int, Field(ge=0)]


def count_words(page: "Page", request: CountRequest) -> CountResult:
    """The result of counting the words of `page`. Raises PermanentError if it is not text."""
    from job_tasks.fetching import page_errors  # noqa: PLC0415 - only workers hold a parser
    from page_read.page import read_page  # noqa: PLC0415 - the same
    from page_read.words import summarize  # noqa: PLC0415 - the same

    started = perf_counter()
    with page_errors():
        read = read_page(page.body, page.content_type)
    counts = summarize(read.text, request.tokenizer, word=request.word, top=request.top)
    seconds = perf_counter() - started
    count_words_counted(seconds)
    return {
        "words": counts.words,
        "unique_words": counts.unique_words,
        "top": counts.top,
        "word": None if request.word is None else OneWord(word=request.word, count=counts.word_count or 0),
        "final_url": page.final_url,
        "http_status": page.http_status,
        "content_type": page.content_type,
        "charset": read.charset,
        "charset_source": read.charset_source,
        "bytes": len(page.body),
        "language": read.language,
        "fetch_ms": page.fetch_ms,
        "count_ms": round(seconds * 1_000),
    }


def count_summary(result: JsonObject) -> str:
    """A result in a few words, for lists of jobs."""
    return counted(result["words"], "word")
