"""The worker's beat: a thread with a database connection of its own, which neither the broker nor a job can stop.

Every three seconds it says that this worker lives, and kills the children whose jobs were cancelled. In between it
writes what the main process has to tell the job store.
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
from functools import cached_property
from typing import Any
from uuid import UUID

import structlog
from billiard.pool import CLOSE
from sqlalchemy import Connection

from job_core.errors import CoreError, DatabaseUnavailable
from job_core.store import claims, submissions, workers
from job_core.store.database import Database
from job_core.worker.attempt import WORKER_ID
from job_core.worker.children import children
from job_tasks.settings import settings
from job_worker.health import touch

DATABASE_SECONDS = 2.0
CONNECTIONS = 2  # to it: the beat's, and that of the goodbye, which comes from another thread
PAUSE_SECONDS = 0.5  # between tries of a database that is away

Step = Callable[[Connection], object]
log = structlog.get_logger()


class Beat:
    """One for each worker process. `worker` is Celery's, known from `start` on."""

    def __init__(self) -> None:
        self.consuming = False
        self.told_to_stop = False
        self._steps: deque[Step] = deque()
        self._writing = threading.Lock()
        self._wake = threading.Event()
        self._stopped = False
        self._thread = threading.Thread(target=self._run, name="beat", daemon=True)

    @cached_property
    def _database(self) -> Database:
        return Database(settings().database_url.get_secret_value(), pool_size=CONNECTIONS)

    def register(self, name: str, wanted: Callable[[], bool]) -> None:
        """Note this worker's start; tries until the database is there, as long as the worker is `wanted`."""
        while wanted():
            try:
                with self._database.transaction(DATABASE_SECONDS) as connection:
                    workers.register(connection, WORKER_ID, name)
            except DatabaseUnavailable:
                log.warning("waits for the database")
                time.sleep(PAUSE_SECONDS)
            else:
                return

    def start(self, worker: Any) -> None:
        """Begin to beat."""
        self._worker = worker
        self._thread.start()

    def give_back(self, job_id: UUID) -> None:
        """Let the job wait again; nothing is spent."""

        def step(connection: Connection) -> None:
            if not claims.give_back(connection, WORKER_ID, [job_id]):
                _note_lost_message(connection, job_id)

        self._soon(step)

    def crash(self, job_id: UUID, error: CoreError) -> None:
        """Count a crash of the job, if it was claimed."""

        def step(connection: Connection) -> None:
            if not claims.crash(connection, job_id, WORKER_ID, error):
                _note_lost_message(connection, job_id)

        self._soon(step)

    def say_goodbye(self) -> None:
        """Write what is left, give back every claim, and end. What fails here, the reconciler finds."""
        self._stopped = True
        try:
            self._write_steps()
            with self._database.transaction(DATABASE_SECONDS) as connection:
                given_back = claims.give_back_all(connection, WORKER_ID)
                workers.stop(connection, WORKER_ID)
            log.info("said goodbye", given_back=given_back)
        except DatabaseUnavailable:
            log.warning("the database is away; the reconciler will find this worker's claims")

    def _soon(self, step: Step) -> None:
        self._steps.append(step)
        self._wake.set()

    def _run(self) -> None:
        next_beat = time.monotonic()
        while not self._stopped:
            if self._wake.wait(max(0.0, next_beat - time.monotonic())):
                self._wake.clear()
            try:
                self._write_steps()
                if time.monotonic() >= next_beat:
                    next_beat = time.monotonic() + workers.BEAT_SECONDS
                    self._beat()
            except DatabaseUnavailable:
                log.warning("no beat: the database is away")
                time.sleep(PAUSE_SECONDS)
                next_beat = time.monotonic()
            except Exception:  # without a beat, this worker would only take messages and drop them
                log.exception("the beat failed; starts anew")
                time.sleep(PAUSE_SECONDS)
                self._start_anew()

    def _write_steps(self) -> None:
        with self._writing:  # the goodbye comes from another thread
            while self._steps:
                step = self._steps[0]
                with self._database.transaction(DATABASE_SECONDS) as connection:
                    step(connection)
                self._steps.popleft()

    def _beat(self) -> None:
        running = children.job_ids()
        with self._database.transaction(DATABASE_SECONDS) as connection:
            alive = workers.beat(connection, WORKER_ID)
            revoked = workers.revoked_among(connection, running) if running else set()
        if not alive and not self._stopped:
            log.warning("was declared lost; starts anew")
            self._start_anew()
        if revoked:
            log.info("kills cancelled jobs", job_ids=[str(job_id) for job_id in revoked])
            children.kill(self._worker, revoked.__contains__)
        if self.consuming:
            touch(settings().worker_health_file)

    def _start_anew(self) -> None:
        """Become a new worker. The claims of this one are lost, or will be for want of a beat.

        One that was told to stop ends instead, at once: what its children do is done by others now.
        """
        kill_pool(self._worker)
        if self.told_to_stop:
            os._exit(0)
        os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])  # noqa: S606 - the command it was started by


def _note_lost_message(connection: Connection, job_id: UUID) -> None:
    """The child took the job's message and did not get as far as the claim: so if the job still waits, it has none."""
    submissions.unpublish(connection, [job_id])


def kill_pool(worker: Any) -> None:
    """Kill every child of the pool, at once and for good: the main thread is kept from replacing them."""
    pool = worker.pool._pool  # noqa: SLF001 - billiard has no other way to them
    pool._state = CLOSE  # noqa: SLF001 - its close() waits for what the children do
    for child in list(pool._pool):  # noqa: SLF001 - see above
        with suppress(ProcessLookupError, ChildProcessError):
            os.kill(child.pid, signal.SIGKILL)
            os.waitpid(child.pid, 0)


def worker_name(hostname: str) -> str:
    """The worker's name as the viewer shows it, and the machine it runs on."""
    return f"{hostname} ({socket.gethostname()})"


beat = Beat()
