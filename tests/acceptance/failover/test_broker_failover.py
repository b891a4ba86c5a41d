"""Redis dies for good, and sentinels put another in its place: nobody is restarted, and no accepted job is lost."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from dev.broker_pair import BrokerPair, PairedServer
from dev.manager import SUCCESS, Answer
from dev.pages import PageServer
from dev.service import ServiceProcess
from dev.stack import RECOVERY_SECONDS, Stack
from dev.waiting import eventually
from tests.acceptance.conftest import AskViewer, lent
from tests.acceptance.held import occupy
from tests.acceptance.recovery import DRAIN_SECONDS, Recoveries
from tests.acceptance.repeating import repeated
from tests.acceptance.stack import running_stack

pytestmark = pytest.mark.thorough

SUBMISSION_SECONDS = 1.0  # a submission waits no longer for the broker
PAUSE_SECONDS = 0.05  # between submissions
UNDER_WAY = 20
JOBS = 40


@pytest.fixture(scope="module")
def pair_stack(tmp_path_factory: pytest.TempPathFactory, pages: PageServer, _server_programs: None) -> Iterator[Stack]:
    with running_stack(tmp_path_factory.mktemp("stack"), pages.port, broker_pair=True) as stack:
        yield stack


@pytest.fixture
def stack(pair_stack: Stack, pages: PageServer, request: pytest.FixtureRequest) -> Iterator[Stack]:
    """The whole stack, with nothing under way."""
    with lent(pair_stack, pages, request) as stack:
        yield stack


@pytest.fixture
def pair(stack: Stack) -> BrokerPair:
    assert stack.brokers
    return stack.brokers


@pytest.fixture
def master(pair: BrokerPair) -> PairedServer:
    return pair.master()


@pytest.fixture
def copy(pair: BrokerPair, master: PairedServer) -> PairedServer:
    return pair.second if master == pair.first else pair.first


@pytest.fixture
def process_of(stack: Stack, pair: BrokerPair) -> dict[PairedServer, ServiceProcess]:
    return {pair.first: stack.job_broker, pair.second: pair.job_broker_2}


Processes = dict[PairedServer, ServiceProcess]


@contextmanager
def submitting(stack: Stack, pages: PageServer, name: str) -> Iterator[dict[str, Answer]]:
    """One job after the other is submitted during the block: the answers, by the paths of the pages."""
    answers: dict[str, Answer] = {}

    def submit(number: int) -> None:
        path = f"/slow/{name}/{number}"
        answers[path] = stack.manager.ask("POST", "/count", {"url": pages.url(f"{path}?seconds=0.1")})

    with repeated(submit, every=PAUSE_SECONDS):
        yield answers


def assert_each_was_done_once(stack: Stack, pages: PageServer, answers: dict[str, Answer]) -> None:
    assert {answer.status for answer in answers.values()} == {202}
    assert max(answer.seconds for answer in answers.values()) < SUBMISSION_SECONDS
    job_ids = [answer.body["id"] for answer in answers.values()]
    assert stack.manager.ended_all(job_ids, within=DRAIN_SECONDS) == [SUCCESS] * len(job_ids)
    assert {path: pages.requests(path) for path in answers} == dict.fromkeys(answers, 1)


def assert_all_go_on(stack: Stack, pages: PageServer, name: str, at: PairedServer) -> None:
    """Every process that jobs need has found the new master by itself."""
    eventually(lambda: stack.manager.ask("GET", "/readyz").body["checks"]["broker"] == "ok", "the manager has found it")
    for worker in stack.job_workers:
        eventually(lambda: worker.is_connected_to(at.port), f"{worker.name} has found it", seconds=20)  # noqa: B023
    assert stack.manager.ended(stack.manager.submit(pages.url(f"/words/1/{name}"))) == SUCCESS
    assert stack.job_scheduler.is_connected_to(at.port)


def assert_viewer_goes_on(stack: Stack, pages: PageServer, ask_viewer: AskViewer) -> None:
    """It hears of new jobs, a moment after they ended; of those done while it was not connected it never does."""
    job_ids: list[str] = []

    def hears() -> bool:
        job_ids.append(stack.manager.submit(pages.url("/words/1/viewed")))
        assert stack.manager.ended(job_ids[-1]) == SUCCESS
        return not ask_viewer("tasks").keys().isdisjoint(job_ids)

    eventually(hears, "the viewer has found the new master", seconds=20)


@pytest.mark.parametrize("fault", ["killed", "hung"])
def test_all_go_on_when_the_master_is_lost_under_load(
    stack: Stack,
    pages: PageServer,
    pair: BrokerPair,
    master: PairedServer,
    copy: PairedServer,
    process_of: Processes,
    ask_viewer: AskViewer,
    recoveries: Recoveries,
    fault: str,
) -> None:
    lost = process_of[master]
    processes = [service.process.pid for service in (stack.job_manager, stack.job_scheduler, *stack.job_workers)]
    with submitting(stack, pages, fault) as answers:
        under_way = lambda: len(answers) >= UNDER_WAY and pages.requests(min(answers))  # noqa: E731 - read once
        eventually(under_way, "jobs are under way", seconds=30)
        if fault == "killed":
            lost.kill()
        else:
            lost.pause()
        with recoveries.measure(f"master of the broker {fault} under load"):
            pair.wait_for_master(copy)
            assert_all_go_on(stack, pages, fault, copy)
            if fault == "killed":  # one that hangs holds the viewer until it is the new one's copy
                assert_viewer_goes_on(stack, pages, ask_viewer)
    assert_each_was_done_once(stack, pages, answers)
    assert [s.process.pid for s in (stack.job_manager, stack.job_scheduler, *stack.job_workers)] == processes
    if fault == "killed":
        lost.restart()
    else:
        lost.resume()
    assert pair.master() == copy  # and the old one copies it
    assert_all_go_on(stack, pages, f"{fault}-and-back", copy)
    assert_viewer_goes_on(stack, pages, ask_viewer)


def test_what_the_new_master_never_got_is_sent_again(
    stack: Stack,
    pages: PageServer,
    pair: BrokerPair,
    master: PairedServer,
    copy: PairedServer,
    process_of: Processes,
    recoveries: Recoveries,
) -> None:
    """Redis copies asynchronously: the copy that takes over may lack the last messages."""
    busy = occupy(stack, pages, "never-copied")
    process_of[copy].kill()
    paths = [f"/words/1/never-copied/{index}" for index in range(JOBS)]
    job_ids = stack.manager.submit_all([pages.url(path) for path in paths])
    process_of[master].kill()
    with recoveries.measure("master of the broker lost, with messages that the new one never got"):
        process_of[copy].start()
        pair.wait_for_master(copy)
        pages.release_all()
        assert stack.manager.ended_all([*busy.values(), *job_ids], within=RECOVERY_SECONDS) == [SUCCESS] * (
            len(busy) + JOBS
        )
    assert {path: pages.requests(path) for path in (*busy, *paths)} == dict.fromkeys((*busy, *paths), 1)
