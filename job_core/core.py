"""The core of a service: its name, its kinds of jobs, and the Celery app that runs them."""

from collections.abc import Callable
from functools import cached_property
from typing import Any
from uuid import UUID

from celery import Celery, Task
from uuid_utils.compat import uuid7

from job_core.celery_settings import celery_settings
from job_core.config import CoreConfig
from job_core.errors import CoreError
from job_core.kinds import Kind, kind_of
from job_core.queue import JobQueue
from job_core.store.database import Database


class JobCore:
    """One for each service. Nothing is connected, and no setting is read, before it is needed.

    `name` is the Celery app's, and begins the names of its tasks. `config` is called once.
    """

    def __init__(self, name: str, *, config: Callable[[], CoreConfig]) -> None:
        self.name = name
        self.kinds: dict[str, Kind] = {}
        self.worker_id = uuid7()  # one start of a worker: made before its children are forked, and inherited by them
        self.app = Celery(name)
        self.app.backend_cls = "disabled"  # `jobs` is where results land
        self.app.on_configure.connect(self._configure, weak=False)
        self._read_config = config

    @cached_property
    def config(self) -> CoreConfig:
        """What the service handed in."""
        return self._read_config()

    def task(self, **options: Any) -> Callable[[Callable[..., Any]], Kind]:  # noqa: ANN401 - the fields of Kind
        """Make a function the task of a new kind of job, named after it. `options` are fields of Kind."""

        def register(work: Callable[..., Any]) -> Kind:
            kind = kind_of(work, **options)
            self.kinds[kind.name] = kind
            self._add_task(kind)
            return kind

        return register

    def _add_task(self, kind: Kind) -> None:
        def attempt(task: Task, job_id: str) -> None:
            from job_core.worker.attempt import run_attempt  # noqa: PLC0415 - only workers make attempts

            run_attempt(self, kind, task, UUID(job_id))

        # Errors of ours are outcomes, already on the row; Celery logs them in a line, without a trace.
        limits = {
            "soft_time_limit": kind.soft_time_limit_seconds,
            "time_limit": kind.hard_time_limit_seconds,
            "throws": (CoreError,),
        }
        self.app.task(attempt, bind=True, name=f"{self.name}.{kind.name}", **limits)

    def database(self, *, pool_size: int) -> Database:
        """The job store, by a pool of connections of its own."""
        return Database(self.config.database_url, pool_size=pool_size)

    def queue(self, *, timeout_seconds: float = 0.3) -> JobQueue:
        """The queues of messages, by a connection of its own."""
        return JobQueue(self.app, self.kinds, self.config.broker_url, timeout_seconds=timeout_seconds)

    def _configure(self, **_: object) -> None:
        self.app.config_from_object(celery_settings(self.config, self.kinds.values()))
