"""A row that somebody at a console has locked holds up nothing but itself."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from uuid import UUID

import pytest
from sqlalchemy import text

from dev.waiting import eventually
from embedded.servers import Servers
from job_core.errors import DatabaseLocked
from job_core.job import State
from job_core.reconciler import UNKNOWN_AFTER, Reconciler
from job_core.store import claims, submissions
from job_core.store.database import Database
from tests.integration.job_store import NEW_JOB, Store
from tests.integration.pausing import Stopwatch
from tests.integration.store.test_claims import WAITS_FOR_A_LOCK

HOLDS_SECONDS = 20.0


@contextmanager
def locked(store: Store, table: str, row_id: UUID) -> Iterator[None]:
    """The row is locked during the block."""
    with store.database.transaction(HOLDS_SECONDS) as connection:
        connection.exec_driver_sql(f"SELECT FROM {table} WHERE id = '{row_id}' FOR UPDATE")
        connection.exec_driver_sql("SET LOCAL idle_in_transaction_session_timeout = 0")
        yield


def test_who_waits_for_it_is_told_so_after_a_while(store: Store, servers: Servers) -> None:
    held = store.claimed()
    url = servers.database.url.replace("postgresql://", "postgresql+psycopg2://")
    impatient = Store(Database(url, pool_size=1, lock_ms=200))
    watch = Stopwatch()
    with locked(store, "jobs", held.job_id), pytest.raises(DatabaseLocked) as raised:
        impatient.succeed(held)
    assert 0.2 < watch.seconds < 2
    assert (raised.value.reason, raised.value.type) == ("a lock is held for long", "database-locked")
    assert impatient.succeed(held)


@pytest.mark.parametrize("table", ["jobs", "workers"])
def test_other_jobs_of_its_limit_key_begin_and_end(store: Store, table: str) -> None:
    held, other = store.claimed(), store.claimed()
    locks, waits = {"jobs": (held.job_id, lambda: store.succeed(held))}, store.submit()
    locks["workers"] = (store.worker_of(held), lambda: bool(store.claim(waits, store.worker_of(held))))
    row, wait = locks[table]
    with ThreadPoolExecutor(1) as pool:
        with locked(store, table, row):
            waiting = pool.submit(wait)
            eventually(lambda: store.sql(WAITS_FOR_A_LOCK))
            watch = Stopwatch()
            assert store.succeed(other)
            another = store.claim(store.submit(), store.worker("another"))
            assert another is not None
            assert store.succeed(another)
            assert watch.seconds < 1
        assert waiting.result(10)


def test_a_locked_worker_is_not_judged_and_others_are(store: Store, reconciler: Reconciler) -> None:
    (first, second) = store.claimed(), store.claimed(store.worker("another"))
    for held in (first, second):
        store.unseen(store.worker_of(held))
    with locked(store, "workers", store.worker_of(first)):
        assert reconciler.round(judge_workers=True).workers_lost == 1
    assert store.outcomes(second.job_id) == ["LOST"]
    assert reconciler.round(judge_workers=True).workers_lost == 1


def test_a_locked_job_is_repaired_later_than_others(store: Store, reconciler: Reconciler) -> None:
    first, second = store.claimed(), store.claimed()
    store.sql("UPDATE jobs SET overdue_at = now() - interval '1 s'")
    with locked(store, "jobs", first.job_id):
        assert reconciler.round(judge_workers=True).overdue == 1
        assert store.outcomes(second.job_id) == ["CRASHED"]
    assert reconciler.round(judge_workers=True).overdue == 1


def test_overdue_claims_are_broken_a_batch_at_a_time_and_only_theirs_are_locked(store: Store) -> None:
    alone = [store.claimed(store.worker(name)) for name in ("first", "second")]
    children = [claims.fan_out(store.database, store.claimed(), [NEW_JOB], at_once=10)[0].job_id for _ in range(2)]
    for job_id in children:
        assert store.claim(store.job(job_id))
    store.sql("UPDATE jobs SET overdue_at = now() - interval '1 s' WHERE overdue_at IS NOT NULL")
    broken = set[UUID]()
    for waiting in (3, 2, 1, 0):
        with store.database.transaction() as connection:
            steps = connection.execute(text("SELECT * FROM repair_claims(NULL, NULL, 3, '{}', 1)")).all()
            broken |= {step.job_id for step in steps}
            free = store.sql("SELECT id FROM jobs WHERE overdue_at IS NOT NULL FOR NO KEY UPDATE SKIP LOCKED")
            parents = store.sql("SELECT id FROM jobs WHERE phase = 'AWAIT' FOR NO KEY UPDATE SKIP LOCKED")
        assert (len(free), len(parents) >= 1) == (waiting, True)
    assert broken == {held.job_id for held in alone} | set(children)


def test_a_locked_job_of_a_kind_that_nobody_knows_ends_later_than_others(store: Store, reconciler: Reconciler) -> None:
    first, second = store.submit(kind="unheard-of"), store.submit(kind="unheard-of")
    store.sql("UPDATE jobs SET created_at = created_at - :by - interval '1 s'", by=UNKNOWN_AFTER)
    with locked(store, "jobs", first.id):
        assert reconciler.round(judge_workers=True).unknown == 1
        assert store.state(second.id) is State.FAILURE
    assert reconciler.round(judge_workers=True).unknown == 1


def test_messages_of_other_jobs_are_noted_as_lost(store: Store) -> None:
    first, second = store.submit(), store.submit()
    with locked(store, "jobs", first.id):
        submissions.unpublish(store.database, [first.id, second.id])
    assert store.job(second.id).published_at is None
