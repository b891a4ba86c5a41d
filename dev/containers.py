"""The stack of docker-compose.yml for tests and chaos, under a name, ports and a network of its own."""

import ipaddress
import json
import os
import random
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dev.manager import Manager
from dev.service import READY_SECONDS
from dev.stack import AnyStack
from dev.tables import Tables
from dev.waiting import eventually
from embedded.errors import StackError
from embedded.ports import LOOPBACK, free_ports
from embedded.services import PROJECT, WORKERS

PAGES = ("docker-compose.yml", "dev/docker-compose.pages.yml")
CHAOS = (*PAGES, "dev/docker-compose.chaos.yml")  # broker and database can be reached from this machine
OF_DOCKER = ("PATH", "HOME", "DOCKER_HOST", "DOCKER_CONTEXT", "DOCKER_CONFIG")
COMMAND_SECONDS = 120.0
BUILD_SECONDS = 420.0
# The defaults of docker-compose.yml; this stack exists for one run, and on this machine only.
BROKER_PASSWORD, DATABASE_LOGIN = "demo-broker", "job_service:demo-database"

# The main process is the only child of Docker's init, its children are the pool's.
_MAIN = "main=$(cat /proc/1/task/1/children)"
_KILL_MAIN = f"{_MAIN}; kill -9 $main"
_KILL_CHILD = f'{_MAIN}; set -- $(cat /proc/${{main% }}/task/*/children); shift $(("$0" % $#)); kill -9 "$1"'
_WIPE = ("find", "/data", "-mindepth", "1", "-delete")
_ALIVE = "SELECT seen_at > now() - interval '6 s' FROM workers WHERE stopped_at IS NULL AND lost_at IS NULL"


def has_engine() -> bool:
    """Whether an engine with Compose answers here."""
    try:
        for command in (["docker", "info"], ["docker", "compose", "version"]):
            subprocess.run(command, check=True, capture_output=True, timeout=30)
    except (OSError, subprocess.SubprocessError):
        return False
    return True


def docker(*arguments: str, environment: Mapping[str, str] | None = None) -> str:
    """The output of the command; raises StackError with its errors if it fails."""
    return _run(["docker", *arguments], environment, COMMAND_SECONDS)


def _run(command: list[str], environment: Mapping[str, str] | None, seconds: float) -> str:
    ended = subprocess.run(
        command, cwd=PROJECT, env=environment, check=False, capture_output=True, text=True, timeout=seconds
    )
    if ended.returncode != 0:
        raise StackError(f"{' '.join(command)}\n{ended.stdout[-2000:]}\n{ended.stderr[-4000:]}")
    return ended.stdout.strip()


def own_project(kind: str) -> dict[str, str]:
    """The environment for a Compose project of this process, without settings of the stack."""
    return {key: os.environ[key] for key in OF_DOCKER if key in os.environ} | {
        "COMPOSE_PROJECT_NAME": f"{kind}{os.getpid()}",
        "COMPOSE_DISABLE_ENV_FILE": "1",
    }


@dataclass(frozen=True, kw_only=True)
class Compose:
    """One Compose project. Its containers see no variables but those of `environment`."""

    environment: Mapping[str, str]
    files: tuple[str, ...] = PAGES

    @property
    def project(self) -> str:
        """Its name: the prefix of its volumes, networks and images."""
        return self.environment["COMPOSE_PROJECT_NAME"]

    def __call__(self, *arguments: str, seconds: float = COMMAND_SECONDS) -> str:
        files = [option for file in self.files for option in ("--file", file)]
        return _run(["docker", "compose", *files, *arguments], self.environment, seconds)

    def up(self, *arguments: str) -> None:
        """Start what is not running, and wait until everything is healthy."""
        self("up", "--wait", *arguments, seconds=BUILD_SECONDS)

    def container(self, service: str) -> str:
        """Id of the service's only container, running or not."""
        (only,) = self("ps", "--all", "--quiet", service).split()
        return only

    def inspect(self, service: str) -> dict[str, Any]:
        """The engine's description of the service's container."""
        found: list[dict[str, Any]] = json.loads(docker("inspect", self.container(service)))
        return found[0]

    def run_in(self, service: str, *command: str) -> subprocess.CompletedProcess[str]:
        """Run a command in the service's container, as its user."""
        command = ("docker", "exec", self.container(service), *command)
        return subprocess.run(command, check=False, capture_output=True, text=True, timeout=COMMAND_SECONDS)

    def sql(self, query: str) -> list[str]:
        """The rows of a query, with columns separated by `|`."""
        return self("exec", "-T", "job_db", "psql", "-U", "postgres", "-d", "jobs", "-AtXc", query).splitlines()


