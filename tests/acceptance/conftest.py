"""One stack for all acceptance tests, made whole again after each; its logs are shown for tests that fail."""

import signal
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager, suppress
from itertools import chain
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
import requests

from dev.containers import has_engine
from dev.manager import Manager
from dev.pages import PageServer
from dev.stack import Stack
from dev.waiting import eventually
from embedded.ports import LOOPBACK
from embedded.practice.serve import PracticeServer
from embedded.services import VIEWER_USER, WORKERS
from embedded.supervisor import TAIL_BYTES
from tests.acceptance.page_server import served_pages
from tests.acceptance.recovery import Recoveries, measured_in
from tests.acceptance.stack import running_stack
from tests.missing import is_missing

LOGS = pytest.StashKey[dict[Path, int]]()  # how long each log was when the test began
LARGEST_SECTION = 4 * TAIL_BYTES


@pytest.fixture(scope="session", autouse=True)
def _ctrl_c_arrives() -> None:
    """What a shell without job control runs in its background ignores SIGINT, and so would the commands under test."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def _engine() -> None:
    """A Docker engine answers."""
    if not has_engine():
        is_missing("no Docker engine with Compose answers")


@pytest.fixture(scope="session")
def pages() -> Iterator[PageServer]:
    """The site whose pages are counted."""
    with served_pages() as pages:
        yield pages


@pytest.fixture(scope="session")
def practice_site() -> Iterator[str]:
    """Host and port of the site that the documents use."""
    with PracticeServer((LOOPBACK, 0)) as server:
        thread = Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"{LOOPBACK}:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.fixture(scope="session")
def session_stack(
    tmp_path_factory: pytest.TempPathFactory, pages: PageServer, practice_site: str, _server_programs: None
) -> Iterator[Stack]:
    with running_stack(tmp_path_factory.mktemp("stack"), pages.port, FETCH_PRACTICE_SITE=practice_site) as stack:
        yield stack


@contextmanager
def lent(shared: Stack, pages: PageServer, request: pytest.FixtureRequest) -> Iterator[Stack]:
    """A stack that several tests share, for one of them; afterwards it is whole again, with nothing under way."""
    request.node.stash[LOGS] = {log: log.stat().st_size for log in shared.services.folder.logs.glob("*.log")}
    yield shared
    died = shared.died()
    shared.make_whole()
    pages.release_all()
    for (job_id,) in shared.query("SELECT id FROM jobs WHERE finished_at IS NULL"):
        shared.manager.cancel(job_id)
    shared.query("DELETE FROM limit_pauses")  # other tests' pages are on the same hosts
    shared.query("DELETE FROM robots")  # and their sites may get a port that a site with another robots.txt has had
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


AskViewer = Callable[[str], dict[str, Any]]


@pytest.fixture
def ask_viewer(stack: Stack) -> AskViewer:
    """The stack's Flower, which runs from the first test on that wants it: what it answers to a path of its API."""

    def ask(path: str) -> dict[str, Any]:
        login = (VIEWER_USER, stack.services.folder.passwords().viewer)
        answer = requests.get(f"http://{LOOPBACK}:{stack.viewer_port}/api/{path}", auth=login, timeout=10)
        return dict(answer.json())

    if not stack.job_viewer.is_running():
        stack.job_viewer.restart()
        eventually(lambda: len(ask("workers?status=true")) == len(WORKERS), "it hears both workers", seconds=30)
    return ask


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
            # What fails after the stack has ended has no logs any more.
            with suppress(FileNotFoundError), log.open("rb") as file:
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
