"""On a running stack, KEDA's queries give the numbers by which workers should be added or removed."""

from collections.abc import Callable, Iterator

import pytest

from dev.manager import SUCCESS
from dev.pages import PageServer, served_pages
from dev.stack import Stack
from dev.waiting import eventually
from tests.acceptance.conftest import lent
from tests.acceptance.recovery import DRAIN_SECONDS
from tests.acceptance.stack import running_stack
from tests.kubernetes import Render, queries

CONCURRENCY = 24  # as in the questions
AT_ONCE = 3  # of a site
BATCH = 1_000
MANY_HOSTS = [f"127.0.4.{number}" for number in range(1, 41)]
SLOW_HOST = "127.0.5.1"
SETTINGS = {"FETCH_ALLOWED_PRIVATE_NETWORKS": "127.0.0.0/8", "FETCH_MAX_PER_HOST": str(AT_ONCE)}
PARKED = "SELECT count(*) FROM jobs WHERE parked_at IS NOT NULL"

Ask = Callable[[str], float]


@pytest.fixture(scope="module")
def everywhere() -> Iterator[PageServer]:
    """Pages at every address of this machine, each of which is a site."""
    with served_pages(address="0.0.0.0") as pages:
        yield pages


@pytest.fixture(scope="module")
def shared_stack(
    tmp_path_factory: pytest.TempPathFactory, everywhere: PageServer, _server_programs: None
) -> Iterator[Stack]:
    with running_stack(tmp_path_factory.mktemp("stack"), everywhere.port, **SETTINGS) as stack:
        yield stack


@pytest.fixture
def stack(shared_stack: Stack, everywhere: PageServer, request: pytest.FixtureRequest) -> Iterator[Stack]:
    with lent(shared_stack, everywhere, request) as stack:
        yield stack


@pytest.fixture
def ask(stack: Stack, render: Render) -> Ask:
    """The answer to one of the ScaledObject's questions."""
    questions = queries(render("production"))
    return lambda name: float(stack.query(questions[name])[0][0])


@pytest.mark.thorough
def test_a_surge_wants_workers_for_all_of_it_and_idleness_wants_none(
    stack: Stack, everywhere: PageServer, ask: Ask
) -> None:
    assert (ask("demand"), ask("wait")) == (0, 0)
    for worker in stack.job_workers:
        assert worker.stop().exit_code == 0
    jobs = stack.manager.submit_all(
        [everywhere.url(f"/words/3/{number}", host) for number in range(AT_ONCE) for host in MANY_HOSTS]
    )
    assert ask("demand") == len(jobs) / CONCURRENCY
    eventually(lambda: ask("wait") > 1, "the oldest has waited", seconds=10)
    stack.make_whole()
    assert stack.manager.ended_all(jobs, within=DRAIN_SECONDS) == [SUCCESS] * len(jobs)
    assert (ask("demand"), ask("wait")) == (0, 0)


@pytest.mark.parametrize("many", [BATCH, pytest.param(10 * BATCH, marks=pytest.mark.thorough)])
def test_a_slow_site_wants_workers_for_those_of_its_jobs_alone_that_may_run_at_once(
    stack: Stack, everywhere: PageServer, ask: Ask, many: int
) -> None:
    urls = [everywhere.url(f"/held/{many}/{number}", SLOW_HOST) for number in range(many)]
    for first in range(0, many, BATCH):
        stack.manager.submit_all(urls[first : first + BATCH])
    eventually(lambda: ask("demand") == AT_ONCE / CONCURRENCY, "as many as may run at once", seconds=20)
    eventually(lambda: ask("wait") == 0, "nothing waits for a worker", seconds=20)
    assert stack.query(PARKED) == [(many - AT_ONCE,)]
    stack.query("UPDATE jobs SET state = 'REVOKED', finished_at = now(), parked_at = NULL WHERE parked_at IS NOT NULL")
