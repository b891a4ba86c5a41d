"""Redis down, hung, emptied; messages lost and messages twice. The jobs table is the one truth."""

import threading
import time
from collections.abc import Callable
from contextlib import suppress

import pytest
from uuid_utils.compat import uuid7

from dev.manager import SUCCESS, Unanswered
from dev.pages import PageServer
from dev.stack import QUEUES, RECOVERY_SECONDS, Stack
from dev.waiting import eventually
from tests.acceptance.held import occupy, wait_until_held
from tests.acceptance.recovery import Recoveries

UNACKNOWLEDGED = "unacked"  # kombu's, for messages that workers have
JOBS = 40
MANY_JOBS = 200
FLUSHES = 20
SUBMISSION_SECONDS = 1.0  # a submission waits no longer for the broker
INSERT = """
    INSERT INTO jobs (id, kind, label, request, on_failure, max_attempts, max_crashes, published_at)
    VALUES (%s, 'count', %s, jsonb_build_object('url', %s::text), 'retry', 5, 3, {published_at})
"""


def test_a_job_accepted_while_the_broker_is_down_runs_when_it_is_back_empty(
    stack: Stack, pages: PageServer, recoveries: Recoveries
) -> None:
    stack.job_broker.kill()
    accepted = stack.manager.ask("POST", "/count", {"url": pages.url("/words/1/broker-down")})
    assert accepted.status == 202
    assert accepted.seconds < SUBMISSION_SECONDS
    assert stack.manager.ask("GET", "/readyz").body["checks"] == {"database": "ok", "broker": "not reachable"}
    stack.empty_broker()
    stack.job_broker.restart()
    with recoveries.measure("broker down at submission, back empty"):
        assert stack.manager.ended(accepted.body["id"], within=RECOVERY_SECONDS) == SUCCESS
    assert pages.requests("/words/1/broker-down") == 1


def test_a_job_accepted_while_the_broker_hangs_runs_when_it_answers_again(
    stack: Stack, pages: PageServer, recoveries: Recoveries
) -> None:
    with stack.job_broker.paused():
        accepted = stack.manager.ask("POST", "/count", {"url": pages.url("/words/1/broker-hung")})
        assert accepted.status == 202
        assert accepted.seconds < SUBMISSION_SECONDS
    with recoveries.measure("broker hung at submission"):
        assert stack.manager.ended(accepted.body["id"], within=RECOVERY_SECONDS) == SUCCESS
    stack.wait_until_quiet()
    assert stack.manager.outcome(accepted.body["id"]) == SUCCESS
    assert pages.requests("/words/1/broker-hung") == 1


@pytest.mark.parametrize("published_at", ["now()", "NULL"], ids=["as if the manager died", "as if the broker refused"])
def test_a_job_that_is_committed_but_not_published_runs(
    stack: Stack, pages: PageServer, recoveries: Recoveries, published_at: str
) -> None:
    job_id = str(uuid7())
    path = f"/words/1/unpublished/{job_id}"
    with recoveries.measure(f"committed with published_at {published_at}, but not published"):
        stack.query(INSERT.format(published_at=published_at), job_id, pages.url(path), pages.url(path))
        assert stack.manager.ended(job_id, within=RECOVERY_SECONDS) == SUCCESS
    assert pages.requests(path) == 1


def test_a_job_whose_manager_is_killed_before_it_can_publish_runs(stack: Stack, pages: PageServer) -> None:
    before = stack.jobs()
    url = pages.url("/words/1/manager-killed")

    def submit() -> None:
        with suppress(Unanswered):
            stack.manager.submit(url)

    with stack.job_broker.paused():
        caller = threading.Thread(target=submit)
        caller.start()
        eventually(lambda: stack.jobs() > before, "the row is committed", seconds=5)
        stack.job_manager.kill()  # while it waits for the broker
        caller.join()
    stack.job_manager.restart()
    ((job_id,),) = stack.query("SELECT id FROM jobs WHERE label = %s", url)
    assert stack.manager.ended(str(job_id), within=RECOVERY_SECONDS) == SUCCESS
    assert pages.requests("/words/1/manager-killed") == 1


