"""docs/api.md names every status that the manager answers its own errors with, and how long a slow caller has."""

import re

from embedded.services import PROJECT
from job_manager.gunicorn_worker import DeadlineWorker
from job_manager.problems import STATUS

API = (PROJECT / "docs" / "api.md").read_text(encoding="utf-8")
ROW = re.compile(r"^\| (\d{3}(?:, \d{3})*) \|", re.MULTILINE)


def test_every_status_of_a_problem_has_a_row() -> None:
    rows = {int(status) for row in ROW.findall(API) for status in row.split(", ")}
    assert set(STATUS.values()) <= rows


def test_the_time_of_a_slow_caller_is_told() -> None:
    receive, send = DeadlineWorker.receive_seconds, DeadlineWorker.send_seconds
    assert f"must come within {receive:g} s, and each piece of an answer must be taken within {send:g} s" in API
