import json
from typing import Any
from urllib.parse import urlencode

import pytest
from flask import Request
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel
from werkzeug.test import EnvironBuilder

from job_core.job import NewJob, OnFailure
from job_core.kinds import Kind
from job_manager.errors import InvalidRequest, MalformedRequest
from job_manager.requests import MAX_BATCH, is_batch, new_jobs, read_body
from job_tasks.job_tasks import core

COUNT = core.kinds["count"]
NAMES = st.text(max_size=10)
OF_LISTS = {"urls", "include", "exclude"}  # which hold several values
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**60), 2**60) | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=8,
)


def request(body: str | bytes, content_type: str = "application/json") -> Request:
    data = body.encode() if isinstance(body, str) else body
    environ = EnvironBuilder(method="POST", data=data, content_type=content_type).get_environ()
    return Request(environ)


def jobs(fields: dict[str, Any], *, typed: bool = True) -> list[NewJob]:
    return new_jobs(COUNT, fields, typed=typed, max_crashes=3)


@given(st.dictionaries(NAMES, VALUES, max_size=5))
def test_json_is_read_as_it_was_written(fields: dict[str, Any]) -> None:
    assert read_body(request(json.dumps(fields))) == (fields, True)


@given(st.dictionaries(NAMES.filter(lambda name: name not in OF_LISTS and not name.startswith("{")), NAMES, max_size=5))
def test_a_form_is_read_as_it_was_written(fields: dict[str, str]) -> None:
    assert read_body(request(urlencode(fields), "application/x-www-form-urlencoded")) == (fields, False)


@pytest.mark.parametrize("name", sorted(OF_LISTS))
def test_a_field_of_several_values_is_a_list_in_a_form(name: str) -> None:
    for given_values in (["/a"], ["/a", "", "/b"]):
        body = urlencode([(name, value) for value in given_values])
        assert read_body(request(body, "application/x-www-form-urlencoded")) == ({name: given_values}, False)


@given(st.dictionaries(NAMES, st.integers(), min_size=1, max_size=4), st.data())
def test_a_name_that_comes_twice_is_named(fields: dict[str, int], data: st.DataObject) -> None:
    twice = data.draw(st.sampled_from(sorted(fields)))
    pairs = ",".join(f"{json.dumps(name)}:{value}" for name, value in [*fields.items(), (twice, 1)])
    with pytest.raises(InvalidRequest) as raised:
        read_body(request("{" + pairs + "}"))
    assert raised.value.errors == ((twice, "is given more than once"),)


@given(st.binary(max_size=30))
def test_any_bytes_are_an_object_or_refused(body: bytes) -> None:
    try:
        fields, _ = read_body(request(body))
    except (MalformedRequest, InvalidRequest):
        return
    assert isinstance(fields, dict)


def test_one_url_is_one_job() -> None:
    assert jobs({"url": "https://example.com/", "top": 3, "on_failure": "discard", "max_attempts": 2}) == [
        NewJob(
            kind="count",
            label="https://example.com/",
            limit_key="example.com",
            request={
                "url": "https://example.com/",
                "word": None,
                "top": 3,
                "tokenizer": "words",
            },
            max_attempts=2,
            max_crashes=3,
            on_failure=OnFailure.DISCARD,
        )
    ]


@given(st.lists(st.integers(0, 99), min_size=1, max_size=20), st.integers(0, 1_000))
def test_each_of_several_urls_is_the_job_that_it_would_be_alone(numbers: list[int], top: int) -> None:
    urls = [f"https://example.com/{number}" for number in numbers]
    alone = [job for url in urls for job in jobs({"url": url, "top": top})]
    assert jobs({"urls": urls, "top": top}) == alone


@given(st.integers(0, 30), st.integers(0, 30))
def test_the_wrong_one_of_several_urls_is_named(before: int, after: int) -> None:
    urls = [*["https://example.com/"] * before, 5, *["https://example.com/"] * after]
    with pytest.raises(InvalidRequest) as raised:
        jobs({"urls": urls})
    assert [field for field, _ in raised.value.errors] == [f"urls[{before}]"]


@pytest.mark.parametrize("many", [0, MAX_BATCH + 1])
def test_a_batch_is_bounded(many: int) -> None:
    with pytest.raises(InvalidRequest, match="urls: must be a list of 1 to 1,000 URLs"):
        jobs({"urls": ["https://example.com/"] * many})


def test_text_becomes_typed_in_a_form_alone() -> None:
    fields = {"url": "https://example.com/", "top": "3"}
    (job,) = jobs(fields, typed=False)
    assert job.request["top"] == 3
    with pytest.raises(InvalidRequest, match="top: "):
        jobs(fields)


class TotalRequest(BaseModel):
    """A kind that is not about one URL, with a field of the name that batches have."""

    urls: list[str]


def test_a_kind_may_have_a_field_named_urls() -> None:
    total = Kind(name="total", request=TotalRequest, work=lambda _: {})
    fields = {"urls": ["https://example.com/", "https://example.org/"]}
    (job,) = new_jobs(total, fields, typed=True, max_crashes=3)
    assert job.request == fields
    assert not is_batch(total, fields)
    assert is_batch(COUNT, fields)
