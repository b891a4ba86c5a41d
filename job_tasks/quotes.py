"""Finding quotes on a page or a site: what is asked for, and what comes out. Pages are read as a crawl reads them."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Literal

from pydantic import Field
from typing_extensions import TypedDict  # pydantic wants this one before Python 3.12

from job_core.job import JsonObject
from job_core.kinds import FanOut, GoOn, Kind, RunningJob
from job_tasks.site import RobotsSeen, SiteRequest, next_round, robots_seen
from quote_store.keep import count_found
from site_crawl.frontier import Frontier


class QuotesRequest(SiteRequest):
    """What `POST /quotes` takes: a page, or with more `max_pages` a site."""

    max_pages: int = Field(default=1, ge=1, le=100_000, description="how many pages are read at most")


class QuotesResult(TypedDict):
    """How many quotes were found. `GET /result/<id>/quotes` lists them."""

    pages: Annotated[int, Field(ge=0, description="how many pages were read")]
    quotes: Annotated[int, Field(ge=0, description="how many different quotes stand on them")]
    new: Annotated[int, Field(ge=0, description="how many of these were not known before")]
    outcomes: Annotated[Mapping[str, int], Field(description="how many of the discovered URLs ended how")]
    stop_reason: Literal["finished", "max-pages", "max-depth", "time", "bytes", "site-unavailable"]
    robots: Annotated[Sequence[RobotsSeen], Field(description="what each origin said of its robots.txt")]
    bytes: Annotated[int, Field(ge=0, description="of all pages, decompressed")]
    seconds: Annotated[float, Field(ge=0, description="from the first page to the end")]


def next_quotes_round(request: QuotesRequest, job: RunningJob, lane: Kind) -> QuotesResult | FanOut | GoOn:
    """Go on with the search, or end with what was found."""
    following = next_round(request, job, lane, finds="quotes")
    if following is not None:
        return following
    sums = Frontier(job.database, job.id).finish()
    quotes, new = count_found(job.database, job.id)
    return {
        "pages": sums["outcomes"].get("counted", 0),
        "quotes": quotes,
        "new": new,
        "outcomes": sums["outcomes"],
        "stop_reason": sums["stop_reason"],
        "robots": robots_seen(job),
        "bytes": sums["bytes"],
        "seconds": round(sums["seconds"], 1),
    }


def quotes_summary(result: JsonObject) -> str:
    """A result in a few words, for lists of jobs."""
    return f"{result['quotes']:,} quotes on {result['pages']:,} pages"
