"""One attempt of a job, from the message to the outcome on its row.

A task is only its work. What keeps the promises around it is here: nothing is done without a claim, every outcome is
written under that claim, and an outcome that cannot be written is given back by the worker's main process.
"""

import json
import time
from collections.abc import Callable, Mapping
from functools import cache
from traceback import clear_frames
from typing import NoReturn
from uuid import UUID

import structlog
from celery import Celery, Task
from celery.exceptions import Ignore, Retry, SoftTimeLimitExceeded
from sqlalchemy import Connection
from uuid_utils.compat import uuid7

from job_core.errors import AttemptOutOfMemory, AttemptOutOfTime, CoreError, DatabaseUnavailable, UnexpectedError
from job_core.job import Claim, State
from job_core.kinds import Kind, Request, Work, add_kind
from job_core.store import claims
from job_core.store import limits as hosts
from job_core.store.database import Database
from job_core.store.lookup import find
from job_core.store.retrying import may_retry, retry_wait
from job_core.worker.releasing import host_limits, next_in_queue, publish_released
from job_tasks.settings import settings

# One start of a worker: made in its main process, and inherited by the children that are forked from it.
WORKER_ID = uuid7()

# How long a child waits for a database that is away, before it lets go of what it holds.
DATABASE_PATIENCE_SECONDS = 20.0
DATABASE_PAUSE_SECONDS = 0.5

MAX_RESULT_LENGTH = 1_000_000  # lists and webhooks hold whole results

log = structlog.get_logger()


def job_task(app: Celery) -> Callable[[Work[Request]], Task]:
    """Make a function the task of a new kind of job, named after it."""

    def register(work: Work[Request]) -> Task:
        kind = add_kind(work)

        def attempt(task: Task, job_id: str) -> None:
            run_attempt(UUID(job_id), kind, task)

        # Errors of ours are outcomes, already on the row; Celery logs them in a line, without a trace.
        options = {"bind": True, "name": f"{app.main}.{kind.name}", "throws": (CoreError,)}
        task: Task = app.task(attempt, **options)
        return task

    return register


def run_attempt(job_id: UUID, kind: Kind, task: Task) -> None:
    """Claim the job, do its work, and write the outcome.

    Raises, for Celery and the viewer to see: Ignore if there is nothing to claim, or the claim was lost meanwhile;
    Retry if the job waits for its next attempt, or for room at its host; the error if it ended in one;
    DatabaseUnavailable if the database stayed away, and SoftTimeLimitExceeded if time ran out over writing: then the
    job must be given back.
    """
    with structlog.contextvars.bound_contextvars(job_id=str(job_id)):
        held = _claim(job_id)
        if held is None:
            _drop(job_id, task)
        try:
            result = kind.work(kind.kept_request(held.request))
            _check_result(result)
        except SoftTimeLimitExceeded:
            _crash(
                held, AttemptOutOfTime(f"The job took longer than {settings().job_soft_time_limit_seconds:g} seconds.")
            )
        except MemoryError as error:
            clear_frames(error.__traceback__)  # they hold what there was no room for
            _crash(held, AttemptOutOfMemory("The job wanted more memory than one job may have."))
        except CoreError as error:
            _end_in_error(held, error)
        except Exception as error:
            log.exception("the task raised what nobody foresaw")
            unexpected = UnexpectedError("The job failed for a reason that lies with this service, not with the page.")
            _end_in_error(held, unexpected, cause=error)
        else:
            _write(held, lambda connection: claims.succeed(connection, held, result))


def _check_result(result: object) -> None:
    """Raise TypeError or ValueError for what no row holds: all but a small mapping of what JSON knows (RFC 8259)."""
    if not isinstance(result, Mapping):
        raise TypeError(f"a task gives a mapping, and this one gave {type(result).__name__}")
    length = len(json.dumps(result, allow_nan=False))
    if length > MAX_RESULT_LENGTH:
        raise ValueError(f"a result may have {MAX_RESULT_LENGTH:,} characters in JSON, and this one has {length:,}")


@cache
def _database() -> Database:
    """The connection of one child: made after the fork, and never shared."""
    return Database(settings().database_url.get_secret_value(), pool_size=1)


def _claim(job_id: UUID) -> Claim | None:
    try:
        with _database().transaction() as connection:
            parked = hosts.park_if_full(connection, job_id, host_limits())
            held = None if parked else claims.claim(connection, job_id, WORKER_ID)
    except DatabaseUnavailable:
        # Whether the claim was committed is not known, so it is given back and not tried again. Waiting here keeps a
        # worker from emptying the queue while it can do nothing.
        _wait_for_database()
        raise
    if parked:
        log.info("parked", reason="its host has no room")
        raise Retry("waits for room at its host")
    return held


def _drop(job_id: UUID, task: Task) -> NoReturn:
    """Drop a message that has nothing to claim. The viewer keeps what it shows of a job that is under way, or ended."""
    with _database().reading() as connection:
        job = find(connection, job_id)
    log.info("dropped", state=job and job.state)
    if job is None or job.state is not State.STARTED:
        # Else the viewer would show a cancelled job, or one that is gone, as started for ever.
        task.send_event("task-revoked", terminated=False, signum=None, expired=False)
    raise Ignore


def _wait_for_database() -> None:
    deadline = time.monotonic() + DATABASE_PATIENCE_SECONDS
    while time.monotonic() < deadline:
        time.sleep(DATABASE_PAUSE_SECONDS)
        try:
            _database().ping()
        except DatabaseUnavailable:
            continue
        return


def _write(held: Claim, step: Callable[[Connection], bool], error: CoreError | None = None) -> None:
    """Write an outcome, pause the host that asked for it by `error`, and send on a job that has room at its host now.

    Raises Ignore if the claim is lost, DatabaseUnavailable if the database stays away.
    """
    deadline = time.monotonic() + DATABASE_PATIENCE_SECONDS
    ahead = next_in_queue()
    while True:
        try:
            with _database().transaction() as connection:
                hosts.lock(connection, held.host)
                written = step(connection)
                hosts.pause_as_asked(connection, error)
                released = hosts.release_next(connection, held.host, ahead) if written else []
        except DatabaseUnavailable:
            if time.monotonic() > deadline:
                raise
            time.sleep(DATABASE_PAUSE_SECONDS)
            continue
        if not written:
            log.info("outcome dropped", reason="the claim was lost meanwhile")
            raise Ignore
        publish_released(released)
        return


def _end_in_error(held: Claim, error: CoreError, cause: Exception | None = None) -> None:
    """Write the error, and raise what Celery and the viewer shall see."""
    if may_retry(held, error):
        wait = retry_wait(
            held.attempts_used,
            error,
            base_seconds=settings().retry_base_seconds,
            cap_seconds=settings().retry_cap_seconds,
        )
        _write(held, lambda connection: claims.retry(connection, held, error, wait), error)
        log.info("waits for its next attempt", wait_seconds=round(wait, 1))
        raise Retry(message=error.title, exc=error, when=wait)
    _write(held, lambda connection: claims.fail(connection, held, error), error)
    raise error from cause


def _crash(held: Claim, error: CoreError) -> NoReturn:
    _write(held, lambda connection: claims.crash(connection, held.job_id, held.worker_id, error))
    raise error from None
