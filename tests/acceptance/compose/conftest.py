"""One stack in containers for all tests here, under a name, ports and a network of its own."""

import os
from collections.abc import Iterator
from contextlib import suppress

import pytest

from tests.acceptance.compose.engine import Compose, docker, free_port, free_subnet, has_engine
from tests.acceptance.compose.stack import Stack

WORKER_STOP_GRACE_SECONDS = 3
OWN_SETTINGS = ("PATH", "HOME", "DOCKER_HOST", "DOCKER_CONTEXT", "DOCKER_CONFIG")


@pytest.fixture(scope="session")
def stack() -> Iterator[Stack]:
    """Built, started and healthy; gone afterwards, with its data and images."""
    if not has_engine():
        if os.environ.get("CI"):
            pytest.fail("no Docker engine with Compose answers")
        pytest.skip("no Docker engine with Compose answers")
    project, manager_port, viewer_port, subnet = f"acceptance{os.getpid()}", free_port(), free_port(), free_subnet()
    environment = {key: os.environ[key] for key in OWN_SETTINGS if key in os.environ} | {
        "COMPOSE_PROJECT_NAME": project,
        "COMPOSE_DISABLE_ENV_FILE": "1",
        "MANAGER_PORT": str(manager_port),
        "FLOWER_PORT": str(viewer_port),
        "TEST_SUBNET": subnet,
        "FETCH_ALLOWED_PRIVATE_NETWORKS": subnet,
        "WORKER_STOP_GRACE_SECONDS": str(WORKER_STOP_GRACE_SECONDS),
    }
    compose = Compose(environment=environment)
    try:
        compose.up("--build")
        yield Stack(compose=compose, manager_port=manager_port, viewer_port=viewer_port)
    finally:
        compose("down", "--volumes", "--timeout", "5")
        with suppress(AssertionError):  # a build that failed left none
            docker("image", "rm", f"{project}/job_manager", f"{project}/job_worker")
