"""The stack of docker-compose.yml for a chaos run, under a name, ports and a network of its own."""

import os
import random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from chaos.container import Container
from chaos.engine import Compose, docker, free_subnet
from chaos.settings import SETTINGS
from chaos.waiting import wait_for
from embedded.ports import LOOPBACK, free_ports
from embedded.services import WORKERS

FILES = ("docker-compose.yml", "chaos/docker-compose.pages.yml", "chaos/docker-compose.doors.yml")
OF_DOCKER = ("PATH", "HOME", "DOCKER_HOST", "DOCKER_CONTEXT", "DOCKER_CONFIG")
SERVICES = ("pages", "job_broker", "job_db", "job_manager", "job_scheduler", *WORKERS)
WHOLE_SECONDS = 120.0
# What docker-compose.yml has by default; this stack lives for a run, and on this machine only.
BROKER_PASSWORD, DATABASE_LOGIN = "demo-broker", "job_service:demo-database"


@dataclass(frozen=True, kw_only=True)
class ContainerStack:
    """A `Stack` of containers. Flower is left out: it only looks."""

    compose: Compose
    manager_port: int
    broker_url: str
    database_url: str
    broker: Container
    database: Container
    manager: Container
    scheduler: Container
    workers: tuple[Container, ...]
    site: str = "http://pages:8000"

    def kill_child(self, worker: str, chance: random.Random) -> None:
        """Any of them."""
        next(each for each in self.workers if each.name == worker).kill_child(chance.randrange(1 << 16))

    def empty_broker(self) -> None:
        """Wipe its volume."""
        volume = f"{self._project}_job_broker:/data"
        wipe = (
            "run",
            "--rm",
            "--user",
            "root",
            "--volume",
            volume,
            "redis:8.0",
            "find",
            "/data",
            "-mindepth",
            "1",
            "-delete",
        )
        docker(*wipe)

    @contextmanager
    def cut_off(self) -> Iterator[None]:
        """Workers leave the broker's network."""
        network = f"{self._project}_broker"
        for worker in self.workers:
            docker("network", "disconnect", network, worker.container)
        yield
        for worker in self.workers:
            docker("network", "connect", network, worker.container)

    @contextmanager
    def second_scheduler(self) -> Iterator[None]:
        """Another container of the service."""
        self._scale_scheduler(2)
        yield
        self._scale_scheduler(1)

    def wait_until_whole(self) -> None:
        """Wait until each container is healthy; Docker itself starts again what has ended by itself."""
        containers = [each.container for each in self._members]

        def whole() -> bool:
            states = docker("inspect", "--format", "{{.State.Health.Status}}", *containers).split()
            return states == ["healthy"] * len(containers)

        wait_for(whole, "every container is healthy", seconds=WHOLE_SECONDS)

    def died(self) -> list[str]:
        """Those that ended although nobody ended them, and that Docker has started again since this was last asked."""
        return [each.name for each in self._members if each.died_by_itself()]

    @property
    def _members(self) -> tuple[Container, ...]:
        return (self.broker, self.database, self.manager, self.scheduler, *self.workers)

    def keep_logs(self, file: Path) -> None:
        """Write what all containers have logged."""
        file.write_text(self.compose("logs", "--no-color", "--timestamps"), encoding="utf-8")

    @property
    def _project(self) -> str:
        return self.compose.environment["COMPOSE_PROJECT_NAME"]

    def _scale_scheduler(self, number: int) -> None:
        self.compose(
            "up", "--detach", "--no-recreate", "--no-deps", "--scale", f"job_scheduler={number}", "job_scheduler"
        )


@contextmanager
def container_stack() -> Iterator[ContainerStack]:
    """Built, started and healthy; gone afterwards, with its data and images. Raises ChaosError."""
    project = f"chaos{os.getpid()}"
    manager_port, broker_port, database_port = free_ports(3)
    subnet = free_subnet()
    environment = {key: os.environ[key] for key in OF_DOCKER if key in os.environ} | SETTINGS
    environment |= {
        "COMPOSE_PROJECT_NAME": project,
        "COMPOSE_DISABLE_ENV_FILE": "1",
        "MANAGER_PORT": str(manager_port),
        "CHAOS_BROKER_PORT": str(broker_port),
        "CHAOS_DATABASE_PORT": str(database_port),
        "PAGES_PROGRAM": "./chaos/pages.py",
        "PAGES_SUBNET": subnet,
        "FETCH_ALLOWED_PRIVATE_NETWORKS": subnet,
    }
    compose = Compose(environment=environment, files=FILES)

    def container(name: str) -> Container:
        return Container(name, compose.container(name))

    try:
        compose.up("--build", *SERVICES)
        yield ContainerStack(
            compose=compose,
            manager_port=manager_port,
            broker_url=f"redis://:{BROKER_PASSWORD}@{LOOPBACK}:{broker_port}/0",
            database_url=f"postgresql://{DATABASE_LOGIN}@{LOOPBACK}:{database_port}/jobs",
            broker=container("job_broker"),
            database=container("job_db"),
            manager=container("job_manager"),
            scheduler=container("job_scheduler"),
            workers=tuple(container(name) for name in WORKERS),
        )
    finally:
        compose("down", "--volumes", "--timeout", "5")
        docker("image", "rm", "--force", f"{project}/job_manager", f"{project}/job_worker")
