import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from psycopg2 import IntegrityError

from job_core.errors import IdempotencyKeyReused, UnknownJob
from job_core.store import retention
from job_core.store.submissions import IDEMPOTENCY_KEY_LIFETIME, Accepted, IdempotencyKey, repetition
from tests.integration.job_store import NEW_JOB, Store

KEY = IdempotencyKey(key="order-1", fingerprint=b"f" * 32)
BATCH = [replace(NEW_JOB, label=f"https://example.com/{number}") for number in range(3)]


def test_the_same_key_and_request_give_the_same_jobs_in_the_same_order(store: Store) -> None:
    first, second = store.accept(BATCH, KEY), store.accept(BATCH, KEY)
    assert (first.is_new, second.is_new) == (True, False)
    assert second.jobs == first.jobs
    assert store.count() == 3


def test_the_same_key_gives_the_jobs_as_they_are_by_now(store: Store) -> None:
    (job,) = store.accept([NEW_JOB], KEY).jobs
    store.cancel(job.id)
    (again,) = store.accept([NEW_JOB], KEY).jobs
    assert again == store.job(job.id)


def test_the_same_key_with_another_request_is_refused(store: Store) -> None:
    store.accept([NEW_JOB], KEY)
    with pytest.raises(IdempotencyKeyReused):
        store.accept([NEW_JOB], replace(KEY, fingerprint=b"g" * 32))
    assert store.count() == 1


def test_another_key_makes_another_job(store: Store) -> None:
    store.accept([NEW_JOB], KEY)
    assert store.accept([NEW_JOB], replace(KEY, key="order-2")).is_new
    assert store.count() == 2


def test_a_key_of_a_submission_that_was_refused_is_free(store: Store) -> None:
    with pytest.raises(IntegrityError, match="jobs_label_check"):
        store.accept([replace(NEW_JOB, label="x" * 8_193)], KEY)
    assert store.accept([NEW_JOB], KEY).is_new


def test_each_owner_has_keys_of_its_own(store: Store) -> None:
    keys = [replace(KEY, owner=owner) for owner in (None, "one", "another")]
    assert [store.accept([NEW_JOB], key).is_new for key in keys * 2] == [True] * 3 + [False] * 3
    assert store.count() == 3


def test_a_repetition_is_known_without_a_submission(store: Store) -> None:
    assert repetition(store.database, KEY) is None
    accepted = store.accept(BATCH, KEY)
    assert repetition(store.database, KEY) == replace(accepted, is_new=False)
    assert repetition(store.database, replace(KEY, owner="one")) is None
    with pytest.raises(IdempotencyKeyReused):
        repetition(store.database, replace(KEY, fingerprint=b"g" * 32))
    store.sql("UPDATE idempotency_keys SET created_at = created_at - :lifetime", lifetime=IDEMPOTENCY_KEY_LIFETIME)
    assert repetition(store.database, KEY) is None


@pytest.mark.parametrize(("early_by", "is_new"), [("1 minute", False), ("-1 minute", True)])
def test_a_key_is_kept_for_24_hours(store: Store, early_by: str, is_new: bool) -> None:  # noqa: FBT001 - a parameter of the table
    (first,) = store.accept([NEW_JOB], KEY).jobs
    store.sql(
        "UPDATE idempotency_keys SET created_at = created_at - :lifetime + CAST(:early AS interval)",
        lifetime=IDEMPOTENCY_KEY_LIFETIME,
        early=early_by,
    )
    second = store.accept([NEW_JOB], KEY)
    assert second.is_new is is_new
    assert (second.jobs[0].id != first.id) is is_new


def test_a_key_whose_jobs_are_forgotten_says_so(store: Store) -> None:
    first, _, _ = store.accept(BATCH, KEY).jobs
    store.cancel(first.id)
    with store.database.transaction() as connection:
        retention.delete_ended(connection, -IDEMPOTENCY_KEY_LIFETIME)
    with pytest.raises(UnknownJob, match="new key"):
        store.accept(BATCH, KEY)
    with pytest.raises(UnknownJob, match="new key"):
        repetition(store.database, KEY)


def test_two_at_once_make_one_job(store: Store) -> None:
    callers = 6
    together = threading.Barrier(callers)

    def submit(_: int) -> Accepted:
        together.wait(10)
        return store.accept([NEW_JOB], KEY)

    with ThreadPoolExecutor(callers) as pool:
        answers = list(pool.map(submit, range(callers)))
    assert sorted(answer.is_new for answer in answers) == [False] * (callers - 1) + [True]
    assert len({answer.jobs[0].id for answer in answers}) == 1
    assert store.count() == 1
