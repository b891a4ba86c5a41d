"""The scheduler: the reconciler every 2 s, retention every hour. Safe to run twice.

It is not a Celery task, which would wait in the queue behind the backlog that it is there to repair.
"""

import signal
import threading
import time
from collections.abc import Callable
from datetime import timedelta

import structlog

from job_core.core import JobCore
from job_core.errors import BrokerUnavailable, DatabaseLocked, DatabaseUnavailable, ServiceUnavailable
from job_core.reconciler import ROUND_SECONDS, Reconciler
from job_core.store import retention
from job_core.store.database import Database
from job_core.store.workers import LOST_AFTER

BROKER_TIMEOUT_SECONDS = 2.0
RETENTION_SECONDS = 3_600.0
RETENTION_AGAIN_SECONDS = 60.0  # after one that met a lock of somebody else's, or did not end in time
MIN_WAIT_SECONDS = 0.05  # between two looks for parked jobs
KEEP_WORKERS = timedelta(days=1)

log = structlog.get_logger()


class Scheduler:
    """The loop. `stop` ends it after the round that runs; `report_health` is called after each good one.

    `report_life` is called before each round, also where database or broker are away.

    `forget` deletes what kinds keep in tables of their own for jobs that ended longer ago than so long: it deletes some
    rows and gives their number. As long as it finds any, the jobs are kept.
    """

    def __init__(
        self,
        core: JobCore,
        *,
        report_health: Callable[[], object] = lambda: None,
        report_life: Callable[[], object] = lambda: None,
        forget: Callable[[Database, timedelta], int] = lambda _database, _older_than: 0,
    ) -> None:
        self._keep = timedelta(hours=core.config.retention_hours)
        self._report_health = report_health
        self._report_life = report_life
        self._forget_more = forget
        self._database = core.database(pool_size=1)
        self._reconciler = Reconciler(
            database=self._database,
            queue=core.queue(timeout_seconds=BROKER_TIMEOUT_SECONDS),
            limits=core.config.limits,
            kinds=core.kinds,
        )
        self._stopping = threading.Event()
        # Workers are judged only by who has seen the database answer for as long as they may be silent, from its first
        # answer on: a round may wait for that for long. None while it does not answer.
        self._steady_since: float | None = time.monotonic()
        self._next_retention = time.monotonic()
        self._reported = ""  # why the latest round failed, so that each cause is logged once

    def stop(self) -> None:
        """End the loop soon."""
        self._stopping.set()

    def run(self) -> None:
        """Do a round every ROUND_SECONDS until `stop`."""
        log.info("the scheduler runs")
        while not self._stopping.is_set():
            end = time.monotonic() + ROUND_SECONDS
            try:
                self._report_life()
                self._round()
                self._release_until(end)
            except ServiceUnavailable as error:
                if isinstance(error, DatabaseUnavailable):
                    self._steady_since = None
                self._report(error)
                self._stopping.wait(max(0.0, end - time.monotonic()))
            except Exception:  # without a scheduler, nothing would be repaired any more
                log.exception("unhandled exception in the scheduler; the next round goes on")
                self._stopping.wait(ROUND_SECONDS)

    def _round(self) -> None:
        try:
            if repairs := self._reconciler.round(judge_workers=self._is_steady()):
                log.info("repaired", **{name: count for name, count in vars(repairs).items() if count})
        except BrokerUnavailable as error:
            self._report(error)
        else:
            self._reported = ""
        self._report_health()
        if time.monotonic() >= self._next_retention:
            try:
                self._forget()
            except DatabaseUnavailable as error:  # what is old can wait, and is no reason for what is new to wait
                self._next_retention = time.monotonic() + RETENTION_AGAIN_SECONDS
                if not isinstance(error, DatabaseLocked):
                    raise
                self._report(error)

    def _report(self, error: ServiceUnavailable) -> None:
        service = "database" if isinstance(error, DatabaseUnavailable) else "broker"
        cause = f"{service}: {error.reason}"
        if cause != self._reported:
            log.warning("a service is away", service=service, reason=error.reason)
            self._reported = cause

    def _release_until(self, end: float) -> None:
        """Wait for the next round, and release parked jobs in between, as soon as a pause of their limit key ends."""
        while not self._stopping.is_set() and (left := end - time.monotonic()) > 0:
            wait = self._reconciler.seconds_to_next_release()
            self._stopping.wait(min(max(wait, MIN_WAIT_SECONDS), left))
            if wait < left:
                self._reconciler.release_parked()

    def _is_steady(self) -> bool:
        if self._steady_since is None:
            self._database.ping()
            self._steady_since = time.monotonic()
        return time.monotonic() - self._steady_since > LOST_AFTER.total_seconds()

    def _forget(self) -> None:
        """One batch, so that what waits for the next round waits no longer; that round goes on with the next one."""
        if rows := self._forget_more(self._database, self._keep):
            log.info("forgot", rows=rows)
            return
        with self._database.transaction() as connection:
            jobs = retention.delete_ended(connection, self._keep)
        if jobs >= retention.BATCH:
            log.info("forgot", jobs=jobs)
            return
        with self._database.transaction() as connection:
            keys = retention.delete_expired_keys(connection)
            pauses = retention.delete_ended_pauses(connection)
        with self._database.transaction() as connection:
            workers = retention.delete_unreferenced_workers(connection, KEEP_WORKERS)
        if retention.BATCH in (keys, pauses):
            log.info("forgot", idempotency_keys=keys, pauses=pauses)
            return
        self._next_retention = time.monotonic() + RETENTION_SECONDS
        log.info("forgot", jobs=jobs, idempotency_keys=keys, workers=workers)


def run_scheduler(scheduler: Scheduler) -> None:
    """Run it until SIGTERM or SIGINT."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: scheduler.stop())
    scheduler.run()
