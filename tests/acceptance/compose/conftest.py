"""One stack in containers for all tests here, under a name, ports and a network of its own."""

import os
from collections.abc import Iterator
from contextlib import suppress

import pytest

from dev.chaos.engine import Compose, docker, free_subnet, has_engine
from dev.chaos.errors import ChaosError
from embedded.ports import free_ports
from tests.acceptance.compose.stack import Stack

WORKER_STOP_GRACE_SECONDS = 3
OWN_SETTINGS = ("PATH", "HOME", "DOCKER_HOST", "DOCKER_CONTEXT", "DOCKER_CONFIG")


@pytest.fixture(scope="session")
def project() -> dict[str, str]:
    """The environment of a project of its own on the engine, with no setting of the stack."""
    if not has_engine():
        if os.environ.get("CI"):
            pytest.fail("no Docker engine with Compose answers")
        pytest.skip("no Docker engine with Compose answers")
    return {key: os.environ[key] for key in OWN_SETTINGS if key in os.environ} | {
        "COMPOSE_PROJECT_NAME": f"acceptance{os.getpid()}",
        "COMPOSE_DISABLE_ENV_FILE": "1",
    }


@pytest.fixture(scope="session")
def stack(project: dict[str, str]) -> Iterator[Stack]:
    """Built, started and healthy; gone afterwards, with its data and images."""
    subnet = free_subnet()
    manager_port, viewer_port = free_ports(2)
    environment = project | {
        "MANAGER_PORT": str(manager_port),
        "FLOWER_PORT": str(viewer_port),
        "PAGES_PROGRAM": "./tests/acceptance/compose/page_server.py",
        "PAGES_SUBNET": subnet,
        "FETCH_ALLOWED_PRIVATE_NETWORKS": subnet,
        "WORKER_STOP_GRACE_SECONDS": str(WORKER_STOP_GRACE_SECONDS),
    }
    compose = Compose(environment=environment)
    try:
        compose.up("--build")
        yield Stack(compose=compose, manager_port=manager_port, viewer_port=viewer_port)
    finally:
        compose("down", "--volumes", "--timeout", "5")
        with suppress(ChaosError):  # a build that failed left none
            name = project["COMPOSE_PROJECT_NAME"]
            docker("image", "rm", f"{name}/job_manager", f"{name}/job_worker")
