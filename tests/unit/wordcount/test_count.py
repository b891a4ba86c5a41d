"""A submission of several batches that ends halfway."""

import io
import sys
from uuid import UUID

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from wordcount.cli import main
from wordcount.text import json_line

REFUSAL = {"title": "The request cannot be fulfilled as it is", "detail": "Enough for today."}


@pytest.fixture
def keys(httpserver: HTTPServer) -> list[str]:
    """The Idempotency-Keys that came; the second request and those after it are refused."""
    keys: list[str] = []

    def answer(request: Request) -> Response:
        keys.append(request.headers["Idempotency-Key"])
        if len(keys) > 1:
            return Response(json_line(REFUSAL), 422, content_type="application/problem+json")
        common = {"kind": "count", "status": "PENDING", "created_at": "", "result": None, "error": None}
        urls = request.get_json()["urls"]
        jobs = [{"id": str(UUID(int=number)), "url": url, **common} for number, url in enumerate(urls)]
        return Response(json_line({"jobs": jobs}), 202, content_type="application/json")

    httpserver.expect_request("/count").respond_with_handler(answer)
    return keys


def count(httpserver: HTTPServer, monkeypatch: pytest.MonkeyPatch, urls: int, *options: str) -> int:
    given = "".join(f"https://example.com/{number}\n" for number in range(urls))
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(given.encode())))
    return main(["count", "--server", httpserver.url_for("/"), *options, "-"])


def test_it_is_told_how_to_go_on_and_going_on_repeats_no_batch_under_another_key(
    httpserver: HTTPServer, keys: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert count(httpserver, monkeypatch, 1_001) == 1
    said = capsys.readouterr()
    submission = keys[0].removesuffix("-0")
    assert len(said.out.splitlines()) == 1_000
    assert said.err == (
        "1,000 of 1,001 URLs are known to be submitted. The same command with "
        f"--submission {submission} goes on from there, and submits none twice.\n"
        "wordcount: The request cannot be fulfilled as it is: Enough for today.\n"
    )
    assert count(httpserver, monkeypatch, 1_001, "--submission", submission) == 1
    assert keys == [f"{submission}-0", f"{submission}-1", f"{submission}-0"]


def test_where_nothing_was_submitted_there_is_nothing_to_go_on_with(
    httpserver: HTTPServer, keys: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    keys.append("an earlier request")
    assert count(httpserver, monkeypatch, 1) == 1
    assert "--submission" not in capsys.readouterr().err


def test_two_submissions_have_different_keys(
    httpserver: HTTPServer, keys: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(2):
        count(httpserver, monkeypatch, 1)
    assert len(set(keys)) == 2
