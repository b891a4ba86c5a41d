"""One attempt of a job, from the message to the outcome on its row.

A task is only its work. What keeps the promises around it is here: nothing is done without a claim, every outcome is
written under that claim, and an outcome that cannot be written is given back by the worker's main process.
"""

import json
import os
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from traceback import clear_frames
from typing import NoReturn, cast
from uuid import UUID

import structlog
from celery import Task
from celery.exceptions import Ignore, Retry, SoftTimeLimitExceeded

from job_core.core import JobCore
from job_core.errors import (
    AttemptOutOfMemory,
    AttemptOutOfTime,
    BrokerUnavailable,
    CoreError,
    DatabaseLocked,
    DatabaseUnavailable,
    UnexpectedError,
)
from job_core.job import Claim, JsonObject, Message, NewJob, Phase, State
from job_core.kinds import FanOut, GoOn, Kind, RunningJob
from job_core.queue import JobQueue
from job_core.retrying import may_retry, retry_wait
from job_core.shown import without_secrets
from job_core.store import claims
from job_core.store.claims import Claimant, ClaimLost, NotClaimed
from job_core.store.database import Database
from job_core.store.read import ended_children

# How long a child waits for a database that is away, before it lets go of what it holds.
DATABASE_PATIENCE_SECONDS = 20.0
DATABASE_PAUSE_SECONDS = 0.5
LOCK_PATIENCE_SECONDS = 2.0  # and for a row that somebody else has locked, while other jobs could be done

BROKER_TIMEOUT_SECONDS = 0.3  # a broker that is away must not hold a child: the reconciler sends what is missing
OVERDUE_MARGIN_SECONDS = 60.0  # beyond the hard time limit, after which the pool should have killed the child

MAX_RESULT_LENGTH = 1_000_000  # lists and webhooks hold whole results
MAX_PROGRESS_LENGTH = 65_536
MAX_CHILDREN = 1_000  # of one attempt

log = structlog.get_logger()


class ChildProcess:
    """What one child of a worker keeps between attempts: its connections, made after the fork and never shared."""

    def __init__(self, core: JobCore) -> None:
        self._core = core
        self.claimant = Claimant(worker_id=core.worker_id, pid=os.getpid())

    @cached_property
    def database(self) -> Database:
        """The job store."""
        return self._core.database(pool_size=1)

    @cached_property
    def queue(self) -> JobQueue:
        """The queues."""
        return self._core.queue(timeout_seconds=BROKER_TIMEOUT_SECONDS)

    def publish(self, messages: Sequence[Message]) -> None:
        """Send messages, or leave it to the reconciler if the broker is away."""
        if not messages:
            return
        try:
            self.queue.publish(messages)
        except BrokerUnavailable as error:
            log.warning("the broker is away; the reconciler will publish", jobs=len(messages), reason=error.reason)
        else:
            for message in messages:
                log.info("published", job_id=str(message.job_id))


_processes: dict[int, ChildProcess] = {}


def this_process(core: JobCore) -> ChildProcess:
    """The child that asks: one object for each process, since connections do not survive a fork."""
    if (found := _processes.get(os.getpid())) is None:
        found = _processes[os.getpid()] = ChildProcess(core)
    return found


def run_attempt(core: JobCore, kind: Kind, task: Task, job_id: UUID) -> str:
    """Claim the job, do its work, and write the outcome. Returns what Flower shows of the result, in a line.

    Where the job has not succeeded, ends by raising, since that is how Celery and Flower learn of it:

    - Ignore if there is nothing to claim, or the claim was lost meanwhile;
    - Retry if the job waits: for its next attempt, its next turn, its children, or room under its limit;
    - the job's error if it ended in one;
    - DatabaseUnavailable if the database stayed away, and SoftTimeLimitExceeded if time ran out while writing: then
      the main process gives the job back.
    """
    with structlog.contextvars.bound_contextvars(job_id=str(job_id)):
        return Attempt(core, kind, task, this_process(core)).run(job_id)


