"""The real servers that tests run on, and how tests are spread. None leaves loopback: pytest-socket, pyproject.toml."""

import gc
import os
import shutil
from collections import Counter
from collections.abc import Generator, Iterator
from io import StringIO

import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadFileScheduling

from embedded import ports
from embedded.data_folder import DataFolder
from embedded.errors import StackError
from embedded.programs import find_postgres, find_redis
from embedded.servers import Servers, servers_on
from embedded.services import Services
from embedded.terminal import Terminal
from tests.examples import register_profiles
from tests.kubernetes import Render, renderer
from tests.missing import is_missing
from tests.pooler import find_pgbouncer, pooled
from tests.promtool import Promtool, promtool_at

# One process runs all tests of such a folder: they share the containers, or a browser and a stack.
TOGETHER = ("tests/acceptance/compose/", "tests/acceptance/page/")
# Their tests share nothing but what every process has, and take minutes together.
SPREAD = ("tests/integration/job_manager/test_generated_requests.py", "tests/acceptance/test_locked_rows.py")

register_profiles()


class ByFile(LoadFileScheduling):
    """One process runs the tests of a file, which share what is made for them."""

    def __init__(self, config: pytest.Config, log: Producer) -> None:
        config.option.loadscopereorder = False  # acceptance tests take longest, and are collected first
        super().__init__(config, log)

    def _split_scope(self, nodeid: str) -> str:
        if nodeid.startswith(SPREAD):
            return nodeid
        together = (folder for folder in TOGETHER if nodeid.startswith(folder))
        return next(together, None) or super()._split_scope(nodeid)


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Keep the garbage collector from modules and tests, which stay to the end.

    To look at all of them again and again took most of the time until the first test, and of that after the last.
    """
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


def pytest_configure(config: pytest.Config) -> None:
    """Have each process choose ports of its own: no other takes one between the choice and the start of a server."""
    if worker := getattr(config, "workerinput", None):
        number = int(worker["workerid"].removeprefix("gw"))
        ports.BELOW_EPHEMERAL = ports.BELOW_EPHEMERAL[number :: worker["workercount"]]


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--pooled`: whoever uses the database of all tests does so through PgBouncer."""
    parser.addoption("--pooled", action="store_true", help="reach the database through PgBouncer")


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> ByFile:
    """Spread the tests so."""
    return ByFile(config, log)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Of tests with the same id, xdist would run one alone."""
    if config.getoption("pooled"):
        for item in items:
            if direct := item.get_closest_marker("direct"):
                item.add_marker(pytest.mark.skip(reason=f"not through PgBouncer: {direct.args[0]}"))
    twice = [nodeid for nodeid, count in Counter(item.nodeid for item in items).items() if count > 1]
    assert not twice, f"several tests are called {twice}"


@pytest.fixture(scope="session")
def _server_programs() -> None:
    """The programs of Redis and PostgreSQL are here."""
    try:
        find_redis()
        find_postgres()
    except StackError as error:
        is_missing(str(error))


@pytest.fixture(scope="session")
def servers(
    tmp_path_factory: pytest.TempPathFactory, pytestconfig: pytest.Config, _server_programs: None
) -> Iterator[Servers]:
    """An empty Redis, and a PostgreSQL with the project's tables, for the whole run, or for one of its processes.

    Migrations go to the database directly, also where everything else is `--pooled`.
    """
    pooler = _program("pgbouncer", find_pgbouncer()) if pytestconfig.getoption("pooled") else ""
    folder = DataFolder(tmp_path_factory.mktemp("servers"))
    with servers_on(folder, Terminal(StringIO()), temporary=True) as servers:
        servers.start()
        urls = {"CELERY_BROKER_URL": servers.broker.url, "DATABASE_URL": servers.database.url}
        services = Services(folder=folder, environment=os.environ | urls)
        servers.supervisor.run(services.migration())
        yield pooled(servers, pooler) if pooler else servers


@pytest.fixture(scope="session")
def promtool() -> Promtool:
    """Debian's package `prometheus` has it."""
    return promtool_at(_program("promtool", shutil.which("promtool")))


@pytest.fixture(scope="session")
def render() -> Render:
    """By kubectl, which .ci/run installs where it is missing."""
    return renderer(_program("kubectl", shutil.which("kubectl")))


def _program(name: str, found: str | None) -> str:
    return found or is_missing(f"{name} is missing")
