"""A newcomer opens `job_tasks/job_tasks.py` and adds a task: a request, a function, and nothing else anywhere."""

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from embedded.services import PROJECT
from embedded.supervisor import Service
from tests.acceptance.manager import SUCCESS
from tests.acceptance.page_server import PageServer
from tests.acceptance.service_process import ServiceProcess
from tests.acceptance.stack import Stack

OWN_TASK = '''

class FindRequest(JobRequest):
    """What `POST /find` takes, besides the URL."""

    word: str


@job_task(app)
def find(request: FindRequest) -> JsonObject:
    """Say whether a word stands on a page."""
    from job_tasks.work import fetch_page, frequencies_of

    return {"found": frequencies_of(fetch_page(request.url))[request.word.lower()] > 0}
'''


@pytest.fixture
def with_own_task(stack: Stack, tmp_path: Path) -> Iterator[Stack]:
    """The stack, with the manager and one worker from a copy of the project in which a task was added."""
    for package in ("job_tasks", "job_manager", "job_worker"):
        shutil.copytree(PROJECT / package, tmp_path / package)
    with (tmp_path / "job_tasks" / "job_tasks.py").open("a", encoding="utf-8") as tasks:
        tasks.write(OWN_TASK)
    for service in (stack.job_manager, *stack.job_workers):
        service.stop()
    copies = (
        ServiceProcess(lambda: _from(tmp_path, stack.services.manager(stack.manager.port)), stack.guard),
        ServiceProcess(lambda: _from(tmp_path, stack.services.worker("job_worker_01")), stack.guard),
    )
    for copy in copies:
        copy.start()
    for copy in copies:
        copy.wait_until_ready()
    yield stack
    for copy in copies:
        copy.stop()


def _from(project: Path, service: Service) -> Service:
    return replace(service, command=replace(service.command, folder=project))


def test_a_task_of_ones_own_works_like_count(with_own_task: Stack, pages: PageServer) -> None:
    manager = with_own_task.manager
    job_id = manager.submit(pages.url("/words/5/own-task"), kind="find", word="Word")
    assert manager.ended(job_id) == SUCCESS
    assert manager.job(job_id)["result"] == {"found": True}
    refused = manager.ask("POST", "/find", {"url": pages.url("/words/5/own-task")})
    assert (refused.status, refused.body["errors"]) == (422, [{"field": "word", "detail": "is missing"}])
    assert [job["id"] for job in manager.ask("GET", "/jobs?kind=find").body["jobs"]] == [job_id]
