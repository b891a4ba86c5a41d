"""The job store as tests speak of it: each step a call, and plain SQL beside it."""

import json
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from uuid_utils.compat import uuid7

from dev.waiting import PATIENCE_SECONDS
from job_core.config import Limits
from job_core.errors import AttemptCrashed, CoreError, PermanentError, TransientError, WebhookNotTaken
from job_core.job import Attempt, Claim, Job, JsonObject, Message, NewJob, OnFailure, Outcome, State
from job_core.store import claims, deliveries, limits, read, submissions, workers
from job_core.store.claims import Claimant, ClaimLost, NotClaimed
from job_core.store.database import Database
from job_core.store.deliveries import Delivery, DeliveryClaim
from job_core.store.submissions import Accepted, IdempotencyKey
from job_tasks.job_tasks import core

NEW_JOB = NewJob(
    kind="count",
    label="https://example.com/",
    limit_key="example.com",
    request={"url": "https://example.com/", "top": 25},
    max_attempts=3,
    max_crashes=3,
    on_failure=OnFailure.RETRY,
)
KINDS = core.kinds  # those that workers know
PID = os.getpid()
TIME_LIMIT_SECONDS = 150.0
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
UNLIMITED = Limits(at_once=1_000)
NOT_TAKEN = WebhookNotTaken("The receiver answered 503.")
DIED = AttemptCrashed("The process was killed.")
MANY_ENDED = """
    INSERT INTO jobs (id, kind, label, request, state, on_failure, max_attempts, max_crashes, finished_at)
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
        at_once: int = UNLIMITED.at_once,
    ) -> Accepted:
        return submissions.accept(self.database, new_jobs, key, at_once=at_once)

    def submit(self, *, at_once: int = UNLIMITED.at_once, **changes: Any) -> Job:
        (job,) = self.accept([replace(NEW_JOB, **changes)], at_once=at_once).jobs
        return job

    def worker(self, name: str = "job_worker_01") -> UUID:
        worker_id = uuid7()
        workers.register(self.database, worker_id, name, seconds=5)
        return worker_id

    def claim(
        self, job: Job, worker_id: UUID | None = None, limits: Limits = UNLIMITED, *, pid: int = PID
    ) -> Claim | None:
        """The claim, within the limits; None if the job is parked now, or cannot be claimed."""
        held = self.ask_for(job.id, worker_id, limits, pid=pid)
        return held if isinstance(held, Claim) else None

    def ask_for(
        self, job_id: UUID, worker_id: UUID | None = None, limits: Limits = UNLIMITED, *, pid: int = PID
    ) -> Claim | NotClaimed:
        """The claim, or why there is none."""
        claimant = Claimant(worker_id=worker_id or self._any_worker(), pid=pid)
        return claims.claim(self.database, job_id, claimant, limits, TIME_LIMIT_SECONDS)

    def claimed(self, worker_id: UUID | None = None, **changes: Any) -> Claim:
        """A new job that a worker holds."""
        held = self.claim(self.submit(**changes), worker_id or self.worker())
        assert held is not None
        return held

    def worker_of(self, held: Claim) -> UUID:
        """Who made the attempt, whoever has the job by now."""
        (row,) = self.sql(
            "SELECT worker_id FROM attempts WHERE job_id = :id AND number = :number",
            id=held.job_id,
            number=held.attempt,
        )
        return UUID(str(row.worker_id))

    def release_all(self, wanted: Limits) -> Sequence[Message]:
        return limits.release_all(self.database, wanted)

    def succeed(self, held: Claim, result: JsonObject = RESULT) -> bool:
        return self.written(lambda: claims.succeed(self.database, held, json.dumps(result)))

    def succeed_and_release(self, held: Claim) -> Sequence[Message]:
        """The messages to send after the end of an attempt."""
        return claims.succeed(self.database, held, json.dumps(RESULT))

    def fail(self, held: Claim, error: CoreError = NO_TEXT) -> bool:
        return self.written(lambda: claims.fail(self.database, held, error))

    def retry(self, held: Claim, error: CoreError = BUSY, wait_seconds: float = 60) -> bool:
        return self.written(lambda: claims.retry(self.database, held, error, wait_seconds))

    def crash(self, held: Claim, error: CoreError = DIED) -> bool:
        return self.written(lambda: claims.crash(self.database, held, error))

    @staticmethod
    def written(step: Callable[[], object]) -> bool:
        """Whether a step was written; not so if its claim was lost."""
        try:
            step()
        except ClaimLost:
            return False
        return True

    def give_back(self, worker_id: UUID, job_id: UUID, *, pid: int = PID) -> None:
        """What the main process writes for a child that lets go of a job."""
        claimant = Claimant(worker_id=worker_id, pid=pid)
        claims.end_of_process(self.database, job_id, claimant, Outcome.GIVEN_BACK)

    def crash_of_process(self, worker_id: UUID, job_id: UUID, *, pid: int = PID) -> None:
        """What the main process writes for a child that died."""
        claimant = Claimant(worker_id=worker_id, pid=pid)
        claims.end_of_process(self.database, job_id, claimant, Outcome.CRASHED, DIED)

    def holder(self, job_id: UUID) -> UUID:
        """The worker that holds the job."""
        return UUID(str(self.sql("SELECT worker_id FROM jobs WHERE id = :id", id=job_id)[0].worker_id))

    def cancel(self, job_id: UUID) -> bool:
        return submissions.cancel(self.database, job_id)

    def ended(self, callback_url: str) -> Job:
        """A job that has ended, with a delivery that is due."""
        job = self.submit(callback_url=callback_url)
        assert self.cancel(job.id)
        return self.job(job.id)

    def delivery(self, job_id: UUID) -> Delivery | None:
        with self.database.reading() as connection:
            return deliveries.deliveries_of(connection, [job_id]).get(job_id)

    def claim_due(self, lost_after: timedelta = timedelta(seconds=25), *excluding: str) -> DeliveryClaim | None:
        return deliveries.claim_due(self.database, lost_after, excluding=excluding)

    def delivered(self, held: DeliveryClaim) -> bool:
        return deliveries.succeed(self.database, held)

    def not_delivered(self, held: DeliveryClaim, error: CoreError = NOT_TAKEN) -> bool:
        return deliveries.fail(self.database, held, error)

    def beat(self, worker_id: UUID, *running: UUID) -> workers.Beat:
        return workers.beat(self.database, worker_id, running, seconds=5)

    def stop(self, worker_id: UUID) -> int:
        return workers.stop(self.database, worker_id, seconds=5)

    def let_pass(self, seconds: float) -> None:
        """Let everything about jobs that have not ended lie `seconds` further back."""
        times = ("published_at", "started_at", "overdue_at", "due_at")
        shifted = ", ".join(f"{name} = {name} - :by" for name in times)
        self.sql(f"UPDATE jobs SET {shifted} WHERE finished_at IS NULL", by=timedelta(seconds=seconds))

    def unseen(self, worker_id: UUID, seconds: float = 9.5) -> None:
        """Let the worker's latest beat lie `seconds` back."""
        self.sql(
            "UPDATE workers SET seen_at = now() - :back WHERE id = :id", back=timedelta(seconds=seconds), id=worker_id
        )

    def job(self, job_id: UUID) -> Job:
        with self.database.reading() as connection:
            job = read.find(connection, job_id)
        assert job is not None
        return job

    def state(self, job_id: UUID) -> State:
        return self.job(job_id).state

    def attempts(self, job_id: UUID) -> list[Attempt]:
        with self.database.reading() as connection:
            return read.attempts_by_job(connection, [job_id])[job_id]

    def outcomes(self, job_id: UUID) -> list[str | None]:
        return [attempt.outcome for attempt in self.attempts(job_id)]

    def sql(self, statement: str, **parameters: Any) -> Sequence[Row[Any]]:
        """Run one statement, a transaction of its own; returns its rows, if it has any."""
        with self.database.reading(PATIENCE_SECONDS) as connection:  # which is in autocommit
            result = connection.execute(text(statement), parameters)
            return result.all() if result.returns_rows else []

    def count(self, table: str = "jobs") -> int:
        return int(self.sql(f"SELECT count(*) FROM {table}")[0][0])

    def _any_worker(self) -> UUID:
        alive = self.sql("SELECT id FROM workers WHERE stopped_at IS NULL AND lost_at IS NULL LIMIT 1")
        return UUID(str(alive[0].id)) if alive else self.worker()
