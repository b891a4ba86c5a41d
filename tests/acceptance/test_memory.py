"""Jobs that want more memory than there is for them."""

import psutil

from dev.manager import SUCCESS, Outcome
from dev.pages import PageServer
from dev.stack import Stack
from dev.waiting import eventually
from tests.acceptance.held import start_held

OUT_OF_MEMORY = "CRASHED: attempt-out-of-memory"


def test_a_job_that_wants_too_much_memory_fails_and_its_neighbours_do_not_notice(
    stack: Stack, pages: PageServer
) -> None:
    neighbours = [start_held(stack.manager, pages, f"/held/beside-hoarder/{index}") for index in range(2)]
    hoarder = stack.manager.submit(pages.url("/"), kind="hoard")
    later = [stack.manager.submit(pages.url(f"/slow/beside-hoarder/{index}?seconds=0.5")) for index in range(20)]
    assert stack.manager.ended(hoarder, within=30) == Outcome(
        status="FAILURE", attempts=[OUT_OF_MEMORY] * 3, crashes=3, error="attempt-out-of-memory"
    )
    pages.release_all()
    assert stack.manager.ended_all(neighbours + later, within=30) == [SUCCESS] * 22


def test_a_child_that_grew_large_is_replaced_after_its_attempt(stack: Stack, pages: PageServer) -> None:
    job_id = stack.manager.submit(pages.url("/"), kind="swell")
    assert stack.manager.ended(job_id, within=30) == SUCCESS
    swollen = stack.manager.job(job_id)["result"]["pid"]
    eventually(lambda: not psutil.pid_exists(swollen), "the child is gone", seconds=30)
    next_job = stack.manager.submit(pages.url("/words/1/after-the-swollen"))
    assert stack.manager.ended(next_job, within=30) == SUCCESS
