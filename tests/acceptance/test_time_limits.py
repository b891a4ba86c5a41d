"""Jobs that take longer than they may."""

import pytest

from dev.manager import Manager, Outcome
from dev.pages import PageServer

OUT_OF_TIME = "CRASHED: attempt-out-of-time"


@pytest.mark.parametrize("kind", ["dawdle", "spin"], ids=["the soft limit", "the hard limit"])
def test_a_job_that_runs_into_its_limit_each_time_fails(manager: Manager, pages: PageServer, kind: str) -> None:
    job_id = manager.submit(pages.url("/"), kind=kind)
    assert manager.ended(job_id, within=30) == Outcome(
        status="FAILURE", attempts=[OUT_OF_TIME] * 3, crashes=3, error="attempt-out-of-time"
    )