class Container:
    """One service, whose container can be killed, paused, stopped and restarted at will."""

    def __init__(self, name: str, container: str) -> None:
        self.name = name
        self.container = container
        self._restarts = 0  # those that Docker makes after `kill_main`

    def start(self) -> None:
        """Start it, unless Docker has done so."""
        docker("start", self.container)

    def kill(self) -> None:
        """`kill -9` for the whole container."""
        docker("kill", self.container)

    def kill_main(self) -> None:
        """`kill -9` for the main process, from inside; Docker restarts the container."""
        self._restarts += 1
        self._inside(_KILL_MAIN)

    def kill_child(self, chance: random.Random, _busy_at: int) -> None:
        """`kill -9` for one child, busy or not."""
        self._inside(_KILL_CHILD, str(chance.randrange(1 << 16)))

    def died_by_itself(self) -> bool:
        """Whether Docker restarted it without a `kill_main`; each such death is reported once."""
        restarts = int(docker("inspect", "--format", "{{.RestartCount}}", self.container))
        died = restarts > self._restarts
        self._restarts = max(restarts, self._restarts)
        return died

    def stop(self) -> None:
        """Ask it to stop, and wait for its end."""
        docker("stop", "--time", "60", self.container)

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Paused for the length of the block."""
        docker("pause", self.container)
        try:
            yield
        finally:
            docker("unpause", self.container)

    def _inside(self, script: str, *arguments: str) -> None:
        # The exit code does not count: a container whose main process dies takes this command with it.
        command = ["docker", "exec", self.container, "bash", "-c", script, *arguments]
        subprocess.run(command, check=False, capture_output=True, timeout=COMMAND_SECONDS)


@dataclass(frozen=True, kw_only=True)
class ContainerStack(AnyStack):
    """A stack of containers. Its tables and queue can be reached only with the CHAOS files."""

    compose: Compose
    viewer_port: int
    page_port: int = 8000
    job_broker: Container
    job_db: Container
    job_manager: Container
    job_workers: tuple[Container, ...]
    job_scheduler: Container

    @property
    def all(self) -> tuple[Container, ...]:
        """Every service but Flower."""
        return (self.job_broker, self.job_db, self.job_manager, self.job_scheduler, *self.job_workers)

    def make_whole(self) -> None:
        """Wait until the current workers beat, all others count as gone, and the manager reaches all it needs.

        Docker's health checks say the same, but only every ten seconds, and later on a busy machine.
        """
        eventually(
            lambda: self._all_beat() and self.manager.is_ready(), "workers and manager work", seconds=READY_SECONDS
        )

    def _all_beat(self) -> bool:
        return [beats for (beats,) in self.query(_ALIVE)] == [True] * len(self.job_workers)

    def died(self) -> list[str]:
        """The services that Docker has restarted since the last call although nothing here ended them."""
        return [each.name for each in self.all if each.died_by_itself()]

    def empty_broker(self) -> None:
        """Delete the broker's data; it must be down."""
        volume = f"{self.compose.project}_job_broker:/data"
        docker("run", "--rm", "--user", "root", "--volume", volume, "redis:8.0", *_WIPE)

    @contextmanager
    def cut_off(self) -> Iterator[None]:
        """The workers are off the broker's network during the block."""
        network = f"{self.compose.project}_broker"
        for worker in self.job_workers:
            docker("network", "disconnect", network, worker.container)
        yield
        for worker in self.job_workers:
            docker("network", "connect", network, worker.container)

    @contextmanager
    def second_scheduler(self) -> Iterator[None]:
        """There is a second container of the service during the block."""
        self._scale_scheduler(2)
        yield
        self._scale_scheduler(1)

    def _scale_scheduler(self, number: int) -> None:
        options = ("--detach", "--no-recreate", "--no-deps", "--scale", f"job_scheduler={number}")
        self.compose("up", *options, "job_scheduler")

    def keep(self, folder: Path) -> None:
        """Write the logs of all containers and a dump of the database."""
        logs = self.compose("--ansi", "never", "logs", "--no-color", "--timestamps")
        folder.joinpath("containers.log").write_text(logs, encoding="utf-8")
        dump = self.compose("exec", "-T", "job_db", "pg_dump", "-U", "postgres", "jobs")
        folder.joinpath("jobs.sql").write_text(dump, encoding="utf-8")


