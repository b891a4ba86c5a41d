"""Counting the words of a whole site: what is asked for, and what comes out."""

from collections.abc import Collection, Mapping, Sequence
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Connection
from typing_extensions import TypedDict  # pydantic wants this one before Python 3.12

from job_core.errors import PermanentError
from job_core.job import JsonObject
from job_core.kinds import FanOut, GoOn, Kind, RunningJob, counted
from job_tasks.count import AskedWord
from job_tasks.site import SiteProgress, SiteRequest, SiteResult, next_round, site_progress, site_result
from site_crawl.frontier import Frontier
from site_crawl.read import incomplete_pages, sums_of
from site_crawl.words import most_frequent, put_together

INCOMPLETE_PAGES = "on how many pages words were left out: of a page, its 50,000 most frequent different ones are kept"


class CrawlRequest(SiteRequest):
    """What `POST /crawl` takes, besides what says which pages are read."""

    word: AskedWord | None = None
    top: int = Field(default=25, ge=0, le=1_000, description="how many of the most frequent words to list")
    tokenizer: Literal["words", "treebank"] = Field(default="words", description="how text is cut into words")


class SiteWord(TypedDict):
    """A word, how often it occurs on the site, and on how many pages."""

    word: str
    count: Annotated[int, Field(ge=0)]
    pages: Annotated[int, Field(ge=0)]


class CrawlResult(SiteResult):
    """The word counts of a site."""

    words: Annotated[int, Field(ge=0, description="how many words a person reads on its pages")]
    unique_words: Annotated[int, Field(ge=0, description="how many different ones, without those that were left out")]
    incomplete_pages: Annotated[int, Field(ge=0, description=INCOMPLETE_PAGES)]
    top: Annotated[Sequence[tuple[str, int]], Field(description="the most frequent words, each with its count")]
    word: Annotated[SiteWord | None, Field(description="the count of the word that was asked for")]


class CrawlProgress(SiteProgress):
    """How far a crawl is."""

    words: Annotated[int, Field(ge=0, description="how many words a person reads on the pages counted so far")]
    word_count: Annotated[int, Field(ge=0, description="how often the word that was asked for stands on them")]


def next_crawl_round(request: CrawlRequest, job: RunningJob, lane: Kind) -> CrawlResult | FanOut | GoOn:
    """Go on with counting, or end with the sums."""
    following = next_round(request, job, lane, finds="words", word=request.word, tokenizer=request.tokenizer)
    return following or _result(request, job)


def crawl_progress(connection: Connection, crawl_ids: Collection[UUID]) -> Mapping[UUID, CrawlProgress]:
    """How far these crawls are, those left out that have not begun."""
    return {
        crawl_id: {**site_progress(sums), "words": sums["words"], "word_count": sums["word_count"]}
        for crawl_id, sums in sums_of(connection, crawl_ids).items()
    }


def _result(request: CrawlRequest, job: RunningJob) -> CrawlResult:
    put_together(job.database, job.id)
    sums = Frontier(job.database, job.id).finish()
    if not sums["words"]:
        raise PermanentError("No page that was read holds a word.", type="no-words", title="The site has no text")
    unique_words, top = most_frequent(job.database, job.id, request.top)
    with job.database.reading() as connection:
        incomplete = incomplete_pages(connection, job.id)
    word = None
    if request.word is not None:
        word = SiteWord(word=request.word, count=sums["word_count"], pages=sums["word_pages"])
    return {
        **site_result(sums, job),
        "words": sums["words"],
        "unique_words": unique_words,
        "incomplete_pages": incomplete,
        "top": top,
        "word": word,
    }


class CrawlWordsRequest(BaseModel):
    """A crawl that did not end by itself, whose words are to be put together."""

    model_config = ConfigDict(frozen=True)

    crawl_id: UUID
    url: str

    def label(self) -> str:
        """What people know the job by."""
        return f"words of {self.url}"


def put_words_together(request: CrawlWordsRequest, job: RunningJob) -> JsonObject:
    """Put the words of a crawl together after its end. What its lanes may still be at is not written any more."""
    Frontier(job.database, request.crawl_id).release_all()
    put_together(job.database, request.crawl_id)
    return {"unique_words": most_frequent(job.database, request.crawl_id, 0)[0]}


def crawl_summary(result: JsonObject) -> str:
    """A result in a few words, for lists of jobs."""
    return f"{counted(result['words'], 'word')} on {counted(result['pages'], 'page')}"
