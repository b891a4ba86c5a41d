"""Celery is set once for a process, so each test asks one of its own."""

import json
import os
import subprocess
import sys
from typing import Any

import pytest

SETTINGS = {"CELERY_BROKER_URL": "redis://broker", "DATABASE_URL": "postgresql://user@host/jobs"}
ASK = """
import json, sys
from job_tasks.job_tasks import core
json.dump({name: core.app.conf[name] for name in sys.argv[1:]}, sys.stdout)
"""


def conf(*names: str, **environment: str) -> dict[str, Any]:
    answer = subprocess.run(
        [sys.executable, "-c", ASK, *names],
        env={"PATH": os.environ["PATH"]} | SETTINGS | environment,
        stdout=subprocess.PIPE,
        timeout=30,
        check=True,
    )
    asked: dict[str, Any] = json.loads(answer.stdout)
    return asked


@pytest.mark.parametrize("hard", ["90", "3600", "86400"])
def test_no_message_comes_again_before_its_attempt_must_have_ended(hard: str) -> None:
    set_to = conf("broker_transport_options", "task_time_limit", JOB_HARD_TIME_LIMIT_SECONDS=hard)
    assert set_to["task_time_limit"] == float(hard)
    assert set_to["broker_transport_options"]["visibility_timeout"] > float(hard)


def test_the_jobs_table_is_the_one_truth_and_nothing_is_pickled() -> None:
    wanted = {
        "result_backend": None,
        "accept_content": ["json"],
        "task_serializer": "json",
        "event_serializer": "json",
        "task_acks_late": True,
        "task_reject_on_worker_lost": False,
        "worker_prefetch_multiplier": 1,
        "broker_connection_max_retries": None,
    }
    assert conf(*wanted) == wanted


def test_the_options_that_a_worker_shows_to_whoever_asks_hold_no_secret_of_the_sentinels() -> None:
    url = "sentinel://:broker-secret@one;sentinel://two?master_name=jobs&sentinel_password=of-them"
    set_to = conf("broker_transport_options", CELERY_BROKER_URL=url)["broker_transport_options"]
    assert set_to["master_name"] == "jobs"
    assert "of-them" not in str(set_to)


def test_the_lectures_name_for_the_jobs_database_gives_celery_no_result_backend() -> None:
    answer = subprocess.run(
        [sys.executable, "-c", "from job_tasks.job_tasks import core; print(type(core.app.backend).__name__)"],
        env={"PATH": os.environ["PATH"], "CELERY_BROKER_URL": "redis://broker"}
        | {"CELERY_RESULT_BACKEND": "db+postgresql://user@host/jobs"},
        capture_output=True,
        text=True,
        timeout=30,
        check=True,
    )
    assert answer.stdout == "DisabledBackend\n"
