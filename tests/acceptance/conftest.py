"""One stack for all acceptance tests, made whole again after each; its logs are shown for tests that fail."""

from collections.abc import Generator, Iterator
from contextlib import contextmanager
from itertools import chain
from pathlib import Path

import pytest

from embedded.data_folder import DataFolder
from embedded.processes import TAIL_BYTES
from tests.acceptance.manager import Manager
from tests.acceptance.page_server import PageServer, served_pages
from tests.acceptance.recovery import Recoveries, measured_in
from tests.acceptance.stack import Stack, running_stack

LOGS = pytest.StashKey[dict[Path, int]]()  # how long each log was when the test began
LARGEST_SECTION = 4 * TAIL_BYTES


@pytest.fixture(scope="session")
def pages() -> Iterator[PageServer]:
    """The site whose pages are counted."""
    with served_pages() as pages:
        yield pages


@pytest.fixture(scope="session")
def session_stack(
    tmp_path_factory: pytest.TempPathFactory, pages: PageServer, _server_programs: None
) -> Iterator[Stack]:
    folder = DataFolder(tmp_path_factory.mktemp("stack"))
    with folder.locked() as lock, running_stack(folder, lock, pages) as stack:
        yield stack


@contextmanager
def lent(shared: Stack, pages: PageServer, request: pytest.FixtureRequest) -> Iterator[Stack]:
    """A stack that several tests share, for one of them; afterwards it is whole again, with nothing under way."""
    request.node.stash[LOGS] = {log: log.stat().st_size for log in shared.services.folder.logs.glob("*.log")}
    yield shared
    died = [service.name for service in shared.all if service.died_by_itself()]
    shared.make_whole()
    pages.release_all()
    shared.cancel_all()
    shared.query("DELETE FROM host_pauses")  # other tests' pages are on the same hosts
    shared.wait_until_quiet()
    assert not died, f"died of a fault of another service: {', '.join(died)}"


@pytest.fixture
def stack(session_stack: Stack, pages: PageServer, request: pytest.FixtureRequest) -> Iterator[Stack]:
    """The whole stack, with nothing under way."""
    with lent(session_stack, pages, request) as stack:
        yield stack


@pytest.fixture
def manager(stack: Stack) -> Manager:
    """The stack's manager."""
    return stack.manager


@pytest.fixture
def recoveries(request: pytest.FixtureRequest) -> Recoveries:
    """Where recovery times are measured."""
    return Recoveries(request.node)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Add what each service logged during a test that failed."""
    report = yield
    if report.failed:
        for log, start in item.stash.get(LOGS, {}).items():
            with log.open("rb") as file:
                file.seek(max(start, log.stat().st_size - LARGEST_SECTION))
                if new := file.read().decode("utf-8", errors="replace"):
                    report.sections.append((log.name, new))
    return report


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Show how long each recovery took."""
    if measured := list(measured_in(chain.from_iterable(terminalreporter.stats.values()))):
        terminalreporter.section("recovery times")
        for fault, seconds in measured:
            terminalreporter.write_line(f"{seconds:6.1f} s  {fault}")
