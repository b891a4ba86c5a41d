"""The frontier of a crawl: the URLs that it has discovered, each with exactly one outcome in the end.

A step is one round trip and one transaction, of functions in sql/functions.sql. All may be repeated: what an attempt of
a lane wrote already is not written again.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from job_core.job import JsonObject
from job_core.store.database import Database, Row

URLS_A_PAGE = 10  # rows are kept of so many URLs for each page that may be read, and
MIN_URLS = 10_000  # of so many at least
MAX_CRASHES = 3  # of a page
MAX_FAILURES = 20  # of a host, in a row
MAX_PAUSES = 3
PAUSE = timedelta(seconds=60)
ROBOTS_PAUSE = timedelta(seconds=10)  # doubled each time
MAX_ROBOTS_TRIES = 5

_FIND = """SELECT find_pages(
    %s, %s, %s::bytea[], %s::text[], %s::text[], %s::integer[], %s::text[], %s::bytea[], %s::integer[])"""
_COLUMNS = ("key", "url", "host", "depth", "outcome", "form", "most_of_form")
_END = """SELECT end_page(%s, %s, %s,
    ROW(%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)::page_end, %s, %s, %s)"""
_NEXT = "SELECT * FROM next_pages(%s, %s, %s, %s, %s, %s)"

_Step = tuple[str, Sequence[object]]  # a statement and its parameters


@dataclass(frozen=True, kw_only=True)
class Bounds:
    """What one crawl may cost."""

    pages: int
    bytes: int
    seconds: float


@dataclass(frozen=True, kw_only=True)
class FoundUrl:
    """A URL in the crawl's scope. It has an `outcome` if it is not to be followed."""

    url: str
    key: bytes
    host: str
    depth: int | None  # links from the start; None: named by a sitemap
    outcome: str | None = None
    form: bytes | None = None  # what it has in common with URLs that a site could make up for ever,
    most_of_form: int | None = None  # of which a crawl takes so many


@dataclass(frozen=True, kw_only=True)
class CrawlPage:
    """A page that a lane has begun. `attempts` ended in a transient error."""

    id: int
    url: str
    depth: int | None
    attempts: int


@dataclass(frozen=True, kw_only=True)
class PageEnd:
    """What became of a page; the columns of `crawl_pages` and the type `page_end` in sql/ explain each.

    `also` is a statement, with its parameters, that keeps what the page held; it runs in the transaction that ends it.
    """

    id: int
    outcome: str | None  # None: it is tried again after `wait_seconds`
    wait_seconds: float | None = None
    reason: str | None = None
    detail: str | None = None
    http_status: int | None = None
    was_asked: bool = True
    host_failed: bool | None = None
    alias_key: bytes | None = None
    is_redirect: bool = False
    words: int | None = None
    word_count: int | None = None
    text_hash: bytes | None = None
    counts: str | None = None
    words_left_out: int | None = None
    also: tuple[str, tuple[object, ...]] | None = None
    bytes: int | None = None


@dataclass(frozen=True, kw_only=True)
class WaitingHost:
    """A host with pages that may still be asked for: how many can begin now, and when the next can."""

    host: str
    ready: int
    seconds_to_next: float | None
    is_known: bool  # it gave its robots.txt


def lane_share(database: Database, crawl_id: UUID, children: int) -> tuple[int, int]:
    """How many lanes each crawl may have, and how many this one has.

    All crawls leave half of the workers' children to other jobs, of which a worker has so many. But each crawl may have
    one lane, however many crawls there are.
    """
    ((share, lanes),) = database.call("SELECT * FROM lane_share(%s, %s)", crawl_id, children)
    return share, lanes


class Frontier:
    """The frontier of the crawl `crawl_id`, on the job store. All methods raise DatabaseUnavailable."""

    def __init__(self, database: Database, crawl_id: UUID) -> None:
        self._database = database
        self._crawl_id = crawl_id

    def begin(self, start: FoundUrl, bounds: Bounds) -> None:
        """Write the crawl and its start, unless that was done before."""
        self._call(
            "SELECT begin_crawl(%s, %s, %s, %s, %s, %s, %s, %s)",
            *(bounds.pages, max(MIN_URLS, URLS_A_PAGE * bounds.pages), bounds.bytes),
            *(timedelta(seconds=bounds.seconds), start.key, start.url, start.host),
        )

    def release_all(self) -> None:
        """Let all pages wait again that a lane holds. No lane may be at work."""
        self._call("SELECT release_pages(%s, NULL, NULL, %s)", MAX_CRASHES)

    def waiting_hosts(self) -> list[WaitingHost]:
        """The hosts whose pages may still be asked for, those nearest to the start first."""
        rows = self._call("SELECT * FROM waiting_hosts(%s)")
        return [
            WaitingHost(host=host, ready=ready, seconds_to_next=seconds, is_known=is_known)
            for host, ready, seconds, is_known in rows
        ]

    def end_of(self, key: bytes) -> tuple[str | None, str | None, str | None]:
        """Outcome, reason and detail of the page of this key; None for each if it has not ended, or is not known."""
        rows = self._call("SELECT outcome, reason, detail FROM crawl_pages WHERE crawl_id = %s AND key = %s", key)
        for outcome, reason, detail in rows:
            return outcome, reason, detail
        return None, None, None

    def has_counted(self) -> bool:
        """Whether any page was counted."""
        return bool(self._call("SELECT job_id FROM crawls WHERE job_id = %s AND outcomes ? 'counted'"))

    def finish(self) -> JsonObject:
        """Note that the crawl has come to its end; its sums."""
        self._call(
            "UPDATE crawls SET finished_at = now(), stop_reason = stop_reason(job_id)"
            " WHERE job_id = %s AND finished_at IS NULL RETURNING job_id"
        )
        ((sums,),) = self._call("SELECT crawl_sums(%s)")
        return dict(sums)

    def _call(self, statement: str, *parameters: object) -> list[Row]:
        return self._database.call(statement, self._crawl_id, *parameters)


