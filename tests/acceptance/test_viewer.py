"""Flower knows the jobs by their ids."""

from typing import Any

import requests

from embedded.ports import LOOPBACK
from embedded.services import VIEWER_USER
from tests.acceptance.held import start_held
from tests.acceptance.manager import SUCCESS
from tests.acceptance.page_server import PageServer
from tests.acceptance.stack import Stack
from tests.acceptance.waiting import eventually


def test_the_viewer_asks_who_is_there(stack: Stack) -> None:
    with requests.get(f"http://{LOOPBACK}:{stack.viewer_port}/api/tasks", timeout=10) as answer:
        assert answer.status_code == 401


def test_the_viewer_shows_how_a_job_went(stack: Stack, pages: PageServer) -> None:
    job_id = stack.manager.submit(pages.url("/words/3/viewed"))
    assert stack.manager.ended(job_id) == SUCCESS
    shown = eventually(lambda: _shown(stack, job_id, "SUCCESS"), "the viewer shows the success", seconds=10)
    assert (shown["name"], shown["uuid"]) == ("job_tasks.count", job_id)


def test_the_viewer_does_not_show_a_cancelled_job_as_running(stack: Stack, pages: PageServer) -> None:
    job_id = start_held(stack.manager, pages, "/held/viewed")
    eventually(lambda: _shown(stack, job_id, "STARTED"), "the viewer shows the start", seconds=10)
    stack.manager.cancel(job_id)
    eventually(
        lambda: _shown(stack, job_id, "REVOKED") or _shown(stack, job_id, "FAILURE"),
        "the viewer shows the end",
        seconds=10,
    )


def _shown(stack: Stack, job_id: str, state: str) -> dict[str, Any]:
    """What the viewer knows of the job, if it shows it in that state."""
    url = f"http://{LOOPBACK}:{stack.viewer_port}/api/tasks"
    with requests.get(url, auth=(VIEWER_USER, stack.viewer_password), timeout=10) as answer:
        task: dict[str, Any] = answer.json().get(job_id, {})
        return task if task.get("state") == state else {}
