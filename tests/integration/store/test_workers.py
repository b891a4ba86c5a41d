from datetime import timedelta
from uuid import UUID

from job_core.job import State
from job_core.reconciler import Reconciler
from job_core.store import workers
from job_core.store.workers import LOST_AFTER, Beat
from tests.integration.job_store import Store

ALIVE = Beat(is_alive=True, revoked=frozenset())
DEAD = Beat(is_alive=False, revoked=frozenset())
LONG_AGO = LOST_AFTER.total_seconds() + 0.2


def lose_unseen(reconciler: Reconciler) -> int:
    return reconciler.round(judge_workers=True).workers_lost


def test_a_beat_is_noted(store: Store) -> None:
    worker_id = store.worker()
    store.unseen(worker_id, seconds=5)
    assert store.beat(worker_id) == ALIVE
    (row,) = store.sql(
        "SELECT now() - seen_at < interval '2 seconds' AS fresh, started_at > seen_at AS older FROM workers"
    )
    assert (row.fresh, row.older) == (True, False)


def test_a_worker_is_lost_after_three_missed_beats(store: Store, reconciler: Reconciler) -> None:
    silent, alive = store.worker("silent"), store.worker("alive")
    store.unseen(silent, LONG_AGO)
    store.unseen(alive, LOST_AFTER.total_seconds() - 3)
    assert lose_unseen(reconciler) == 1
    assert [row.name for row in store.sql("SELECT name FROM workers WHERE lost_at IS NOT NULL")] == ["silent"]
    assert (store.beat(silent), store.beat(alive)) == (DEAD, ALIVE)


def test_a_worker_is_lost_once(store: Store, reconciler: Reconciler) -> None:
    store.unseen(store.worker())
    assert [lose_unseen(reconciler), lose_unseen(reconciler)] == [1, 0]


def test_a_worker_that_said_goodbye_is_not_lost_and_beats_no_more(store: Store, reconciler: Reconciler) -> None:
    worker_id = store.worker()
    store.stop(worker_id)
    store.unseen(worker_id)
    assert lose_unseen(reconciler) == 0
    assert store.beat(worker_id) == DEAD


def test_an_unknown_worker_has_no_beat(store: Store) -> None:
    assert store.beat(store.submit().id) == DEAD


def test_a_start_that_is_noted_twice_is_one(store: Store) -> None:
    """The first answer may have been lost on the way."""
    worker_id = store.worker()
    workers.register(store.database, worker_id, "job_worker_01", seconds=5)
    assert store.count("workers") == 1


def test_a_worker_learns_which_of_its_jobs_were_cancelled(store: Store) -> None:
    worker_id = store.worker()
    kept, cancelled, elsewhere = (store.claimed(worker_id) for _ in range(3))
    store.cancel(cancelled.job_id)
    store.cancel(elsewhere.job_id)
    assert store.beat(worker_id, kept.job_id, cancelled.job_id).revoked == {cancelled.job_id}
    assert store.beat(worker_id).revoked == frozenset()


class TestIdleClaims:
    """A claim that no process of its worker works on, say because its answer came too late, is given back."""

    def test_once_a_process_would_have_begun(self, store: Store) -> None:
        worker_id = store.worker()
        idle, fresh, running = (store.claimed(worker_id) for _ in range(3))
        of_another = store.claimed(store.worker("another"))
        self.began_long_ago(store, idle.job_id, running.job_id, of_another.job_id)
        assert store.beat(worker_id, running.job_id) == ALIVE
        assert {held.job_id: store.state(held.job_id) for held in (idle, fresh, running, of_another)} == {
            idle.job_id: State.PENDING,
            fresh.job_id: State.STARTED,
            running.job_id: State.STARTED,
            of_another.job_id: State.STARTED,
        }
        job = store.job(idle.job_id)
        assert (job.published_at, job.attempts_used, job.crashes, job.losses) == (None, 0, 0, 0)
        assert store.outcomes(idle.job_id) == ["GIVEN BACK"]

    def test_and_not_before(self, store: Store) -> None:
        held = store.claimed()
        store.sql("UPDATE jobs SET started_at = now() - :back", back=LOST_AFTER - timedelta(seconds=1))
        store.beat(store.worker_of(held))
        assert store.state(held.job_id) is State.STARTED

    @staticmethod
    def began_long_ago(store: Store, *job_ids: UUID) -> None:
        for job_id in job_ids:
            store.sql(
                "UPDATE jobs SET started_at = now() - :back WHERE id = :id", back=timedelta(seconds=LONG_AGO), id=job_id
            )
