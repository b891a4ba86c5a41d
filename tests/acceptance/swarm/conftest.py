"""One swarm for all tests here."""

import os
from collections.abc import Iterator

import pytest

from dev.containers import has_engine
from tests.acceptance.swarm.nodes import why_not
from tests.acceptance.swarm.stack import Swarm, running_swarm


@pytest.fixture(scope="session")
def swarm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Swarm]:
    """Two nodes with the stack on them: what cannot make them skips what needs them, and CI fails."""
    reason = why_not() or (None if has_engine() else "no Docker engine with Compose answers")
    if reason and os.environ.get("CI"):
        pytest.fail(reason)
    if reason:
        pytest.skip(reason)
    with running_swarm(tmp_path_factory.mktemp("home")) as swarm:
        yield swarm
