"""The job store as tests speak of it: each step in a transaction of its own, and plain SQL beside it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from uuid_utils.compat import uuid7

from job_core.errors import AttemptCrashed, CoreError, PermanentError, TransientError, WebhookNotTaken
from job_core.job import Attempt, Claim, Job, JsonObject, Message, NewJob, OnFailure, State
from job_core.store import claims, deliveries, lookup, submissions, workers
from job_core.store import limits as hosts
from job_core.store.database import Database
from job_core.store.deliveries import Delivery, DeliveryClaim
from job_core.store.limits import HostLimits
from job_core.store.submissions import Accepted, IdempotencyKey

NEW_JOB = NewJob(
    kind="count",
    url="https://example.com/",
    host="example.com",
    request={"url": "https://example.com/", "top": 25},
    max_attempts=3,
    max_crashes=3,
    on_failure=OnFailure.RETRY,
)
KINDS = frozenset({NEW_JOB.kind})  # those that workers know
RESULT: JsonObject = {
    "words": 3,
    "unique_words": 2,
    "top": [["the", 2], ["naïve", 1]],
    "word": None,
    "final_url": "https://example.com/",
    "http_status": 200,
    "content_type": "text/html",
    "charset": "utf-8",
    "charset_source": "header",
    "bytes": 64,
    "language": None,
    "fetch_ms": 12,
    "count_ms": 1,
}
BUSY = TransientError("The connection was reset.", type="connection-failed", title="The connection to the site failed")
NO_TEXT = PermanentError("It is image/png.", type="not-text", title="The page is not text")
UNLIMITED = HostLimits(at_once=1_000, gap_seconds=0)
NOT_TAKEN = WebhookNotTaken("The receiver answered 503.")
DIED = AttemptCrashed("The process was killed.")
MANY_ENDED = """
    INSERT INTO jobs (id, kind, url, request, state, on_failure, max_attempts, max_crashes, finished_at)
    SELECT gen_random_uuid(), 'count', 'https://example.com/', '{}', 'REVOKED', 'retry', 3, 3,
           now() - CAST(:age AS interval)
    FROM generate_series(1, :many)
