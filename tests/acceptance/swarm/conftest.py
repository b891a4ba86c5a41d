"""One swarm for all tests here."""

from collections.abc import Iterator

import pytest

from dev.containers import has_engine
from tests.acceptance.swarm.nodes import why_not
from tests.acceptance.swarm.stack import Swarm, running_swarm
from tests.missing import is_missing


@pytest.fixture(scope="session")
def swarm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Swarm]:
    """Two nodes with the stack on them."""
    if reason := why_not() or (None if has_engine() else "no Docker engine with Compose answers"):
        is_missing(reason)
    with running_swarm(tmp_path_factory.mktemp("home")) as swarm:
        yield swarm
