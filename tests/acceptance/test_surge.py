"""More jobs than workers: they are accepted at once, and wait."""

from statistics import median

from dev.manager import SUCCESS
from dev.pages import PageServer
from dev.stack import Stack

PAGES = 200


def test_pages_are_accepted_at_once_with_no_worker_alive_and_counted_later(stack: Stack, pages: PageServer) -> None:
    for worker in stack.job_workers:
        assert worker.stop().exit_code == 0
    paths = [f"/words/3/surge/{index}" for index in range(PAGES)]
    answers = [stack.manager.ask("POST", "/count", {"url": pages.url(path)}) for path in paths]
    assert [answer.status for answer in answers] == [202] * PAGES
    assert median(answer.seconds for answer in answers) < 0.1
    stack.make_whole()
    job_ids = [answer.body["id"] for answer in answers]
    assert stack.manager.ended_all(job_ids, within=60) == [SUCCESS] * PAGES
    assert list(map(pages.requests, paths)) == [1] * PAGES
