"""Somebody at a console locks what the stack has to write, and goes to lunch: all else goes on."""

import time
from collections.abc import Callable, Iterator

import pytest

from dev.manager import SUCCESS, Manager
from dev.pages import PageServer, served_pages
from dev.stack import RECOVERY_SECONDS, Stack
from dev.waiting import eventually
from tests.acceptance.held import occupy, start_held, wait_until_held
from tests.acceptance.locks import locked
from tests.acceptance.recovery import ALIVE, Recoveries
from tests.acceptance.test_worker_faults import CRASHED

LOCK_JOB = "SELECT FROM jobs WHERE id = %s FOR UPDATE"
LOCK_WORKER = "SELECT FROM workers WHERE id = (SELECT worker_id FROM jobs WHERE id = %s) FOR UPDATE"
LOCK_DELIVERY = "SELECT FROM deliveries WHERE job_id = %s FOR UPDATE"
WAITS = "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND strpos(query, 'end_attempt(') > 0"
LOCK_SECONDS = 14.0  # a worker unseen for 9 s is lost, which the scheduler sees within 2 s
TABLE_SECONDS = 20.0
LUNCH_SECONDS = 120.0
SOON_SECONDS = 20.0
BEHIND_SECONDS = 170.0  # behind 200 children of a locked parent, each of which holds one of four processes for 2.5 s


@pytest.fixture
def receiver(stack: Stack) -> Iterator[PageServer]:
    """Takes webhooks."""
    with served_pages() as receiver:
        yield receiver
    stack.query("UPDATE deliveries SET state = 'GIVEN UP', due_at = NULL, last_error = 'test' WHERE state = 'PENDING'")


@pytest.fixture
def no_worker_is_lost(stack: Stack) -> Iterator[None]:
    """None is declared lost, nor starts again, during the test."""
    before = stack.query(ALIVE)
    yield
    assert stack.query(ALIVE) == before


def all_goes_on(
    stack: Stack, pages: PageServer, receiver: PageServer, name: str, *, seconds: float, within: float = SOON_SECONDS
) -> None:
    """For so many seconds and longer: pages are counted, retries come, webhooks are delivered, each soon."""
    end = time.monotonic() + seconds
    for number in range(1_000):
        path = f"/taken/{name}/{number}"
        told = stack.manager.submit(pages.url(f"/words/1/{name}/{number}"), callback_url=receiver.url(path))
        again = stack.manager.submit(pages.url(f"/busy/{name}/{number}?times=1"))
        cancelled = stack.manager.submit(pages.url(f"/held/{name}/{number}"))
        assert stack.manager.cancel(cancelled)["status"] == "REVOKED"
        assert stack.manager.ended(told, within=within) == SUCCESS
        assert stack.manager.ended(again, within=within).attempts == ["RETRY: server-busy", "SUCCESS"]
        eventually(lambda: receiver.received(path), f"the webhook at {path}", seconds=within)  # noqa: B023 - at once
        if time.monotonic() > end:
            return


def page_comes(_stack: Stack, pages: PageServer, _job_id: str, path: str) -> None:
    pages.release(path)


def child_dies(stack: Stack, pages: PageServer, job_id: str, path: str) -> None:
    stack.worker_of(stack.manager.job(job_id)).child_at(wait_until_held(pages, path)).kill()
    pages.release(path)


@pytest.mark.thorough
@pytest.mark.usefixtures("no_worker_is_lost")
@pytest.mark.parametrize(
    ("end", "seconds", "attempts"),
    [
        (page_comes, LOCK_SECONDS, ["GIVEN BACK", "SUCCESS"]),
        (page_comes, LUNCH_SECONDS, ["GIVEN BACK", "SUCCESS"]),
        (child_dies, LOCK_SECONDS, [CRASHED, "SUCCESS"]),
    ],
    ids=["its page comes", "its page comes, and the lock is held for two minutes", "its child dies"],
)
def test_a_locked_job_holds_up_nothing_else_and_ends_when_it_can(
    stack: Stack,
    pages: PageServer,
    receiver: PageServer,
    recoveries: Recoveries,
    request: pytest.FixtureRequest,
    end: Callable[[Stack, PageServer, str, str], None],
    seconds: float,
    attempts: list[str],
) -> None:
    name = request.node.callspec.id.replace(" ", "-").replace(",", "")
    path = f"/held/{name}"
    job_id = start_held(stack.manager, pages, path)
    with locked(stack, LOCK_JOB, job_id):
        end(stack, pages, job_id, path)
        all_goes_on(stack, pages, receiver, name, seconds=seconds)
        assert stack.manager.job(job_id)["status"] == "STARTED"
    with recoveries.measure(f"job's row locked for {seconds:g} s while {request.node.callspec.id}"):
        assert stack.manager.ended(job_id, within=RECOVERY_SECONDS).attempts == attempts


