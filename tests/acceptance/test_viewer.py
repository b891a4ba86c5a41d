"""Flower knows the jobs by their ids."""

from typing import Any

import pytest
import requests

from dev.manager import SUCCESS
from dev.pages import PageServer
from dev.stack import Stack
from dev.waiting import eventually
from embedded.ports import LOOPBACK
from tests.acceptance.conftest import AskViewer
from tests.acceptance.held import start_held


@pytest.mark.usefixtures("ask_viewer")
def test_the_viewer_asks_who_is_there(stack: Stack) -> None:
    with requests.get(f"http://{LOOPBACK}:{stack.viewer_port}/api/tasks", timeout=10) as answer:
        assert answer.status_code == 401


def test_the_viewer_shows_how_a_job_went(stack: Stack, pages: PageServer, ask_viewer: AskViewer) -> None:
    url = pages.url("/words/3/viewed")
    job_id = stack.manager.submit(f"{url}#token=secret")
    assert stack.manager.ended(job_id) == SUCCESS
    shown = eventually(lambda: _shown(ask_viewer, job_id, "SUCCESS"), "the viewer shows the success", seconds=10)
    assert (shown["name"], shown["uuid"]) == ("job_tasks.count", job_id)
    assert (shown["args"], shown["result"]) == (f"{url}?…", "'3 words'")
    assert "secret" not in str(shown)


def test_the_viewer_does_not_show_a_cancelled_job_as_running(
    stack: Stack, pages: PageServer, ask_viewer: AskViewer
) -> None:
    job_id = start_held(stack.manager, pages, "/held/viewed")
    eventually(lambda: _shown(ask_viewer, job_id, "STARTED"), "the viewer shows the start", seconds=10)
    stack.manager.cancel(job_id)
    eventually(
        lambda: _shown(ask_viewer, job_id, "REVOKED") or _shown(ask_viewer, job_id, "FAILURE"),
        "the viewer shows the end",
        seconds=10,
    )


def _shown(ask_viewer: AskViewer, job_id: str, state: str) -> dict[str, Any]:
    """What the viewer knows of the job, if it shows it in that state."""
    task: dict[str, Any] = ask_viewer("tasks").get(job_id, {})
    return task if task.get("state") == state else {}
