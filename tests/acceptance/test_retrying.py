"""What a page's failure does to its job."""

from datetime import datetime

import pytest

from dev.manager import Manager, Outcome
from dev.pages import PageServer


@pytest.mark.parametrize(
    ("path", "error"),
    [("/busy/twice?times=2", "server-busy"), ("/reset/twice?times=2", "connection-failed")],
)
def test_a_page_that_recovers_is_counted_in_a_later_attempt(
    manager: Manager, pages: PageServer, path: str, error: str
) -> None:
    assert manager.ended(manager.submit(pages.url(path)), within=20) == Outcome(
        status="SUCCESS", attempts=[f"RETRY: {error}", f"RETRY: {error}", "SUCCESS"], attempts_used=2
    )
    assert pages.requests(path.split("?", maxsplit=1)[0]) == 3


def test_a_site_gets_the_pause_that_it_asks_for(manager: Manager, pages: PageServer) -> None:
    job_id = manager.submit(pages.url("/busy/asks-for-a-pause?times=1&after=2"))
    assert manager.ended(job_id) == Outcome(
        status="SUCCESS", attempts=["RETRY: server-busy", "SUCCESS"], attempts_used=1
    )
    first, second = manager.job(job_id)["attempts"]
    pause = datetime.fromisoformat(second["started_at"]) - datetime.fromisoformat(first["ended_at"])
    assert pause.total_seconds() >= 2


def test_a_job_whose_attempts_are_used_up_fails_and_keeps_what_each_met(manager: Manager, pages: PageServer) -> None:
    job_id = manager.submit(pages.url("/busy/always"), max_attempts=3)
    assert manager.ended(job_id, within=20) == Outcome(
        status="FAILURE",
        attempts=["RETRY: server-busy", "RETRY: server-busy", "FAILURE: server-busy"],
        attempts_used=3,
        error="server-busy",
    )
    assert pages.requests("/busy/always") == 3


def test_a_job_that_is_to_be_discarded_fails_at_once(manager: Manager, pages: PageServer) -> None:
    job_id = manager.submit(pages.url("/busy/discarded"), on_failure="discard")
    assert manager.ended(job_id) == Outcome(
        status="FAILURE", attempts=["FAILURE: server-busy"], attempts_used=1, error="server-busy"
    )
    assert pages.requests("/busy/discarded") == 1
