"""Cancelling a job, whatever it is doing."""

from dev.manager import SUCCESS, Manager, Outcome
from dev.pages import PageServer
from dev.stack import Stack
from dev.waiting import eventually
from tests.acceptance.held import occupy, start_held

KILLED_SECONDS = 5.0  # a beat, and a moment


def test_a_job_that_waits_is_cancelled_and_never_begun(stack: Stack, pages: PageServer) -> None:
    busy = occupy(stack, pages, "cancel-before")
    waiting = stack.manager.submit(pages.url("/words/1/cancelled-before"))
    assert stack.manager.cancel(waiting)["status"] == "REVOKED"
    pages.release_all()
    assert stack.manager.ended_all(list(busy.values()), within=10) == [SUCCESS] * len(busy)
    stack.wait_until_quiet()
    assert stack.manager.outcome(waiting) == Outcome(status="REVOKED")
    assert pages.requests("/words/1/cancelled-before") == 0


def test_a_job_that_runs_is_cancelled_and_its_neighbours_go_on(stack: Stack, pages: PageServer) -> None:
    busy = occupy(stack, pages, "cancel-during")
    (path, cancelled), *others = busy.items()
    assert stack.manager.cancel(cancelled)["status"] == "REVOKED"
    eventually(lambda: not pages.holding(path), "the child is killed", seconds=KILLED_SECONDS)
    # There is a child again for the next job, though all others are busy.
    next_job = stack.manager.submit(pages.url("/words/1/after-the-cancelled"))
    assert stack.manager.ended(next_job) == SUCCESS
    pages.release_all()
    assert stack.manager.ended_all([job_id for _, job_id in others], within=10) == [SUCCESS] * len(others)
    stack.wait_until_quiet()
    assert stack.manager.outcome(cancelled) == Outcome(status="REVOKED", attempts=["REVOKED"])


def test_a_job_cancelled_as_it_ends_shows_no_result(manager: Manager, pages: PageServer, stack: Stack) -> None:
    job_id = start_held(manager, pages, "/held/cancelled-at-the-end")
    assert manager.cancel(job_id)["status"] == "REVOKED"
    pages.release("/held/cancelled-at-the-end")  # before the next beat: the child brings its attempt to an end
    stack.wait_until_quiet()
    assert manager.outcome(job_id) == Outcome(status="REVOKED", attempts=["REVOKED"])


def test_a_job_that_waits_for_its_next_attempt_is_cancelled(manager: Manager, pages: PageServer) -> None:
    job_id = manager.submit(pages.url("/busy/cancelled?after=3600"))
    manager.reached(job_id, "RETRY: server-busy")
    cancelled = Outcome(status="REVOKED", attempts=["RETRY: server-busy"], attempts_used=1, error="server-busy")
    manager.cancel(job_id)
    assert manager.outcome(job_id) == cancelled


def test_a_job_that_has_ended_stays_as_it_is(manager: Manager, pages: PageServer) -> None:
    job_id = manager.submit(pages.url("/words/3/ended"))
    assert manager.ended(job_id) == SUCCESS
    before = manager.job(job_id)
    assert manager.cancel(job_id) == before
    assert manager.cancel(job_id) == before


def test_a_job_is_cancelled_with_no_worker_alive(stack: Stack, pages: PageServer) -> None:
    for worker in stack.job_workers:
        worker.kill()
    job_id = stack.manager.submit(pages.url("/words/1/cancelled-without-workers"))
    assert stack.manager.cancel(job_id)["status"] == "REVOKED"
    stack.make_whole()
    later = stack.manager.submit(pages.url("/words/1/behind-the-cancelled"))
    assert stack.manager.ended(later) == SUCCESS
    stack.wait_until_quiet()
    assert stack.manager.outcome(job_id) == Outcome(status="REVOKED")
    assert pages.requests("/words/1/cancelled-without-workers") == 0


def test_a_job_of_a_killed_worker_is_cancelled(stack: Stack, pages: PageServer) -> None:
    job_id = start_held(stack.manager, pages, "/held/cancelled-after-kill")
    stack.worker_of(stack.manager.job(job_id)).kill()
    assert stack.manager.cancel(job_id)["status"] == "REVOKED"
    stack.make_whole()
    stack.wait_until_quiet()
    assert stack.manager.outcome(job_id) == Outcome(status="REVOKED", attempts=["REVOKED"])
    assert pages.requests("/held/cancelled-after-kill") == 1
