"""Jobs about a whole site: which pages they are asked to read, and how they go on until all are read.

A job is done in rounds. In each it gives lanes, jobs that read one page of a host after the other until they find
none; when the last has ended, the next round begins, or the job ends with its sums. The frontier in the database
(site_crawl.frontier) holds what is exact: which URLs were discovered, and the one outcome of each.
"""

from collections.abc import Mapping, Sequence
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator
from typing_extensions import TypedDict  # pydantic wants this one before Python 3.12

from job_core.errors import PermanentError
from job_core.job import JsonObject
from job_core.kinds import FanOut, GoOn, Kind, RunningJob
from job_core.store.database import Database
from job_tasks.page_request import UrlRequest
from job_tasks.settings import settings
from page_fetch.url import MAX_ENCODED_LENGTH, parse_url
from site_crawl.frontier import Bounds, FoundUrl, Frontier, WaitingHost, lane_share
from site_crawl.robots_store import robots_of_crawl
from site_crawl.scope import MAX_GLOB_LENGTH, MAX_GLOBS, InvalidGlob, Scope
from site_crawl.url_key import url_key

MAX_BYTES = 2_000_000_000
MAX_SECONDS = 6 * 3600.0
MAX_ALIASES = 5  # of a start that is another URL of a page, which is one of another
ENOUGH_FOR_A_LANE = 2  # pages that wait; if more do, and there is room, the next round has more lanes

Glob = Annotated[
    str, StringConstraints(min_length=1, max_length=MAX_GLOB_LENGTH, pattern=r"^[/*][^?#\u0000-\u001f\u007f]*$")
]
Globs = Annotated[list[Glob], Field(max_length=MAX_GLOBS)]
WHY_NOT_READ = {
    "attempt-crashed": "The process that read it died or ran out of time, several times.",
    "robots-disallowed": "The site's robots.txt disallows it.",
    "robots-unreachable": "The site does not give its robots.txt, so nothing may be asked of it.",
    "out-of-scope": "It leads out of the site.",
}


class SiteRequest(UrlRequest):
    """The request of a job about a site: besides the URL of the page to start from, which pages are read."""

    max_pages: int = Field(default=100, ge=1, le=100_000, description="how many pages are read at most")
    max_depth: int = Field(default=10, ge=0, le=100, description="how many links a page may be away from the start")
    scope: Literal["host", "path", "domain"] = Field(
        default="host",
        description="which pages belong to the site: those of the start's host, of its folder and below, "
        "or of all hosts of its registrable domain",
    )
    include: Globs = Field(
        default=[], description="only paths that match one of these: `*` not across `/`, `**` across"
    )
    exclude: Globs = Field(default=[], description="no path that matches one of these, whatever `include` says")
    sitemap: Literal["use", "skip", "only"] = Field(
        default="use", description="whether pages are found in sitemaps as well, or nowhere else"
    )

    def start(self) -> FoundUrl:
        """The page to start from."""
        url = parse_url(self.url, max_length=MAX_ENCODED_LENGTH)
        return FoundUrl(url=str(url), key=url_key(str(url)), host=url.host_name, depth=0)

    @model_validator(mode="after")
    def _check_globs(self) -> Self:
        try:
            self.pages_in_scope()
        except InvalidGlob as error:
            raise ValueError(str(error)) from error
        return self

    def pages_in_scope(self) -> Scope:
        """Which URLs belong to the site."""
        return Scope(self.start().url, self.scope, tuple(self.include), tuple(self.exclude))


class RobotsSeen(TypedDict):
    """What an origin answered to the request for its robots.txt."""

    origin: str
    state: Literal["parsed", "unavailable", "unreachable", "not-asked"]
    http_status: int | None


class SiteResult(TypedDict):
    """What became of the pages of a site."""

    pages: Annotated[int, Field(ge=0, description="how many pages were read")]
    outcomes: Annotated[Mapping[str, int], Field(description="how many URLs ended how, each discovered one once")]
    stop_reason: Literal["finished", "max-pages", "max-depth", "time", "bytes", "site-unavailable"]
    robots: Annotated[
        Sequence[RobotsSeen], Field(description="what each origin answered to the request for robots.txt")
    ]
    bytes: Annotated[int, Field(ge=0, description="of all pages, decompressed")]
    seconds: Annotated[float, Field(ge=0, description="from the first page to the end")]


class SiteProgress(TypedDict):
    """How far a job about a site is: `discovered` is the sum of `waiting`, `running` and the `outcomes`."""

    discovered: Annotated[int, Field(ge=0, description="how many URLs of the site are known")]
    waiting: Annotated[int, Field(ge=0, description="how many of them wait to be read")]
    running: Annotated[int, Field(ge=0, description="how many are being read, or are next")]
    outcomes: Annotated[Mapping[str, int], Field(description="how many have ended how")]
    asked_for: Annotated[
        int, Field(ge=0, description="how many pages the site was asked for or is about to be, of `max_pages` at most")
    ]
    bytes: Annotated[int, Field(ge=0, description="of the pages that were read, decompressed")]
    seconds: Annotated[float, Field(ge=0, description="since the job began; up to its end, if it has ended by itself")]