@pytest.mark.usefixtures("no_worker_is_lost")
def test_a_job_that_is_locked_for_a_moment_keeps_its_result(stack: Stack, pages: PageServer) -> None:
    path = "/held/locked-for-a-moment"
    job_id = start_held(stack.manager, pages, path)
    with locked(stack, LOCK_JOB, job_id):
        pages.release(path)
        eventually(lambda: stack.query(WAITS), "its end waits")
    assert stack.manager.ended(job_id) == SUCCESS


@pytest.mark.thorough
@pytest.mark.usefixtures("no_worker_is_lost")
def test_a_worker_whose_row_is_locked_is_not_taken_for_dead(
    stack: Stack, pages: PageServer, recoveries: Recoveries
) -> None:
    busy = occupy(stack, pages, "worker-locked")
    first = next(iter(busy.values()))
    with locked(stack, LOCK_WORKER, first):
        pages.release_all()
        assert stack.manager.ended_all(list(busy.values()), within=SOON_SECONDS) == [SUCCESS] * len(busy)
        waiting = [stack.manager.submit(pages.url(f"/words/1/worker-locked/{number}")) for number in range(10)]
        time.sleep(LOCK_SECONDS)  # the fault itself
        assert "SUCCESS" in {stack.manager.job(job_id)["status"] for job_id in waiting}
    with recoveries.measure(f"worker's row locked for {LOCK_SECONDS:g} s"):
        outcomes = stack.manager.ended_all(waiting, within=RECOVERY_SECONDS)
    assert {(outcome.status, outcome.attempts_used, outcome.crashes) for outcome in outcomes} == {("SUCCESS", 0, 0)}


@pytest.mark.thorough
@pytest.mark.usefixtures("no_worker_is_lost")
def test_a_locked_delivery_holds_up_nothing_else_and_is_noted_afterwards(
    stack: Stack, pages: PageServer, receiver: PageServer
) -> None:
    path = "/held/delivery-locked"
    job_id = stack.manager.submit(pages.url("/words/1/delivery-locked"), callback_url=receiver.url(path))
    wait_until_held(receiver, path)
    with locked(stack, LOCK_DELIVERY, job_id):
        receiver.release(path)
        all_goes_on(stack, pages, receiver, "delivery-locked", seconds=LOCK_SECONDS)
        assert stack.manager.job(job_id)["callback"]["state"] == "PENDING"
    eventually(
        lambda: stack.manager.job(job_id)["callback"]["state"] == "DELIVERED", "it is noted", seconds=RECOVERY_SECONDS
    )


@pytest.mark.thorough
@pytest.mark.usefixtures("no_worker_is_lost")
def test_a_parent_that_is_locked_while_its_children_end_is_joined_afterwards(
    stack: Stack, pages: PageServer, receiver: PageServer, recoveries: Recoveries
) -> None:
    parent = _scatter(stack.manager)
    eventually(lambda: stack.manager.job(parent)["children"], "there are children", seconds=20)
    with locked(stack, LOCK_JOB, parent):
        all_goes_on(stack, pages, receiver, "parent-locked", seconds=LOCK_SECONDS, within=BEHIND_SECONDS)
    with recoveries.measure(f"parent's row locked for {LOCK_SECONDS:g} s while its children end"):
        whole = stack.manager.ended_job(parent, within=RECOVERY_SECONDS)
    assert whole["status"] == "SUCCESS"
    assert sum(whole["result"]["ended"].values()) == 200


def _scatter(manager: Manager) -> str:
    return str(manager.ask("POST", "/scatter", {"name": "parent-locked"}).expect(202)["id"])


@pytest.mark.thorough
@pytest.mark.usefixtures("no_worker_is_lost")
def test_a_locked_table_of_jobs_costs_no_job(
    stack: Stack, pages: PageServer, receiver: PageServer, recoveries: Recoveries
) -> None:
    busy = occupy(stack, pages, "table-locked")
    told = stack.manager.submit(pages.url("/words/1/table-locked"), callback_url=receiver.url("/taken/table-locked"))
    before = stack.jobs()
    with locked(stack, "LOCK TABLE jobs IN SHARE MODE"):
        pages.release_all()
        end = time.monotonic() + TABLE_SECONDS
        while time.monotonic() < end:
            refused = stack.manager.ask("POST", "/count", {"url": pages.url("/words/1/refused")})
            assert (refused.status, refused.headers["Retry-After"]) == (503, "2")
            assert refused.seconds < 2
            assert stack.manager.job(told)["status"] == "PENDING"  # lists and results can be read
    with recoveries.measure(f"table of jobs locked for {TABLE_SECONDS:g} s"):
        outcomes = stack.manager.ended_all([*busy.values(), told], within=RECOVERY_SECONDS)
        eventually(lambda: receiver.received("/taken/table-locked"), "the webhook", seconds=RECOVERY_SECONDS)
    assert {(outcome.status, outcome.attempts_used, outcome.crashes) for outcome in outcomes} == {("SUCCESS", 0, 0)}
    assert stack.jobs() == before
