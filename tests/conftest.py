"""The real servers that tests run on, and the rule that no test leaves loopback (pytest-socket, in pyproject.toml)."""

import os
import shutil
from collections.abc import Iterator
from io import StringIO

import pytest
from hypothesis import settings

from embedded.data_folder import DataFolder
from embedded.errors import StackError
from embedded.programs import find_postgres, find_redis
from embedded.servers import Servers, servers_on
from embedded.services import Services
from embedded.terminal import Terminal
from tests.promtool import Promtool, promtool_at

# Outside CI, Hypothesis fails an example that takes over 200 ms. On a busy machine any may; speed is for benchmarks.
settings.register_profile("untimed", settings.default, deadline=None)
settings.load_profile("untimed")


@pytest.fixture(scope="session")
def _server_programs() -> None:
    """The programs of Redis and PostgreSQL are here: else a laptop skips what needs them, and CI fails."""
    try:
        find_redis()
        find_postgres()
    except StackError as error:
        if os.environ.get("CI"):
            pytest.fail(str(error))
        pytest.skip(str(error))


@pytest.fixture(scope="session")
def servers(tmp_path_factory: pytest.TempPathFactory, _server_programs: None) -> Iterator[Servers]:
    """An empty Redis, and a PostgreSQL with the project's tables, for the whole run."""
    folder = DataFolder(tmp_path_factory.mktemp("servers"))
    with folder.locked() as lock, servers_on(folder, lock, Terminal(StringIO()), temporary=True) as servers:
        servers.start_broker()
        servers.start_database()
        urls = {"CELERY_BROKER_URL": servers.broker.url, "DATABASE_URL": servers.database.url}
        services = Services(folder=folder, environment=os.environ | urls, worker_grace_seconds=0)
        servers.supervisor.run(services.migration())
        yield servers


@pytest.fixture(scope="session")
def promtool() -> Promtool:
    """Debian's package `prometheus` has it: else a laptop skips what needs it, and CI fails."""
    program = shutil.which("promtool")
    if program is None:
        if os.environ.get("CI"):
            pytest.fail("promtool is missing")
        pytest.skip("promtool is missing")
    return promtool_at(program)
