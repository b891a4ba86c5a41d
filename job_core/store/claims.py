"""The steps of one attempt: claim, succeed, fail, retry, crash, give back.

Each is one conditional UPDATE of the job, and the note of it in `attempts`, on a connection that the caller commits.
An attempt that lost its claim changes nothing, and is told so by False.
"""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, and_, case, exists, func, insert, tuple_, update

from job_core.errors import CoreError
from job_core.job import Claim, JsonObject, OnFailure, State
from job_core.store.events import TOLD, tell_attempt_ended, tell_claimed
from job_core.store.tables import attempts, jobs, workers

CRASHED = "CRASHED"
GIVEN_BACK = "GIVEN BACK"
LOST = "LOST"


def claim(connection: Connection, job_id: UUID, worker_id: UUID) -> Claim | None:
    """Begin an attempt; None if the job is not waiting (a duplicate message, a cancelled job) or the worker is dead."""
    alive = exists().where(workers.c.id == worker_id, workers.c.stopped_at.is_(None), workers.c.lost_at.is_(None))
    claimed = (
        update(jobs)
        .where(jobs.c.id == job_id, jobs.c.state == State.PENDING, alive)
        .values(
            state=State.STARTED,
            attempt=jobs.c.attempt + 1,
            worker_id=worker_id,
            started_at=func.now(),
            parked_at=None,
        )
        .returning(jobs)
    )
    row = connection.execute(claimed).one_or_none()
    if row is None:
        return None
    connection.execute(insert(attempts).values(job_id=job_id, number=row.attempt, worker_id=worker_id))
    tell_claimed(connection, row)
    return Claim(
        job_id=job_id,
        attempt=row.attempt,
        worker_id=worker_id,
        kind=row.kind,
        host=row.host,
        request=row.request,
        attempts_used=row.attempts_used,
        max_attempts=row.max_attempts,
        on_failure=OnFailure(row.on_failure),
    )


def succeed(connection: Connection, held: Claim, result: Mapping[str, Any]) -> bool:
    """End the job with its result."""
    ended = {"state": State.SUCCESS, "finished_at": func.now(), "result": result, "error": None}
    return _step(connection, _by(held), ended, outcome=State.SUCCESS) == 1


def fail(connection: Connection, held: Claim, error: CoreError) -> bool:
    """End the job with its error. A transient one was its last attempt's."""
    ended = {
        "state": State.FAILURE,
        "finished_at": func.now(),
        "error": describe(error),
        "attempts_used": jobs.c.attempts_used + int(error.retryable),
    }
    return _step(connection, _by(held), ended, outcome=State.FAILURE, error=describe(error)) == 1


def retry(connection: Connection, held: Claim, error: CoreError, wait_seconds: float) -> bool:
    """Let the job wait `wait_seconds` for its next attempt; this one is used."""
    waits = {
        "state": State.RETRY,
        "due_at": func.now() + timedelta(seconds=wait_seconds),
        "error": describe(error),
        "attempts_used": jobs.c.attempts_used + 1,
    }
    return _step(connection, _by(held), waits, outcome=State.RETRY, error=describe(error)) == 1


def crash(connection: Connection, job_id: UUID, worker_id: UUID, error: CoreError) -> bool:
    """Count a crash of this worker's attempt: the job waits again, or ends at `max_crashes` with `error`."""
    last = jobs.c.crashes + 1 >= jobs.c.max_crashes
    counted = {
        "crashes": jobs.c.crashes + 1,
        "state": case((last, State.FAILURE.value), else_=State.PENDING.value),
        "finished_at": case((last, func.now())),
        "published_at": case((last, jobs.c.published_at)),
        "error": describe(error),
    }
    return _step(connection, _of_worker(worker_id, [job_id]), counted, outcome=CRASHED, error=describe(error)) == 1


def give_back(connection: Connection, worker_id: UUID, job_ids: Sequence[UUID]) -> int:
    """Let jobs of this worker wait again, as if the attempt had never been; nothing is spent; gives how many."""
    return _step(connection, _of_worker(worker_id, job_ids), WAITS_AGAIN, outcome=GIVEN_BACK)


def give_back_all(connection: Connection, worker_id: UUID) -> int:
    """The same for all that this worker holds; gives how many."""
    held = and_(jobs.c.worker_id == worker_id, jobs.c.state == State.STARTED)
    return _step(connection, held, WAITS_AGAIN, outcome=GIVEN_BACK)


def take_back_lost(connection: Connection) -> int:
    """Let all jobs wait again that dead workers hold; gives how many."""
    gone = exists().where(
        workers.c.id == jobs.c.worker_id, workers.c.lost_at.is_not(None) | workers.c.stopped_at.is_not(None)
    )
    return _step(connection, and_(jobs.c.state == State.STARTED, gone), WAITS_AGAIN, outcome=LOST)


WAITS_AGAIN: JsonObject = {"state": State.PENDING, "published_at": None}


def describe(error: CoreError) -> JsonObject:
    """The error as it stands on the row and in answers."""
    return {"type": error.type, "title": error.title, "detail": str(error), "retryable": error.retryable}


def _by(held: Claim) -> ColumnElement[bool]:
    return and_(jobs.c.id == held.job_id, jobs.c.attempt == held.attempt, jobs.c.state == State.STARTED)


def _of_worker(worker_id: UUID, job_ids: Sequence[UUID]) -> ColumnElement[bool]:
    return and_(jobs.c.id.in_(job_ids), jobs.c.worker_id == worker_id, jobs.c.state == State.STARTED)


def _step(
    connection: Connection,
    which: ColumnElement[bool],
    values: dict[str, Any],
    *,
    outcome: str,
    error: JsonObject | None = None,
) -> int:
    """Move the jobs on that `which` still holds for, and end their running attempts; gives how many."""
    moved = update(jobs).where(which).values(worker_id=None, **values).returning(*TOLD)
    rows = connection.execute(moved).all()
    if not rows:
        return 0
    running = tuple_(attempts.c.job_id, attempts.c.number).in_([(row.id, row.attempt) for row in rows])
    connection.execute(update(attempts).where(running).values(ended_at=func.now(), outcome=outcome, error=error))
    for row in rows:
        tell_attempt_ended(connection, row, outcome, error)
    return len(rows)
