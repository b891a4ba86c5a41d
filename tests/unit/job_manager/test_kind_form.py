"""A form for any kind of job, from the schema of its request."""

from enum import StrEnum
from typing import Annotated, Literal

import pytest
from pydantic import BaseModel, Field

from job_core.job import JsonObject
from job_core.kinds import kind_of
from job_manager.web.kind_form import KindForm
from job_tasks.page_request import PageRequest


class Colour(StrEnum):
    RED = "red"
    BLUE = "blue"


class Part(BaseModel):
    size: int


class OddRequest(PageRequest):
    title: str = Field(max_length=20)
    text: str = ""
    many: int = Field(default=3, ge=1)
    share: float | None = None
    is_loud: bool = False
    colour: Colour = Colour.RED
    how: Literal["fast", "slow"] | None = None
    names: Annotated[list[str], Field(max_length=2)] = Field(default_factory=list)
    parts: list[Part] = Field(default_factory=list)
    either: int | str | None = None


def odd(request: OddRequest) -> JsonObject:
    """Do something odd.

    At length.
    """
    return {"title": request.title}


KIND = kind_of(odd)


def checked(**written: str) -> tuple[JsonObject | None, dict[str, tuple[str, ...]]]:
    """The request that is submitted, if it is, and what is wrong by field; "" for the form as a whole."""
    jobs, form = KindForm.read(KIND, written).check(max_crashes=3, owner="somebody")
    wrong = {field.name: field.wrong for field in form.fields if field.wrong}
    return jobs[0].request if jobs else None, wrong | ({"": form.wrong} if form.wrong else {})


def test_each_field_is_written_as_its_type_wants() -> None:
    fields = {field.name: field for field in KindForm.read(KIND, {}).fields}
    assert {name: field.control for name, field in fields.items()} == {
        "url": "text",
        "title": "text",
        "text": "long text",
        "many": "number",
        "share": "number",
        "is_loud": "choice",
        "colour": "choice",
        "how": "choice",
        "names": "lines",
        "parts": "json",
        "either": "json",
        "max_attempts": "number",
        "on_failure": "choice",
        "callback_url": "text",
    }
    assert [name for name, field in fields.items() if field.is_required] == ["url", "title"]
    assert [name for name, field in fields.items() if field.is_option] == ["max_attempts", "on_failure", "callback_url"]
    assert [list(fields[name].choices) for name in ("is_loud", "colour", "how")] == [
        ["yes", "no"],
        ["red", "blue"],
        ["fast", "slow"],
    ]
    defaults = ("many", "is_loud", "colour", "how", "share", "names")
    assert [fields[name].default for name in defaults] == ["3", "no", "red", None, None, None]


def test_what_is_left_empty_has_its_default() -> None:
    request, wrong = checked(url="https://example.com/", title="t", many=" ", parts="")
    assert wrong == {}
    assert request == OddRequest(url="https://example.com/", title="t").model_dump(mode="json")


def test_what_is_written_is_submitted() -> None:
    written = {
        "url": "example.com",
        "title": " t ",
        "many": "5",
        "share": "0.5",
        "is_loud": "yes",
        "colour": "blue",
        "how": "slow",
        "names": "a\r\n\r\n b \r\n",
        "parts": '[{"size": 2}]',
        "either": '"five"',
    }
    request, wrong = checked(**written)
    assert wrong == {}
    assert request == {
        "url": "https://example.com",
        "title": "t",
        "text": "",
        "many": 5,
        "share": 0.5,
        "is_loud": True,
        "colour": "blue",
        "how": "slow",
        "names": ["a", "b"],
        "parts": [{"size": 2}],
        "either": "five",
    }


@pytest.mark.parametrize(
    ("name", "written", "said"),
    [
        ("url", "ftp://example.com", "url must begin with http:// or https://."),
        ("title", "", "title is missing."),
        ("many", "0", "many Input should be greater than or equal to 1."),
        ("many", "x", "many Input should be a valid integer, unable to parse string as an integer."),
        ("is_loud", "perhaps", "is_loud Input should be a valid boolean, unable to interpret input."),
        ("colour", "green", "colour Input should be 'red' or 'blue'."),
        ("names", "a\nb\nc", "names List should have at most 2 items after validation, not 3."),
        ("parts", "[", "parts is not valid JSON."),
        ("parts", "[" * 100_000, None),
        (
            "parts",
            '[{"size": "x"}]',
            "parts[0].size Input should be a valid integer, unable to parse string as an integer.",
        ),
        ("callback_url", "x y", None),
        ("text", "x" * 70_000, None),
    ],
)
def test_what_is_wrong_is_said_beside_its_field(name: str, written: str, said: str | None) -> None:
    request, wrong = checked(**{"url": "https://example.com/", "title": "t"} | {name: written})
    assert request is None
    assert len(wrong) == 1
    assert said is None or wrong == {name: (said,)}


def test_what_was_written_is_kept() -> None:
    written = {"url": "ftp://example.com", "title": "t", "names": "a\nb"}
    _, form = KindForm.read(KIND, written).check(max_crashes=3, owner=None)
    assert {field.name: field.written for field in form.fields if field.written} == written
    assert form.is_wrong
