"""Mistakes that a task of one's own can make."""

import pytest

from dev.manager import Manager, Outcome
from dev.pages import PageServer


@pytest.mark.parametrize("kind", ["ramble", "calculate", "forget"])
def test_a_result_that_no_row_can_hold_ends_the_job_at_once(manager: Manager, pages: PageServer, kind: str) -> None:
    job_id = manager.submit(pages.url("/"), kind=kind)
    assert manager.ended(job_id, within=30) == Outcome(
        status="FAILURE", attempts=["FAILURE: unexpected-error"], error="unexpected-error"
    )
