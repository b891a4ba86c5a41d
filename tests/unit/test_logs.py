"""Logs are set for a whole process, so each test runs one of its own."""

import json
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from typing import Any

SETTINGS = {"CELERY_BROKER_URL": "redis://broker", "DATABASE_URL": "postgresql://user:database-secret@host/jobs"}
START = """
import logging, structlog
from job_tasks.logs import configure_logs
from job_tasks.settings import settings
configure_logs(settings())
log = structlog.get_logger()
"""


def logged(code: str, **environment: str) -> str:
    ended = subprocess.run(
        [sys.executable, "-c", START + code],
        env={"PATH": os.environ["PATH"]} | SETTINGS | environment,
        capture_output=True,
        text=True,
        timeout=30,
        check=True,
    )
    assert ended.stdout == ""
    return ended.stderr


def events(code: str, **environment: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in logged(code, LOG_FORMAT="json", **environment).splitlines()]


def test_an_event_is_a_line_of_json_with_its_fields() -> None:
    (event,) = events("log.info('claimed', attempt=2)")
    assert event.items() >= {"event": "claimed", "attempt": 2, "level": "info"}.items()
    age = datetime.now(UTC) - datetime.fromisoformat(event["timestamp"])
    assert timedelta(0) <= age < timedelta(seconds=30)


def test_what_a_context_holds_is_on_its_events() -> None:
    first, second = events(
        """
with structlog.contextvars.bound_contextvars(job_id="one"):
    log.info("inside")
log.info("outside")
"""
    )
    assert first["job_id"] == "one"
    assert "job_id" not in second


def test_libraries_log_in_the_same_form() -> None:
    (event,) = events("logging.getLogger('celery.worker').warning('%s is away', 'the broker')")
    assert event.items() >= {"event": "the broker is away", "logger": "celery.worker", "level": "warning"}.items()


def test_an_exception_is_one_field_of_one_line() -> None:
    (event,) = events(
        """
try:
    1 / 0
except ZeroDivisionError:
    log.exception("failed")
"""
    )
    assert event["level"] == "error"
    assert "ZeroDivisionError" in event["exception"]


def test_the_level_that_is_set_is_kept() -> None:
    assert [event["event"] for event in events("log.info('a'); log.warning('b')", LOG_LEVEL="WARNING")] == ["b"]


def test_a_terminal_gets_a_readable_line_without_colours_where_it_is_none() -> None:
    (line,) = logged("log.info('claimed', attempt=2)").splitlines()
    assert "claimed" in line
    assert "attempt=2" in line
    assert "\x1b" not in line