class LaneRequest(BaseModel):
    """What a lane is to read: pages of one host, until there are none, or more wait than are enough for the lanes.

    `place` is its place among the `lanes` of its round, and `share` how many each crawl might have as they were given.
    """

    model_config = ConfigDict(frozen=True)

    crawl_id: UUID
    site: SiteRequest
    host: str
    finds: Literal["words", "quotes"] = "words"
    word: str | None = None
    tokenizer: Literal["words", "treebank"] = "words"
    enough_waiting: int | None = None
    place: int
    lanes: int
    share: int
    reads_sitemaps: bool = False

    def label(self) -> str:
        """What people know the job by."""
        return f"pages of {self.host}"

    def limit_key(self) -> str:
        """The host: what one site is spared holds for all jobs about its pages."""
        return self.host


def next_round(request: SiteRequest, job: RunningJob, lane: Kind, **finds: str | None) -> FanOut | GoOn | None:
    """Give lanes to the hosts that have pages to read, or wait until one may be asked again; None if all are read.

    Called when no lane of the job is at work. `finds` are the fields of LaneRequest that say what is looked for. Raises
    PermanentError if the start cannot be read, or if in the end no page was.
    """
    frontier = Frontier(job.database, job.id)
    frontier.begin(request.start(), Bounds(pages=request.max_pages, bytes=MAX_BYTES, seconds=MAX_SECONDS))
    frontier.release_all()
    _check_start(request, frontier)
    hosts = frontier.waiting_hosts()
    if lanes := _lanes(request, job, hosts, crawl_share(job.database, job.id)[0]):
        return FanOut([lane.job(each.model_copy(update=finds)) for each in lanes])
    if waits := [host.seconds_to_next for host in hosts if host.seconds_to_next is not None]:
        return GoOn({}, wait_seconds=max(min(waits), 0.1))
    if not frontier.has_counted():
        _check_start(request, frontier, is_over=True)
    return None


def _check_start(request: SiteRequest, frontier: Frontier, *, is_over: bool = False) -> None:
    """Raise PermanentError if the start could not be read. If the crawl is over, some page must have been."""
    outcome, reason, detail = frontier.end_of(request.start().key)
    for _ in range(MAX_ALIASES):
        if is_over and outcome == "duplicate" and reason is not None:
            outcome, reason, detail = frontier.end_of(url_key(reason))
    if outcome not in {None, "counted", "duplicate"} or is_over:
        why = reason or outcome or "not-read"
        if why == "robots-unreachable":
            detail = " ".join(filter(None, (WHY_NOT_READ[why], detail)))
        raise PermanentError(
            detail or WHY_NOT_READ.get(why, "It was not read before the crawl had to end."),
            type=why,
            title="The page to start from could not be read",
        )


def crawl_share(database: Database, crawl_id: UUID) -> tuple[int, int]:
    """How many lanes each crawl may have now, at most half a worker's children, and how many this one has."""
    children = settings().worker_concurrency
    share, lanes = lane_share(database, crawl_id, children)
    return min(share, max(1, children // 2)), lanes


def _lanes(request: SiteRequest, job: RunningJob, hosts: Sequence[WaitingHost], share: int) -> list[LaneRequest]:
    """Lanes for each host with pages to read: one at first, which reads its robots.txt."""
    left = share
    ready = [host for host in hosts if host.ready][:left]
    lanes: list[LaneRequest] = []
    for position, host in enumerate(ready):
        most = min(settings().fetch_max_per_host, left // (len(ready) - position))
        count = min(host.ready, most) if host.is_known else 1
        left -= count
        one = LaneRequest(
            crawl_id=job.id,
            site=SiteRequest(**{name: getattr(request, name) for name in SiteRequest.model_fields}),
            host=host.host,
            enough_waiting=None if count == most else count * ENOUGH_FOR_A_LANE,
            place=len(lanes),
            lanes=0,
            share=share,
            # In the first lane that gets the robots.txt, which names them.
            reads_sitemaps=_wants_sitemaps(request) and not host.is_known and host.host == request.start().host,
        )
        lanes += [one.model_copy(update={"place": one.place + number}) for number in range(count)]
    return [one.model_copy(update={"lanes": len(lanes)}) for one in lanes]


def _wants_sitemaps(request: SiteRequest) -> bool:
    """What sitemaps name is at least as far away as a link of the start, and is read after it."""
    return request.max_pages > 1 and (request.sitemap == "only" or (request.sitemap == "use" and request.max_depth > 0))


def site_progress(sums: JsonObject) -> SiteProgress:
    """How far a job about a site is, whatever it looks for. `sums` are the frontier's."""
    return {
        "discovered": sums["discovered"],
        "waiting": sums["waiting"],
        "running": sums["running"],
        "outcomes": sums["outcomes"],
        "asked_for": sums["asked_for"],
        "bytes": sums["bytes"],
        "seconds": round(sums["seconds"], 1),
    }


def site_result(sums: JsonObject, job: RunningJob) -> SiteResult:
    """What a job about a site tells of its pages, whatever it looked for. `sums` are the frontier's."""
    return {
        "pages": sums["outcomes"].get("counted", 0),
        "outcomes": sums["outcomes"],
        "stop_reason": sums["stop_reason"],
        "robots": [
            RobotsSeen(origin=each.origin, state=each.state, http_status=each.http_status)
            for each in robots_of_crawl(job.database, job.id)
        ],
        "bytes": sums["bytes"],
        "seconds": round(sums["seconds"], 1),
    }
