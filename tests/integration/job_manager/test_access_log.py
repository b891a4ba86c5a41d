"""The access log: what it tells of a request, and what it never shows."""

from collections.abc import Iterator
from typing import Any

import pytest
from flask.testing import FlaskClient
from structlog import contextvars
from structlog.testing import capture_logs
from uuid_utils.compat import uuid7

from tests.integration.job_store import Store

SECRET = "s3cret-of-the-caller"
WITH_PASSWORD = f"https://somebody:{SECRET}@example.com/page"


@pytest.fixture
def logged() -> Iterator[list[Any]]:
    with capture_logs(processors=[contextvars.merge_contextvars]) as events:
        yield events


def answered(logged: list[Any]) -> dict[str, Any]:
    (event,) = (event for event in logged if event["event"] == "answered")
    return dict(event)


def test_a_request_is_one_event(client: FlaskClient, logged: list[Any]) -> None:
    answer = client.get("/jobs?limit=5")
    event = answered(logged)
    assert 0 < event.pop("seconds") < 10
    assert event == {
        "event": "answered",
        "log_level": "info",
        "method": "GET",
        "path": "/jobs",
        "status": 200,
        "caller": "127.0.0.1",
        "request_id": answer.headers["X-Request-ID"],
    }


def test_a_submission_ties_its_job_to_the_request(client: FlaskClient, logged: list[Any]) -> None:
    answer = client.post("/count", json={"url": "https://example.com/"})
    (event,) = logged
    assert (event["event"], event["job_id"]) == ("answered", answer.get_json()["id"])
    assert event["request_id"] == answer.headers["X-Request-ID"]


def test_each_job_of_a_batch_is_tied_to_the_request(client: FlaskClient, logged: list[Any]) -> None:
    answer = client.post("/count", json={"urls": ["https://example.com/"] * 3})
    event = answered(logged)
    assert event["request_id"] == answer.headers["X-Request-ID"]
    assert event["job_ids"] == [job["id"] for job in answer.get_json()["jobs"]]


def test_a_question_about_a_job_names_it(client: FlaskClient, store: Store, logged: list[Any]) -> None:
    job = store.submit()
    client.get(f"/result/{job.id}")
    assert answered(logged)["job_id"] == str(job.id)


def test_nothing_is_left_for_the_next_request(client: FlaskClient, logged: list[Any]) -> None:
    client.post("/count", json={"url": "https://example.com/"})
    logged.clear()
    client.get("/jobs")
    assert "job_id" not in answered(logged)


def test_a_callers_own_id_is_kept(client: FlaskClient, logged: list[Any]) -> None:
    given = str(uuid7())
    assert client.get("/jobs", headers={"X-Request-ID": given}).headers["X-Request-ID"] == given
    assert answered(logged)["request_id"] == given


@pytest.mark.parametrize("given", ["two words", "a" * 65, "<b>", "ünï", "a;b"])
def test_an_id_that_is_none_is_replaced(client: FlaskClient, logged: list[Any], given: str) -> None:
    shown = client.get("/jobs", headers={"X-Request-ID": given}).headers["X-Request-ID"]
    assert shown not in {"", given}
    assert answered(logged)["request_id"] == shown


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/metrics"])
def test_what_machines_ask_all_the_time_is_for_debugging(client: FlaskClient, logged: list[Any], path: str) -> None:
    client.get(path)
    assert answered(logged)["log_level"] == "debug"


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/count", {"url": WITH_PASSWORD}),
        ("POST", "/count", {"urls": [WITH_PASSWORD, "ftp://x"]}),
        ("POST", f"/count?url={WITH_PASSWORD}", None),
        ("GET", f"/jobs?url={WITH_PASSWORD}", None),
        ("GET", f"/jobs?{WITH_PASSWORD}=1", None),
    ],
)
def test_no_password_reaches_the_log(
    client: FlaskClient, logged: list[Any], method: str, path: str, body: object
) -> None:
    client.open(path, method=method, json=body)
    assert answered(logged)
    assert SECRET not in str(logged)