class Lane:
    """An attempt of a job that takes one page of a host after the other."""

    def __init__(self, database: Database, *, crawl_id: UUID, lane_id: UUID, attempt: int, host: str) -> None:
        self._database = database
        self._crawl_id = crawl_id
        self._claim = (crawl_id, lane_id, attempt)
        self._host = host
        self.ahead: CrawlPage | None = None  # taken by `next_page`, which returns it next

    def begin(self) -> None:
        """Let pages wait again that earlier attempts of this lane have left."""
        self._database.call("SELECT release_pages(%s, %s, %s, %s)", *self._claim, MAX_CRASHES)

    def next_page(
        self,
        ended: PageEnd | None = None,
        found: Sequence[FoundUrl] = (),
        *,
        most_waiting: int | None = None,
        takes_ahead: bool = False,
    ) -> CrawlPage | None:
        """Write what became of the page before and what was found on it, and begin the next; None if there is none.

        There is none either if more than `most_waiting` pages wait. The page after it is taken `ahead`, too, if that is
        wanted, and others are left for other lanes. If the host failed, one that was ahead has to be taken again.
        """
        steps = self._steps(ended, found, keeps_ahead=not (ended and ended.host_failed))
        most = 2 if takes_ahead else 1
        steps.append((_NEXT, [*self._claim, self._host, most_waiting, most]))
        pages = [
            CrawlPage(id=page_id, url=url, depth=depth, attempts=attempts)
            for page_id, url, depth, attempts in self._call(steps)
        ]
        page, self.ahead = [*pages, None, None][:2]
        return page

    def is_held(self) -> bool:
        """Whether the job of the lane is still this attempt's: it is no more if the crawl was cancelled."""
        _, lane_id, attempt = self._claim
        statement = "SELECT 1 FROM jobs WHERE id = %s AND attempt = %s AND state = 'STARTED'"
        return bool(self._database.call(statement, lane_id, attempt))

    def end(self, ended: PageEnd, found: Sequence[FoundUrl] = ()) -> None:
        """Write what became of a page, without beginning another. One that is ahead waits again."""
        self._call(self._steps(ended, found, keeps_ahead=False))
        self.ahead = None

    def find(self, found: Sequence[FoundUrl]) -> None:
        """Write what a sitemap names."""
        if found:
            self._call(self._steps(None, found))

    def knows(self, key: bytes) -> bool:
        """Whether the frontier has a page of this key that is no other URL of another."""
        return bool(
            self._database.call(
                "SELECT id FROM crawl_pages WHERE crawl_id = %s AND key = %s AND outcome IS DISTINCT FROM 'duplicate'",
                *(self._crawl_id, key),
            )
        )

    def robots_failed(self, page: CrawlPage, origin: str, pause: timedelta = ROBOTS_PAUSE) -> None:
        """Let the page and all others of its origin wait for a while, or end: it does not give its robots.txt.

        `pause` is the first wait.
        """
        self.end(PageEnd(id=page.id, outcome=None, was_asked=False))
        self._database.call(
            "SELECT robots_failed(%s, %s, %s, %s, %s, %s)",
            *(self._crawl_id, self._host, origin, page.id, pause, MAX_ROBOTS_TRIES),
        )

    def met_host(self) -> None:
        """Note that the host gave its robots.txt, so that more than one lane may ask it."""
        self._database.call(
            "INSERT INTO crawl_hosts (crawl_id, host) VALUES (%s, %s) ON CONFLICT DO NOTHING RETURNING host",
            *(self._crawl_id, self._host),
        )

    def _steps(self, ended: PageEnd | None, found: Sequence[FoundUrl], *, keeps_ahead: bool = True) -> list[_Step]:
        steps: list[_Step] = []
        if found:
            columns = [[getattr(each, name) for each in found] for name in _COLUMNS]
            steps.append((_FIND, [self._crawl_id, ended.id if ended else None, *columns]))
        if ended and ended.also:
            steps.append(ended.also)
        if ended:
            steps.append(self._end(ended))
        if self.ahead and not keeps_ahead:
            steps.append(self._end(PageEnd(id=self.ahead.id, outcome=None, was_asked=False)))
        return steps

    def _end(self, ended: PageEnd) -> _Step:
        parameters: list[object] = [*self._claim, ended.id, ended.outcome]
        parameters.append(None if ended.wait_seconds is None else timedelta(seconds=ended.wait_seconds))
        parameters += [ended.reason, ended.detail, ended.http_status, ended.was_asked, ended.host_failed]
        parameters += [ended.alias_key, ended.is_redirect, ended.words, ended.word_count, ended.bytes]
        parameters += [ended.text_hash, ended.counts, ended.words_left_out, MAX_FAILURES, MAX_PAUSES, PAUSE]
        return _END, parameters

    def _call(self, steps: Sequence[_Step]) -> list[Row]:
        """The rows of the last of some statements, which are sent as one."""
        statement = "; ".join(statement for statement, _ in steps)
        return self._database.call(statement, *(parameter for _, parameters in steps for parameter in parameters))
