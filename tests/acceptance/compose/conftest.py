"""One stack in containers for all tests here, under a name, ports and a network of its own."""

import os
from collections.abc import Iterator

import pytest

from dev.containers import ContainerStack, container_stack, has_engine, own_project


@pytest.fixture(scope="session")
def project() -> dict[str, str]:
    """The environment of a project of its own on the engine, with no setting of the stack."""
    if not has_engine():
        if os.environ.get("CI"):
            pytest.fail("no Docker engine with Compose answers")
        pytest.skip("no Docker engine with Compose answers")
    return own_project("acceptance")


@pytest.fixture(scope="session")
def stack(project: dict[str, str]) -> Iterator[ContainerStack]:
    """Built, started and healthy; gone afterwards, with its data and images."""
    with container_stack(project, WORKER_STOP_GRACE_SECONDS="3") as stack:
        yield stack
