"""`make bench-tables`: whether anything takes longer where a table has a hundred times as many rows.

Two databases of one server, filled with a short and a long history and the same work under way, answer the same
questions in turns. Each figure is the median of the processor time of the server's process that answered; the time by
the clock stands beside it.
"""

import argparse
import logging
import math
import statistics
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from hashlib import blake2b
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import UUID

import structlog
from sqlalchemy import Connection, create_engine, text
from uuid_utils.compat import uuid7

import site_crawl.retention
from dev.bench.history import HISTORY, LABEL, OWNER, PARENT_EACH, fill_crawls, fill_jobs
from dev.bench.many_jobs import HOT_LABEL
from dev.bench.peers.processes import used_milliseconds
from dev.bench.peers.report import say
from dev.waiting import NotInTime, eventually
from embedded.data_folder import DataFolder
from embedded.servers import Servers, servers_on
from embedded.terminal import Terminal
from job_core.config import Limits
from job_core.errors import AttemptCrashed, DatabaseUnavailable
from job_core.job import Claim, NewJob, OnFailure, State
from job_core.queue import JobQueue
from job_core.reconciler import Reconciler
from job_core.store import claims, read, retention, submissions, workers
from job_core.store.claims import Claimant
from job_core.store.database import Database
from job_core.store.migrate import migrate
from job_core.store.read import JobFilter
from job_core.store.submissions import IdempotencyKey
from job_tasks.job_tasks import core
from quote_store import migrations as quotes
from site_crawl import migrations as crawls
from site_crawl.frontier import Bounds, FoundUrl, Frontier, Lane, PageEnd

RUNS = 30
WARM = 8  # before: PL/pgSQL settles on a plan at the sixth
GOAL = 1.5
LIMITS = Limits(at_once=8)
RESULT = '{"words": 4321, "top": [["the", 61], ["word", 5]]}'
DIED = AttemptCrashed("The process was killed.")
SITE = "http://site.example"
CLAIM_SECONDS = 86_400  # no round of the reconciler breaks a claim meanwhile
LINKS = 50  # of a page, half of them known
AUTOVACUUM_SECONDS = 180
_IS_VACUUMED = """
    SELECT n_ins_since_vacuum <= 2000 AND n_dead_tup <= 2000 FROM pg_stat_user_tables WHERE relname = 'jobs'
"""
PARKED_AT_ONCE = 10_000
DEMAND = "SELECT workers FROM worker_demand(concurrency => 24, at_most => 6)"  # as KEDA asks
_PARK = """
    WITH first AS (
        SELECT id FROM jobs WHERE state = 'PENDING' AND parked_at IS NULL
        ORDER BY kind, bulk, requeued, coalesce(published_at, '-infinity'), id LIMIT %s
    ), parked AS (
        UPDATE jobs SET parked_at = now(), limit_key = 'parked.example' WHERE id IN (SELECT id FROM first) RETURNING 1
    )
    SELECT count(*) FROM parked
"""


