"""The core of a service: its name, its kinds of jobs, and the Celery app that runs them.

Each program loads what it asks for, and no more: only workers load Celery, and a supervisor that checks the settings
loads neither that nor SQLAlchemy.
"""

from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING, Any

from uuid_utils.compat import uuid7

from job_core.config import CoreConfig
from job_core.kinds import Kind, kind_of

# None of our locks is held for longer than a statement takes. Who waits for longer than this waits for somebody else's,
# and has other jobs to see to.
LOCK_MS = 1_000

if TYPE_CHECKING:
    from celery import Celery

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
        self._read_config = config

    @cached_property
    def config(self) -> CoreConfig:
        """What the service handed in."""
        return self._read_config()

    @cached_property
    def app(self) -> "Celery":
        """The Celery app that runs the tasks."""
        from job_core.celery_app import celery_app

        return celery_app(self)

    @property
    def offered(self) -> dict[str, Kind]:
        """The kinds that callers may submit, by name."""
        return {name: kind for name, kind in self.kinds.items() if kind.is_offered}

    def task(self, **options: Any) -> Callable[[Callable[..., Any]], Kind]:  # noqa: ANN401 - the fields of Kind
        """Make a function the task of a new kind of job, named after it. `options` are fields of Kind."""

        def register(work: Callable[..., Any]) -> Kind:
            kind = kind_of(work, **options)
            self.kinds[kind.name] = kind
            return kind

        return register

    def database(self, *, pool_size: int) -> "Database":
        """The job store, by a pool of connections of its own."""
        from job_core.store.database import Database

        return Database(self.config.database_url, pool_size=pool_size, lock_ms=LOCK_MS)

    def queue(self, *, timeout_seconds: float = 0.3) -> "JobQueue":
        """The queues of messages, by a connection of its own."""
        from job_core.queue import JobQueue

        return JobQueue(self.name, self.kinds, self.config.broker_url, timeout_seconds=timeout_seconds)
