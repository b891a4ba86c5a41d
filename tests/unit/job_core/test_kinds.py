from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from job_core.job import JsonObject
from job_core.kinds import KINDS, JobRequest, Kind, add_kind


class ShoutRequest(JobRequest):
    """A kind of its own, as a reader would add it."""

    loud: bool = False


def shout(request: ShoutRequest) -> JsonObject:
    return {"said": request.url.upper() if request.loud else request.url}


@pytest.fixture
def kind() -> Iterator[Kind]:
    yield add_kind(shout)
    del KINDS["shout"]


def test_a_kind_is_a_function(kind: Kind) -> None:
    assert kind == Kind(name="shout", request=ShoutRequest, work=shout)
    assert KINDS["shout"] is kind


def untyped(request):  # type: ignore[no-untyped-def] # noqa: ANN001, ANN201
    return {"said": request.url}


def of_text(text: str) -> JsonObject:
    return {"said": text}


def without_result(request: JobRequest):  # type: ignore[no-untyped-def] # noqa: ANN201
    return {"said": request.url}


def giving_text(request: JobRequest) -> str:
    return request.url


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
    request = kind.request.model_validate({"url": "https://example.com", "loud": True})
    assert request.model_dump(mode="json") == {
        "url": "https://example.com",
        "max_attempts": 5,
        "on_failure": "retry",
        "loud": True,
    }


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({}, "url"),
        ({"url": "ftp://example.com"}, "url"),
        ({"url": "https://"}, "url"),
        ({"url": "https://example.com/\0"}, "url"),
        ({"url": "https://example.com/" + "x" * 2_029}, "url"),
        ({"url": "https://example.com", "max_attempts": 0}, "max_attempts"),
        ({"url": "https://example.com", "max_attempts": 101}, "max_attempts"),
        ({"url": "https://example.com", "on_failure": "explode"}, "on_failure"),
        ({"url": "https://example.com", "callback": "https://example.com"}, "callback"),
        ({"url": "https://example.com", "callback_url": "ftp://example.com"}, "callback_url"),
        ({"url": "https://example.com", "callback_url": ""}, "callback_url"),
        ({"url": "https://example.com", "callback_url": "https://example.com/\0"}, "callback_url"),
        ({"url": "https://example.com", "callback_url": "https://example.com/" + "x" * 2_029}, "callback_url"),
    ],
)
def test_a_wrong_request_names_its_field(fields: JsonObject, field: str) -> None:
    with pytest.raises(ValidationError) as raised:
        JobRequest.model_validate(fields)
    assert [error["loc"] for error in raised.value.errors()] == [(field,)]


def test_credentials_are_taken_out_of_a_url() -> None:
    request = JobRequest(url="https://user:password@example.com/@me#part")
    assert request.url == "https://example.com/@me"


MANY_LETTERS = "字" * 300  # nine characters each when percent-encoded


@pytest.mark.parametrize("url", [f"https://medium.example/@user/{MANY_LETTERS}", "HTTP://Example.com/a b?to=me@x#@"])
def test_an_at_sign_that_ends_no_credentials_changes_nothing(url: str) -> None:
    assert JobRequest(url=url).url == url


def test_what_is_kept_without_credentials_can_be_read_again_however_long_it_has_become(kind: Kind) -> None:
    request = kind.request(url=f"https://user:password@example.com/{MANY_LETTERS}")
    assert request.url == f"https://example.com/{quote(MANY_LETTERS)}"
    assert len(request.url) > 2_048
    assert kind.kept_request(request.model_dump(mode="json")) == request


NAMES = st.from_regex(r"[a-z][a-z0-9]{0,20}", fullmatch=True)


@given(host=NAMES, path=NAMES, user=NAMES, password=NAMES.filter(lambda text: len(text) > 8))
def test_no_url_keeps_a_password(host: str, path: str, user: str, password: str) -> None:
    kept = JobRequest(url=f"http://{user}:{password}@{host}.example/{path}").url
    assert kept == f"http://{host}.example/{path}"


@given(st.text(max_size=200))
def test_any_text_is_a_url_or_is_refused(text: str) -> None:
    try:
        kept = JobRequest(url=text).url
    except ValidationError:
        return
    assert kept == text or "@" in text
