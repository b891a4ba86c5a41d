from job_core.store import workers
from job_core.store.workers import LOST_AFTER
from tests.integration.job_store import Store


def test_a_beat_is_noted(store: Store) -> None:
    worker_id = store.worker()
    store.unseen(worker_id, seconds=5)
    assert store.beat(worker_id)
    (row,) = store.sql(
        "SELECT now() - seen_at < interval '2 seconds' AS fresh, started_at > seen_at AS older FROM workers"
    )
    assert (row.fresh, row.older) == (True, False)


def test_a_worker_is_lost_after_three_missed_beats(store: Store) -> None:
    silent, alive = store.worker("silent"), store.worker("alive")
    store.unseen(silent, LOST_AFTER.total_seconds() + 0.2)
    store.unseen(alive, LOST_AFTER.total_seconds() - 3)
    assert store.lose_unseen() == 1
    assert [row.name for row in store.sql("SELECT name FROM workers WHERE lost_at IS NOT NULL")] == ["silent"]
    assert (store.beat(silent), store.beat(alive)) == (False, True)


def test_a_worker_is_lost_once(store: Store) -> None:
    store.unseen(store.worker())
    assert [store.lose_unseen(), store.lose_unseen()] == [1, 0]


def test_a_worker_that_said_goodbye_is_not_lost_and_beats_no_more(store: Store) -> None:
    worker_id = store.worker()
    store.stop(worker_id)
    store.unseen(worker_id)
    assert store.lose_unseen() == 0
    assert not store.beat(worker_id)


def test_an_unknown_worker_has_no_beat(store: Store) -> None:
    assert not store.beat(store.submit().id)


def test_a_worker_learns_which_of_its_jobs_were_cancelled(store: Store) -> None:
    worker_id = store.worker()
    kept, cancelled, elsewhere = (store.claimed(worker_id) for _ in range(3))
    store.cancel(cancelled.job_id)
    store.cancel(elsewhere.job_id)
    with store.database.reading() as connection:
        assert workers.revoked_among(connection, [kept.job_id, cancelled.job_id]) == {cancelled.job_id}
        assert workers.revoked_among(connection, []) == set()
