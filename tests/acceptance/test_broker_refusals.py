"""Redis answers, and refuses: it is a replica, or lacks replicas, or is full. Workers wait; none of them ends.

One that ended would be restarted, but each time later, up to 30 s: by then the promise could not be kept.
"""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

import pytest

from dev.manager import SUCCESS
from dev.pages import PageServer
from dev.service import ServiceProcess
from dev.stack import Stack
from dev.waiting import eventually
from tests.acceptance.held import occupy
from tests.acceptance.recovery import Recoveries
from tests.integration.queue import Queue, full, replica, without_its_replicas

PROMISED_SECONDS = 10.0
JOBS = 8
LOOKS = 6  # at a broker that refuses, in 10 s
TRIES_AGAIN = b"Trying again in"


Refuses = Callable[[Queue], AbstractContextManager[None]]
refusals = pytest.mark.parametrize("refuses", [replica, pytest.param(without_its_replicas, marks=pytest.mark.thorough)])


@pytest.fixture
def queue(stack: Stack) -> Iterator[Queue]:
    with Queue.at(stack.broker_url) as queue:
        yield queue


def submit(stack: Stack, pages: PageServer) -> list[str]:
    return stack.manager.submit_all([pages.url(f"/words/1/refused/{index}") for index in range(JOBS)])


def assert_recovers(stack: Stack, job_ids: list[str], recoveries: Recoveries, fault: str) -> None:
    with recoveries.measure(fault, PROMISED_SECONDS):
        assert stack.manager.ended_all(job_ids, within=PROMISED_SECONDS) == [SUCCESS] * len(job_ids)


@contextmanager
def seen_by(*workers: ServiceProcess) -> Iterator[None]:
    """The fault of this block lasts until each of the workers has found it LOOKS times."""
    begun = [worker.process.command.log.stat().st_size for worker in workers]
    yield
    for worker, start in zip(workers, begun, strict=True):
        log = worker.process.command.log
        looked = lambda: log.read_bytes()[start:].count(TRIES_AGAIN) >= LOOKS  # noqa: B023, E731 - at once
        eventually(looked, f"{worker.name} has tried again and again", seconds=60)


@refusals
def test_workers_outlive_a_broker_that_refuses(
    stack: Stack, pages: PageServer, queue: Queue, recoveries: Recoveries, refuses: Refuses
) -> None:
    processes = [worker.process.pid for worker in stack.job_workers]
    with refuses(queue), seen_by(*stack.job_workers):
        accepted = submit(stack, pages)
    assert_recovers(stack, accepted, recoveries, f"broker {refuses.__name__}")
    assert [worker.process.pid for worker in stack.job_workers if worker.is_running()] == processes


@refusals
def test_workers_that_start_meanwhile_wait(
    stack: Stack, pages: PageServer, queue: Queue, recoveries: Recoveries, refuses: Refuses
) -> None:
    with refuses(queue):
        for worker in stack.job_workers:
            worker.kill()
            worker.start()
        with seen_by(*stack.job_workers):
            accepted = submit(stack, pages)
    assert_recovers(stack, accepted, recoveries, f"broker {refuses.__name__}, workers started meanwhile")


@refusals
def test_running_jobs_end_meanwhile(stack: Stack, pages: PageServer, queue: Queue, refuses: Refuses) -> None:
    busy = occupy(stack, pages, f"refused-{refuses.__name__}")
    with refuses(queue):
        pages.release_all()
        assert stack.manager.ended_all(list(busy.values()), within=PROMISED_SECONDS) == [SUCCESS] * len(busy)


def test_a_full_broker_is_emptied_by_workers_that_start_meanwhile(
    stack: Stack, pages: PageServer, queue: Queue, recoveries: Recoveries
) -> None:
    for worker in stack.job_workers:
        worker.stop()
    waiting = submit(stack, pages)
    with full(queue):
        more = submit(stack, pages)
        for worker in stack.job_workers:
            worker.restart()
        assert stack.manager.ended_all(waiting, within=PROMISED_SECONDS) == [SUCCESS] * JOBS
    assert_recovers(stack, more, recoveries, "broker full, workers started meanwhile")
