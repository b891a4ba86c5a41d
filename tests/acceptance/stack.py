"""The whole stack as processes, by the commands that `make up` runs, each in the hands of the tests."""

import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from io import StringIO
from typing import Any

import psycopg2
import redis

from dev.chaos.service_process import ServiceProcess
from dev.chaos.settings import own_environment
from embedded.broker import Broker
from embedded.data_folder import DataFolder
from embedded.database import Database
from embedded.guard import Guard
from embedded.ports import LOOPBACK, free_ports
from embedded.servers import servers_on
from embedded.services import WORKERS, Services
from embedded.supervisor import Service
from embedded.terminal import Terminal
from job_core.queue import QUEUE
from tests.acceptance.manager import Manager
from tests.acceptance.page_server import PageServer
from tests.acceptance.waiting import eventually

GRACE_SECONDS = 3.0
CHILDREN = 2  # of each worker
QUIET_SECONDS = 40.0
# The new one, and the one that it takes the place of.
WEBHOOK_SECRETS = ("whsec_" + "bmV3" * 10, "whsec_" + "b2xk" * 10)
SETTINGS = {
    "WORKER_STOP_GRACE_SECONDS": str(GRACE_SECONDS),
    "RETRY_BASE_SECONDS": "0.1",
    # Longer than any fault lasts, so that a held page is no page that timed out.
    "FETCH_READ_TIMEOUT_SECONDS": "45",
    "FETCH_TOTAL_TIMEOUT_SECONDS": "50",
    "MANAGER_PROCESSES": "1",
    "FETCH_ALLOWED_PRIVATE_NETWORKS": f"{LOOPBACK}/32",
    "WEBHOOK_SECRETS": ",".join(WEBHOOK_SECRETS),
}


@dataclass(frozen=True, kw_only=True)
class Stack:
    """Every service, and what tests ask of broker and database themselves."""

    broker_server: Broker
    database_server: Database
    services: Services
    guard: Guard
    manager: Manager
    viewer_port: int
    viewer_password: str
    job_broker: ServiceProcess
    job_db: ServiceProcess
    job_manager: ServiceProcess
    job_workers: tuple[ServiceProcess, ServiceProcess]
    job_scheduler: ServiceProcess
    job_viewer: ServiceProcess

    @property
    def all(self) -> tuple[ServiceProcess, ...]:
        """Every service, in the order in which they start."""
        return (
            self.job_broker,
            self.job_db,
            self.job_manager,
            self.job_scheduler,
            *self.job_workers,
            self.job_viewer,
        )

    def make_whole(self) -> None:
        """End every fault: what is paused goes on, what is down is started; wait until all do their work."""
        for service in self.all:
            service.resume()
        for service in self.all:
            if not service.is_running():
                service.start()
        for service in self.all:
            service.wait_until_ready()

    def worker_of(self, job: Mapping[str, Any]) -> ServiceProcess:
        """The worker that made the latest attempt of `job`."""
        name = job["attempts"][-1]["worker"].split("@")[0]
        return next(worker for worker in self.job_workers if worker.name == name)

    def other_worker(self, worker: ServiceProcess) -> ServiceProcess:
        """The other one of the two."""
        first, second = self.job_workers
        return second if worker is first else first

    def query(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        """The rows that a statement gives; it is committed."""
        with (
            closing(psycopg2.connect(self.database_server.url)) as connection,
            connection,
            connection.cursor() as asked,
        ):
            asked.execute(statement, values)
            return asked.fetchall() if asked.description else []

    def jobs(self) -> int:
        """How many jobs were ever accepted."""
        ((count,),) = self.query("SELECT count(*) FROM jobs")
        return int(count)

    def redis(self) -> "redis.Redis":
        """A client of the broker, to be closed."""
        return redis.Redis.from_url(self.broker_server.url)

    def empty_broker(self) -> None:
        """Wipe what the broker has on disk; it must be down."""
        assert not self.job_broker.is_running()
        shutil.rmtree(self.broker_server.folder)

    def is_quiet(self) -> bool:
        """Whether no job is under way, and no message waits."""
        ((going_on,),) = self.query("SELECT count(*) FROM jobs WHERE finished_at IS NULL")
        with self.redis() as client:
            return not going_on and not client.llen(QUEUE)

    def wait_until_quiet(self) -> None:
        """Wait until that is so."""
        eventually(self.is_quiet, "no job and no message is under way", seconds=QUIET_SECONDS)

    def cancel_all(self) -> None:
        """Cancel every job that has not ended."""
        for (job_id,) in self.query("SELECT id FROM jobs WHERE finished_at IS NULL"):
            self.manager.cancel(job_id)


@contextmanager
def running_stack(
    folder: DataFolder,
    lock: int,
    pages: PageServer,
    *,
    children: int = CHILDREN,
    settings: Mapping[str, str] = SETTINGS,
) -> Iterator[Stack]:
    """The stack, ready for jobs; every process of it ends with the `with` block."""
    with (
        servers_on(folder, lock, Terminal(StringIO()), temporary=True) as servers,
        closing(Guard(keep_open=(lock,))) as guard,
    ):
        stack = _describe(folder, servers.broker, servers.database, guard, pages, children, settings)
        try:
            servers.database.initialise(servers.supervisor.run)
            for server in (stack.job_broker, stack.job_db):
                server.restart()
            servers.supervisor.run(stack.services.migration())
            stack.make_whole()
            yield stack
        finally:
            for service in reversed(stack.all):
                if service.is_running():
                    service.kill()


def _describe(
    folder: DataFolder,
    broker: Broker,
    database: Database,
    guard: Guard,
    pages: PageServer,
    children: int,
    settings: Mapping[str, str],
) -> Stack:
    services = Services(
        folder=folder,
        environment=own_environment()
        | settings
        | {"CELERY_BROKER_URL": broker.url, "DATABASE_URL": database.url, "FETCH_ALLOWED_PORTS": str(pages.port)},
        worker_grace_seconds=GRACE_SECONDS,
    )
    manager_port, viewer_port = free_ports(2)
    password = folder.passwords().viewer

    def process(describe: Callable[[], Service]) -> ServiceProcess:
        return ServiceProcess(describe, guard)

    return Stack(
        broker_server=broker,
        database_server=database,
        services=services,
        guard=guard,
        manager=Manager(port=manager_port),
        viewer_port=viewer_port,
        viewer_password=password,
        job_broker=process(lambda: Service(command=broker.command(), is_ready=broker.is_ready)),
        job_db=process(lambda: Service(command=database.command(), is_ready=database.is_ready)),
        job_manager=process(lambda: manager_with_extra_tasks(services, manager_port)),
        job_workers=(
            process(lambda: worker_with_extra_tasks(services, WORKERS[0], children)),
            process(lambda: worker_with_extra_tasks(services, WORKERS[1], children)),
        ),
        job_scheduler=process(services.scheduler),
        job_viewer=process(lambda: services.viewer(viewer_port, password)),
    )


def manager_with_extra_tasks(services: Services, port: int) -> Service:
    """The manager's usual command, but for the app."""
    usual = services.manager(port)
    *before, _ = usual.command.arguments
    return replace(usual, command=replace(usual.command, arguments=(*before, "tests.acceptance.extra_wsgi:app")))


def worker_with_extra_tasks(services: Services, name: str, children: int) -> Service:
    """The worker's usual command, with more to include, and as many children as the tests count on."""
    usual = services.worker(name)
    more = ("--include", "tests.acceptance.extra_tasks", "--concurrency", str(children))
    return replace(usual, command=replace(usual.command, arguments=(*usual.command.arguments, *more)))
