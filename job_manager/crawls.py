"""`/result/<id>/pages` and `/words`: what a crawl has found and counted, as JSON or CSV."""

from bisect import bisect_right
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from uuid import UUID

from flask import Blueprint, Response, request
from pydantic import Field, field_validator

from job_core.errors import DatabaseUnavailable, UnknownJob
from job_core.job import ENDED, Job, JsonObject
from job_core.kinds import NO_NUL
from job_core.store.submissions import IdempotencyKey
from job_manager.errors import InvalidRequest, MemoryFull, WordsNotTogether
from job_manager.jobs import find_job_of
from job_manager.lists import CSV, FormatQuery, ListQuery, answer_list, stream_csv, wants_csv
from job_manager.openapi.operation import operation
from job_manager.requests import NUMBER_AND_ID, NUMBER_AND_WORD, read_query
from job_manager.services import DATABASE_SECONDS, services, take_memory
from job_manager.submitting import ACCEPTS, accept_and_publish
from job_manager.views import answer
from job_manager.web.crawl_view import OUTCOMES
from job_tasks.crawl import INCOMPLETE_PAGES, CrawlWordsRequest
from job_tasks.job_tasks import crawl, crawl_words, quotes
from job_tasks.views import ApiModel
from site_crawl import read
from site_crawl.asked_word import NotOneWord
from site_crawl.read import FoundPage, FoundWord, PageOrder, WordOrder

ASKS = (UnknownJob, DatabaseUnavailable, MemoryFull)
RANKED_BYTES = 5  # of JSON, as which `take_memory` counts a page among all that are sorted by a word
ASKS_FOR_WORDS = (*ASKS, *ACCEPTS, WordsNotTogether)

blueprint = Blueprint("crawls", __name__)


class PageQuery(ListQuery):
    """Of `GET /result/<id>/pages`."""

    outcome: str | None = Field(
        default=None,
        description=f"only URLs that ended so: one or several of {', '.join(OUTCOMES)}, with commas between",
        json_schema_extra={"pattern": f"^({'|'.join(OUTCOMES)})(,({'|'.join(OUTCOMES)}))*$"},
    )
    word: str | None = Field(
        default=None,
        min_length=1,
        description="the word whose count `word_count` is, in place of the crawl's own; any single word",
        json_schema_extra={"pattern": NO_NUL},
    )
    order: PageOrder = Field(
        default="found",
        description="found: as they were found; words: the counted ones only, by their words; "
        "word: the counted ones only, by the count of `word`, or of the crawl's own",
    )
    cursor: str | None = Field(default=None, pattern=NUMBER_AND_ID, description="from `next` of the previous page")

    @field_validator("outcome")
    @classmethod
    def _check_outcomes(cls, outcome: str | None) -> str | None:
        if outcome is not None and not OUTCOMES.keys() >= set(outcome.split(",")):
            raise ValueError(f"must be one or several of {', '.join(OUTCOMES)}, with commas between")
        return outcome


class WordQuery(ListQuery):
    """Of `GET /result/<id>/words`."""

    prefix: str = Field(
        default="", max_length=100, description="only words that begin so", json_schema_extra={"pattern": NO_NUL}
    )
    order: WordOrder = Field(default="count", description="the most frequent words first, or the order of the alphabet")
    cursor: str | None = Field(
        default=None,
        max_length=200,
        pattern=NUMBER_AND_WORD,
        description="from `next` of the previous page",
    )


class CrawlPageView(ApiModel):
    """A URL that a crawl discovered."""

    url: str
    depth: int | None = Field(description="how many links it is away from the start; null if only a sitemap names it")
    found_on: str | None = Field(description="the page that names it; null for the start, and for sitemaps")
    outcome: str | None = Field(description="how it ended; null while it waits or is read")
    reason: str | None = Field(description="why it failed, as a name; the URL of the page that a duplicate repeats")
    detail: str | None = Field(description="why it failed, or which of its links were passed over, as a sentence")
    http_status: int | None
    words: int | None = Field(description="how many words it has, if it was counted")
    word_count: int | None = Field(
        description="how often the asked word stands on it: `word`, else the crawl's own; null if it was not counted"
    )


class CrawlPageList(ApiModel):
    """A page of the URLs that a crawl discovered."""

    pages: list[CrawlPageView]
    next: str | None = Field(description="path and query of the next page; null on the last page")


