"""Results of anyone's own tasks: what `count` calls its fields, they may call anything else."""

from typing import Any

import pytest
from pytest_httpserver import HTTPServer

from wordcount.main import main

ID = "01a20c9c-c451-726f-a7db-dc9eca01d34e"
JOB: dict[str, Any] = {
    "id": ID,
    "kind": "longest",
    "url": "https://example.com/",
    "status": "SUCCESS",
    "created_at": "2026-11-25T10:00:00.000Z",
    "result": {"word": "abc", "top": 5, "words": ["a", 1], "unique_words": {"b": 2}, "language": None},
    "error": None,
}


@pytest.fixture(autouse=True)
def environment(httpserver: HTTPServer, monkeypatch: pytest.MonkeyPatch) -> None:
    httpserver.expect_request("/jobs").respond_with_json({"jobs": [JOB], "next": None})
    httpserver.expect_request(f"/result/{ID}").respond_with_json(JOB)
    monkeypatch.setenv("WORDCOUNT_SERVER", httpserver.url_for("/"))


def test_they_are_listed_and_waited_for_without_counts(capsys: pytest.CaptureFixture[str]) -> None:
    assert (main(["jobs"]), main(["wait", ID])) == (0, 0)
    assert [line.split() for line in capsys.readouterr().out.splitlines()] == [
        ["ID", "CREATED", "STATUS", "WORDS", "URL"],
        [ID, JOB["created_at"], "SUCCESS", JOB["url"]],
        ["STATUS", "WORDS", "UNIQUE", "URL"],
        ["SUCCESS", JOB["url"]],
    ]


def test_they_are_shown_as_they_are(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["show", ID]) == 0
    assert capsys.readouterr().out.splitlines()[-4:] == [
        "word:           abc",
        "top:            5",
        "words:          a 1",
        "unique words:   {'b': 2}",
    ]
