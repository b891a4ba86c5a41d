"""A whole stack for tests, chaos and benchmarks: here as processes, in `dev.containers` as containers.

Each service runs by the same command as in `make up`, and can be killed, paused, stopped and restarted at will.
"""

import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, closing, contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from io import StringIO
from typing import Any

import redis
import requests

from dev.broker_pair import BrokerPair
from dev.database_pair import DatabasePair
from dev.manager import Manager
from dev.proxy import Proxy
from dev.service import ServiceProcess
from dev.tables import Rows, Tables
from dev.waiting import eventually
from embedded.data_folder import DataFolder
from embedded.errors import StackError
from embedded.ports import LOOPBACK, free_ports
from embedded.servers import Servers, servers_on
from embedded.services import WORKERS, Services
from embedded.supervisor import Command
from embedded.terminal import Terminal
from job_core.queue import lists
from job_tasks.settings import SECRETS, Settings

QUEUES = lists("celery")
QUIET_SECONDS = 40.0
RECOVERY_SECONDS = 30.0  # the promise of design.md, section 4


def own_environment() -> dict[str, str]:
    """The environment of this process, without any setting of the stack."""
    settings = {field.upper() for field in Settings.model_fields} | {f"{key.upper()}_FILE" for key in SECRETS}
    return {key: value for key, value in os.environ.items() if key not in settings}


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """How a stack differs from its defaults. Its pages are served at `page_port` of this machine.

    `tasks` is a module with more tasks. The data of a `durable` stack are kept. With a `proxy`, workers reach the
    broker only through it. A `broker_pair` is two brokers, a `database_pair` two databases, of which one takes the
    other's place. `check` is called with every answer of the manager.
    """

    page_port: int
    settings: Mapping[str, str] = field(default_factory=dict)
    tasks: str = ""
    durable: bool = False
    proxy: bool = False
    database_pair: bool = False
    broker_pair: bool = False
    check: Callable[[requests.Response], None] = lambda _: None


@dataclass(frozen=True, kw_only=True)
class AnyStack:
    """Access to a stack of either kind, also past its manager. URLs of its pages begin with `site`."""

    manager: Manager
    tables: Tables
    broker_url: str
    site: str

    def query(self, statement: str, *values: object) -> Rows:
        """The rows of a statement, which is committed."""
        return self.tables.query(statement, *values)

    def jobs(self) -> int:
        """How many jobs there are, in any state."""
        ((count,),) = self.query("SELECT count(*) FROM jobs")
        return int(count)

    def redis(self) -> "redis.Redis":
        """A client of the broker, to be closed."""
        return redis.Redis.from_url(self.broker_url)

    def is_quiet(self) -> bool:
        """Whether no job is under way, and no message waits."""
        ((going_on,),) = self.query("SELECT count(*) FROM jobs WHERE finished_at IS NULL")
        with self.redis() as client:
            return not going_on and not any(client.llen(name) for name in QUEUES)

    def wait_until_quiet(self) -> None:
        """Wait until that is so."""
        eventually(self.is_quiet, "no job and no message is under way", seconds=QUIET_SECONDS)


@dataclass(frozen=True, kw_only=True)
class Stack(AnyStack):
    """A stack of processes."""

    servers: Servers
    services: Services
    page_port: int
    proxy: Proxy | None
    databases: DatabasePair | None
    brokers: BrokerPair | None
    job_broker: ServiceProcess
    job_db: ServiceProcess
    job_manager: ServiceProcess
    job_workers: tuple[ServiceProcess, ...]
    job_scheduler: ServiceProcess
    job_viewer: ServiceProcess  # runs only where a test starts it: it only looks
    viewer_port: int

    @property
    def all(self) -> tuple[ServiceProcess, ...]:
        """Every service that always runs, in the order in which they start."""
        others = (self.brokers.job_broker_2, *self.brokers.job_sentinels) if self.brokers else ()
        return (self.job_broker, *others, self.job_db, self.job_manager, self.job_scheduler, *self.job_workers)

    def make_whole(self) -> None:
        """End every fault: resume what is paused, start what is down, and wait until all of it works."""
        for service in self.all:
            service.resume()
        for service in self.all:
            if not service.is_running():
                service.start()
        for service in self.all:
            service.wait_until_ready()
        if self.brokers:
            self.brokers.master()

    def kill_all(self) -> None:
        """`kill -9` for everything; servers go last."""
        for service in (self.job_viewer, *reversed(self.all)):
            if service.is_running():
                service.kill()

    def died(self) -> list[str]:
        """The services that have ended since they were last started although nothing here ended them."""
        return [service.name for service in self.all if service.died_by_itself()]

    def process(self, describe: Callable[[], Command]) -> ServiceProcess:
        """One more service; the caller has to end it."""
        return ServiceProcess(describe, self.servers.supervisor.guard)

    def worker_of(self, job: Mapping[str, Any]) -> ServiceProcess:
        """The worker of the latest attempt of `job`."""
        name = job["attempts"][-1]["worker"].split("@")[0]
        return next(worker for worker in self.job_workers if worker.name == name)

    def empty_broker(self) -> None:
        """Delete the broker's data; it must be down."""
        if self.job_broker.is_running():
            raise StackError("the broker runs")
        shutil.rmtree(self.servers.broker.folder)

    def cut_off(self) -> AbstractContextManager[None]:
        """No byte passes between broker and workers during the block."""
        if self.proxy is None:
            raise StackError("workers reach the broker directly")
        return self.proxy.cut()

    @contextmanager
    def second_scheduler(self) -> Iterator[None]:
        """Another scheduler runs beside the first during the block."""
        other = self.process(lambda: self.services.scheduler("other_scheduler"))
        other.restart()
        try:
            yield
        finally:
            other.stop()


