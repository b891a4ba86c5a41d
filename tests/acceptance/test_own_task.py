"""A newcomer adds the tasks of docs/own_tasks.md to `job_tasks/job_tasks.py`: requests and functions, nothing else."""

import json
import re
import shutil
from collections.abc import Iterator
from dataclasses import replace
from http import HTTPStatus
from pathlib import Path
from typing import Any

import pytest
import requests

from dev.manager import SUCCESS, Manager, Outcome
from dev.pages import PageServer
from dev.stack import Stack
from embedded.ports import free_ports
from embedded.services import PROJECT, Services
from embedded.supervisor import Command
from tests.acceptance.command_line import CommandLine
from tests.conformance import Conformance

OWN_TASKS = re.findall(r"```python\n(.*?)```", (PROJECT / "docs/own_tasks.md").read_text(encoding="utf-8"), re.DOTALL)


@pytest.fixture(scope="module")
def manager(session_stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Manager]:
    """A manager, and the only worker, from a copy of the project in which the tasks were added."""
    stack, project = session_stack, tmp_path_factory.mktemp("project")
    for package in ("job_tasks", "job_manager", "job_worker"):
        shutil.copytree(PROJECT / package, project / package)
    with (project / "job_tasks" / "job_tasks.py").open("a", encoding="utf-8") as tasks:
        tasks.write("\n\n".join(["", *OWN_TASKS]))
    (port,) = free_ports(1)
    services = Services(**vars(stack.services))  # without the tests' own tasks
    copies = (
        stack.process(lambda: _from(project, services.manager(port))),
        stack.process(lambda: _from(project, services.worker("job_worker_01"))),
    )
    for worker in stack.job_workers:
        worker.kill()  # they do not know the tasks
    for copy in copies:
        copy.start()
    for copy in copies:
        copy.wait_until_ready()
    yield Manager(port=port, check=Conformance())
    for copy in copies:
        copy.stop()
    stack.make_whole()


@pytest.mark.parametrize("snippets", [OWN_TASKS[:1], OWN_TASKS[1:2], OWN_TASKS[1:]], ids=["one", "children", "pieces"])
def test_what_the_readme_says_to_append_needs_nothing_else(snippets: list[str]) -> None:
    tasks = (PROJECT / "job_tasks" / "job_tasks.py").read_text(encoding="utf-8")
    appended: dict[str, Any] = {"__name__": "appended"}
    exec("\n\n".join([tasks, *snippets]), appended)
    assert len(appended["core"].kinds) > 1


def _from(project: Path, command: Command) -> Command:
    """The same, but for the code, and with figures of its own: it would wipe those of the stack's."""
    environment = {**command.environment, "METRICS_FOLDER": str(project / f"{command.name}.metrics")}
    return replace(command, folder=project, environment=environment)


def test_a_task_of_ones_own_works_like_count(manager: Manager, pages: PageServer) -> None:
    url = pages.url("/words/5/own-task")
    job_id = manager.submit(url, kind="longest", at_least=2)
    assert manager.ended(job_id) == SUCCESS
    assert manager.job(job_id)["result"] == {"longest": "word"}
    refused = manager.ask("POST", "/longest", {"url": url, "at_least": 0})
    assert (refused.status, [error["field"] for error in refused.body["errors"]]) == (422, ["at_least"])
    assert [job["id"] for job in manager.ask("GET", "/jobs?kind=longest").body["jobs"]] == [job_id]


def test_a_task_of_ones_own_is_run_from_a_shell(manager: Manager, pages: PageServer, tmp_path: Path) -> None:
    command = CommandLine(server=manager.url, home=tmp_path)
    url = pages.url("/words/5/by-command")
    ended = command.run("run", "longest", "--url", url, "--at-least", "2", "--wait")
    assert ended.status == 0, ended.err
    assert [line.split() for line in ended.out.splitlines()] == [
        ["STATUS", "URL", "RESULT"],
        ["SUCCESS", url, "longest:", "word"],
    ]
    listed = command.run("run", "total", "--pages", f'[{{"url": "{url}"}}]', "--wait", "--json")
    assert json.loads(listed.out)["result"] == {"words": 5, "pages": 1}
    refused = command.run("run", "longest", "--url", url, "--at-least", "0")
    assert (refused.status, "at_least" in refused.err) == (1, True)


def test_a_task_with_children_joins_those_that_could_be_counted(manager: Manager, pages: PageServer) -> None:
    urls = [pages.url("/words/5/child"), pages.url("/missing/child"), pages.url("/words/7/child")]
    job_id = manager.ask("POST", "/total", {"pages": [{"url": url} for url in urls]}).body["id"]
    assert manager.ended(job_id) == Outcome(status="SUCCESS", attempts=["FANNED OUT", "SUCCESS"])
    assert manager.job(job_id)["result"] == {"words": 12, "pages": 2}
    children = manager.ask("GET", f"/jobs?parent={job_id}").body["jobs"]
    assert {(child["url"], child["status"], child["parent_id"]) for child in children} == {
        (urls[0], "SUCCESS", job_id),
        (urls[1], "FAILURE", job_id),
        (urls[2], "SUCCESS", job_id),
    }
    assert job_id in [job["id"] for job in manager.ask("GET", "/jobs?kind=total").body["jobs"]]
    counted = manager.ask("GET", "/jobs?kind=count").body["jobs"]
    assert not {child["id"] for child in children} & {job["id"] for job in counted}
    refused = manager.ask("POST", "/total", {"pages": [{"url": "ftp://example.com"}]})
    assert (refused.status, [error["field"] for error in refused.body["errors"]]) == (422, ["pages[0].url"])


def test_a_long_task_goes_on_from_where_it_was(manager: Manager, pages: PageServer) -> None:
    urls = [pages.url("/words/5/turn"), pages.url("/words/7/turn")]
    job_id = manager.ask("POST", "/total_in_turn", {"pages": [{"url": url} for url in urls]}).body["id"]
    assert manager.ended(job_id) == Outcome(status="SUCCESS", attempts=["CONTINUED", "SUCCESS"])
    assert manager.job(job_id)["result"] == {"pages": 2, "words": 12}


def test_tasks_of_ones_own_are_described(manager: Manager) -> None:
    paths = manager.ask("GET", "/openapi.json").body["paths"]
    assert {"/longest", "/total", "/total_in_turn"} <= paths.keys()
    bodies = [paths[path]["post"]["requestBody"]["content"]["application/json"] for path in ("/longest", "/total")]
    assert [list(body["examples"]) for body in bodies] == [["one page"], []], "/total takes no URL"
    assert requests.get(f"{manager.url}/docs", timeout=5).status_code == HTTPStatus.OK
