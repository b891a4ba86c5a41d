from collections.abc import Callable
from itertools import count
from typing import Any

import pytest
from pytest_httpserver import HTTPServer

from embedded import manager_client
from embedded.errors import StackError, StopRequested
from embedded.manager_client import ManagerClient, WordCount

RESULT = {"words": 3, "unique_words": 2, "top": [["the", 2], ["end", 1]], "charset": "utf-8"}


@pytest.fixture
def client(httpserver: HTTPServer) -> ManagerClient:
    return ManagerClient(port=httpserver.port)


def answer_in_turn(httpserver: HTTPServer, *jobs: dict[str, Any]) -> None:
    for job in jobs:
        httpserver.expect_ordered_request("/result/7", query_string="wait=1").respond_with_json(job)


def ignore() -> None:
    pass


def test_a_page_is_submitted(httpserver: HTTPServer, client: ManagerClient) -> None:
    body = {"url": "https://example.com/", "top": 10}
    httpserver.expect_request("/count", method="POST", json=body).respond_with_json(
        {"id": "7", "status": "PENDING"},
        status=202,
    )
    assert client.submit("https://example.com/", top=10) == "7"


def test_a_refused_page_is_an_error_in_the_managers_words(httpserver: HTTPServer, client: ManagerClient) -> None:
    httpserver.expect_request("/count").respond_with_json(
        {"title": "The request is not valid", "detail": "url: no host"}, status=422
    )
    with pytest.raises(StackError, match="the manager refused nowhere: The request is not valid: url: no host"):
        client.submit("nowhere", top=10)


def test_each_state_is_told_once_and_the_result_returned(httpserver: HTTPServer, client: ManagerClient) -> None:
    pending = {"status": "PENDING", "result": None, "error": None}
    answer_in_turn(
        httpserver,
        pending,
        pending,
        {"status": "STARTED", "result": None, "error": None},
        {"status": "SUCCESS", "result": RESULT, "error": None},
    )
    states: list[str] = []
    count = client.wait("7", on_state=states.append, between=ignore)
    assert states == ["PENDING", "STARTED", "SUCCESS"]
    assert count == WordCount(words=3, unique_words=2, top=(("the", 2), ("end", 1)))


def test_a_job_that_failed_is_an_error_with_its_reason(httpserver: HTTPServer, client: ManagerClient) -> None:
    error = {"type": "page-refused", "title": "The site has no such page for us", "detail": "it answered 404"}
    answer_in_turn(httpserver, {"status": "FAILURE", "result": None, "error": error})
    with pytest.raises(StackError, match="was not counted: The site has no such page for us: it answered 404"):
        client.wait("7", on_state=lambda _: None, between=ignore)


def test_a_cancelled_job_is_an_error(httpserver: HTTPServer, client: ManagerClient) -> None:
    answer_in_turn(httpserver, {"status": "REVOKED", "result": None, "error": None})
    with pytest.raises(StackError, match="was not counted: REVOKED"):
        client.wait("7", on_state=lambda _: None, between=ignore)


def test_a_database_that_is_away_for_a_while_is_no_state_of_the_job(
    httpserver: HTTPServer, client: ManagerClient
) -> None:
    away = {"type": "urn:job-manager:database-unavailable", "title": "The database is away", "status": 503}
    httpserver.expect_ordered_request("/result/7").respond_with_json(away, status=503)
    answer_in_turn(httpserver, {"status": "SUCCESS", "result": RESULT, "error": None})
    states: list[str] = []
    assert client.wait("7", on_state=states.append, between=ignore).words == 3
    assert states == ["SUCCESS"]


def test_a_job_that_the_manager_does_not_know_is_an_error(httpserver: HTTPServer, client: ManagerClient) -> None:
    unknown = {"type": "urn:job-manager:job-not-found", "title": "There is no such job", "status": 404}
    httpserver.expect_request("/result/7").respond_with_json(unknown, status=404)
    with pytest.raises(StackError, match="the manager tells nothing of job 7: There is no such job"):
        client.wait("7", on_state=lambda _: None, between=stop_at_third_look())


def test_a_database_that_stays_away_is_an_error(
    httpserver: HTTPServer, client: ManagerClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(manager_client, "LOOKS_WITHOUT_DATABASE", 1)
    httpserver.expect_request("/result/7").respond_with_json({"title": "The database is away"}, status=503)
    with pytest.raises(StackError, match="the manager tells nothing of job 7: The database is away"):
        client.wait("7", on_state=lambda _: None, between=stop_at_third_look())


def stop_at_third_look() -> Callable[[], None]:
    looks = count()

    def between() -> None:
        if next(looks) == 3:
            raise StopRequested

    return between


def test_a_wish_to_stop_ends_the_waiting(client: ManagerClient) -> None:
    def stop() -> None:
        raise StopRequested

    with pytest.raises(StopRequested):
        client.wait("7", on_state=lambda _: None, between=stop)


def test_a_manager_that_answers_no_json_is_an_error(httpserver: HTTPServer, client: ManagerClient) -> None:
    httpserver.expect_request("/count").respond_with_data("<h1>Bad gateway</h1>", status=502)
    with pytest.raises(StackError, match="the manager did not answer POST /count"):
        client.submit("https://example.com/", top=10)
