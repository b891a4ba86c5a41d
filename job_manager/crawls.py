"""`/result/<id>/pages` and `/words`: what a crawl has found and counted, as JSON or CSV."""

from uuid import UUID

from flask import Blueprint, Response, request
from pydantic import Field

from job_core.errors import DatabaseUnavailable, UnknownJob
from job_core.job import ENDED, Job
from job_core.kinds import NO_NUL
from job_manager.errors import InvalidRequest, WordsNotTogether
from job_manager.jobs import find_job
from job_manager.lists import CSV, FormatQuery, ListQuery, answer_list, csv_lines, wants_csv
from job_manager.openapi.operation import operation
from job_manager.requests import NUMBER_AND_ID, NUMBER_AND_WORD, read_query
from job_manager.services import DATABASE_SECONDS, services
from job_manager.views import answer
from job_tasks.crawl import is_phrase
from job_tasks.job_tasks import crawl
from job_tasks.views import ApiModel
from site_crawl import read
from site_crawl.read import FoundPage, FoundWord, PageOrder, WordOrder

ASKS = (UnknownJob, DatabaseUnavailable)
ASKS_FOR_WORDS = (*ASKS, WordsNotTogether)

blueprint = Blueprint("crawls", __name__)


class PageQuery(ListQuery):
    """Of `GET /result/<id>/pages`."""

    outcome: str | None = Field(
        default=None,
        description="only URLs that ended so, like counted, failed or robots",
        json_schema_extra={"pattern": NO_NUL},
    )
    order: PageOrder = Field(
        default="found",
        description="as they were found; the counted ones by their words; or those with the asked word, by its count",
    )
    cursor: str | None = Field(default=None, pattern=NUMBER_AND_ID, description="from `next` of the previous page")


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
    detail: str | None = Field(description="why it failed, as a sentence")
    http_status: int | None
    words: int | None = Field(description="how many words it has, if it was counted")
    word_count: int | None = Field(description="how often the word that the crawl asked for stands on it")


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
    next: str | None = Field(description="path and query of the next page; null on the last page")


class WordPlaceView(ApiModel):
    """A page where a word stands."""

    url: str
    count: int = Field(ge=1)


class SiteWordDetail(SiteWordView):
    """A word of a crawled site, and where it stands."""

    places: list[WordPlaceView] = Field(description="the pages where it stands most often, at most 20")


_PAGE, _WORD, _PLACE = (tuple(model.model_fields) for model in (CrawlPageView, SiteWordView, WordPlaceView))


@blueprint.get("/result/<job_id>/pages")
@operation({200: CrawlPageList}, ASKS, query=PageQuery, as_text=(CSV,))
def pages(job_id: str) -> Response:
    """List the pages of a crawl.

    Every URL that was discovered is listed, with what became of it. A cancelled crawl keeps its pages.
    """
    asked = read_query(PageQuery, request.args)
    crawl_id = _crawl_id(job_id)

    def find(cursor: str | None, limit: int) -> list[FoundPage]:
        value, page_id = _parts(cursor)
        after = (value, int(page_id)) if page_id else None
        with services().database.reading(DATABASE_SECONDS) as connection:
            return read.pages_of(
                connection, crawl_id, outcome=asked.outcome, order=asked.order, after=after, limit=limit
            )

    return answer_list("pages", _PAGE, asked, find, lambda page: _cursor(page.after(asked.order)))


@blueprint.get("/result/<job_id>/words")
@operation({200: SiteWordList}, ASKS_FOR_WORDS, query=WordQuery, as_text=(CSV,))
def words(job_id: str) -> Response:
    """List the words of a crawl.

    Each word of the site, with its count and its number of pages. They are put together when the crawl has ended by
    itself; until then, and if it was cancelled, those of 2,000 pages can be asked for.
    """
    asked = read_query(WordQuery, request.args)
    crawl_id = _check_words(_crawl(job_id))

    def find(cursor: str | None, limit: int) -> list[FoundWord]:
        count, word = _parts(cursor)
        after = (count, word) if word else None
        with services().database.reading(DATABASE_SECONDS) as connection:
            return read.words_of(connection, crawl_id, prefix=asked.prefix, order=asked.order, after=after, limit=limit)

    return answer_list("words", _WORD, asked, find, lambda word: _cursor(word.after()))


@blueprint.get("/result/<job_id>/words/<text:word>")
@operation({200: SiteWordDetail}, ASKS_FOR_WORDS, query=FormatQuery, as_text=(CSV,))
def word(job_id: str, word: str) -> Response:
    """Look up a word of a crawl.

    Any word may be asked for, and nothing is fetched again. One that stands nowhere has a count of 0. All apostrophes
    are one.
    """
    asked = read_query(FormatQuery, request.args)
    if "\0" in word:
        raise InvalidRequest(("word", "holds a NUL character"))
    job = _crawl(job_id)
    if is_phrase(word.strip(), job.request.get("tokenizer", "words")):
        raise InvalidRequest(("word", "is several words, which a crawl counts only where its own `word` names them"))
    _check_words(job)
    with services().database.reading(DATABASE_SECONDS) as connection:
        found, places = read.word_of(connection, job.id, word.strip())
    if wants_csv(asked.format):
        return Response(csv_lines(_PLACE, map(vars, places), with_head=True), content_type=CSV)
    return answer({**vars(found), "places": [vars(place) for place in places]})


def _crawl_id(job_id: str) -> UUID:
    return _crawl(job_id).id


def _crawl(job_id: str) -> Job:
    job = find_job(job_id)
    if job.kind != crawl.name:
        raise UnknownJob("The job is no crawl.")
    return job


def _check_words(job: Job) -> UUID:
    """The crawl's id. Raises WordsNotTogether."""
    with services().database.reading(DATABASE_SECONDS) as connection:
        counted = read.counted_so_far(connection, job.id)
    if counted is None or counted <= read.MAX_SUMMED:
        return job.id
    if job.state in ENDED:
        raise WordsNotTogether(
            f"It was cancelled or failed after {counted:,} pages, too many to put their words together now. Submit it"
            " again for the words of the site; /pages lists what each page has."
        )
    raise WordsNotTogether(
        f"It has counted {counted:,} pages so far, too many to put their words together now. Ask again when it has"
        " ended."
    )


def _cursor(after: tuple[int, object]) -> str:
    value, last = after
    return f"{value}.{last}"


def _parts(cursor: str | None) -> tuple[int, str]:
    """The value and what follows it, which is empty at the start of a list."""
    value, _, last = (cursor or "0.").partition(".")
    return int(value), last
