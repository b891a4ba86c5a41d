from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest
from psycopg2 import IntegrityError
from sqlalchemy import text

from dev.waiting import eventually
from embedded.servers import Servers
from job_core.errors import DatabaseUnavailable
from job_core.job import Job, OnFailure, State
from job_core.store import submissions
from job_core.store.claims import NotClaimed
from job_core.store.database import COMMIT_RESERVE_SECONDS, Database
from job_core.store.submissions import IdempotencyKey
from tests.integration.job_store import NEW_JOB, UNLIMITED, Store
from tests.integration.store.conftest import Sent

TOO_LONG = replace(NEW_JOB, label="x" * 8_193)
KEY = IdempotencyKey(key="order-1", fingerprint=b"f" * 32)
WAITS_FOR_THE_KEY = "SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%accept_jobs%'"


def test_an_accepted_job_waits_and_is_as_it_was_asked_for(store: Store) -> None:
    new = replace(
        NEW_JOB,
        label="https://example.com/ä?q='x'",
        on_failure=OnFailure.DISCARD,
        request={"deep": [1, None]},
        owner="busy",
        callback_url="https://example.org/counted",
    )
    accepted = store.accept([new])
    (job,) = accepted.jobs
    assert accepted.is_new
    assert store.job(job.id) == job
    assert job == Job(
        id=job.id,
        kind="count",
        label="https://example.com/ä?q='x'",
        request={"deep": [1, None]},
        state=State.PENDING,
        on_failure=OnFailure.DISCARD,
        max_attempts=3,
        max_crashes=3,
        created_at=job.created_at,
        published_at=job.published_at,
        limit_key="example.com",
        owner="busy",
        callback_url="https://example.org/counted",
    )
    assert job.published_at is not None
    assert job.created_at <= job.published_at
    assert job.id.version == 7


def test_a_batch_is_one_statement_and_a_commit_and_keeps_its_order(store: Store, servers: Servers, sent: Sent) -> None:
    database = Database(servers.database.url.replace("postgresql", "postgresql+psycopg2", 1), pool_size=1)
    database.ping()
    sent.clear()
    labels = [f"https://example.com/{number}" for number in range(1_000)]
    accepted = submissions.accept(database, [replace(NEW_JOB, label=label) for label in labels], at_once=8)
    assert [statement.count("SELECT * FROM accept_jobs") for statement in sent] == [1, 0]
    assert sent[1] == "COMMIT"
    assert [job.label for job in accepted.jobs] == labels
    assert sorted(job.id for job in accepted.jobs) == [job.id for job in accepted.jobs]
    assert store.count() == 1_000


def test_a_message_counts_as_sent_when_its_row_is_written_and_not_when_the_transaction_began(store: Store) -> None:
    """Another submission with the same key holds it up, and fails at last."""
    with ThreadPoolExecutor(1) as pool:
        with pytest.raises(ZeroDivisionError), store.database.transaction() as connection:
            connection.execute(text("INSERT INTO idempotency_keys VALUES ('order-1', NULL, '', '{}')"))
            accepting = pool.submit(store.accept, [NEW_JOB], KEY)
            eventually(lambda: store.sql(WAITS_FOR_THE_KEY))
            connection.execute(text("SELECT pg_sleep(0.3)"))
            raise ZeroDivisionError
        (job,) = accepting.result(10).jobs
    assert job.published_at is not None
    assert job.published_at - job.created_at >= timedelta(seconds=0.3)


def test_a_batch_that_the_database_refuses_is_not_accepted_in_part(store: Store) -> None:
    with pytest.raises(IntegrityError, match="jobs_label_check"):
        store.accept([NEW_JOB, TOO_LONG, NEW_JOB], KEY)
    assert (store.count(), store.count("idempotency_keys")) == (0, 0)


def test_a_submission_that_is_too_late_to_be_committed_is_not_accepted(store: Store) -> None:
    with pytest.raises(DatabaseUnavailable) as raised:
        submissions.accept(
            store.database, [NEW_JOB], KEY, at_once=UNLIMITED.at_once, seconds=COMMIT_RESERVE_SECONDS / 2
        )
    assert raised.value.reason == "timed out"
    assert (store.count(), store.count("idempotency_keys")) == (0, 0)


def test_unpublish_concerns_what_waits_alone(store: Store) -> None:
    waiting, held = store.submit(), store.claimed()
    submissions.unpublish(store.database, [waiting.id, held.job_id])
    assert store.job(waiting.id).published_at is None
    assert store.job(held.job_id).published_at is not None


class TestCancelling:
    """Whatever a job does, cancelling ends it, once."""

    def test_before_its_attempt(self, store: Store) -> None:
        job = store.submit()
        assert store.cancel(job.id)
        assert store.state(job.id) is State.REVOKED
        assert store.ask_for(job.id) == NotClaimed(is_parked=False, state=State.REVOKED)
        assert store.attempts(job.id) == []

    def test_during_its_attempt(self, store: Store) -> None:
        held = store.claimed()
        assert store.cancel(held.job_id)
        assert not store.succeed(held)
        job = store.job(held.job_id)
        assert (job.state, job.result, job.error) == (State.REVOKED, None, None)
        (attempt,) = store.attempts(held.job_id)
        assert (attempt.outcome, attempt.ended_at) == ("REVOKED", job.finished_at)

    def test_between_two_attempts(self, store: Store) -> None:
        held = store.claimed()
        store.retry(held)
        assert store.cancel(held.job_id)
        job = store.job(held.job_id)
        assert (job.state, job.due_at) == (State.REVOKED, None)
        assert store.outcomes(held.job_id) == ["RETRY"]

    def test_after_its_end(self, store: Store) -> None:
        held = store.claimed()
        store.succeed(held)
        ended = store.job(held.job_id)
        assert not store.cancel(held.job_id)
        assert store.job(held.job_id) == ended

    def test_twice(self, store: Store) -> None:
        job = store.submit()
        assert [store.cancel(job.id), store.cancel(job.id)] == [True, False]

    def test_of_an_unknown_job(self, store: Store) -> None:
        assert not store.cancel(store.worker())


def test_the_times_are_the_databases(store: Store) -> None:
    job = store.submit()
    (now,) = store.sql("SELECT now()")[0]
    assert timedelta(0) <= now - job.created_at < timedelta(seconds=30)
