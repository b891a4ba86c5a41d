"""One stack in containers for all tests here, under a name, ports and a network of its own."""

from collections.abc import Iterator

import pytest

from dev.containers import ContainerStack, container_stack, own_project


@pytest.fixture(scope="session")
def project(_engine: None) -> dict[str, str]:
    """The environment of a project of its own on the engine, with no setting of the stack."""
    return own_project("acceptance")


@pytest.fixture(scope="session")
def stack(project: dict[str, str]) -> Iterator[ContainerStack]:
    """Built, started and healthy; gone afterwards, with its data and images."""
    with container_stack(project, WORKER_STOP_GRACE_SECONDS="3") as stack:
        yield stack