class SiteWordView(ApiModel):
    """A word of a crawled site."""

    word: str
    count: int = Field(ge=0, description="how often it stands on the site")
    pages: int = Field(ge=0, description="on how many pages")


class SiteWordList(ApiModel):
    """A page of the words of a site."""

    words: list[SiteWordView]
    incomplete_pages: int = Field(ge=0, description=INCOMPLETE_PAGES)
    next: str | None = Field(description="path and query of the next page; null on the last page")


class WordPlaceView(ApiModel):
    """A page where a word stands."""

    url: str
    count: int = Field(ge=1)


class SiteWordDetail(SiteWordView):
    """A word of a crawled site, and where it stands."""

    places: list[WordPlaceView] = Field(description="the pages where it stands most often, at most 20")
    incomplete_pages: int = Field(ge=0, description=INCOMPLETE_PAGES)


_PAGE, _WORD, _PLACE = (tuple(model.model_fields) for model in (CrawlPageView, SiteWordView, WordPlaceView))


@blueprint.get("/result/<job_id>/pages")
@operation({200: CrawlPageList}, ASKS, query=PageQuery, as_text=(CSV,))
def pages(job_id: str) -> Response:
    """List the pages of a crawl, or of a search for quotes.

    Every URL that was discovered is listed, with what became of it. A cancelled job keeps its pages.
    """
    asked = read_query(PageQuery, request.args)
    job = find_job_of(job_id, crawl, quotes)
    if job.kind == quotes.name and (asked.word is not None or asked.order != "found"):
        raise InvalidRequest(("word" if asked.word is not None else "order", "needs words, which no search counts"))
    if asked.order == "word" and asked.word is None and job.request.get("word") is None:
        raise InvalidRequest(("word", "is needed to sort by: the crawl has none of its own"))
    word = None if asked.word is None else _word_asked_for(job, asked.word)
    outcomes = asked.outcome.split(",") if asked.outcome else []

    def find_others(cursor: str | None, limit: int) -> list[FoundPage]:
        value, page_id = _parts(cursor)
        after = (value, int(page_id)) if page_id else None
        with services().database.reading(DATABASE_SECONDS) as connection:
            return read.pages_of(
                connection, job.id, outcomes=outcomes, word=word, order=asked.order, after=after, limit=limit
            )

    is_ranked = asked.order == "word" and word is not None and (not outcomes or "counted" in outcomes)
    find = _ranked(job.id, word) if is_ranked else find_others
    return answer_list("pages", _PAGE, asked, find, lambda page: _cursor(page.after(asked.order)))


@blueprint.get("/result/<job_id>/words")
@operation({200: SiteWordList}, ASKS_FOR_WORDS, query=WordQuery, as_text=(CSV,))
def words(job_id: str) -> Response:
    """List the words of a crawl.

    Each word of the site, with its count and its number of pages. They are put together when the crawl has ended by
    itself; until then, those of 2,000 pages can be asked for. Those of a larger crawl that was cancelled are put
    together by a job of their own when they are asked for first: ask again until they are there.
    """
    asked = read_query(WordQuery, request.args)
    crawl_id = _check_words(_crawl(job_id))

    def find(cursor: str | None, limit: int) -> list[FoundWord]:
        count, word = _parts(cursor)
        after = (count, word) if word else None
        with services().database.reading(DATABASE_SECONDS) as connection:
            return read.words_of(connection, crawl_id, prefix=asked.prefix, order=asked.order, after=after, limit=limit)

    return answer_list(
        "words",
        _WORD,
        asked,
        find,
        lambda word: _cursor(word.after()),
        beside=lambda: {"incomplete_pages": _incomplete_pages(crawl_id)},
    )


