"""More jobs than workers: they are accepted, and wait. How fast, `make bench-surge` measures."""

import pytest

from dev.manager import SUCCESS
from dev.pages import PageServer
from dev.stack import Stack
from tests.acceptance.recovery import DRAIN_SECONDS


@pytest.mark.parametrize("count", [40, pytest.param(400, marks=pytest.mark.thorough)])
def test_pages_are_accepted_with_no_worker_alive_and_counted_later(stack: Stack, pages: PageServer, count: int) -> None:
    for worker in stack.job_workers:
        assert worker.stop().exit_code == 0
    paths = [f"/words/3/surge/{count}/{index}" for index in range(count)]
    job_ids = [stack.manager.submit(pages.url(path)) for path in paths]
    stack.make_whole()
    assert stack.manager.ended_all(job_ids, within=DRAIN_SECONDS) == [SUCCESS] * count
    assert list(map(pages.requests, paths)) == [1] * count
