"""Every step of a job is told once, when it is committed: counted, and logged with the job's id."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from prometheus_client import CollectorRegistry
from structlog.testing import capture_logs

from job_core.errors import DatabaseUnavailable, ReceiverGone
from job_core.metrics import registry
from job_core.store import claims, submissions
from job_core.store.database import COMMIT_RESERVE_SECONDS
from tests.integration.job_store import DIED, NEW_JOB, NO_TEXT, NOT_TAKEN, Store

ENDED = "wordcount_jobs_ended_total"
ATTEMPTS = "wordcount_attempts_total"


class Counted:
    """What was counted since the test began."""

    def __init__(self) -> None:
        self._before = self._samples(registry())

    @staticmethod
    def _samples(scraped: CollectorRegistry) -> dict[tuple[str, ...], float]:
        return {
            (sample.name, *sample.labels.values()): sample.value
            for family in scraped.collect()
            for sample in family.samples
            if not sample.name.endswith(("_bucket", "_sum", "_created"))
        }

    def new(self) -> dict[tuple[str, ...], float]:
        now = self._samples(registry())
        return {key: now[key] - self._before.get(key, 0) for key in now if now[key] != self._before.get(key, 0)}


@pytest.fixture
def counted() -> Counted:
    return Counted()


@pytest.fixture
def logged() -> Iterator[list[Any]]:
    with capture_logs() as events:
        yield events


def life(logged: list[Any], job_id: object) -> list[tuple[str, ...]]:
    """What the log tells of the job, in order."""
    return [
        tuple(str(event[name]) for name in ("event", "outcome", "state", "error") if name in event)
        for event in logged
        if event.get("job_id") == str(job_id)
    ]


def test_a_success(store: Store, counted: Counted, logged: list[Any]) -> None:
    held = store.claimed()
    store.succeed(held)
    assert counted.new() == {
        ("wordcount_jobs_accepted_total", "count"): 1,
        ("wordcount_job_start_seconds_count",): 1,
        (ATTEMPTS, "SUCCESS", ""): 1,
        (ENDED, "count", "SUCCESS", ""): 1,
        ("wordcount_job_end_seconds_count", "SUCCESS"): 1,
    }
    assert life(logged, held.job_id) == [("accepted",), ("claimed",), ("attempt ended", "SUCCESS", "SUCCESS")]


def test_a_retry_and_a_failure(store: Store, counted: Counted, logged: list[Any]) -> None:
    first = store.claimed()
    store.retry(first)
    store.sql("UPDATE jobs SET state = 'PENDING', due_at = NULL")
    second = store.claim(store.job(first.job_id))
    assert second is not None
    store.fail(second, NO_TEXT)
    assert counted.new() == {
        ("wordcount_jobs_accepted_total", "count"): 1,
        ("wordcount_job_start_seconds_count",): 1,
        (ATTEMPTS, "RETRY", "connection-failed"): 1,
        (ATTEMPTS, "FAILURE", "not-text"): 1,
        (ENDED, "count", "FAILURE", "not-text"): 1,
        ("wordcount_job_end_seconds_count", "FAILURE"): 1,
    }
    assert life(logged, first.job_id)[2:] == [
        ("attempt ended", "RETRY", "RETRY", "connection-failed"),
        ("claimed",),
        ("attempt ended", "FAILURE", "FAILURE", "not-text"),
    ]


def test_crashes_of_which_the_last_ends_the_job(store: Store, counted: Counted) -> None:
    held = store.claimed(max_crashes=2)
    store.crash(held)
    again = store.claim(store.job(held.job_id))
    assert again is not None
    store.crash(again, DIED)
    assert (
        counted.new().items()
        >= {
            (ATTEMPTS, "CRASHED", "attempt-crashed"): 2.0,
            (ENDED, "count", "FAILURE", "attempt-crashed"): 1.0,
        }.items()
    )


@pytest.mark.parametrize("running", [False, True], ids=["while it waits", "while it runs"])
def test_a_cancelled_job(store: Store, counted: Counted, logged: list[Any], *, running: bool) -> None:
    job_id = store.claimed().job_id if running else store.submit().id
    assert store.cancel(job_id)
    assert not store.cancel(job_id)
    new = counted.new()
    assert new[ENDED, "count", "REVOKED", ""] == 1
    assert new.get((ATTEMPTS, "REVOKED", "")) == (1 if running else None)
    assert life(logged, job_id)[-1] == ("cancelled", "REVOKED")


def test_claims_of_a_lost_worker(store: Store, counted: Counted, logged: list[Any]) -> None:
    worker = store.worker()
    held = [store.claimed(worker) for _ in range(3)]
    store.unseen(worker)
    store.lose_unseen()
    store.take_back_lost()
    assert counted.new()[ATTEMPTS, "LOST", ""] == 3
    assert [life(logged, each.job_id)[-1] for each in held] == [("attempt ended", "LOST", "PENDING")] * 3


def test_an_outcome_without_a_claim_is_not_told(store: Store, counted: Counted) -> None:
    held = store.claimed()
    store.cancel(held.job_id)
    before = counted.new()
    assert not store.succeed(held)
    assert counted.new() == before


def test_what_is_not_committed_is_not_told(store: Store, counted: Counted, logged: list[Any]) -> None:
    with pytest.raises(RuntimeError, match="on the way"), store.database.transaction() as connection:
        submissions.accept(connection, [NEW_JOB], at_once_per_host=8)
        raise RuntimeError("on the way")
    with pytest.raises(DatabaseUnavailable), store.database.transaction(COMMIT_RESERVE_SECONDS / 2) as connection:
        submissions.accept(connection, [NEW_JOB], at_once_per_host=8)
    assert store.count() == 0
    assert (counted.new(), logged) == ({}, [])


def test_a_repeated_submission_is_accepted_once(store: Store, counted: Counted) -> None:
    key = submissions.IdempotencyKey(key="once", fingerprint=b"1")
    for _ in range(2):
        store.accept([NEW_JOB] * 2, key)
    assert counted.new() == {("wordcount_jobs_accepted_total", "count"): 2}


def test_the_times_are_those_of_the_database(store: Store) -> None:
    before = registry().get_sample_value("wordcount_job_start_seconds_sum") or 0
    job = store.submit()
    store.sql("UPDATE jobs SET created_at = now() - interval '100 seconds'")
    with store.database.transaction() as connection:
        claims.claim(connection, job.id, store.worker())
    waited = (registry().get_sample_value("wordcount_job_start_seconds_sum") or 0) - before
    assert 100 <= waited < 110


def test_each_attempt_to_deliver(store: Store, counted: Counted, logged: list[Any]) -> None:
    job = store.ended("https://example.org/counted")
    for error in (NOT_TAKEN, ReceiverGone("The receiver answered 410 Gone.")):
        store.sql("UPDATE deliveries SET due_at = now()")
        held = store.claim_due()
        assert held is not None
        assert store.not_delivered(held, error)
        assert not store.delivered(replace(held, attempt=held.attempt - 1)), "which tells nothing"
    taken = store.ended("https://example.org/counted")
    held = store.claim_due()
    assert held is not None
    assert store.delivered(held)
    assert [told for told in life(logged, job.id) if told[0] == "delivery ended"] == [
        ("delivery ended", "RETRY", "webhook-not-taken"),
        ("delivery ended", "GIVEN UP", "receiver-gone"),
    ]
    assert life(logged, taken.id)[-1] == ("delivery ended", "DELIVERED")
    told = {key: count for key, count in counted.new().items() if key[0] == "wordcount_deliveries_total"}
    assert told == {
        ("wordcount_deliveries_total", "DELIVERED", ""): 1,
        ("wordcount_deliveries_total", "RETRY", "webhook-not-taken"): 1,
        ("wordcount_deliveries_total", "GIVEN UP", "receiver-gone"): 1,
    }