@blueprint.get("/result/<job_id>/words/<text:word>")
@operation({200: SiteWordDetail}, ASKS, query=FormatQuery, as_text=(CSV,))
def word(job_id: str, word: str) -> Response:
    """Look up a word of a crawl.

    Any word may be asked for, and nothing is fetched again. One that stands nowhere has a count of 0. All apostrophes
    are one. Several words are refused, unless they are the crawl's own `word`. CSV lists all pages where it stands.
    """
    asked = read_query(FormatQuery, request.args)
    if "\0" in word:
        raise InvalidRequest(("word", "holds a NUL character"))
    job = _crawl(job_id)
    key = _word_asked_for(job, word)
    if wants_csv(asked.format):
        places = _ranked(job.id, key, only_places=True)
        return stream_csv(_PLACE, places, lambda page: _cursor(page.after("word")), _place)
    with services().database.reading(DATABASE_SECONDS) as connection:
        to_look_through = read.counted_so_far(connection, job.id) or 0
    take_memory(RANKED_BYTES * to_look_through)
    own = job.request.get("word")
    found, most = read.word_of(services().database, job.id, key, own=own, seconds=DATABASE_SECONDS)
    return answer(
        {**vars(found), "places": [vars(place) for place in most], "incomplete_pages": _incomplete_pages(job.id)}
    )


Find = Callable[[str | None, int], list[FoundPage]]


def _ranked(crawl_id: UUID, word: str | None, *, only_places: bool = False) -> Find:
    """What finds the counted pages, those first where the word stands most often; or only those where it stands."""
    database = services().database

    @cache
    def ranking() -> list[tuple[int, int]]:
        """Made once for all pieces of an answer."""
        with database.reading(DATABASE_SECONDS) as connection:
            sums = read.sums_of(connection, [crawl_id])
        take_memory(RANKED_BYTES * sum(each["outcomes"].get("counted", 0) for each in sums.values()))
        return read.ranking(database, crawl_id, word, DATABASE_SECONDS)

    def find(cursor: str | None, limit: int) -> list[FoundPage]:
        count, page_id = _parts(cursor)
        ranked = ranking()
        start = bisect_right(ranked, (-count, int(page_id)), key=lambda each: (-each[0], each[1])) if page_id else 0
        piece = [each for each in ranked[start : start + limit] if each[0] or not only_places]
        with database.reading(DATABASE_SECONDS) as connection:
            return read.ranked_pages(connection, crawl_id, piece)

    return find


def _place(page: FoundPage) -> JsonObject:
    return {"url": page.url, "count": page.word_count}


def _word_asked_for(job: Job, asked: str) -> str | None:
    """The word to look up for the text that is asked for; None for the crawl's own. Raises InvalidRequest."""
    own, tokenizer = job.request.get("word"), job.request.get("tokenizer", "words")
    try:
        with services().database.reading(DATABASE_SECONDS) as connection:
            return read.word_asked_for(connection, job.id, asked, own, tokenizer)
    except NotOneWord as error:
        raise InvalidRequest(("word", str(error))) from error


def _incomplete_pages(crawl_id: UUID) -> int:
    with services().database.reading(DATABASE_SECONDS) as connection:
        return read.incomplete_pages(connection, crawl_id)


def _crawl(job_id: str) -> Job:
    return find_job_of(job_id, crawl)


def _check_words(job: Job) -> UUID:
    """The crawl's id. Raises WordsNotTogether."""
    with services().database.reading(DATABASE_SECONDS) as connection:
        counted = read.counted_so_far(connection, job.id)
    if counted is None or counted <= read.MAX_SUMMED:
        return job.id
    if job.state in ENDED:
        asked = crawl_words.job(
            CrawlWordsRequest(crawl_id=job.id, url=job.label), max_crashes=services().settings.job_max_crashes
        )
        # Whoever asks again within a day asks for the same job. No caller's key begins with a space.
        key = IdempotencyKey(key=f" words of {job.id}", fingerprint=job.id.bytes, owner=job.owner)
        (together,) = accept_and_publish([replace(asked, owner=job.owner)], key).jobs
        raise WordsNotTogether(
            f"It was cancelled or failed after {counted:,} pages. The job {together.id} puts their words together: ask"
            " again when that has ended. Single words can be asked for now."
        )
    raise WordsNotTogether(
        f"It has counted {counted:,} pages so far, too many to put their words together now. Ask again when it has"
        " ended. Single words can be asked for now."
    )


def _cursor(after: tuple[int, object]) -> str:
    value, last = after
    return f"{value}.{last}"


def _parts(cursor: str | None) -> tuple[int, str]:
    """The value and what follows it, which is empty at the start of a list."""
    value, _, last = (cursor or "0.").partition(".")
    return int(value), last
