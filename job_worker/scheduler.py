"""The scheduler: the reconciler every 2 s, retention every hour. Safe to run twice: `python -m job_worker.scheduler`.

It is no Celery task, since that would lie in the queue behind the backlog which it is there to mend.
"""

import signal
import threading
import time
from datetime import timedelta

import structlog

from job_core.errors import BrokerUnavailable, DatabaseUnavailable
from job_core.kinds import KINDS
from job_core.logs import configure_logs
from job_core.queue import Broker
from job_core.reconciler import ROUND_SECONDS, Reconciler
from job_core.store import retention
from job_core.store.database import Database
from job_core.store.workers import LOST_AFTER
from job_core.worker.releasing import host_limits
from job_tasks.job_tasks import app
from job_tasks.settings import Settings, settings
from job_worker.health import touch
from job_worker.scrape import serve_metrics

BROKER_TIMEOUT_SECONDS = 2.0
RETENTION_SECONDS = 3_600.0
SHORTEST_WAIT_SECONDS = 0.05  # between two looks for parked jobs
KEEP_WORKERS = timedelta(days=1)
OVERDUE_MARGIN = timedelta(seconds=60)

log = structlog.get_logger()


class Scheduler:
    """The loop. `stop` ends it after the round that runs."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._database = Database(settings.database_url.get_secret_value(), pool_size=1)
        self._reconciler = Reconciler(
            database=self._database,
            broker=Broker(app, settings.celery_broker_url.get_secret_value(), timeout_seconds=BROKER_TIMEOUT_SECONDS),
            overdue_after=timedelta(seconds=settings.job_hard_time_limit_seconds) + OVERDUE_MARGIN,
            host_limits=host_limits(),
            kinds=frozenset(KINDS),
        )
        self._stopping = threading.Event()
        # Workers are judged only by who has seen the database answer for as long as they may be silent, from its first
        # answer on: a round may wait for that for long. None while it does not answer.
        self._steady_since: float | None = time.monotonic()
        self._next_retention = time.monotonic()

    def stop(self) -> None:
        """End the loop soon."""
        self._stopping.set()

    def run(self) -> None:
        """Do a round every ROUND_SECONDS until `stop`."""
        log.info("the scheduler runs")
        while not self._stopping.is_set():
            self._round()
            self._release_until(time.monotonic() + ROUND_SECONDS)

    def _round(self) -> None:
        try:
            if repairs := self._reconciler.round(judge_workers=self._is_steady()):
                log.info("repaired", **vars(repairs))
            touch(self._settings.scheduler_health_file)
            if time.monotonic() >= self._next_retention:
                self._forget()
        except DatabaseUnavailable:
            self._steady_since = None
            log.warning("the database is away")
        except BrokerUnavailable:
            log.warning("the broker is away")

    def _release_until(self, end: float) -> None:
        """Wait for the next round, and release parked jobs in between, as soon as a pause of their host ends."""
        while not self._stopping.is_set() and (left := end - time.monotonic()) > 0:
            try:
                wait = self._reconciler.seconds_to_next_release()
                self._stopping.wait(min(max(wait, SHORTEST_WAIT_SECONDS), left))
                if wait < left:
                    self._reconciler.release_parked()
            except DatabaseUnavailable:
                self._steady_since = None
                self._stopping.wait(max(0.0, end - time.monotonic()))
            except BrokerUnavailable:
                self._stopping.wait(max(0.0, end - time.monotonic()))

    def _is_steady(self) -> bool:
        if self._steady_since is None:
            self._database.ping()
            self._steady_since = time.monotonic()
        return time.monotonic() - self._steady_since > LOST_AFTER.total_seconds()

    def _forget(self) -> None:
        """One batch, so that what waits for the next round waits no longer; that round goes on with the next one."""
        keep = timedelta(hours=self._settings.job_retention_hours)
        with self._database.transaction() as connection:
            jobs = retention.delete_ended(connection, keep)
        if jobs == retention.BATCH:
            log.info("forgot", jobs=jobs)
            return
        with self._database.transaction() as connection:
            keys = retention.delete_expired_keys(connection)
            workers = retention.delete_unreferenced_workers(connection, KEEP_WORKERS)
            retention.delete_ended_pauses(connection)
        self._next_retention = time.monotonic() + RETENTION_SECONDS
        log.info("forgot", jobs=jobs, idempotency_keys=keys, workers=workers)


def main() -> None:
    """Run until SIGTERM or SIGINT."""
    configure_logs(settings())
    serve_metrics(settings())
    scheduler = Scheduler(settings())
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: scheduler.stop())
    scheduler.run()


if __name__ == "__main__":
    main()