class Side:
    """One of the two databases, and who works on it."""

    def __init__(self, url: str, rows: int, until: datetime, broker_url: str) -> None:
        self.rows = rows
        self.until = until
        self.database = Database(url, pool_size=1)
        queue = JobQueue(core.name, core.kinds, broker_url, timeout_seconds=2)
        self.reconciler = Reconciler(database=self.database, queue=queue, limits=LIMITS, kinds=core.kinds)
        self.worker = Claimant(worker_id=uuid7(), pid=1)
        self.running: list[UUID] = []  # whose claims the worker keeps at a beat
        self._hosts = 0

    def prepare(self) -> None:
        """A worker registers, a crawl begins, and whatever has no message gets one."""
        workers.register(self.database, self.worker.worker_id, "job_worker_01", seconds=5)
        self._begin_crawl()
        self.reconciler.round(judge_workers=False)

    def new_job(self) -> NewJob:
        """A job on a host of its own."""
        self._hosts += 1
        host = f"new{self._hosts}.example"
        return NewJob(
            kind="count",
            label=f"https://{host}/",
            limit_key=host,
            request={"url": f"https://{host}/", "top": 25},
            max_attempts=3,
            max_crashes=3,
            on_failure=OnFailure.RETRY,
        )

    def submit(self, many: int = 1) -> Sequence[UUID]:
        """Jobs that wait."""
        new = [self.new_job() for _ in range(many)]
        return [job.id for job in submissions.accept(self.database, new, at_once=LIMITS.at_once).jobs]

    def claim(self, job_id: UUID) -> Claim:
        """A job that is being done."""
        held = claims.claim(self.database, job_id, self.worker, LIMITS, time_limit_seconds=CLAIM_SECONDS)
        assert isinstance(held, Claim)  # noqa: S101 - nobody else is there
        return held

    def page(self, which: JobFilter, text: str | None = None) -> None:
        """What `GET /jobs` asks."""
        with self.database.reading() as connection:
            read.page_of(connection, which, text, 20)

    def past(self, share: float) -> UUID:
        """An id that lies so far in the past: 0 is now, 1 the beginning."""
        moment = self.until - HISTORY * share
        return UUID(int=(int(moment.timestamp() * 1_000) << 80) | (7 << 76) | (2 << 62))

    def old_parent(self) -> UUID:
        """A parent in the middle of the history."""
        number = self.rows // 2 // PARENT_EACH * PARENT_EACH + 1
        ((found,),) = self.ask(
            "SELECT parent_id FROM jobs WHERE parent_id IS NOT NULL AND id >= %s ORDER BY id LIMIT 1",
            self.past(1 - number / self.rows),
        )
        return UUID(str(found))

    def await_autovacuum(self) -> None:
        """It looks each minute whether enough has changed: at ten million rows as at a few, or the figures tell."""
        with suppress(NotInTime):
            eventually(lambda: self.ask(_IS_VACUUMED) == [(True,)], seconds=AUTOVACUUM_SECONDS)

    def ask(self, statement: str, *parameters: object) -> list[tuple[object, ...]]:
        """The rows of a statement."""
        return self.database.call(statement, *parameters)

    def process(self) -> int:
        """The server's process that answers."""
        return int(str(self.ask("SELECT pg_backend_pid()")[0][0]))

    def _begin_crawl(self) -> None:
        self.running = list(self.submit(2))
        crawl, lane = map(self.claim, self.running)
        self._known = 0
        Frontier(self.database, crawl.job_id).begin(self._url(0), Bounds(pages=100_000, bytes=10**12, seconds=86_400))
        self.lane = Lane(
            self.database, crawl_id=crawl.job_id, lane_id=lane.job_id, attempt=lane.attempt, host="site.example"
        )
        self._page = self.lane.next_page()
        for _ in range(40):
            self.read_page()()

    def read_page(self) -> Callable[[], None]:
        """A step of a lane: the end of a page, its links, and the next page."""
        page = self._page
        assert page is not None  # noqa: S101 - each page has more links than one
        links = [self._url(number) for number in range(max(0, self._known - LINKS // 2), self._known + LINKS // 2)]
        self._known += LINKS // 2
        ended = PageEnd(
            id=page.id,
            outcome="counted",
            words=900,
            bytes=22_000,
            text_hash=blake2b(page.url.encode(), digest_size=16).digest(),
            counts='{"the": 61, "count": 3}',
            host_failed=False,
        )

        def step() -> None:
            self._page = self.lane.next_page(ended, links)

        return step

    @staticmethod
    def _url(number: int) -> FoundUrl:
        url = f"{SITE}/new/{number}"
        return FoundUrl(url=url, key=blake2b(url.encode(), digest_size=16).digest(), host="site.example", depth=1)


Prepare = Callable[[Side], Callable[[], object]]


@dataclass(frozen=True, kw_only=True)
class Figures:
    """Milliseconds of the server's processor, infinite if it was given up; and of the clock."""

    processor: float
    clock: float


@dataclass(frozen=True, kw_only=True)
class Question:
    """What is measured: `prepare` returns it, ready to be called."""

    name: str
    prepare: Prepare
    runs: int = RUNS
    warm: int = WARM
    vacuumed: bool = False  # asked after autovacuum has come to what changed


def listed(which: JobFilter, text: str | None = None) -> Prepare:
    """A list of jobs."""
    return lambda side: lambda: side.page(which, text)


def reading(ask: Callable[[Side], Callable[[Connection], object]]) -> Prepare:
    """A question that takes a connection."""

    def prepare(side: Side) -> Callable[[], object]:
        question = ask(side)

        def run() -> object:
            with side.database.reading() as connection:
                return question(connection)

        return run

    return prepare


def _submit_many(side: Side) -> Callable[[], object]:
    new = [side.new_job() for _ in range(1_000)]
    return lambda: submissions.accept(side.database, new, at_once=LIMITS.at_once)


def _submit_with_key(side: Side) -> Callable[[], object]:
    key = IdempotencyKey(key=str(uuid7()), fingerprint=b"f")
    new = side.new_job()
    return lambda: submissions.accept(side.database, [new], key, at_once=LIMITS.at_once)


def _claim(side: Side) -> Callable[[], object]:
    (job_id,) = side.submit()
    return lambda: side.claim(job_id)


def _end(side: Side) -> Callable[[], object]:
    held = side.claim(side.submit()[0])
    return lambda: claims.succeed(side.database, held, RESULT)


def _crash(side: Side) -> Callable[[], object]:
    held = side.claim(side.submit()[0])
    return lambda: claims.crash(side.database, held, DIED)


def _round_after_a_loss(side: Side) -> Callable[[], object]:
    """A round that finds a thousand rows without a message."""
    submissions.unpublish(side.database, side.submit(1_000))
    return _round(side)


def _round(side: Side) -> Callable[[], object]:
    return lambda: side.reconciler.round(judge_workers=False)


def _beat(side: Side) -> Callable[[], object]:
    return lambda: workers.beat(side.database, side.worker.worker_id, side.running, seconds=5)


def _demand(side: Side) -> Callable[[], object]:
    return lambda: side.ask(DEMAND)


def _demand_after_parking(side: Side) -> Callable[[], object]:
    """No round of the reconciler has come between: the first who passes where they waited has to look at each."""
    for _ in range(PARKED_AT_ONCE // 1_000):
        side.submit(1_000)
    side.ask(_PARK, PARKED_AT_ONCE)
    return _demand(side)


def _forget_jobs(side: Side) -> Callable[[], object]:
    def run() -> None:
        with side.database.transaction() as connection:
            if retention.delete_ended(connection, HISTORY / 3) == 0:
                raise SystemExit("nothing is left to forget: ask for more rows")

    return run


def _forget_workers(side: Side) -> Callable[[], object]:
    def run() -> None:
        with side.database.transaction() as connection:
            retention.delete_unreferenced_workers(connection, timedelta(0))

    return run


def _forget_pages(side: Side) -> Callable[[], object]:
    return lambda: site_crawl.retention.delete_ended(side.database, HISTORY / 3)


def _forget_no_pages(side: Side) -> Callable[[], object]:
    return lambda: site_crawl.retention.delete_ended(side.database, 2 * HISTORY)


ALL = JobFilter()
QUESTIONS = (
    Question(name="submit a job", prepare=lambda side: partial(side.submit)),
    Question(name="submit a job, with a key", prepare=_submit_with_key),
    Question(name="submit 1,000 jobs", prepare=_submit_many, runs=10, warm=6),
    Question(name="claim", prepare=_claim),
    Question(name="outcome: SUCCESS", prepare=_end),
    Question(name="outcome: CRASHED", prepare=_crash),
    Question(name="GET /result/<id>", prepare=reading(lambda side: partial(read.find, job_id=side.old_parent()))),
    Question(name="GET /jobs", prepare=listed(ALL)),
    Question(name="GET /jobs, in the middle", prepare=lambda side: listed(replace(ALL, before=side.past(0.5)))(side)),
    Question(name="GET /jobs, oldest", prepare=lambda side: listed(replace(ALL, before=side.past(0.99)))(side)),
    Question(name="status=SUCCESS", prepare=listed(JobFilter(state=State.SUCCESS))),
    Question(name="status=STARTED", prepare=listed(JobFilter(state=State.STARTED))),
    Question(name="kind=count", prepare=listed(JobFilter(kind="count"))),
    Question(name="kind=none", prepare=listed(JobFilter(kind="none"))),
    Question(name="kind=quotes, status=FAILURE", prepare=listed(JobFilter(kind="quotes", state=State.FAILURE))),
    Question(name="url=, of every fifth job", prepare=listed(JobFilter(label=HOT_LABEL))),
    Question(name="url=, of one in 10,000", prepare=listed(JobFilter(label=LABEL))),
    Question(
        name="url=, kind=, status=STARTED",
        prepare=listed(JobFilter(label=HOT_LABEL, kind="count", state=State.STARTED)),
    ),
    Question(name="of an owner", prepare=listed(JobFilter(owner=OWNER))),
    Question(name="of an owner, status=FAILURE", prepare=listed(JobFilter(owner=OWNER, state=State.FAILURE))),
    Question(name="parent=", prepare=lambda side: listed(JobFilter(parent=side.old_parent()))(side)),
    Question(name="a text that no URL holds", prepare=listed(ALL, "nowhere")),
    Question(
        name="totals by state",
        prepare=reading(lambda _: partial(read.count_by_state, owner=None, at_most=1_001)),
        vacuumed=True,
    ),
    Question(name="backlog of a submission", prepare=reading(lambda _: partial(read.count_waiting, at_most=200_000))),
    Question(name="gauges of /metrics", prepare=reading(lambda _: read.overview)),
    Question(name="demand for workers", prepare=_demand),
    Question(name="/readyz", prepare=lambda side: side.database.ping),
    Question(name="beat of a worker", prepare=_beat),
    Question(name="round of the reconciler", prepare=_round),
    Question(name="round, 1,000 messages lost", prepare=_round_after_a_loss, runs=10, warm=6),
    Question(name="a lane's step: end, 50 links, next", prepare=Side.read_page),
    Question(name="retention: nothing to do", prepare=_forget_no_pages, runs=5, warm=2),
    Question(name="retention: 5,000 rows of pages", prepare=_forget_pages, runs=8, warm=4),
    Question(name="retention: 1,000 jobs", prepare=_forget_jobs, runs=15, warm=5),
    Question(name="retention: workers", prepare=_forget_workers, runs=5, warm=2),
    Question(name="/readyz, after retention", prepare=lambda side: side.database.ping),
    Question(name="demand, 10,000 jobs just parked", prepare=_demand_after_parking, runs=3, warm=0),
    Question(name="demand, 10,000 parked before", prepare=_demand),
)


def measure(sides: Sequence[Side], question: Question) -> list[Figures]:
    """Medians for each side, of runs in turns."""
    taken: list[list[Figures]] = [[] for _ in sides]
    if question.vacuumed:
        for side in sides:
            side.await_autovacuum()
    for run in range(question.warm + question.runs):
        for side, figures in zip(sides, taken, strict=True):
            figure = _run(question.prepare(side), side.process())
            if run >= question.warm or figure.processor == math.inf:
                figures.append(figure)
    return [
        Figures(
            processor=statistics.median(figure.processor for figure in figures),
            clock=statistics.median(figure.clock for figure in figures),
        )
        for figures in taken
    ]


def _run(ask: Callable[[], object], process: int) -> Figures:
    used, begun = used_milliseconds([process]), time.monotonic()
    try:
        ask()
    except DatabaseUnavailable:
        return Figures(processor=math.inf, clock=1_000 * (time.monotonic() - begun))
    clock = 1_000 * (time.monotonic() - begun)
    return Figures(processor=used_milliseconds([process]) - used, clock=clock)


@contextmanager
def filled(sizes: Sequence[int]) -> Iterator[list[Side]]:
    """A database for each size, in one server; two processes of the server fill them at a time."""
    until = datetime.now(UTC)
    with TemporaryDirectory(prefix="wordcount-tables-") as path:
        folder = DataFolder(Path(path) / "servers")
        with servers_on(folder, Terminal(StringIO()), temporary=True) as servers:
            servers.start()
            urls = [_made(servers, f"rows_{rows}") for rows in sizes]
            with ThreadPoolExecutor(2) as threads:
                parts = [
                    (url, rows, part)
                    for url, rows in zip(urls, sizes, strict=True)
                    for part in (fill_jobs, fill_crawls)
                ]
                for filled_part in [threads.submit(_fill, *part, until) for part in parts]:
                    filled_part.result()
            sides = []
            for number, (url, rows) in enumerate(zip(urls, sizes, strict=True)):
                sides.append(Side(url, rows, until, servers.broker.url.rpartition("/")[0] + f"/{number}"))
                sides[-1].prepare()
                say(f"{rows:,} rows: {_size(sides[-1])}")
            yield sides


def _made(servers: Servers, name: str) -> str:
    """The URL of a database with our tables."""
    url = servers.database.url.replace("postgresql", "postgresql+psycopg2", 1)
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    engine.dispose()
    migrate(url := url.rpartition("/")[0] + f"/{name}", further=[crawls.VERSIONS, quotes.VERSIONS])
    return url


def _fill(
    url: str, rows: int, part: Callable[[Connection, int, datetime, Callable[[int], None]], None], until: datetime
) -> None:
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    begun = time.monotonic()

    def note(done: int) -> None:
        if done % 1_000_000 == 0:
            sys.stderr.write(f"{part.__name__}: {done:,} after {time.monotonic() - begun:.0f} s\n")

    with engine.connect() as connection:
        part(connection, rows, until, note)
        tables = "jobs, attempts" if part is fill_jobs else "crawls, crawl_pages"
        connection.execute(text(f"VACUUM ANALYZE {tables}"))  # as autovacuum has done by then
    engine.dispose()


def _size(side: Side) -> str:
    rows = side.ask(
        "SELECT relname, pg_table_size(oid), pg_indexes_size(oid) FROM pg_class"
        " WHERE relname IN ('jobs', 'attempts', 'crawl_pages') ORDER BY relname"
    )
    return ", ".join(
        f"{name} {int(str(table)) >> 20:,} MB + {int(str(index)) >> 20:,} MB of indexes" for name, table, index in rows
    )


def main() -> None:
    """Fill, measure, print."""
    parser = argparse.ArgumentParser(prog="python -m dev.bench.large_tables", description="What grows with the tables.")
    parser.add_argument("--rows", type=int, default=10_000_000, metavar="N", help="of jobs and of pages, each")
    parser.add_argument("--against", type=int, default=100_000, metavar="N", help="what they are compared with")
    parser.add_argument("--only", default="", metavar="TEXT", help="questions whose names hold this")
    asked = parser.parse_args()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    begun = time.monotonic()
    with filled((asked.against, asked.rows)) as sides:
        say(
            f"filled in {time.monotonic() - begun:.0f} s; milliseconds of the processor, their ratio, and of the clock:"
        )
        for question in QUESTIONS:
            if asked.only not in question.name:
                continue
            few, many = measure(sides, question)
            ratio = many.processor / few.processor
            line = (question.name, few.processor, many.processor, ratio, few.clock, many.clock)
            say("{:<38}{:>9.2f} {:>9.2f} {:>7.2f} {:>9.2f} {:>9.2f}".format(*line) + (" !" if ratio > GOAL else ""))
    say(f"all in {time.monotonic() - begun:.0f} s")


if __name__ == "__main__":
    main()
