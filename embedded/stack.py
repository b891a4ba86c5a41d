"""The whole stack on a data folder: in which order it starts, and where it can be reached."""

import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from embedded.data_folder import DataFolder
from embedded.errors import StackError
from embedded.ports import LOOPBACK, choose_port, free_ports, is_free
from embedded.servers import Servers, servers_on
from embedded.services import PROJECT, VIEWER_USER, WORKERS, Services
from embedded.terminal import Terminal

SERVER_URLS = ("CELERY_BROKER_URL", "DATABASE_URL", "CELERY_RESULT_BACKEND")
MANAGER_PORT, VIEWER_PORT = 5050, 8888
TRIES = 3  # to start on ports that nobody else takes before the stack does
PRACTICE_URL = "http://practice.test/"


@dataclass(frozen=True, kw_only=True)
class EmbeddedStack:
    """The servers and services of a stack, and the ports for people."""

    servers: Servers
    services: Services
    manager_port: int
    viewer_port: int
    practice_port: int

    @property
    def addresses(self) -> str:
        """The addresses of manager, Flower and practice site, one per line."""
        password = self.servers.folder.passwords().viewer
        return (
            f"  manager   http://{LOOPBACK}:{self.manager_port}\n"
            f"  Flower    http://{LOOPBACK}:{self.viewer_port}   (user {VIEWER_USER}, password {password})\n"
            f"  practice  http://{LOOPBACK}:{self.practice_port}   (to jobs, it is {PRACTICE_URL})"
        )

    @property
    def metrics_addresses(self) -> str:
        """Where Prometheus can scrape each service, one per line."""
        ports = {"job_manager": self.manager_port, **self.services.metrics_ports}
        return "\n".join(f"  {name:<14} http://{LOOPBACK}:{port}/metrics" for name, port in ports.items())

    @property
    def ports(self) -> tuple[int, ...]:
        """Those without which it does not start."""
        broker, database = self.servers.broker.port, self.servers.database.port
        return broker, database, self.manager_port, self.viewer_port, self.practice_port

    @property
    def clients(self) -> str:
        """The commands for a look into broker and database, one per line."""
        return f"  broker    {self.servers.broker.client}\n  database  {self.servers.database.client}"

    @property
    def where(self) -> dict[str, str]:
        """The same for programs: addresses, commands, and the settings that lead to broker and database."""
        return {
            "manager": f"http://{LOOPBACK}:{self.manager_port}",
            "viewer": f"http://{LOOPBACK}:{self.viewer_port}",
            "broker": self.servers.broker.client,
            "database": self.servers.database.client,
            "CELERY_BROKER_URL": self.servers.broker.url,
            "DATABASE_URL": self.servers.database.url,
        }

    def start(self, terminal: Terminal) -> None:
        """Start Flower and the manager first: they are slow to start, and need no database until the first request."""
        supervisor = self.servers.supervisor
        supervisor.start(
            self.servers.broker.command(),
            self.services.viewer(self.viewer_port),
            self.services.manager(self.manager_port),
            self.services.practice_site(self.practice_port),
        )
        self.servers.start_database()
        terminal.progress("broker and database are ready")
        supervisor.run(self.services.migration())
        terminal.progress("the tables are ready")
        supervisor.start(self.services.scheduler(), *(self.services.worker(name) for name in WORKERS))
        supervisor.wait_until_ready()
        terminal.progress("manager, workers, scheduler and Flower are ready")


@contextmanager
def running_stack(
    folder: DataFolder, terminal: Terminal, environment: Mapping[str, str], *, temporary: bool
) -> Iterator[EmbeddedStack]:
    """The stack, ready for jobs, until the end of the `with` block. `environment` holds the person's settings.

    A `temporary` folder is deleted at the end, and its data need not survive a crash of the machine.
    Raises StackError and StopRequested.
    """
    with ExitStack() as running:
        for left in reversed(range(TRIES)):
            with ExitStack() as ends:
                servers = ends.enter_context(servers_on(DataFolder(folder.path), terminal, temporary=temporary))
                stack = _describe_stack(servers, terminal, environment)
                try:
                    stack.start(terminal)
                except StackError:
                    ends.close()  # who still listens on one of its ports is somebody else
                    taken = [port for port in stack.ports if not is_free(port)]
                    if not taken or not left:
                        raise
                    terminal.say(f"port {taken[0]} was taken meanwhile; starting again on others")
                else:
                    running.push(ends.pop_all())
                    break
        yield stack


def _describe_stack(servers: Servers, terminal: Terminal, environment: Mapping[str, str]) -> EmbeddedStack:
    """The stack on these servers, with ports that are free now."""

    def port(service: str, variable: str, default: int) -> int:
        return choose_port(service, variable, environment.get(variable, "").strip(), default, terminal.say)

    manager_port = port("the manager", "MANAGER_PORT", MANAGER_PORT)
    viewer_port = port("Flower", "FLOWER_PORT", VIEWER_PORT)
    (practice_port,) = free_ports(1)
    where = {"FLOWER_URL": f"http://{LOOPBACK}:{viewer_port}"}  # unless a setting says otherwise
    settings = where | dict(environment) | {"FETCH_PRACTICE_SITE": f"{LOOPBACK}:{practice_port}"}
    return EmbeddedStack(
        servers=servers,
        services=_describe_services(servers, settings),
        manager_port=manager_port,
        viewer_port=viewer_port,
        practice_port=practice_port,
    )


def _describe_services(servers: Servers, environment: Mapping[str, str]) -> Services:
    """The services with the person's settings and the servers' addresses; raises StackError for a wrong setting."""
    elsewhere = {*SERVER_URLS, *(f"{key}_FILE" for key in SERVER_URLS)}
    own = {key: value for key, value in environment.items() if key not in elsewhere}
    own |= {"CELERY_BROKER_URL": servers.broker.url, "DATABASE_URL": servers.database.url}
    # By a process that ends, for the supervisor lives long, and needs no more of the settings than one.
    check = (sys.executable, "-m", "job_tasks.settings", "worker_stop_grace_seconds")
    checked = subprocess.run(check, cwd=PROJECT, env=own, capture_output=True, text=True, check=False)  # noqa: S603
    if checked.returncode != 0:
        raise StackError(checked.stderr.strip())
    return Services(folder=servers.folder, environment=own, worker_grace_seconds=float(checked.stdout))