class MoreTasks(Services):
    """The same services; those that must know all tasks know those of the module MORE_TASKS, too."""

    def _command(self, name: str, module: str, *arguments: str, **settings: str) -> Command:
        more = () if name in {"job_migrate", "job_viewer"} else ("dev.more_tasks",)
        return super()._command(name, *more, module, *arguments, **settings)


@contextmanager
def process_stack(folder: DataFolder, wanted: Wanted) -> Iterator[Stack]:
    """The stack, ready for jobs; every process of it ends with the `with` block. Raises StackError."""
    with ExitStack() as ends:
        servers = ends.enter_context(servers_on(folder, Terminal(StringIO()), temporary=not wanted.durable))
        databases = DatabasePair(servers) if wanted.database_pair else None
        brokers = BrokerPair(servers) if wanted.broker_pair else None
        if databases:
            ends.callback(databases.kill_all)
            servers = replace(servers, database=databases.primary)
        if brokers:
            servers = replace(servers, broker=brokers.first)
        stack = _describe(servers, databases, brokers, wanted, ends)
        ends.callback(stack.kill_all)
        servers.database.prepare(servers.supervisor.run)
        for server in (stack.job_broker, stack.job_db):
            server.start()
        stack.job_db.wait_until_ready()
        if databases:
            databases.copy()
        servers.supervisor.run(stack.services.migration())
        stack.make_whole()
        yield stack


def _describe(
    servers: Servers, databases: DatabasePair | None, brokers: BrokerPair | None, wanted: Wanted, ends: ExitStack
) -> Stack:
    broker, database = servers.broker, servers.database
    process = partial(ServiceProcess, guard=servers.supervisor.guard)
    manager_port, viewer_port, proxy_port = free_ports(3)
    proxy = ends.enter_context(closing(Proxy(proxy_port, broker.port))) if wanted.proxy else None
    services = _services(servers, brokers.url if brokers else servers.broker.url, wanted)
    by_proxy = {"CELERY_BROKER_URL": replace(broker, port=proxy_port).url} if proxy else {}
    for_workers = replace(services, environment={**services.environment, **by_proxy})
    return Stack(
        manager=Manager(port=manager_port, check=wanted.check),
        tables=ends.enter_context(closing(Tables(database.url))),
        broker_url=broker.url,
        site=f"http://{LOOPBACK}:{wanted.page_port}",
        servers=servers,
        services=services,
        page_port=wanted.page_port,
        proxy=proxy,
        databases=databases,
        brokers=brokers,
        job_broker=process(broker.command),
        job_db=databases.process(databases.primary) if databases else process(database.command),
        job_manager=process(lambda: services.manager(manager_port)),
        job_workers=tuple(process(partial(for_workers.worker, name)) for name in WORKERS),
        job_scheduler=process(services.scheduler),
        job_viewer=process(lambda: services.viewer(viewer_port)),
        viewer_port=viewer_port,
    )


def _services(servers: Servers, broker_url: str, wanted: Wanted) -> Services:
    environment = (
        own_environment()
        | {
            "FETCH_ALLOWED_PORTS": str(wanted.page_port),
            "FETCH_ALLOWED_PRIVATE_NETWORKS": f"{LOOPBACK}/32",
            "WORKER_STOP_GRACE_SECONDS": "3",
            "MORE_TASKS": wanted.tasks,
        }
        | dict(wanted.settings)
        | {"CELERY_BROKER_URL": broker_url, "DATABASE_URL": servers.database.url}
    )
    grace_seconds = float(environment["WORKER_STOP_GRACE_SECONDS"])
    kind = MoreTasks if wanted.tasks else Services
    return kind(folder=servers.folder, environment=environment, worker_grace_seconds=grace_seconds)