@contextmanager
def container_stack(
    project: Mapping[str, str], files: tuple[str, ...] = PAGES, services: tuple[str, ...] = (), **settings: str
) -> Iterator[ContainerStack]:
    """Build and start the stack, and wait until it is healthy; afterwards remove it, with its data and images.

    `services` names those to start, by default all. Raises StackError.
    """
    manager_port, viewer_port, broker_port, database_port = free_ports(4)
    subnet = _free_subnet()
    environment = {
        **project,
        **settings,
        "MANAGER_PORT": str(manager_port),
        "FLOWER_PORT": str(viewer_port),
        "BROKER_PORT": str(broker_port),
        "DATABASE_PORT": str(database_port),
        "PAGES_SUBNET": subnet,
        "FETCH_ALLOWED_PRIVATE_NETWORKS": subnet,
    }
    compose = Compose(environment=environment, files=files)

    def container(name: str) -> Container:
        return Container(name, compose.container(name))

    try:
        compose.up("--build", *services)
        with closing(Tables(f"postgresql://{DATABASE_LOGIN}@{LOOPBACK}:{database_port}/jobs")) as tables:
            yield ContainerStack(
                manager=Manager(port=manager_port),
                tables=tables,
                broker_url=f"redis://:{BROKER_PASSWORD}@{LOOPBACK}:{broker_port}/0",
                site="http://pages:8000",
                compose=compose,
                viewer_port=viewer_port,
                job_broker=container("job_broker"),
                job_db=container("job_db"),
                job_manager=container("job_manager"),
                job_scheduler=container("job_scheduler"),
                job_workers=tuple(container(name) for name in WORKERS),
            )
    finally:
        compose("--profile", "*", "down", "--volumes", "--timeout", "5")  # without a profile, its services stay
        with suppress(StackError):  # there are none after a failed build
            docker("image", "rm", "--force", f"{compose.project}/job_manager", f"{compose.project}/job_worker")


def _free_subnet() -> str:
    """A small network that overlaps with none of the engine's. Processes that look at once begin at different ones."""
    taken = [
        ipaddress.ip_network(config["Subnet"])
        for network in json.loads(docker("network", "inspect", *docker("network", "ls", "--quiet").split()))
        for config in network["IPAM"]["Config"] or []
        if ":" not in config["Subnet"]
    ]
    subnets = list(ipaddress.IPv4Network("10.213.0.0/16").subnets(new_prefix=24))
    begin = os.getpid() % len(subnets)
    candidates = subnets[begin:] + subnets[:begin]
    return str(next(subnet for subnet in candidates if not any(subnet.overlaps(other) for other in taken)))
