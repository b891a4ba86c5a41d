"""Requests to a manager, and its answers: a real server, whose answers are written here."""

import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from wordcount import manager as module
from wordcount.errors import CommandError, ManagerUnavailable, RequestRefused
from wordcount.main import main
from wordcount.manager import RETRY_SECONDS, Manager
from wordcount.output import json_line

ID = "01a20c9c-c451-726f-a7db-dc9eca01d34e"
JOB: dict[str, Any] = {
    "id": ID,
    "kind": "count",
    "url": "https://example.com/",
    "status": "PENDING",
    "created_at": "2026-11-25T10:00:00.000Z",
    "result": None,
    "error": None,
}
UNAUTHORIZED = {"type": "urn:x", "title": "No valid API key", "status": 401, "detail": "The key is not known."}


@pytest.fixture(autouse=True)
def environment(httpserver: HTTPServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORDCOUNT_SERVER", httpserver.url_for("/"))
    monkeypatch.delenv("WORDCOUNT_KEY", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))


@pytest.fixture
def messages() -> list[str]:
    return []


@pytest.fixture
def manager(httpserver: HTTPServer, messages: list[str]) -> Manager:
    return Manager(httpserver.url_for("/"), None, messages.append)


@pytest.fixture
def slept(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The command's pauses, by a clock that moves only then."""
    slept: list[float] = []
    monkeypatch.setattr(module, "time", SimpleNamespace(sleep=slept.append, monotonic=lambda: sum(slept)))
    return slept


def test_an_invalid_key_is_reported_in_two_plain_lines(
    httpserver: HTTPServer, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    httpserver.expect_request("/jobs", headers={"Authorization": "Bearer wrong-key"}).respond_with_json(
        UNAUTHORIZED, status=401, headers={"Content-Type": "application/problem+json"}
    )
    monkeypatch.setenv("WORDCOUNT_KEY", "wrong-key")
    assert main(["jobs"]) == 1
    assert capsys.readouterr() == (
        "",
        "wordcount: No valid API key: The key is not known.\nPass your API key with --key or in WORDCOUNT_KEY.\n",
    )


def test_the_option_wins_over_environment_and_netrc(
    httpserver: HTTPServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WORDCOUNT_KEY", "of-environment")
    netrc = tmp_path / ".netrc"
    netrc.write_text("default login me password of-netrc\n")
    netrc.chmod(0o600)
    httpserver.expect_request("/jobs", headers={"Authorization": "Bearer of-option"}).respond_with_json(
        {"jobs": [], "next": None}
    )
    assert main(["jobs", "--key", "of-option"]) == 0


def test_without_a_key_none_is_sent(httpserver: HTTPServer, manager: Manager) -> None:
    httpserver.expect_request("/jobs").respond_with_json({"jobs": []})
    manager.ask("GET", "/jobs")
    ((request, _),) = httpserver.log
    assert "Authorization" not in request.headers


def test_a_busy_manager_is_asked_again_under_the_same_idempotency_key(
    httpserver: HTTPServer, manager: Manager, messages: list[str], slept: list[float]
) -> None:
    busy = {"title": "Too many jobs wait", "detail": "200,000 jobs wait already.", "status": 503}
    for status in (503, 429, 502, 504):
        httpserver.expect_ordered_request("/count", method="POST").respond_with_json(
            busy, status=status, headers={"Retry-After": "0"}
        )
    httpserver.expect_ordered_request("/count", method="POST").respond_with_json({"jobs": [JOB]}, status=202)
    answer = manager.ask("POST", "/count", body={"urls": ["https://example.com/"]}, idempotency_key="mine-0")
    assert answer == {"jobs": [JOB]}
    assert [request.headers["Idempotency-Key"] for request, _ in httpserver.log] == ["mine-0"] * 5
    assert slept == [0.5] * 4
    assert messages == ["Too many jobs wait: 200,000 jobs wait already; trying again for up to 60 s"]


def test_a_connection_that_breaks_is_made_again_once_the_manager_has_answered(
    httpserver: HTTPServer, manager: Manager, messages: list[str]
) -> None:
    asked: list[Request] = []

    def answer(request: Request) -> Response:
        asked.append(request)
        if len(asked) == 2:
            request.environ["werkzeug.socket"].shutdown(socket.SHUT_RDWR)
        return Response('{"jobs": []}', content_type="application/json")

    httpserver.expect_request("/jobs").respond_with_handler(answer)
    assert [manager.ask("GET", "/jobs") for _ in range(2)] == [{"jobs": []}] * 2
    assert len(asked) == 3
    assert messages == [f"{httpserver.url_for('/').rstrip('/')} does not answer; trying again for up to 60 s"]


def test_a_first_request_whose_answer_is_lost_is_sent_again_under_the_same_idempotency_key(
    httpserver: HTTPServer, manager: Manager, messages: list[str]
) -> None:
    keys: list[str] = []

    def answer(request: Request) -> Response:
        keys.append(request.headers["Idempotency-Key"])
        if len(keys) == 1:
            request.environ["werkzeug.socket"].shutdown(socket.SHUT_RDWR)
        return Response(json_line({"jobs": [JOB]}), 202, content_type="application/json")

    httpserver.expect_request("/count", method="POST").respond_with_handler(answer)
    body = {"urls": ["https://example.com/"]}
    assert manager.ask("POST", "/count", body=body, idempotency_key="mine-0") == {"jobs": [JOB]}
    assert keys == ["mine-0"] * 2
    assert messages == [f"{httpserver.url_for('/').rstrip('/')} does not answer; trying again for up to 60 s"]


class TestPauses:
    """How long it tries again, and in which steps."""

    @pytest.fixture
    def ask(self, httpserver: HTTPServer, manager: Manager) -> Callable[..., str]:
        """Ask a manager that is away for good, and answers with these headers; returns the error's message."""

        def ask(**headers: str) -> str:
            httpserver.expect_request("/jobs").respond_with_data("", status=503, headers=headers)
            with pytest.raises(ManagerUnavailable) as raised:
                manager.ask("GET", "/jobs")
            return str(raised.value)

        return ask

    def test_steps_grow_to_five_seconds_and_end_after_a_minute(
        self, ask: Callable[..., str], manager: Manager, slept: list[float]
    ) -> None:
        assert ask() == f"{manager.server} answered 503 Service Unavailable; gave up. Try again later."
        assert 0.25 <= slept[0] <= 0.5
        assert all(2.5 <= step <= 5 for step in slept[4:])
        assert RETRY_SECONDS - 5 <= sum(slept) <= RETRY_SECONDS

    @pytest.mark.parametrize(
        ("retry_after", "expected"),
        [
            ("7", [7.0] * 8),
            ("0", [0.5] * 120),  # not in a rush
            ("61", []),
            ("Thu, 01 Jan 1970 00:00:00 GMT", [0.5] * 120),
            ("Thu, 01 Jan 2970 00:00:00 GMT", []),
        ],
    )
    def test_the_manager_says_how_long_to_wait(
        self, ask: Callable[..., str], slept: list[float], retry_after: str, expected: list[float]
    ) -> None:
        ask(**{"Retry-After": retry_after})
        assert slept == expected

    @pytest.mark.parametrize("retry_after", ["soon", "-1", "9" * 5_000])
    def test_a_senseless_time_is_ignored(self, ask: Callable[..., str], slept: list[float], retry_after: str) -> None:
        ask(**{"Retry-After": retry_after})
        assert slept[0] < 5 < sum(slept)


@pytest.mark.parametrize(
    ("status", "body", "said"),
    [
        (403, b'{"title": "Another site\'s page sent this"}', "Another site's page sent this."),
        (404, b"<html>", "{server} answered 404 NOT FOUND."),
        (500, b'{"title": "Something went wrong"}', "Something went wrong."),
        (499, b"[]", "{server} answered 499."),
        (422, b'{"title": "Not\\u001b[2J", "detail": "two\\nlines"}', "Not\\x1b[2J: two\\nlines."),
    ],
)
def test_a_refusal_is_one_line_whoever_wrote_it(
    httpserver: HTTPServer, manager: Manager, status: int, body: bytes, said: str
) -> None:
    httpserver.expect_request("/jobs").respond_with_data(body, status=status)
    with pytest.raises(RequestRefused) as raised:
        manager.ask("GET", "/jobs")
    assert (str(raised.value).upper(), raised.value.status) == (said.format(server=manager.server).upper(), status)


@pytest.mark.parametrize("body", ["<html>hello", "[]", '"text"', ""])
def test_a_server_that_is_not_a_manager_is_reported(httpserver: HTTPServer, manager: Manager, body: str) -> None:
    httpserver.expect_request("/jobs").respond_with_data(body)
    with pytest.raises(CommandError, match="is not a manager; pass its address with --server"):
        manager.ask("GET", "/jobs")


@pytest.mark.parametrize("body", ["{}", '{"jobs": 7}', '{"jobs": [7]}', '{"jobs": [{"id": "x"}]}', '{"jobs": [null]}'])
@pytest.mark.parametrize("command", [["jobs"], ["wait", ID], ["count", "https://example.com"]])
def test_json_of_something_else_is_no_traceback(
    httpserver: HTTPServer, capsys: pytest.CaptureFixture[str], body: str, command: list[str]
) -> None:
    httpserver.expect_request("/jobs").respond_with_data(body)
    httpserver.expect_request("/count").respond_with_data(body)
    assert main(command) == 1
    assert "Is --server the address of a manager?" in capsys.readouterr().err


def test_a_redirect_is_not_followed_with_the_key(httpserver: HTTPServer, manager: Manager) -> None:
    httpserver.expect_request("/jobs").respond_with_data("", status=301, headers={"Location": "https://example.com/"})
    with pytest.raises(CommandError, match="redirects to another address; pass that one with --server"):
        manager.ask("GET", "/jobs")


@pytest.fixture
def closed_port() -> Iterator[int]:
    with socket.socket() as taken:  # bound, but nobody listens
        taken.bind(("127.0.0.1", 0))
        yield taken.getsockname()[1]


def test_a_server_that_is_not_there_is_reported_at_once(closed_port: int) -> None:
    with pytest.raises(CommandError, match=r"^Nothing answers at .* \(Connection refused\)"):
        Manager(f"http://127.0.0.1:{closed_port}", None, pytest.fail).ask("GET", "/jobs")


def test_an_unknown_name_and_a_server_without_tls_are_reported_at_once(httpserver: HTTPServer) -> None:
    for server, reason in (
        ("http://manager.invalid", "Name or service not known"),
        (f"https://localhost:{httpserver.port}", "wrong version number"),
        ("http://.example.com", "URL has an invalid label"),
    ):
        with pytest.raises(CommandError, match=rf"^Nothing answers at .* \(.*{reason}.*\)"):
            Manager(server, None, pytest.fail).ask("GET", "/jobs")


def test_a_proxy_of_the_environment_is_not_asked_for_this_machine(
    httpserver: HTTPServer, monkeypatch: pytest.MonkeyPatch, closed_port: int
) -> None:
    monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{closed_port}")
    monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{closed_port}")
    httpserver.expect_request("/jobs").respond_with_json({"jobs": [], "next": None})
    assert main(["jobs"]) == 0


@pytest.mark.parametrize(
    "server",
    ["localhost:5050", "ftp://localhost", "http://", "http://me:secret@localhost", "http://x:99999", "http://x?a"],
)
def test_an_address_that_cannot_be_one_is_refused(
    server: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for arguments, environment in ((["jobs", "--server", server], ""), (["jobs"], server)):
        monkeypatch.setenv("WORDCOUNT_SERVER", environment)
        with pytest.raises(SystemExit, match="2"):
            main(arguments)
        assert capsys.readouterr().err.splitlines()[-1] == (
            "wordcount jobs: error: argument --server: --server or WORDCOUNT_SERVER must look like "
            "http://localhost:5050; pass a key with --key"
        )
