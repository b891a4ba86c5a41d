"""Steps that were planned on empty tables serve a surge, though nobody has told PostgreSQL that tables have grown."""

from collections.abc import Callable, Iterator

import pytest

from embedded.servers import Servers
from job_core.config import Limits
from job_core.queue import JobQueue
from job_core.reconciler import Reconciler
from job_core.store.database import Database
from job_core.store.migrate import migrate
from tests.integration.databases import another_database
from tests.integration.job_store import KINDS, Store

OFTEN = 12  # PostgreSQL keeps the plans of a function's statements at the sixth call
SURGE = 5_000  # jobs that wait, and as many that are parked
CLAIMS = 300  # of one worker
FEW = 100  # rows of `jobs` that a step about one job may look at
_SURGE = """
    INSERT INTO jobs (id, kind, label, request, state, on_failure, max_attempts, max_crashes, limit_key, parked_at,
                      started_at, worker_id, worker_pid, overdue_at)
    SELECT gen_random_uuid(), 'count', 'https://example.com/', '{}',
           CASE WHEN number <= :claims THEN 'STARTED' ELSE 'PENDING' END, 'retry', 3, 3,
           CASE WHEN number > :surge THEN 'example.com' END, CASE WHEN number > :surge THEN now() END,
           now(), CASE WHEN number <= :claims THEN CAST(:worker AS uuid) END,
           CASE WHEN number <= :claims THEN number END,
           now() + interval '1 day'
    FROM generate_series(1, 2 * :surge) AS number
"""
_ROWS_READ = """
    SELECT seq_tup_read + (SELECT sum(idx_tup_read) FROM pg_stat_user_indexes AS one WHERE one.relid = known.relid)
    FROM pg_stat_user_tables AS known WHERE relname = 'jobs'
"""


@pytest.fixture
def small(servers: Servers) -> Iterator[tuple[Store, Store]]:
    """A job store on one connection, and on another; nothing is found out about its tables by itself."""
    with another_database(servers, "surge") as url:
        migrate(url)
        store, beside = (Store(Database(url, pool_size=1)) for _ in range(2))
        for table in ("jobs", "attempts", "workers"):
            beside.sql(f"ALTER TABLE {table} SET (autovacuum_enabled = false)")
        yield store, beside


def test_no_step_reads_what_a_surge_has_brought(small: tuple[Store, Store], broker: JobQueue) -> None:
    store, beside = small
    reconciler = Reconciler(database=store.database, queue=broker, limits=Limits(at_once=8), kinds=KINDS)
    busy, idle = store.worker("busy"), store.worker("idle")
    steps: dict[str, Callable[[], object]] = {
        "submit": lambda: store.submit(limit_key=None),
        "an attempt": lambda: store.succeed(store.claimed(idle, limit_key=None)),
        "cancel": lambda: store.cancel(store.submit(limit_key=None).id),
        "beat": lambda: store.beat(idle),
        "round": lambda: reconciler.round(judge_workers=False),
    }
    for _ in range(OFTEN):
        for step in steps.values():
            step()
    beside.sql(_SURGE, surge=SURGE, claims=CLAIMS, worker=busy)
    reconciler.round(judge_workers=False)  # sends what the surge has brought

    def rows_read(step: Callable[[], object]) -> int:
        before = _rows_read(store, beside)
        step()
        return _rows_read(store, beside) - before

    # The least of three times: an index may still hold entries of what was there before the first round.
    read = {name: min(rows_read(step) for _ in range(3)) for name, step in steps.items()}
    assert read.pop("round") <= 4 * CLAIMS + FEW
    assert {name: rows for name, rows in read.items() if rows > FEW} == {}
    store.unseen(busy, 60)
    assert reconciler.round(judge_workers=True).taken_back == CLAIMS


def _rows_read(store: Store, beside: Store) -> int:
    """How many rows of `jobs` and of its indexes were looked at since it was made."""
    store.sql("SELECT pg_stat_force_next_flush()")
    return int(beside.sql(_ROWS_READ)[0][0])
