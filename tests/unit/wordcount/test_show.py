"""Jobs of the user's own kinds: names that `count` uses for its fields may mean anything else there."""

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
SAID = ["word:", "abc,", "top:", "5"]  # of the result, in a line


@pytest.fixture(autouse=True)
def environment(httpserver: HTTPServer, monkeypatch: pytest.MonkeyPatch) -> None:
    httpserver.expect_request("/jobs").respond_with_json({"jobs": [JOB], "next": None})
    httpserver.expect_request(f"/result/{ID}").respond_with_json(JOB)
    monkeypatch.setenv("WORDCOUNT_SERVER", httpserver.url_for("/"))


def test_they_are_listed_and_waited_for_without_counts(capsys: pytest.CaptureFixture[str]) -> None:
    assert (main(["jobs"]), main(["wait", ID])) == (0, 0)
    assert [line.split() for line in capsys.readouterr().out.splitlines()] == [
        ["ID", "CREATED", "STATUS", "KIND", "URL", "RESULT"],
        [ID, JOB["created_at"], "SUCCESS", "longest", JOB["url"], "word:", "abc,", "top:", "5"],
        ["STATUS", "URL", "RESULT"],
        ["SUCCESS", JOB["url"], "word:", "abc,", "top:", "5"],
    ]


def test_they_are_shown_as_they_are(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["show", ID]) == 0
    assert capsys.readouterr().out.splitlines()[-4:] == [
        "word:           abc",
        "top:            5",
        "words:          a 1",
        'unique words:   {"b": 2}',
    ]


def test_a_job_without_a_url_is_listed_and_waited_for_by_its_label(
    httpserver: HTTPServer, capsys: pytest.CaptureFixture[str]
) -> None:
    httpserver.clear()
    labelled = JOB | {"url": None, "label": "Ada"}
    httpserver.expect_request("/jobs").respond_with_json({"jobs": [labelled], "next": None})
    httpserver.expect_request(f"/result/{ID}").respond_with_json(labelled)
    assert (main(["jobs"]), main(["wait", ID])) == (0, 0)
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert [lines[1], lines[3]] == [
        [ID, JOB["created_at"], "SUCCESS", "longest", "Ada", *SAID],
        ["SUCCESS", "Ada", *SAID],
    ]
    assert [line[-2] for line in (lines[0], lines[2])] == ["JOB", "JOB"]


def test_a_job_of_another_kind_is_shown_with_what_was_asked(
    httpserver: HTTPServer, capsys: pytest.CaptureFixture[str]
) -> None:
    httpserver.clear()
    asked = {"names": ["Ada", "Zoë"], "loud": True, "greeting": None}
    job = JOB | {"url": None, "label": "two names", "request": asked}
    httpserver.expect_request(f"/result/{ID}").respond_with_json(job)
    assert main(["show", ID]) == 0
    assert capsys.readouterr().out.splitlines()[1:7] == [
        "kind:           longest",
        "label:          two names",
        "status:         SUCCESS",
        "created:        2026-11-25T10:00:00.000Z",
        "asked names:    Ada, Zoë",
        "asked loud:     true",
    ]


def test_a_job_without_url_and_label_is_shown_by_its_id(
    httpserver: HTTPServer, capsys: pytest.CaptureFixture[str]
) -> None:
    httpserver.clear()
    without = {name: value for name, value in JOB.items() if name != "url"}
    httpserver.expect_request("/jobs").respond_with_json({"jobs": [without], "next": None})
    assert main(["wait", ID]) == 0
    assert capsys.readouterr().out.splitlines()[1].split() == ["SUCCESS", ID, *SAID]


def test_a_job_without_a_url_is_shown_without_a_line_for_it(
    httpserver: HTTPServer, capsys: pytest.CaptureFixture[str]
) -> None:
    httpserver.clear()
    httpserver.expect_request(f"/result/{ID}").respond_with_json(JOB | {"url": None})
    assert main(["show", ID]) == 0
    assert [line.split(":")[0] for line in capsys.readouterr().out.splitlines()[:4]] == [
        "id",
        "kind",
        "status",
        "created",
    ]


def test_a_list_ends_with_an_empty_page(httpserver: HTTPServer, capsys: pytest.CaptureFixture[str]) -> None:
    httpserver.clear()
    httpserver.expect_request("/jobs").respond_with_json({"jobs": [], "next": "/jobs?cursor=…"})
    assert main(["jobs"]) == 0
    assert capsys.readouterr().out.split() == ["ID", "CREATED", "STATUS", "WORDS", "URL"]
