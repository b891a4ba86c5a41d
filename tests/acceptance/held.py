"""Jobs that are at work until the test lets them end."""

from collections.abc import Sequence

from dev.manager import Manager
from dev.pages import PageServer
from dev.stack import Stack
from dev.waiting import eventually
from tests.acceptance.stack import CHILDREN

AT_WORK_SECONDS = 30.0


def start_held(manager: Manager, pages: PageServer, path: str) -> str:
    """A job that has asked for the held page, and waits for it; gives its id."""
    job_id = manager.submit(pages.url(path))
    wait_until_held(pages, path)
    return job_id


def wait_until_held(pages: PageServer, path: str, number: int = 1) -> int:
    """Wait until the request of that number waits for the page; gives its client's port."""
    return eventually(lambda: pages.holding(path).get(number), f"request {number} for {path}", seconds=AT_WORK_SECONDS)


def occupy(stack: Stack, pages: PageServer, name: str) -> dict[str, str]:
    """A job for every child of every worker that runs: their ids, by the paths of the pages that they wait for."""
    running = sum(worker.is_running() for worker in stack.job_workers)
    paths = [f"/held/{name}/{index}" for index in range(running * CHILDREN)]
    return {path: start_held(stack.manager, pages, path) for path in paths}


def release(pages: PageServer, paths: Sequence[str]) -> None:
    """Let the pages be had."""
    for path in paths:
        pages.release(path)
