from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import event, text

from job_core.job import Job, OnFailure, State
from job_core.store import submissions
from tests.integration.job_store import NEW_JOB, Store


@contextmanager
def statements(store: Store) -> Iterator[list[str]]:
    """Every statement that goes to the database meanwhile."""
    seen: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        seen.append(statement)

    with store.database.transaction() as connection:
        engine = connection.engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(engine, "before_cursor_execute", note)


def test_an_accepted_job_waits_and_is_as_it_was_asked_for(store: Store) -> None:
    new = replace(NEW_JOB, url="https://example.com/ä?q='x'", on_failure=OnFailure.DISCARD, request={"deep": [1, None]})
    accepted = store.accept([new])
    (job,) = accepted.jobs
    assert accepted.is_new
    assert store.job(job.id) == job
    assert job == Job(
        id=job.id,
        kind="count",
        url="https://example.com/ä?q='x'",
        request={"deep": [1, None]},
        state=State.PENDING,
        on_failure=OnFailure.DISCARD,
        attempt=0,
        attempts_used=0,
        max_attempts=3,
        crashes=0,
        max_crashes=3,
        retry_of=None,
        created_at=job.created_at,
        published_at=job.published_at,
        due_at=None,
        started_at=None,
        finished_at=None,
        result=None,
        error=None,
        host="example.com",
        parked_at=None,
    )
    assert job.published_at is not None
    assert job.created_at <= job.published_at
    assert job.id.version == 7


def test_a_batch_is_one_insert_and_keeps_its_order(store: Store) -> None:
    urls = [f"https://example.com/{number}" for number in range(1_000)]
    with statements(store) as seen:
        accepted = store.accept([replace(NEW_JOB, url=url) for url in urls])
    assert [statement.split()[0] for statement in seen] == ["INSERT", "SET"]  # the latter by the guard of the COMMIT
    assert [job.url for job in accepted.jobs] == urls
    assert sorted(job.id for job in accepted.jobs) == [job.id for job in accepted.jobs]
    assert store.count() == 1_000


def test_a_message_counts_as_sent_when_its_row_is_written_and_not_when_the_transaction_began(store: Store) -> None:
    with store.database.transaction() as connection:
        connection.execute(text("SELECT pg_sleep(0.3)"))
        (job,) = submissions.accept(connection, [NEW_JOB], at_once_per_host=1).jobs
    assert job.published_at is not None
    assert job.published_at - job.created_at >= timedelta(seconds=0.3)


def test_what_is_not_committed_is_not_accepted(store: Store) -> None:
    with pytest.raises(ZeroDivisionError), store.database.transaction() as connection:
        submissions.accept(connection, [NEW_JOB], at_once_per_host=8)
        raise ZeroDivisionError
    assert store.count() == 0


def test_unpublish_concerns_what_waits_alone(store: Store) -> None:
    waiting, held = store.submit(), store.claimed()
    with store.database.transaction() as connection:
        submissions.unpublish(connection, [waiting.id, held.job_id])
    assert store.job(waiting.id).published_at is None
    assert store.job(held.job_id).published_at is not None


class TestCancelling:
    """Whatever a job does, cancelling ends it, once."""

    def test_before_its_attempt(self, store: Store) -> None:
        job = store.submit()
        assert store.cancel(job.id)
        assert store.state(job.id) is State.REVOKED
        assert store.claim(job) is None
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
