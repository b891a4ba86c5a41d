from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest
from pydantic import BaseModel, ValidationError

from job_core.job import JsonObject, NewJob, OnFailure
from job_core.kinds import READ_CALLBACK_URL, EndedChild, FanOut, RunningJob, kind_of
from job_core.store.database import Database


class ShoutRequest(BaseModel):
    """A kind of its own, as a reader would add it."""

    text: str
    loud: bool = False


class PlaceRequest(BaseModel):
    """What has a label and a limit."""

    place: str

    def label(self) -> str:
        return f"the place {self.place}"

    def limit_key(self) -> str:
        return self.place.lower()


def shout(request: ShoutRequest) -> JsonObject:
    return {"said": request.text.upper() if request.loud else request.text}


def visit(_request: PlaceRequest, job: RunningJob) -> JsonObject:
    return {"attempt": job.attempt}


def join(_request: ShoutRequest, children: Iterator[EndedChild]) -> dict[str, int]:
    return {"children": len(list(children))}


def split(_request: ShoutRequest) -> FanOut:
    return FanOut([])


STORE = Database("postgresql+psycopg2://localhost/none", pool_size=1)  # nothing connects to it
RUNNING = RunningJob(id=UUID(int=1), owner=None, attempt=3, progress=None, database=STORE)
SHOUT = kind_of(shout)
VISIT = kind_of(visit)
SPLIT = kind_of(split, join=join)


def test_a_kind_is_a_function() -> None:
    assert (SHOUT.name, SHOUT.request, SHOUT.work) == ("shout", ShoutRequest, shout)
    assert SHOUT.start(ShoutRequest(text="Hello.", loud=True), RUNNING) == {"said": "HELLO."}


def test_a_task_may_see_its_job() -> None:
    assert VISIT.start(PlaceRequest(place="Rome"), RUNNING) == {"attempt": 3}


def test_the_result_of_a_kind_that_fans_out_is_that_of_its_join() -> None:
    assert SPLIT.result == dict[str, int]
    assert SPLIT.finish(ShoutRequest(text=""), iter(()), RUNNING) == {"children": 0}


def test_a_kind_without_join_cannot_be_joined() -> None:
    with pytest.raises(TypeError, match="has no join"):
        SHOUT.finish(ShoutRequest(text=""), iter(()), RUNNING)


def untyped(request):  # type: ignore[no-untyped-def] # noqa: ANN001, ANN201
    return {"said": request.text}


def of_text(text: str) -> JsonObject:
    return {"said": text}


def without_parameter() -> JsonObject:
    return {}


def without_result(request: ShoutRequest):  # type: ignore[no-untyped-def] # noqa: ANN201
    return {"said": request.text}


def sum(request: ShoutRequest) -> JsonObject:  # noqa: A001 - what is refused
    return {"said": request.text}


def giving_text(request: ShoutRequest) -> str:
    return request.text


@pytest.mark.parametrize(
    ("task", "wanted"),
    [
        (untyped, "annotate its first parameter"),
        (of_text, "annotate its first parameter"),
        (without_parameter, "annotate its first parameter"),
        (without_result, "annotate its result"),
        (giving_text, "annotate its result"),
        (sum, "choose another name"),
    ],
)
def test_a_task_without_its_annotations_is_named_at_the_start(task: Any, wanted: str) -> None:
    with pytest.raises(TypeError, match=f"task {task.__name__}: {wanted}"):
        kind_of(task)


def join_without_result(request: ShoutRequest, children: object):  # type: ignore[no-untyped-def] # noqa: ANN201
    del request, children


def test_a_join_without_its_annotation_is_named_at_the_start() -> None:
    with pytest.raises(TypeError, match="annotate the result of its join, join_without_result"):
        kind_of(shout, join=join_without_result)


def test_a_submission_has_what_every_kind_takes_and_a_job_keeps_the_request() -> None:
    submitted = SHOUT.submission.model_validate({"text": "Hello.", "max_attempts": 2, "on_failure": "discard"})
    assert SHOUT.new_job(submitted, max_crashes=3, owner="ada") == NewJob(
        kind="shout",
        label="shout",
        request={"text": "Hello.", "loud": False},
        max_attempts=2,
        max_crashes=3,
        on_failure=OnFailure.DISCARD,
        owner="ada",
    )


def test_a_request_may_say_what_it_is_known_by_and_limited_together_with() -> None:
    job = VISIT.job(PlaceRequest(place="Rome"))
    assert (job.label, job.limit_key) == ("the place Rome", "rome")


def test_a_kind_may_have_a_number_of_attempts_of_its_own() -> None:
    once = kind_of(shout, max_attempts=1)
    assert once.submission.model_validate({"text": "Hello."}).model_dump()["max_attempts"] == 1
    assert once.job(ShoutRequest(text="Hello.")).max_attempts == 1


def test_what_is_kept_of_a_request_can_be_read_again() -> None:
    request = ShoutRequest(text="Hello.", loud=True)
    assert SHOUT.kept_request(request.model_dump(mode="json")) == request


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
        ({"text": "NUL\0"}, "text"),
    ],
)
def test_a_wrong_submission_names_its_field(fields: JsonObject, field: str) -> None:
    with pytest.raises(ValidationError) as raised:
        SHOUT.submission.model_validate({"text": "Hello."} | fields, context={READ_CALLBACK_URL: read_callback_url})
    assert [error["loc"] for error in raised.value.errors()] == [(field,)]


def test_a_callback_is_kept_as_it_was_read() -> None:
    fields = {"text": "Hello.", "callback_url": "https://example.com"}
    submitted = SHOUT.submission.model_validate(fields, context={READ_CALLBACK_URL: read_callback_url})
    assert SHOUT.new_job(submitted, max_crashes=3).callback_url == "https://example.com/"


def test_without_a_reader_of_callbacks_none_is_taken() -> None:
    with pytest.raises(ValidationError, match="is not offered here"):
        SHOUT.submission.model_validate({"text": "Hello.", "callback_url": "https://example.com"})


def test_the_schema_has_what_a_kind_adds_before_what_every_kind_has() -> None:
    described = SHOUT.submission.model_json_schema()["properties"]
    assert list(described) == ["text", "loud", "max_attempts", "on_failure", "callback_url"]
