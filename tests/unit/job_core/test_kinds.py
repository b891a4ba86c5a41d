from collections.abc import Iterator
from typing import Any

import pytest
from pydantic import ValidationError

from job_core.job import JsonObject
from job_core.kinds import KINDS, READ_CALLBACK_URL, JobRequest, Kind, add_kind


class ShoutRequest(JobRequest):
    """A kind of its own, as a reader would add it."""

    text: str
    loud: bool = False


def shout(request: ShoutRequest) -> JsonObject:
    return {"said": request.text.upper() if request.loud else request.text}


@pytest.fixture
def kind() -> Iterator[Kind]:
    yield add_kind(shout)
    del KINDS["shout"]


def test_a_kind_is_a_function(kind: Kind) -> None:
    assert kind == Kind(name="shout", request=ShoutRequest, work=shout)
    assert KINDS["shout"] is kind


def untyped(request):  # type: ignore[no-untyped-def] # noqa: ANN001, ANN201
    return {"said": request.text}


def of_text(text: str) -> JsonObject:
    return {"said": text}


def without_result(request: JobRequest):  # type: ignore[no-untyped-def] # noqa: ANN201
    return {"said": request.on_failure}


def giving_text(request: JobRequest) -> str:
    return request.on_failure


@pytest.mark.parametrize(
    ("task", "wanted"),
    [
        (untyped, "annotate its one parameter"),
        (of_text, "annotate its one parameter"),
        (without_result, "annotate what it returns"),
        (giving_text, "annotate what it returns"),
    ],
)
def test_a_task_without_its_annotations_is_named_at_the_start(task: Any, wanted: str) -> None:
    with pytest.raises(TypeError, match=f"task {task.__name__}: {wanted}"):
        add_kind(task)
    assert task.__name__ not in KINDS


def test_a_request_has_what_every_kind_takes(kind: Kind) -> None:
    request = kind.request.model_validate({"text": "Hello.", "loud": True})
    assert request.model_dump(mode="json") == {"max_attempts": 5, "on_failure": "retry", "text": "Hello.", "loud": True}


def test_what_is_kept_of_a_request_can_be_read_again(kind: Kind) -> None:
    request = ShoutRequest(text="Hello.", max_attempts=2)
    assert kind.kept_request(request.model_dump(mode="json")) == request


def read_callback_url(text: str) -> str:
    if not text.startswith("https://"):
        raise ValueError("must begin with https://")
    return f"{text}/"


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"max_attempts": 0}, "max_attempts"),
        ({"max_attempts": 101}, "max_attempts"),
        ({"on_failure": "explode"}, "on_failure"),
        ({"callback": "https://example.com"}, "callback"),
        ({"callback_url": "ftp://example.com"}, "callback_url"),
        ({"callback_url": ""}, "callback_url"),
        ({"callback_url": "https://example.com/\0"}, "callback_url"),
        ({"callback_url": "https://example.com/" + "x" * 2_029}, "callback_url"),
    ],
)
def test_a_wrong_request_names_its_field(fields: JsonObject, field: str) -> None:
    with pytest.raises(ValidationError) as raised:
        JobRequest.model_validate(fields, context={READ_CALLBACK_URL: read_callback_url})
    assert [error["loc"] for error in raised.value.errors()] == [(field,)]


def test_a_callback_is_kept_as_it_was_read() -> None:
    fields = {"callback_url": "https://example.com"}
    request = JobRequest.model_validate(fields, context={READ_CALLBACK_URL: read_callback_url})
    assert request.callback_url == "https://example.com/"


def test_without_a_reader_of_callbacks_none_is_taken() -> None:
    with pytest.raises(ValidationError, match="is not offered here"):
        JobRequest.model_validate({"callback_url": "https://example.com"})


def test_the_schema_has_what_a_kind_adds_before_what_every_kind_has(kind: Kind) -> None:
    described = kind.request.model_json_schema()["properties"]
    assert list(described) == ["text", "loud", "max_attempts", "on_failure", "callback_url"]
