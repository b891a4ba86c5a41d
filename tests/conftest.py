"""The real servers that tests run on, and the rule that no test leaves loopback (pytest-socket, in pyproject.toml)."""

import os
from collections.abc import Iterator
from io import StringIO

import pytest

from embedded.data_folder import DataFolder
from embedded.errors import StackError
from embedded.programs import find_postgres, find_redis
from embedded.servers import Servers, servers_on
from embedded.services import Services
from embedded.terminal import Terminal


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