"""


@dataclass(frozen=True)
class Store:
    """A job store with its database."""

    database: Database

    def accept(
        self,
        new_jobs: Sequence[NewJob],
        key: IdempotencyKey | None = None,
        *,
        at_once_per_host: int = UNLIMITED.at_once,
    ) -> Accepted:
        with self.database.transaction() as connection:
            return submissions.accept(connection, new_jobs, key, at_once_per_host=at_once_per_host)

    def submit(self, *, at_once: int = UNLIMITED.at_once, **changes: Any) -> Job:
        (job,) = self.accept([replace(NEW_JOB, **changes)], at_once_per_host=at_once).jobs
        return job

    def worker(self, name: str = "job_worker_01") -> UUID:
        worker_id = uuid7()
        with self.database.transaction() as connection:
            workers.register(connection, worker_id, name)
        return worker_id

    def claim(self, job: Job, worker_id: UUID | None = None) -> Claim | None:
        with self.database.transaction() as connection:
            return claims.claim(connection, job.id, worker_id or self._any_worker())

    def claimed(self, worker_id: UUID | None = None, **changes: Any) -> Claim:
        """A new job that a worker holds."""
        held = self.claim(self.submit(**changes), worker_id or self.worker())
        assert held is not None
        return held

    def enter(self, job: Job, worker_id: UUID, limits: HostLimits) -> Claim | None:
        """The claim, within the limits of the job's host; None if it is parked now, or cannot be claimed."""
        with self.database.transaction() as connection:
            if hosts.park_if_full(connection, job.id, limits):
                return None
            return claims.claim(connection, job.id, worker_id)

    def succeed_and_release(self, held: Claim) -> Sequence[Message]:
        """The end of an attempt as workers write it."""
        with self.database.transaction() as connection:
            hosts.lock(connection, held.host)
            assert claims.succeed(connection, held, RESULT)
            return hosts.release_next(connection, held.host, None)

    def release_next(self, host: str, next_in_queue: UUID | None = None) -> Sequence[Message]:
        with self.database.transaction() as connection:
            hosts.lock(connection, host)
            return hosts.release_next(connection, host, next_in_queue)

    def release_all(self, limits: HostLimits, next_in_queue: UUID | None = None) -> Sequence[Message]:
        with self.database.transaction() as connection:
            return hosts.release_all(connection, limits, next_in_queue, KINDS)

    def pause_as_asked(self, error: CoreError | None) -> None:
        with self.database.transaction() as connection:
            hosts.pause_as_asked(connection, error)

    def succeed(self, held: Claim, result: JsonObject = RESULT) -> bool:
        with self.database.transaction() as connection:
            return claims.succeed(connection, held, result)

    def fail(self, held: Claim, error: CoreError = NO_TEXT) -> bool:
        with self.database.transaction() as connection:
            return claims.fail(connection, held, error)

    def retry(self, held: Claim, error: CoreError = BUSY, wait_seconds: float = 60) -> bool:
        with self.database.transaction() as connection:
            return claims.retry(connection, held, error, wait_seconds)

    def crash(self, held: Claim, error: CoreError = DIED) -> bool:
        with self.database.transaction() as connection:
            return claims.crash(connection, held.job_id, held.worker_id, error)

    def give_back(self, worker_id: UUID, *job_ids: UUID) -> int:
        with self.database.transaction() as connection:
            return claims.give_back(connection, worker_id, job_ids)

    def give_back_all(self, worker_id: UUID) -> int:
        with self.database.transaction() as connection:
            return claims.give_back_all(connection, worker_id)

    def take_back_lost(self) -> int:
        with self.database.transaction() as connection:
            return claims.take_back_lost(connection)

    def cancel(self, job_id: UUID) -> bool:
        with self.database.transaction() as connection:
            return submissions.cancel(connection, job_id)

    def ended(self, callback_url: str) -> Job:
        """A job that has ended, with a delivery that is due."""
        job = self.submit(callback_url=callback_url)
        assert self.cancel(job.id)
        return self.job(job.id)

    def delivery(self, job_id: UUID) -> Delivery | None:
        with self.database.reading() as connection:
            return deliveries.deliveries_of(connection, [job_id]).get(job_id)

    def claim_due(self, lost_after: timedelta = timedelta(seconds=25), *but_to: str) -> DeliveryClaim | None:
        with self.database.transaction() as connection:
            return deliveries.claim_due(connection, lost_after, but_to=but_to)

    def delivered(self, held: DeliveryClaim) -> bool:
        with self.database.transaction() as connection:
            return deliveries.succeed(connection, held)

    def not_delivered(self, held: DeliveryClaim, error: CoreError = NOT_TAKEN) -> bool:
        with self.database.transaction() as connection:
            return deliveries.fail(connection, held, error)

    def beat(self, worker_id: UUID) -> bool:
        with self.database.transaction() as connection:
            return workers.beat(connection, worker_id)

    def stop(self, worker_id: UUID) -> None:
        with self.database.transaction() as connection:
            workers.stop(connection, worker_id)

    def lose_unseen(self) -> int:
        with self.database.transaction() as connection:
            return workers.lose_unseen(connection)

    def unseen(self, worker_id: UUID, seconds: float = 9.5) -> None:
        """Let the worker's latest beat lie `seconds` back."""
        self.sql(
            "UPDATE workers SET seen_at = now() - :back WHERE id = :id", back=timedelta(seconds=seconds), id=worker_id
        )

    def job(self, job_id: UUID) -> Job:
        with self.database.reading() as connection:
            job = lookup.find(connection, job_id)
        assert job is not None
        return job

    def state(self, job_id: UUID) -> State:
        return self.job(job_id).state

    def attempts(self, job_id: UUID) -> list[Attempt]:
        with self.database.reading() as connection:
            return lookup.attempts_by_job(connection, [job_id])[job_id]

    def outcomes(self, job_id: UUID) -> list[str | None]:
        return [attempt.outcome for attempt in self.attempts(job_id)]

    def sql(self, statement: str, **parameters: Any) -> Sequence[Row[Any]]:
        """Run one statement; gives its rows, if it has any."""
        with self.database.transaction() as connection:
            result = connection.execute(text(statement), parameters)
            return result.all() if result.returns_rows else []

    def count(self, table: str = "jobs") -> int:
        return int(self.sql(f"SELECT count(*) FROM {table}")[0][0])

    def _any_worker(self) -> UUID:
        alive = self.sql("SELECT id FROM workers WHERE stopped_at IS NULL AND lost_at IS NULL LIMIT 1")
        return UUID(str(alive[0].id)) if alive else self.worker()
