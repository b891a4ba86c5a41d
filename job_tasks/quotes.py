"""Finding quotes on a page or a site: what is asked for, and what comes out. Pages are read as a crawl reads them."""

from collections.abc import Collection, Mapping
from typing import Annotated
from uuid import UUID

from pydantic import Field
from sqlalchemy import Connection

from job_core.job import JsonObject
from job_core.kinds import FanOut, GoOn, Kind, RunningJob, counted
from job_tasks.site import SiteProgress, SiteRequest, SiteResult, next_round, site_progress, site_result
from quote_store.keep import count_found
from site_crawl.frontier import Frontier
from site_crawl.read import sums_of


class QuotesRequest(SiteRequest):
    """What `POST /quotes` takes: a page, or with more `max_pages` a site."""

    max_pages: int = Field(default=1, ge=1, le=100_000, description="how many pages are read at most")


class QuotesResult(SiteResult):
    """How many quotes were found. `GET /result/<id>/quotes` lists them."""

    quotes: Annotated[int, Field(ge=0, description="how many different quotes stand on its pages")]
    new: Annotated[int, Field(ge=0, description="how many of these were not known before")]


def next_quotes_round(request: QuotesRequest, job: RunningJob, lane: Kind) -> QuotesResult | FanOut | GoOn:
    """Go on with the search, or end with what was found."""
    following = next_round(request, job, lane, finds="quotes")
    return following or _result(job)


def quotes_progress(connection: Connection, job_ids: Collection[UUID]) -> Mapping[UUID, SiteProgress]:
    """How far these searches are, those left out that have not begun."""
    return {job_id: site_progress(sums) for job_id, sums in sums_of(connection, job_ids).items()}


def _result(job: RunningJob) -> QuotesResult:
    sums = Frontier(job.database, job.id).finish()
    quotes, new = count_found(job.database, job.id)
    return {**site_result(sums, job), "quotes": quotes, "new": new}


def quotes_summary(result: JsonObject) -> str:
    """A result in a few words, for lists of jobs."""
    return f"{counted(result['quotes'], 'quote')} on {counted(result['pages'], 'page')}"
