"""docs/api.md names every status that the manager answers its own errors with."""

import re

from embedded.services import PROJECT
from job_manager.problems import STATUS

ROW = re.compile(r"^\| (\d{3}(?:, \d{3})*) \|", re.MULTILINE)


def test_every_status_of_a_problem_has_a_row() -> None:
    text = (PROJECT / "docs" / "api.md").read_text(encoding="utf-8")
    rows = {int(status) for row in ROW.findall(text) for status in row.split(", ")}
    assert set(STATUS.values()) <= rows
