"""PostgreSQL down, hung, killed. Without it nothing is accepted; what was accepted before goes on."""

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import pytest

from dev.manager import SUCCESS, Manager
from dev.pages import PageServer
from dev.stack import RECOVERY_SECONDS, Stack
from dev.waiting import eventually
from tests.acceptance.held import occupy, release
from tests.acceptance.recovery import ALIVE, Recoveries

SUBMISSION_SECONDS = 2.0
PAUSE_SECONDS = 12.0  # longer than a worker may be unseen


@contextmanager
def _down(stack: Stack) -> Iterator[None]:
    stack.job_db.stop()
    yield
    stack.job_db.restart()


@contextmanager
def _paused(stack: Stack) -> Iterator[None]:
    with stack.job_db.paused():
        yield


@contextmanager
def _read_only(stack: Stack) -> Iterator[None]:
    """As after a failover, or by an administrator: connections that are open get it, too."""
    stack.query("ALTER SYSTEM SET default_transaction_read_only = on")
    stack.query("SELECT pg_reload_conf()")
    yield
    stack.query("ALTER SYSTEM RESET default_transaction_read_only")
    stack.query("SELECT pg_reload_conf()")


@pytest.mark.parametrize("away", [_down, _paused], ids=["down", "paused"])
def test_nothing_is_half_accepted_while_the_database_is_away(
    stack: Stack,
    pages: PageServer,
    recoveries: Recoveries,
    away: Callable[[Stack], AbstractContextManager[None]],
    request: pytest.FixtureRequest,
) -> None:
    how = request.node.callspec.id
    path = f"/words/1/database-{how}"
    before = stack.jobs()
    with away(stack):
        answers = [stack.manager.ask("POST", "/count", {"url": pages.url(path)}) for _ in range(5)]
    for answer in answers:
        assert (answer.status, answer.body["type"]) == (503, "urn:job-manager:database-unavailable")
        assert answer.headers["Retry-After"] == "2"
        assert answer.seconds < SUBMISSION_SECONDS
    with recoveries.measure(f"database {how} at submission"):
        job_id = eventually(lambda: _accepted(stack.manager, pages.url(path)), "a 202", seconds=RECOVERY_SECONDS)
        assert stack.manager.ended(job_id, within=RECOVERY_SECONDS) == SUCCESS
    assert stack.jobs() == before + 1
    assert pages.requests(path) == 1


def _accepted(manager: Manager, url: str) -> str | None:
    answer = manager.ask("POST", "/count", {"url": url})
    return str(answer.body["id"]) if answer.status == 202 else None


def test_running_jobs_end_once_after_a_long_pause_of_the_database(
    stack: Stack, pages: PageServer, recoveries: Recoveries
) -> None:
    busy = occupy(stack, pages, "database-paused")
    with stack.job_db.paused():
        release(pages, list(busy))
        time.sleep(PAUSE_SECONDS)  # the fault itself
    with recoveries.measure(f"database paused for {PAUSE_SECONDS:g} s under running jobs"):
        outcomes = stack.manager.ended_all(list(busy.values()), within=RECOVERY_SECONDS)
    assert outcomes == [SUCCESS] * len(busy)
    stack.wait_until_quiet()
    assert [pages.requests(path) for path in busy] == [1] * len(busy)


def test_jobs_outlive_a_database_that_is_killed_and_started_again(
    stack: Stack, pages: PageServer, recoveries: Recoveries
) -> None:
    paths = [f"/slow/database-killed/{index}" for index in range(30)]
    job_ids = stack.manager.submit_all([pages.url(f"{path}?seconds=0.2") for path in paths])
    eventually(lambda: sum(map(pages.requests, paths)) >= 6, "a fifth is under way", seconds=20)
    stack.job_db.kill_main()
    stack.job_db.restart()
    with recoveries.measure("database killed in the middle of 30 jobs"):
        outcomes = stack.manager.ended_all(job_ids, within=RECOVERY_SECONDS)
    stack.wait_until_quiet()
    assert [outcome.status for outcome in outcomes] == ["SUCCESS"] * 30
    assert [outcome.attempts.count("SUCCESS") for outcome in outcomes] == [1] * 30
    assert {(outcome.attempts_used, outcome.crashes) for outcome in outcomes} == {(0, 0)}


@pytest.mark.parametrize("seconds", [PAUSE_SECONDS, pytest.param(60.0, marks=pytest.mark.thorough)])
def test_every_accepted_job_ends_after_the_database_was_read_only_under_load(
    stack: Stack, pages: PageServer, recoveries: Recoveries, seconds: float
) -> None:
    workers = stack.query(ALIVE)
    busy = occupy(stack, pages, f"read-only-{seconds:g}")
    paths = [f"/slow/read-only-{seconds:g}/{index}" for index in range(30)]
    waiting = stack.manager.submit_all([pages.url(f"{path}?seconds=0.2") for path in paths])
    with _read_only(stack):
        release(pages, list(busy))
        end = time.monotonic() + seconds
        refused = eventually(lambda: _refused(stack.manager, pages.url("/words/1/refused")), "a 503")
        while time.monotonic() < end:
            answer = stack.manager.ask("POST", "/count", {"url": pages.url("/words/1/refused")})
            assert (answer.status, answer.body["type"]) == (503, refused["type"])
            assert answer.seconds < SUBMISSION_SECONDS
            assert stack.manager.job(waiting[-1])["status"] == "PENDING"
    with recoveries.measure(f"database read-only for {seconds:g} s under load"):
        job_id = eventually(lambda: _accepted(stack.manager, pages.url("/words/1/writable")), "a 202", seconds=10)
        outcomes = stack.manager.ended_all([*busy.values(), *waiting, job_id], within=RECOVERY_SECONDS)
    assert {(outcome.status, outcome.attempts_used, outcome.crashes) for outcome in outcomes} == {("SUCCESS", 0, 0)}
    assert [outcome.attempts.count("SUCCESS") for outcome in outcomes] == [1] * len(outcomes)
    assert stack.query(ALIVE) == workers


def _refused(manager: Manager, url: str) -> dict[str, Any] | None:
    answer = manager.ask("POST", "/count", {"url": url})
    return answer.body if answer.status == 503 else None
