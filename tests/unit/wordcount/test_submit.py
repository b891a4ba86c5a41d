"""The URLs of a submission, and one of several batches that ends halfway."""

import io
import json
import sys
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from job_manager import requests
from wordcount.errors import InvalidInput
from wordcount.main import main
from wordcount.output import json_line
from wordcount.submit import MAX_BATCH, MAX_BATCH_BYTES, batches, read_urls

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


def test_the_rest_can_be_submitted_and_no_batch_is_repeated_under_another_key(
    httpserver: HTTPServer, keys: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert count(httpserver, monkeypatch, 1_001) == 1
    said = capsys.readouterr()
    submission = keys[0].removesuffix("-0")
    assert len(said.out.splitlines()) == 1_000
    assert said.err == (
        "At least 1,000 of 1,001 URLs were submitted. To submit the rest, and none twice, repeat the command with "
        f"--submission {submission}.\n"
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


def test_options_are_fields_of_the_submission(
    httpserver: HTTPServer, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    sent: list[dict[str, object]] = []

    def answer(request: Request) -> Response:
        sent.append(request.get_json())
        return Response(json_line(REFUSAL), 422, content_type="application/problem+json")

    httpserver.expect_request("/count").respond_with_handler(answer)
    given = ["--word", "queue", "--top", "3", "--tokenizer", "treebank"]
    ends = ["--on-failure", "discard", "--callback-url", "https://example.org/ended"]
    assert count(httpserver, monkeypatch, 1, *given, *ends) == 1
    assert sent == [
        {
            "urls": ["https://example.com/0"],
            "word": "queue",
            "top": 3,
            "tokenizer": "treebank",
            "on_failure": "discard",
            "callback_url": "https://example.org/ended",
        }
    ]
    assert "Enough for today." in capsys.readouterr().err


def test_two_submissions_have_different_keys(
    httpserver: HTTPServer, keys: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(2):
        count(httpserver, monkeypatch, 1)
    assert len(set(keys)) == 2


def test_of_a_list_only_the_wrong_urls_are_named() -> None:
    with pytest.raises(InvalidInput) as raised:
        read_urls(["https://example.com", "ftp://b", "http://192.0.2.1:8080/a?b=c", "https://bücher.example/"])
    assert str(raised.value).splitlines() == [
        "1 of 4 URLs cannot be counted; nothing was submitted.",
        "URL 2 (ftp://b) must begin with http:// or https://",
    ]


def test_https_may_be_left_out() -> None:
    assert read_urls([" example.com/a?b ", "http://b.example"]) == ["https://example.com/a?b", "http://b.example"]


def test_each_wrong_url_is_named_by_its_place_and_of_many_the_first_ten() -> None:
    wrong = [f"ftp://nowhere-{number}" for number in range(12)]
    with pytest.raises(InvalidInput) as raised:
        read_urls(["https://example.com", *wrong])
    first, *each, last = str(raised.value).splitlines()
    assert first == "12 of 13 URLs cannot be counted; nothing was submitted."
    assert [line.split(" must ")[0] for line in each] == [f"URL {n + 2} (ftp://nowhere-{n})" for n in range(10)]
    assert last == "and 2 more"


@pytest.mark.parametrize(
    "url", ["ftp://me:secret@example.com/", "http://me:secret@", "http://a b:secret@x y/", "x x" * 99 + "\x1b"]
)
def test_a_message_about_a_wrong_url_is_safe_to_show(url: str) -> None:
    with pytest.raises(InvalidInput) as raised:
        read_urls([url])
    assert "secret" not in str(raised.value)
    assert all(line.isprintable() and len(line) < 200 for line in str(raised.value).splitlines())


@given(st.lists(st.text(max_size=3_000), max_size=50), st.integers(0, 1_500))
def test_batches_hold_every_url_once_in_order_and_fit_a_submission(urls: list[str], more: int) -> None:
    given_urls = urls + ["https://example.com/" + "ü" * 400] * more
    made = list(batches(given_urls))
    assert [url for batch in made for url in batch] == given_urls
    for batch in made:
        assert 1 <= len(batch) <= requests.MAX_BATCH
        assert len(json.dumps({"urls": batch, "word": "w" * 1_000})) <= requests.MAX_BATCH_BYTES


def test_a_batch_is_as_large_as_the_manager_takes() -> None:
    assert requests.MAX_BATCH == MAX_BATCH
    assert requests.MAX_BATCH_BYTES - 64 * 1_024 <= MAX_BATCH_BYTES <= requests.MAX_BATCH_BYTES
    assert [len(batch) for batch in batches(["https://example.com"] * 2_500)] == [1_000, 1_000, 500]
