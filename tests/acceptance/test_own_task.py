"""A newcomer adds the README's task to `job_tasks/job_tasks.py`: a request, a function, and nothing else anywhere."""

import re
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from dev.manager import SUCCESS, Manager
from dev.pages import PageServer
from dev.stack import Stack
from embedded.ports import free_ports
from embedded.services import PROJECT, Services
from embedded.supervisor import Command
from tests.conformance import Conformance

(OWN_TASK,) = re.findall(r"```python\n(.*?)```", (PROJECT / "README.md").read_text(encoding="utf-8"), re.DOTALL)


@pytest.fixture
def manager(stack: Stack, tmp_path: Path) -> Iterator[Manager]:
    """A manager, and the only worker, from a copy of the project in which a task was added."""
    for package in ("job_tasks", "job_manager", "job_worker"):
        shutil.copytree(PROJECT / package, tmp_path / package)
    with (tmp_path / "job_tasks" / "job_tasks.py").open("a", encoding="utf-8") as tasks:
        tasks.write(f"\n\n{OWN_TASK}")
    (port,) = free_ports(1)
    services = Services(**vars(stack.services))  # without the tests' own tasks
    copies = (
        stack.process(lambda: _from(tmp_path, services.manager(port))),
        stack.process(lambda: _from(tmp_path, services.worker("job_worker_01"))),
    )
    for worker in stack.job_workers:
        worker.kill()  # they do not know the task
    for copy in copies:
        copy.start()
    for copy in copies:
        copy.wait_until_ready()
    yield Manager(port=port, check=Conformance())
    for copy in copies:
        copy.stop()


def _from(project: Path, command: Command) -> Command:
    return replace(command, folder=project)


def test_a_task_of_ones_own_works_like_count(manager: Manager, pages: PageServer) -> None:
    url = pages.url("/words/5/own-task")
    job_id = manager.submit(url, kind="longest", at_least=2)
    assert manager.ended(job_id) == SUCCESS
    assert manager.job(job_id)["result"] == {"longest": "word"}
    refused = manager.ask("POST", "/longest", {"url": url, "at_least": 0})
    assert (refused.status, [error["field"] for error in refused.body["errors"]]) == (422, ["at_least"])
    assert [job["id"] for job in manager.ask("GET", "/jobs?kind=longest").body["jobs"]] == [job_id]
