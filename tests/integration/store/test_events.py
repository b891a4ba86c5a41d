"""Every step of a job is recorded once, when it is committed: counted, and logged with the job's id."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from prometheus_client import CollectorRegistry
from psycopg2 import IntegrityError
from structlog.testing import capture_logs

from job_core.errors import DatabaseUnavailable, ReceiverGone
from job_core.metrics import registry
from job_core.reconciler import UNKNOWN_AFTER, Reconciler
from job_core.store import submissions
from job_core.store.claims import MAX_LOSSES
from job_core.store.database import COMMIT_RESERVE_SECONDS
from job_tasks.metrics import PREFIX
from tests.integration.job_store import DIED, NEW_JOB, NO_TEXT, NOT_TAKEN, Store

ENDED = "wordcount_jobs_ended_total"
ATTEMPTS = "wordcount_attempts_total"


class Counted:
    """What was counted since the test began."""

    def __init__(self) -> None:
        self._before = self._samples(registry(PREFIX))

    @staticmethod
    def _samples(scraped: CollectorRegistry) -> dict[tuple[str, ...], float]:
        return {
            (sample.name, *sample.labels.values()): sample.value
            for family in scraped.collect()
            for sample in family.samples
            if not sample.name.endswith(("_bucket", "_sum", "_created"))
        }

    def new(self) -> dict[tuple[str, ...], float]:
        now = self._samples(registry(PREFIX))
        return {key: now[key] - self._before.get(key, 0) for key in now if now[key] != self._before.get(key, 0)}


@pytest.fixture
def counted() -> Counted:
    return Counted()


@pytest.fixture
def logged() -> Iterator[list[Any]]:
    with capture_logs() as events:
        yield events


def life(logged: list[Any], job_id: object) -> list[tuple[str, ...]]:
    """What the log says of the job, in order."""
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
    assert life(logged, held.job_id) == [("claimed",), ("attempt ended", "SUCCESS", "SUCCESS")]


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
    assert life(logged, first.job_id)[1:] == [
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
    assert life(logged, job_id)[-1] == ("cancelled", *["REVOKED"] * running, "REVOKED")


def test_claims_of_a_lost_worker(store: Store, reconciler: Reconciler, counted: Counted, logged: list[Any]) -> None:
    worker = store.worker()
    held = [store.claimed(worker) for _ in range(3)]
    store.unseen(worker)
    reconciler.round(judge_workers=True)
    assert counted.new()[ATTEMPTS, "LOST", ""] == 3
    assert [life(logged, each.job_id)[1] for each in held] == [("attempt ended", "LOST", "PENDING")] * 3


def test_the_loss_that_ends_a_job(store: Store, reconciler: Reconciler, counted: Counted, logged: list[Any]) -> None:
    held = store.claimed()
    store.sql("UPDATE jobs SET losses = :almost", almost=MAX_LOSSES - 1)
    store.unseen(store.worker_of(held))
    reconciler.round(judge_workers=True)
    assert counted.new()[ATTEMPTS, "LOST", "attempt-lost"] == 1
    assert counted.new()[ENDED, "count", "FAILURE", "attempt-lost"] == 1
    assert life(logged, held.job_id)[-1] == ("attempt ended", "LOST", "FAILURE", "attempt-lost")


def test_claims_that_are_given_back(store: Store, counted: Counted, logged: list[Any]) -> None:
    stopped, let_go, idle = store.claimed(), store.claimed(store.worker()), store.claimed(store.worker())
    store.stop(store.worker_of(stopped))
    store.give_back(store.worker_of(let_go), let_go.job_id)
    store.let_pass(60)
    store.beat(store.worker_of(idle))
    assert counted.new()[ATTEMPTS, "GIVEN BACK", ""] == 3
    for held in (stopped, let_go, idle):
        assert life(logged, held.job_id)[-1] == ("attempt ended", "GIVEN BACK", "PENDING")


def test_a_crash_that_the_main_process_reports(store: Store, counted: Counted, logged: list[Any]) -> None:
    held = store.claimed()
    store.crash_of_process(store.worker_of(held), held.job_id)
    store.crash_of_process(store.worker_of(held), held.job_id)  # there is nothing to report any more
    assert counted.new()[ATTEMPTS, "CRASHED", "attempt-crashed"] == 1
    assert life(logged, held.job_id)[1:] == [("attempt ended", "CRASHED", "PENDING", "attempt-crashed")]


def test_a_job_of_a_kind_that_no_worker_knows(
    store: Store, reconciler: Reconciler, counted: Counted, logged: list[Any]
) -> None:
    job = store.submit(kind="gone")
    store.sql("UPDATE jobs SET created_at = created_at - :by", by=UNKNOWN_AFTER)
    reconciler.round(judge_workers=True)
    assert counted.new()[ENDED, "gone", "FAILURE", "unknown-kind"] == 1
    assert life(logged, job.id)[-1] == ("ended", "FAILURE", "unknown-kind")


def test_an_outcome_without_a_claim_is_not_recorded(store: Store, counted: Counted, logged: list[Any]) -> None:
    held = store.claimed()
    store.cancel(held.job_id)
    before = counted.new(), life(logged, held.job_id)
    assert not store.succeed(held)
    assert (counted.new(), life(logged, held.job_id)) == before


def test_what_is_not_committed_is_not_recorded(store: Store, counted: Counted, logged: list[Any]) -> None:
    with pytest.raises(IntegrityError, match="jobs_label_check"):
        store.accept([NEW_JOB, replace(NEW_JOB, label="x" * 8_193)])
    with pytest.raises(DatabaseUnavailable):
        submissions.accept(store.database, [NEW_JOB], at_once=8, seconds=COMMIT_RESERVE_SECONDS / 2)
    assert store.count() == 0
    assert (counted.new(), logged) == ({}, [])


def test_a_repeated_submission_is_accepted_once(store: Store, counted: Counted) -> None:
    key = submissions.IdempotencyKey(key="once", fingerprint=b"1")
    for _ in range(2):
        store.accept([NEW_JOB] * 2, key)
    assert counted.new() == {("wordcount_jobs_accepted_total", "count"): 2}


def test_the_times_are_those_of_the_database(store: Store) -> None:
    before = registry(PREFIX).get_sample_value("wordcount_job_start_seconds_sum") or 0
    job = store.submit()
    store.sql("UPDATE jobs SET created_at = now() - interval '100 seconds'")
    store.claim(job)
    waited = (registry(PREFIX).get_sample_value("wordcount_job_start_seconds_sum") or 0) - before
    assert 100 <= waited < 110


def test_each_attempt_to_deliver(store: Store, counted: Counted, logged: list[Any]) -> None:
    job = store.ended("https://example.org/counted")
    for error in (NOT_TAKEN, ReceiverGone("The receiver answered 410 Gone.")):
        store.sql("UPDATE deliveries SET due_at = now()")
        held = store.claim_due()
        assert held is not None
        assert store.not_delivered(held, error)
        assert not store.delivered(replace(held, attempt=held.attempt - 1)), "which is not recorded"
    taken = store.ended("https://example.org/counted")
    held = store.claim_due()
    assert held is not None
    assert store.delivered(held)
    assert [line for line in life(logged, job.id) if line[0] == "delivery ended"] == [
        ("delivery ended", "RETRY", "webhook-not-taken"),
        ("delivery ended", "GIVEN UP", "receiver-gone"),
    ]
    assert life(logged, taken.id)[-1] == ("delivery ended", "DELIVERED")
    deliveries = {key: count for key, count in counted.new().items() if key[0] == "wordcount_deliveries_total"}
    assert deliveries == {
        ("wordcount_deliveries_total", "DELIVERED", ""): 1,
        ("wordcount_deliveries_total", "RETRY", "webhook-not-taken"): 1,
        ("wordcount_deliveries_total", "GIVEN UP", "receiver-gone"): 1,
    }
