"""Logs are set for a whole process, so each test runs one of its own."""

import json
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

SETTINGS = {"CELERY_BROKER_URL": "redis://broker", "DATABASE_URL": "postgresql://user:database-secret@host/jobs"}
START = """
import logging, structlog
from job_core.logs import configure_logs
from job_tasks.settings import settings
configure_logs(settings().log_format, settings().log_level)
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


FORGED = "fine\n2026-11-25T00:00:00Z [info     ] accepted    job_id=forged\r\x1b[2J\x9b2J\u2028\u202eend"


def test_what_a_caller_sends_cannot_begin_a_line_nor_move_the_cursor() -> None:
    code = f"log.info('answered', path={FORGED!r}); logging.getLogger('library').info({FORGED!r})"
    for written in (logged(code), logged(code, LOG_FORMAT="json")):
        assert len(written.splitlines()) == 2
        assert not {"\r", "\x1b", "\x9b", "\u2028", "\u202e"} & set(written)
    assert r"fine\n2026" in logged(code)


LOGINS = {
    "http://user:secret@example.com/a?b": "http://***@example.com/a?b",
    "of HTTPS://user:se@cret@example.com": "of HTTPS://***@example.com",
    "http:user:secret@example.com": "http:***@example.com",
    r"https:\\user:secret@example.com": r"https:\\***@example.com",
    "http://secret@example.com, http://user:secret@b/": "http://***@example.com, http://***@b/",
    "http://user:two secrets@example.com": "http://***@example.com",
    "redis://:secret@broker:6379/0": "redis://***@broker:6379/0",
    "http://example.com/user@host": "http://example.com/user@host",
    "worker job_worker_01@vm": "worker job_worker_01@vm",
}


@pytest.fixture(scope="module")
def logged_logins() -> dict[str, tuple[str, str]]:
    """What is logged of each text, as a field and in a library's message; by one process."""
    each = "log.info('x', text=text); logging.getLogger('y').info('%s', text)"
    logged = [event.get("text", event["event"]) for event in events(f"for text in {list(LOGINS)!r}: {each}")]
    return dict(zip(LOGINS, zip(logged[::2], logged[1::2], strict=True), strict=True))


@pytest.mark.parametrize(("text", "shown"), LOGINS.items())
def test_the_login_of_a_url_is_not_shown(logged_logins: dict[str, tuple[str, str]], text: str, shown: str) -> None:
    assert logged_logins[text] == (shown, shown)


def test_the_login_of_a_url_is_not_shown_by_a_trace() -> None:
    code = """
try:
    raise ValueError("http://user:secret@example.com/ cannot be read")
except ValueError:
    log.exception("failed")
"""
    for written in (logged(code), logged(code, LOG_FORMAT="json")):
        assert "http://***@example.com" in written
        assert "secret" not in written


def test_pages_are_not_named_for_debugging() -> None:
    assert logged("logging.getLogger('urllib3.connectionpool').debug('GET /?token=1')", LOG_LEVEL="DEBUG") == ""


def test_celery_repeats_no_line_of_ours_about_a_job() -> None:
    steps = """
for name in ("celery.worker.strategy", "celery.app.trace"):
    logging.getLogger(name).info("Task job_tasks.count[...] received, or succeeded")
logging.getLogger("celery.app.trace").error("Task job_tasks.count[...] raised unexpected")
"""
    (event,) = events(steps)
    assert event["event"] == "Task job_tasks.count[...] raised unexpected"