def test_a_message_that_comes_three_times_is_one_attempt(stack: Stack, pages: PageServer) -> None:
    with stack.redis() as client:
        left_by_killed_workers = client.hlen(UNACKNOWLEDGED)
    busy = occupy(stack, pages, "duplicates")
    path = "/held/duplicated"
    job_id = stack.manager.submit(pages.url(path))
    with stack.redis() as client:
        (envelope,) = client.lrange(QUEUES[0], 0, -1)
        assert job_id.encode() in envelope
        client.lpush(QUEUES[0], envelope, envelope)
        for other in busy:
            pages.release(other)
        wait_until_held(pages, path)
        eventually(lambda: client.llen(QUEUES[0]) == 0, "the duplicates are dropped", seconds=10)
        pages.release(path)
        assert stack.manager.ended(job_id) == SUCCESS
        client.lpush(QUEUES[0], envelope)  # and once more, late
        stack.wait_until_quiet()
        eventually(
            lambda: client.hlen(UNACKNOWLEDGED) == left_by_killed_workers, "every message is acknowledged", seconds=10
        )
    assert stack.manager.ended_all([job_id, *busy.values()], within=10) == [SUCCESS] * (1 + len(busy))
    assert pages.requests(path) == 1


def _kill(stack: Stack) -> None:
    stack.job_broker.kill()
    stack.empty_broker()
    stack.job_broker.restart()


def _flush(stack: Stack) -> None:
    with stack.redis() as client:
        client.flushall()


@pytest.mark.parametrize("lose", [_kill, _flush], ids=["killed and wiped", "flushed"])
def test_jobs_outlive_a_broker_that_loses_everything(
    stack: Stack,
    pages: PageServer,
    recoveries: Recoveries,
    lose: Callable[[Stack], None],
    request: pytest.FixtureRequest,
) -> None:
    name = request.node.callspec.id.replace(" ", "-")
    paths = [f"/slow/broker-{name}/{index}" for index in range(JOBS)]
    job_ids = stack.manager.submit_all([pages.url(f"{path}?seconds=0.1") for path in paths])
    eventually(lambda: sum(map(pages.requests, paths)) >= JOBS / 5, "a fifth is under way", seconds=20)
    lose(stack)
    with recoveries.measure(f"broker {name} in the middle of {JOBS} jobs"):
        outcomes = stack.manager.ended_all(job_ids, within=RECOVERY_SECONDS)
    assert outcomes == [SUCCESS] * JOBS
    assert list(map(pages.requests, paths)) == [1] * JOBS


@pytest.mark.thorough
def test_jobs_outlive_a_broker_that_loses_everything_again_and_again(
    stack: Stack, pages: PageServer, recoveries: Recoveries
) -> None:
    paths = [f"/slow/flushed-again/{index}" for index in range(MANY_JOBS)]
    job_ids = stack.manager.submit_all([pages.url(f"{path}?seconds=0.3") for path in paths])
    for _ in range(FLUSHES):
        _flush(stack)
        time.sleep(1)  # the fault itself
    with recoveries.measure(f"broker flushed {FLUSHES} times in the middle of {MANY_JOBS} jobs"):
        outcomes = stack.manager.ended_all(job_ids, within=RECOVERY_SECONDS)
    assert outcomes == [SUCCESS] * MANY_JOBS
    assert list(map(pages.requests, paths)) == [1] * MANY_JOBS


def test_workers_outlive_a_broker_that_dies_again_and_again_under_running_jobs(stack: Stack, pages: PageServer) -> None:
    busy = occupy(stack, pages, "broker-dies")
    pages.release(next(iter(busy)))  # so that one worker holds a message, and asks for another
    port = stack.servers.broker.port
    processes = [worker.process.pid for worker in stack.job_workers]
    for _ in range(5):
        stack.job_broker.kill()
        stack.empty_broker()
        stack.job_broker.restart()
        for worker in stack.job_workers:
            eventually(lambda: worker.is_connected_to(port), f"{worker.name} is back", seconds=20)  # noqa: B023 - at once
    pages.release_all()
    assert stack.manager.ended_all(list(busy.values()), within=10) == [SUCCESS] * len(busy)
    assert [worker.process.pid for worker in stack.job_workers if worker.is_running()] == processes
