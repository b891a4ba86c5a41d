"""`wordcount run`: a job of any kind, by what the manager says of it."""

import json
from typing import Any

import pytest
from pydantic import BaseModel, Field
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from job_core.job import JsonObject
from job_core.kinds import kind_of
from wordcount.main import main

ID = "01a20c9c-c451-726f-a7db-dc9eca01d34e"
ACCEPTED: dict[str, Any] = {
    "id": ID,
    "kind": "odd",
    "label": "Ada",
    "url": None,
    "status": "PENDING",
    "created_at": "2026-11-25T10:00:00.000Z",
    "result": None,
    "error": None,
}


class OddRequest(BaseModel):
    title: str = Field(max_length=20, description="100 % of it")
    how_many: int = 3
    share: float | None = None
    loud: bool = False
    names: list[str] = Field(default_factory=list)
    parts: list[dict[str, int]] = Field(default_factory=list)
    site: str | None = Field(default=None, json_schema_extra={"format": "web-url"})
    key: str | None = None


def odd(request: OddRequest) -> JsonObject:
    """Do something odd."""
    return {"title": request.title}


@pytest.fixture(autouse=True)
def sent(httpserver: HTTPServer, monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What was submitted to a manager that offers one kind."""
    bodies: list[Any] = []

    def accept(request: Request) -> Response:
        bodies.append(request.get_json())
        return Response(json.dumps(ACCEPTED), 202, content_type="application/json")

    schema = kind_of(odd).submission.model_json_schema()
    of_odd = {"schema": {"anyOf": [{"$ref": "#/components/schemas/OddSubmission"}]}}
    posts = {"post": {"requestBody": {"content": {"application/json": of_odd}}}}
    document = {"paths": {"/odd": posts, "/jobs": {"get": {}}}, "components": {"schemas": {"OddSubmission": schema}}}
    httpserver.expect_request("/openapi.json").respond_with_json(document)
    httpserver.expect_request("/odd", method="POST").respond_with_handler(accept)
    monkeypatch.setenv("WORDCOUNT_SERVER", httpserver.url_for("/"))
    return bodies


def test_fields_are_sent_by_their_types(sent: list[Any], capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["--title", "5", "--how-many", "5", "--share", "0.5", "--loud", "true", "--names", "a", "b"]
    arguments += ["--names", "c", "--parts", '[{"size": 1}]', "--site", "example.com", "--on_failure", "discard"]
    assert main(["run", "odd", *arguments]) == 0
    assert sent == [
        {
            "title": "5",
            "how_many": 5,
            "share": 0.5,
            "loud": True,
            "names": ["a", "b", "c"],
            "parts": [{"size": 1}],
            "site": "https://example.com",
            "on_failure": "discard",
        }
    ]
    assert capsys.readouterr().out == f"{ID}  Ada\n"


@pytest.mark.parametrize("arguments", [["odd", "--title", "t", "--json"], ["--json", "odd", "--title=t"]])
def test_options_of_the_command_stand_before_the_kind_or_after(
    sent: list[Any], capsys: pytest.CaptureFixture[str], arguments: list[str]
) -> None:
    assert main(["run", *arguments]) == 0
    assert sent == [{"title": "t"}]
    assert json.loads(capsys.readouterr().out) == ACCEPTED


def test_a_field_that_is_called_like_an_option_has_another_name(sent: list[Any]) -> None:
    assert main(["run", "odd", "--title", "t", "--key", "of-the-manager", "--field-key", "of-the-request"]) == 0
    assert sent == [{"title": "t", "key": "of-the-request"}]


def test_the_result_is_waited_for_and_shown(httpserver: HTTPServer, capsys: pytest.CaptureFixture[str]) -> None:
    ended = ACCEPTED | {"status": "SUCCESS", "result": {"longest": "queue", "all": [1], "letters": 5}}
    httpserver.expect_request("/jobs").respond_with_json({"jobs": [ended], "next": None})
    assert main(["run", "odd", "--title", "t", "--wait"]) == 0
    assert [line.split() for line in capsys.readouterr().out.splitlines()] == [
        ["STATUS", "JOB", "RESULT"],
        ["SUCCESS", "Ada", "longest:", "queue,", "letters:", "5"],
    ]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "required: --title"),
        (["--title", "t", "--how-many", "many"], "argument --how-many/--how_many: is not valid JSON"),
        (["--title", "t", "--how-many", "true"], "must be a number"),
        (["--title", "t", "--loud", "loudly"], "argument --loud: must be one of true, false"),
        (["--title", "t", "--parts", "["], "argument --parts: is not valid JSON"),
        (["--title", "t", "--colour", "red"], "unrecognized arguments: --colour red"),
    ],
)
def test_what_is_wrong_is_said_by_its_field_and_nothing_is_submitted(
    sent: list[Any], capsys: pytest.CaptureFixture[str], arguments: list[str], said: str
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["run", "odd", *arguments])
    assert (ended.value.code, sent) == (2, [])
    assert said in capsys.readouterr().err


def test_the_fields_of_a_kind_are_its_help(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["run", "odd", "--help"])
    assert ended.value.code == 0
    said = capsys.readouterr().out
    for part in ("--title TEXT", "100 % of it", "--how-many N", "(default: 3)", "--loud {true,false}", "--site URL"):
        assert part in said


def test_a_kind_that_is_not_offered_is_answered_by_those_that_are(
    sent: list[Any], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["run", "none", "--title", "t"]) == 2
    assert capsys.readouterr().err == "wordcount: There is no kind 'none'; this manager offers odd.\n"
    assert sent == []


def test_what_the_manager_refuses_is_said(httpserver: HTTPServer, capsys: pytest.CaptureFixture[str]) -> None:
    httpserver.clear()
    httpserver.expect_request("/openapi.json").respond_with_json({"paths": {}})
    assert main(["run", "odd"]) == 2
    httpserver.clear()
    httpserver.expect_request("/openapi.json").respond_with_json([])
    assert main(["run", "odd"]) == 1
    assert "manager" in capsys.readouterr().err
