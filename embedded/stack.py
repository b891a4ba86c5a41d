"""The whole stack on a data folder: in which order it starts, and where it can be reached."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from embedded.data_folder import DataFolder
from embedded.errors import StackError
from embedded.ports import LOOPBACK, PublicPort, choose_port
from embedded.servers import Servers, servers_on
from embedded.services import VIEWER_USER, WORKERS, Services
from embedded.terminal import Terminal
from job_tasks.settings import SERVER_URLS, SettingsError, read_settings

MANAGER_PORT = PublicPort(service="the manager", variable="MANAGER_PORT", default=5050)
VIEWER_PORT = PublicPort(service="Flower", variable="FLOWER_PORT", default=8888)


@dataclass(frozen=True, kw_only=True)
class Stack:
    """A running stack: where people reach it, and the servers that it runs on."""

    manager_port: int
    viewer_port: int
    viewer_password: str
    metrics_ports: Mapping[str, int]
    servers: Servers

    @property
    def metrics_addresses(self) -> str:
        """Where Prometheus can scrape each service, a line for each."""
        ports = {"job_manager": self.manager_port, **self.metrics_ports}
        return "\n".join(f"  {name:<14} http://{LOOPBACK}:{port}/metrics" for name, port in ports.items())

    @property
    def clients(self) -> str:
        """What a person types to look into broker and database, a line for each."""
        return f"  broker    {self.servers.broker.client}\n  database  {self.servers.database.client}"

    @property
    def addresses(self) -> str:
        """Manager and Flower, a line for each."""
        return (
            f"  manager   http://{LOOPBACK}:{self.manager_port}\n"
            f"  Flower    http://{LOOPBACK}:{self.viewer_port}   (user {VIEWER_USER}, password {self.viewer_password})"
        )


@contextmanager
def running_stack(
    folder: DataFolder,
    terminal: Terminal,
    environment: Mapping[str, str],
    *,
    temporary: bool,
) -> Iterator[Stack]:
    """The stack, ready for jobs; it stops with the `with` block. `environment` holds the settings that a person gave.

    A `temporary` folder is deleted at the end, and its data need not survive a crash of the machine.
    Raises StackError and StopRequested.
    """
    with folder.locked() as lock:
        manager_port = _choose(MANAGER_PORT, environment, terminal)
        viewer_port = _choose(VIEWER_PORT, environment, terminal)
        with servers_on(folder, lock, terminal, temporary=temporary) as servers:
            where = {"FLOWER_URL": f"http://{LOOPBACK}:{viewer_port}"}  # unless the person says otherwise
            services = _describe_services(folder, servers, where | dict(environment))
            stack = Stack(
                manager_port=manager_port,
                viewer_port=viewer_port,
                viewer_password=folder.passwords().viewer,
                metrics_ports=services.metrics_ports,
                servers=servers,
            )
            _start(stack, servers, services, terminal)
            yield stack


def _choose(port: PublicPort, environment: Mapping[str, str], terminal: Terminal) -> int:
    chosen = choose_port(port, environment)
    if chosen.notice:
        terminal.say(chosen.notice)
    return chosen.number


def _start(stack: Stack, servers: Servers, services: Services, terminal: Terminal) -> None:
    """Flower and the manager take their time to start, and until they are asked need no database: they come early."""
    supervisor = servers.supervisor
    servers.start_broker()
    supervisor.start(services.viewer(stack.viewer_port, stack.viewer_password))
    supervisor.start(services.manager(stack.manager_port))
    servers.start_database()
    terminal.progress("broker and database are ready")
    supervisor.run(services.migration())
    terminal.progress("the tables are ready")
    supervisor.start(services.scheduler())
    for name in WORKERS:
        supervisor.start(services.worker(name))
    supervisor.wait_until_ready()
    terminal.progress("manager, workers, scheduler and Flower are ready")


def _describe_services(folder: DataFolder, servers: Servers, environment: Mapping[str, str]) -> Services:
    """What the person's settings and the servers' addresses make; raises StackError for a wrong setting."""
    elsewhere = {key.upper() for key in SERVER_URLS} | {f"{key.upper()}_FILE" for key in SERVER_URLS}
    own = {key: value for key, value in environment.items() if key not in elsewhere}
    own |= {"CELERY_BROKER_URL": servers.broker.url, "DATABASE_URL": servers.database.url}
    try:
        settings = read_settings(own)
    except SettingsError as error:
        raise StackError(f"settings are wrong:\n{error}") from error
    return Services(folder=folder, environment=own, worker_grace_seconds=settings.worker_stop_grace_seconds)
