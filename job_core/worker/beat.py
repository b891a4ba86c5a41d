"""The worker's beat: a thread with a database connection of its own, which neither the broker nor a job can stop.

Every three seconds it reports that this worker lives, and kills the children whose jobs were cancelled. In between it
writes what the main process has to report to the job store.
"""

import os
import signal
import socket
import sys
import threading
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from uuid import UUID

import structlog
from billiard.pool import CLOSE

from job_core.core import JobCore
from job_core.errors import CoreError, DatabaseLocked, DatabaseUnavailable
from job_core.job import Outcome
from job_core.store import claims, workers
from job_core.store.claims import Claimant
from job_core.store.database import Database
from job_core.worker.children import Children

DATABASE_SECONDS = 2.0
CONNECTIONS = 2  # to it: the beat's, and that of the goodbye, which comes from another thread
PAUSE_SECONDS = 0.5  # between tries of a database that is away
MAX_FAILURES = 5  # unhandled exceptions in a row, after which the worker starts again

log = structlog.get_logger()


@dataclass(frozen=True, kw_only=True)
class AttemptEnd:
    """How the attempt of a process ended that cannot write it itself."""

    job_id: UUID
    pid: int
    outcome: Outcome
    error: CoreError | None = None


class Beat:
    """One for each worker process. `worker` is Celery's, known from `start` on."""

    def __init__(
        self,
        core: JobCore,
        worker_id: UUID,
        children: Children,
        report_health: Callable[[], object],
        report_life: Callable[[], object],
    ) -> None:
        self.consuming = False
        self.told_to_stop = False
        self._core = core
        self._worker_id = worker_id
        self._children = children
        self._report_health = report_health
        self._report_life = report_life
        self._ends: deque[AttemptEnd] = deque()  # still to be written
        self._held_up: deque[AttemptEnd] = deque()  # the same, and their rows are locked by somebody else
        self._writing = threading.Lock()
        self._wake = threading.Event()
        self._stopped = False
        self._failures = 0
        self._reported = ""  # why the latest beat failed, so that each cause is logged once
        self._thread = threading.Thread(target=self._run, name="beat", daemon=True)

    @cached_property
    def _database(self) -> Database:
        return self._core.database(pool_size=CONNECTIONS)

    def register(self, name: str, wanted: Callable[[], bool]) -> None:
        """Note this worker's start; tries until the database is there, as long as the worker is `wanted`."""
        while wanted():
            self._report_life()
            try:
                workers.register(self._database, self._worker_id, name, seconds=DATABASE_SECONDS)
            except DatabaseUnavailable as error:
                self._report("waits for the database", error)
                time.sleep(PAUSE_SECONDS)
            else:
                return

    def start(self, worker: Any) -> None:
        """Begin to beat."""
        self._worker = worker
        self._thread.start()

    def give_back(self, job_id: UUID, pid: int) -> None:
        """Let the job wait again; nothing is spent."""
        self._soon(AttemptEnd(job_id=job_id, pid=pid, outcome=Outcome.GIVEN_BACK))

    def crash(self, job_id: UUID, pid: int, error: CoreError) -> None:
        """Count a crash of the job, if the process `pid` had claimed it."""
        self._soon(AttemptEnd(job_id=job_id, pid=pid, outcome=Outcome.CRASHED, error=error))

    def deregister(self) -> None:
        """Write what is left, give back every claim, and end. What fails here, the reconciler finds."""
        self._stopped = True
        try:
            self._write_ends()
            given_back = workers.stop(self._database, self._worker_id, seconds=DATABASE_SECONDS)
            log.info("deregistered", given_back=given_back)
        except DatabaseUnavailable as error:
            log.warning("not deregistered; the reconciler will find this worker's claims", reason=error.reason)

    def _soon(self, end: AttemptEnd) -> None:
        self._ends.append(end)
        self._wake.set()

    def _run(self) -> None:
        next_beat = time.monotonic()
        while not self._stopped:
            if self._wake.wait(max(0.0, next_beat - time.monotonic())):
                self._wake.clear()
            begun = time.monotonic()
            try:
                self._report_life()
                self._write_ends()
                if time.monotonic() >= next_beat:
                    next_beat = time.monotonic() + workers.BEAT_SECONDS
                    self._beat()
                self._failures = 0
            except DatabaseUnavailable as error:
                self._report("no beat: the database is away", error)
                # At once where a lock was waited for: else, when it ends, this worker would seem to have been silent.
                time.sleep(max(0.0, begun + PAUSE_SECONDS - time.monotonic()))
                next_beat = time.monotonic()
            except Exception:
                log.exception("unhandled exception in the beat", failures=self._failures)
                self._recover()
                next_beat = time.monotonic()

    def _report(self, event: str, error: DatabaseUnavailable) -> None:
        if error.reason != self._reported:
            log.warning(event, reason=error.reason)
            self._reported = error.reason

    def _recover(self) -> None:
        """Go on after a pause; start again if the beat fails for good, for then its claims will be lost anyway."""
        self._failures += 1
        if self._ends and self._failures > 1:
            self._ends.popleft()  # it may be what fails; the reconciler finds what it was to report
        time.sleep(PAUSE_SECONDS * self._failures)
        if self._failures >= MAX_FAILURES:
            self._start_again()

    def _write_ends(self) -> None:
        """Write what is to be written. Where somebody has locked the row, neither new ends nor the beat wait for it."""
        with self._writing:  # the deregistration comes from another thread
            while waiting := self._ends or self._held_up:
                try:
                    self._write(waiting[0])
                except DatabaseLocked as error:
                    if waiting is self._ends:
                        log.warning("an end is held up", job_id=str(waiting[0].job_id), reason=error.reason)
                    self._held_up.append(waiting.popleft())
                    self._wake.set()
                    return
                waiting.popleft()

    def _write(self, end: AttemptEnd) -> None:
        """Messages of released jobs are left to the reconciler: the broker must not hold up a beat."""
        claimant = Claimant(worker_id=self._worker_id, pid=end.pid)
        claims.end_of_process(self._database, end.job_id, claimant, end.outcome, end.error)

    def _beat(self) -> None:
        # A claim whose end is still to be written is not one that no process works on: it must not be given back.
        held = [*self._children.job_ids(), *(end.job_id for end in (*self._ends, *self._held_up))]
        found = workers.beat(self._database, self._worker_id, held, seconds=DATABASE_SECONDS)
        self._reported = ""
        if not found.is_alive and not self._stopped:
            log.warning("was declared lost; starts again")
            self._start_again()
        if found.revoked:
            log.info("kills cancelled jobs", job_ids=[str(job_id) for job_id in found.revoked])
            self._children.kill(self._worker, found.revoked.__contains__)
        if self.consuming:
            self._report_health()

    def _start_again(self) -> None:
        """Become a new worker. The claims of this one are lost, or will be for lack of a beat.

        One that is stopping ends instead, at once: what its children do is done by others now.
        """
        kill_pool(self._worker)
        if self.told_to_stop:
            os._exit(0)
        os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])  # noqa: S606 - the command it was started by


def kill_pool(worker: Any) -> None:
    """Kill every child of the pool, at once and for good: the main thread is kept from replacing them."""
    pool = worker.pool._pool  # noqa: SLF001 - billiard has no other way to them
    pool._state = CLOSE  # noqa: SLF001 - its close() waits for what the children do
    for child in list(pool._pool):  # noqa: SLF001 - see above
        with suppress(ProcessLookupError, ChildProcessError):
            os.kill(child.pid, signal.SIGKILL)
            os.waitpid(child.pid, 0)


def worker_name(hostname: str) -> str:
    """The worker's name as Flower shows it, and the machine it runs on."""
    return f"{hostname} ({socket.gethostname()})"
