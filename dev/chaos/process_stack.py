"""The embedded stack for a chaos run: each service by the command that `make up` runs, each in our hands."""

import random
import shutil
import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import dataclass, replace
from functools import partial
from io import StringIO
from pathlib import Path

import psutil

from dev.chaos import pages
from dev.chaos.proxy import Proxy
from dev.chaos.service_process import ServiceProcess
from dev.chaos.settings import SETTINGS, own_environment
from embedded.data_folder import DataFolder
from embedded.guard import Guard
from embedded.ports import LOOPBACK, free_ports
from embedded.processes import Command
from embedded.servers import Servers, servers_on
from embedded.services import WORKERS, Services
from embedded.supervisor import Service
from embedded.terminal import Terminal


@dataclass(frozen=True, kw_only=True)
class ProcessStack:
    """A `Stack` of processes. Flower is left out: it only looks."""

    manager_port: int
    broker_url: str
    database_url: str
    site: str
    site_port: int
    broker_folder: Path
    proxy: Proxy
    pages: ServiceProcess
    broker: ServiceProcess
    database: ServiceProcess
    manager: ServiceProcess
    scheduler: ServiceProcess
    other_scheduler: ServiceProcess
    workers: tuple[ServiceProcess, ...]

    @property
    def all(self) -> tuple[ServiceProcess, ...]:
        """Every service that always runs, in the order in which they start."""
        return (self.pages, self.broker, self.database, self.manager, self.scheduler, *self.workers)

    def kill_child(self, worker: str, chance: random.Random) -> None:
        """One that has a connection to the site, or any."""
        children = next(each for each in self.workers if each.name == worker).family()[1:]
        busy = [child for child in children if self._fetches(child)]
        chance.choice(busy or children).kill()

    def _fetches(self, child: psutil.Process) -> bool:
        try:
            return any(each.raddr and each.raddr.port == self.site_port for each in child.net_connections("tcp4"))
        except psutil.Error:
            return False

    def empty_broker(self) -> None:
        """Wipe what the broker has on disk."""
        shutil.rmtree(self.broker_folder)

    def cut_off(self) -> AbstractContextManager[None]:
        """Workers reach the broker by way of the proxy only."""
        return self.proxy.cut()

    @contextmanager
    def second_scheduler(self) -> Iterator[None]:
        """Another process, which is told to stop afterwards."""
        self.other_scheduler.restart()
        yield
        self.other_scheduler.stop()

    def wait_until_whole(self) -> None:
        """Wait for each service; one that has ended is started again, as by every supervisor."""
        for service in self.all:
            service.wait_until_ready()

    def died(self) -> list[str]:
        """Those that have ended although nobody ended them, since they were last started."""
        return [service.name for service in self.all if service.died_by_itself()]


@contextmanager
def process_stack(folder: DataFolder) -> Iterator[ProcessStack]:
    """The stack, ready for jobs; it stops with the `with` block, and its data and logs stay in `folder`."""
    with (
        folder.locked() as lock,
        servers_on(folder, lock, Terminal(StringIO()), temporary=False) as servers,
        closing(Guard(keep_open=(lock,))) as guard,
    ):
        site_port, proxy_port = free_ports(2)
        with closing(Proxy(proxy_port, servers.broker.port)) as proxy:
            stack, migration = _describe(folder, servers, guard, proxy, site_port)
            try:
                servers.database.initialise(servers.supervisor.run)
                for service in (stack.broker, stack.database):
                    service.restart()
                servers.supervisor.run(migration)
                for service in stack.all:
                    if not service.is_running():
                        service.start()
                stack.wait_until_whole()
                yield stack
            finally:
                for service in reversed((*stack.all, stack.other_scheduler)):
                    if service.is_running():
                        service.kill()


def _pages(folder: DataFolder, port: int) -> Service:
    command = Command(
        name="pages",
        arguments=(sys.executable, pages.__file__, LOOPBACK, str(port)),
        environment={},
        folder=folder.path,
        log=folder.logs / "pages.log",
    )
    return Service(command=command, is_ready=lambda: _listens(port))


def _listens(port: int) -> bool:
    try:
        socket.create_connection((LOOPBACK, port), timeout=1).close()
    except OSError:
        return False
    return True


def _describe(
    folder: DataFolder, servers: Servers, guard: Guard, proxy: Proxy, site_port: int
) -> tuple[ProcessStack, Command]:
    environment = (
        own_environment()
        | SETTINGS
        | {
            "CELERY_BROKER_URL": servers.broker.url,
            "DATABASE_URL": servers.database.url,
            "FETCH_ALLOWED_PORTS": str(site_port),
            "FETCH_ALLOWED_PRIVATE_NETWORKS": f"{LOOPBACK}/32",
        }
    )
    grace_seconds = float(SETTINGS["WORKER_STOP_GRACE_SECONDS"])
    services = Services(folder=folder, environment=environment, worker_grace_seconds=grace_seconds)
    by_proxy = environment | {"CELERY_BROKER_URL": replace(servers.broker, port=proxy.port).url}
    worker_services = replace(services, environment=by_proxy)
    (manager_port,) = free_ports(1)

    def process(describe: Callable[[], Service]) -> ServiceProcess:
        return ServiceProcess(describe, guard)

    stack = ProcessStack(
        manager_port=manager_port,
        broker_url=servers.broker.url,
        database_url=servers.database.url,
        site=f"http://{LOOPBACK}:{site_port}",
        site_port=site_port,
        broker_folder=servers.broker.folder,
        proxy=proxy,
        pages=process(lambda: _pages(folder, site_port)),
        broker=process(lambda: Service(command=servers.broker.command(), is_ready=servers.broker.is_ready)),
        database=process(lambda: Service(command=servers.database.command(), is_ready=servers.database.is_ready)),
        manager=process(lambda: services.manager(manager_port)),
        scheduler=process(services.scheduler),
        other_scheduler=process(lambda: services.scheduler("other_scheduler")),
        workers=tuple(process(partial(worker_services.worker, name)) for name in WORKERS),
    )
    return stack, services.migration()
