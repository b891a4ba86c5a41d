"""Starts the stack of docker-compose.yml for a chaos run, under a name, ports and a network of its own."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

from dev.chaos.container import Container
from dev.chaos.container_stack import ContainerStack
from dev.chaos.engine import Compose, docker, free_subnet
from dev.chaos.settings import SETTINGS
from embedded.ports import LOOPBACK, free_ports
from embedded.services import WORKERS

FILES = ("docker-compose.yml", "dev/chaos/docker-compose.pages.yml", "dev/chaos/docker-compose.doors.yml")
OF_DOCKER = ("PATH", "HOME", "DOCKER_HOST", "DOCKER_CONTEXT", "DOCKER_CONFIG")
SERVICES = ("pages", "job_broker", "job_db", "job_manager", "job_scheduler", *WORKERS)
# What docker-compose.yml has by default; this stack lives for a run, and on this machine only.
BROKER_PASSWORD, DATABASE_LOGIN = "demo-broker", "job_service:demo-database"


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