class Attempt:
    """One attempt, in the child that makes it."""

    def __init__(self, core: JobCore, kind: Kind, task: Task, process: ChildProcess) -> None:
        self._core = core
        self._kind = kind
        self._task = task
        self._process = process

    def run(self, job_id: UUID) -> str:
        """See `run_attempt`."""
        held = self._claim(job_id)
        try:
            result = self._work(held)
            write = self._writer(held, result)
        except SoftTimeLimitExceeded:
            seconds = self._kind.soft_time_limit(self._core.config)
            self._crash(held, AttemptOutOfTime(f"The job took longer than {seconds:g} seconds."))
        except MemoryError as error:
            clear_frames(error.__traceback__)  # drop the frames' locals: they keep the oversized objects alive
            self._crash(held, AttemptOutOfMemory("The job needed more memory than one job may have."))
        except CoreError as error:
            self._end_in_error(held, error)
        except Exception as error:
            log.exception("unhandled exception in task")
            unexpected = UnexpectedError("The job failed by a fault of this service, not of the request.")
            self._end_in_error(held, unexpected, cause=error)
        else:
            self._write(write)
            if isinstance(result, GoOn | FanOut):
                raise Retry("waits for its next turn" if isinstance(result, GoOn) else "waits for its children")
            return without_secrets(self._kind.line(cast("JsonObject", result))) or "done"

    def _claim(self, job_id: UUID) -> Claim:
        time_limit = self._kind.hard_time_limit(self._core.config) + OVERDUE_MARGIN_SECONDS
        limits = self._core.config.limits
        try:
            held = claims.claim(self._process.database, job_id, self._process.claimant, limits, time_limit)
        except DatabaseUnavailable:
            # Whether the claim was written is not known, so it is given back and not tried again. Waiting here keeps a
            # worker from emptying the queue while it can do nothing.
            self._wait_for_database()
            raise
        if not isinstance(held, Claim):
            self._drop(held)
        return held

    def _drop(self, unclaimed: NotClaimed) -> NoReturn:
        """Drop the message. Flower keeps what it shows of a job that is under way, or ended."""
        if unclaimed.is_parked:
            log.info("parked", reason="its limit has no room")
            raise Retry("waits for room under its limit")
        log.info("dropped", state=unclaimed.state)
        if unclaimed.state is not State.STARTED:
            # Else Flower would show a cancelled job, or one that is gone, as started for ever.
            self._task.send_event("task-revoked", terminated=False, signum=None, expired=False)
        raise Ignore

    def _wait_for_database(self) -> None:
        deadline = time.monotonic() + DATABASE_PATIENCE_SECONDS
        while time.monotonic() < deadline:
            time.sleep(DATABASE_PAUSE_SECONDS)
            try:
                self._process.database.ping()
            except DatabaseUnavailable:
                continue
            return

    def _work(self, held: Claim) -> object:
        request = self._kind.kept_request(held.request)
        job = RunningJob(
            id=held.job_id,
            owner=held.owner,
            attempt=held.attempt,
            progress=held.progress,
            database=self._process.database,
        )
        if held.phase is Phase.JOIN:
            return self._kind.finish(request, ended_children(self._process.database, held.job_id), job)
        return self._kind.start(request, job)

    def _writer(self, held: Claim, result: object) -> Callable[[], list[Message]]:
        """What writes the outcome. Raises TypeError or ValueError for a result that no row may hold."""
        database, at_once = self._process.database, self._core.config.limits.at_once
        if isinstance(result, GoOn):
            children = self._checked(result.children)
            _check_length("progress", json.dumps(result.progress, allow_nan=False), MAX_PROGRESS_LENGTH)
            return lambda: claims.go_on(database, held, replace(result, children=children), at_once=at_once)
        if isinstance(result, FanOut):
            children = self._checked(result.children)
            return lambda: claims.fan_out(database, held, children, at_once=at_once)
        if not isinstance(result, Mapping):
            raise TypeError(f"a task returns a mapping, and this one returned {type(result).__name__}")
        text = _check_length("result", json.dumps(result, allow_nan=False), MAX_RESULT_LENGTH)
        return lambda: claims.succeed(database, held, text)

    def _checked(self, children: Sequence[NewJob]) -> list[NewJob]:
        if children and self._kind.join is None:
            raise TypeError(f"task {self._kind.name}: it gives children, and has no join")
        if len(children) > MAX_CHILDREN:
            raise ValueError(f"an attempt may give {MAX_CHILDREN:,} children, and this one gives {len(children):,}")
        return [child.with_max_crashes(self._core.config.max_crashes) for child in children]

    def _write(self, step: Callable[[], list[Message]]) -> None:
        """Write an outcome, and send the messages that it makes.

        Raises Ignore if the claim is lost, DatabaseUnavailable if the database stays away.
        """
        begun = time.monotonic()
        while True:
            try:
                messages = step()
            except DatabaseUnavailable as error:
                patience = LOCK_PATIENCE_SECONDS if isinstance(error, DatabaseLocked) else DATABASE_PATIENCE_SECONDS
                if time.monotonic() > begun + patience:
                    raise
                time.sleep(DATABASE_PAUSE_SECONDS)
            except ClaimLost:
                log.info("outcome dropped", reason="the claim was lost meanwhile")
                raise Ignore from None
            else:
                self._process.publish(messages)
                return

    def _end_in_error(self, held: Claim, error: CoreError, cause: Exception | None = None) -> NoReturn:
        """Write the error, and raise what Celery and Flower are to see."""
        database = self._process.database
        if may_retry(held, error):
            policy = self._kind.retry or self._core.config.retry
            wait = retry_wait(
                held.attempts_used, error, base_seconds=policy.base_seconds, cap_seconds=policy.cap_seconds
            )
            self._write(lambda: claims.retry(database, held, error, wait))
            log.info("waits for its next attempt", wait_seconds=round(wait, 1))
            raise Retry(message=error.title, exc=error, when=wait)
        self._write(lambda: claims.fail(database, held, error))
        raise error from cause

    def _crash(self, held: Claim, error: CoreError) -> NoReturn:
        self._write(lambda: claims.crash(self._process.database, held, error))
        raise error from None


def _check_length(name: str, text: str, most: int) -> str:
    if len(text) > most:
        raise ValueError(f"the {name} may have {most:,} characters in JSON, and this one has {len(text):,}")
    return text
