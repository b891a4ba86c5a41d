from datetime import timedelta

from job_core.reconciler import Reconciler
from job_core.store import retention
from job_core.store.submissions import IDEMPOTENCY_KEY_LIFETIME, IdempotencyKey
from tests.integration.job_store import MANY_ENDED, NEW_JOB, Store

WEEK = timedelta(days=7)


def delete_ended(store: Store, older_than: timedelta = WEEK) -> int:
    with store.database.transaction() as connection:
        return retention.delete_ended(connection, older_than)


def test_what_ended_long_ago_is_forgotten_and_the_rest_stays(store: Store) -> None:
    store.sql(MANY_ENDED, many=3, age="8 days")
    store.sql(MANY_ENDED, many=2, age="6 days")
    waiting, held = store.submit(), store.claimed()
    assert delete_ended(store) == 3
    assert store.count() == 4
    assert store.job(waiting.id)
    assert store.job(held.job_id)


def test_it_goes_in_batches(store: Store) -> None:
    store.sql(MANY_ENDED, many=retention.BATCH + 5, age="8 days")
    assert [delete_ended(store), delete_ended(store), delete_ended(store)] == [retention.BATCH, 5, 0]


def test_children_go_first_and_in_batches_too(store: Store) -> None:
    parent = store.claimed()
    store.succeed(parent)
    store.sql(MANY_ENDED, many=retention.BATCH + 5, age="8 days")
    store.sql("ALTER TABLE jobs DISABLE TRIGGER job_ended")
    store.sql("UPDATE jobs SET parent_id = :id WHERE id <> :id", id=parent.job_id)
    store.sql("ALTER TABLE jobs ENABLE TRIGGER job_ended")
    assert delete_ended(store) == 0  # they are kept as long as their parent
    assert delete_ended(store, -timedelta(hours=1)) == retention.BATCH
    assert store.job(parent.job_id)
    assert delete_ended(store, -timedelta(hours=1)) == 5 + 1
    assert store.count() == 0


def test_attempts_go_with_their_job(store: Store) -> None:
    ended, other = store.claimed(), store.claimed()
    store.succeed(ended)
    assert delete_ended(store, -timedelta(hours=1)) == 1
    assert store.attempts(ended.job_id) == []
    assert len(store.attempts(other.job_id)) == 1


def test_a_delivery_goes_with_its_job(store: Store) -> None:
    store.ended("https://example.org/counted")
    assert store.count("deliveries") == 1
    assert delete_ended(store, -timedelta(hours=1)) == 1
    assert store.count("deliveries") == 0


def test_keys_go_when_they_have_expired(store: Store) -> None:
    for name in ("old", "new"):
        store.accept([NEW_JOB], IdempotencyKey(key=name, fingerprint=b"f"))
    store.sql(
        "UPDATE idempotency_keys SET created_at = created_at - :by WHERE key = 'old'",
        by=IDEMPOTENCY_KEY_LIFETIME + timedelta(minutes=1),
    )
    with store.database.transaction() as connection:
        assert retention.delete_expired_keys(connection) == 1
    assert [row.key for row in store.sql("SELECT key FROM idempotency_keys")] == ["new"]
    assert store.count() == 2


def test_keys_and_pauses_go_in_batches(store: Store) -> None:
    many = retention.BATCH + 5
    store.sql(
        "INSERT INTO idempotency_keys (key, fingerprint, job_ids, created_at)"
        " SELECT number::text, '', '{}', now() - interval '2 days' FROM generate_series(1, :many) AS number",
        many=many,
    )
    store.sql(
        "INSERT INTO limit_pauses (limit_key, until)"
        " SELECT number::text, now() - interval '1 s' FROM generate_series(1, :many) AS number",
        many=many,
    )
    for forget in (retention.delete_expired_keys, retention.delete_ended_pauses):
        with store.database.transaction() as connection:
            assert [forget(connection) for _ in range(3)] == [retention.BATCH, 5, 0]


def test_workers_go_once_no_attempt_names_them(store: Store, reconciler: Reconciler) -> None:
    named, lost, alive, fresh = (store.worker(name) for name in ("named", "lost", "alive", "fresh"))
    ended = store.claimed(named)
    store.succeed(ended)
    for worker_id in (named, fresh):
        store.stop(worker_id)
    store.unseen(lost)
    assert reconciler.round(judge_workers=True).workers_lost == 1
    store.sql(
        "UPDATE workers SET stopped_at = stopped_at - interval '2 days', lost_at = lost_at - interval '2 days'"
        " WHERE name <> 'fresh'"
    )
    store.unseen(alive, seconds=3_600)

    def forget() -> list[str]:
        with store.database.transaction() as connection:
            retention.delete_unreferenced_workers(connection, timedelta(days=1))
        return [row.name for row in store.sql("SELECT name FROM workers ORDER BY name")]

    assert forget() == ["alive", "fresh", "named"]
    delete_ended(store, -timedelta(hours=1))
    assert forget() == ["alive", "fresh"]
