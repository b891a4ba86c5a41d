from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from job_core.job import JsonObject
from job_core.kinds import Kind
from job_tasks.page_request import PageRequest

READ = Kind(name="read", request=PageRequest, work=lambda _: {})


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"url": "ftp://example.com"},
        {"url": "https://"},
        {"url": "https://example.com/\0"},
        {"url": "https://example.com/" + "x" * 2_029},
    ],
)
def test_a_url_that_cannot_be_fetched_is_refused(fields: JsonObject) -> None:
    with pytest.raises(ValidationError) as raised:
        READ.submission.model_validate(fields)
    assert [error["loc"] for error in raised.value.errors()] == [("url",)]


def test_credentials_are_taken_out_of_a_url() -> None:
    request = PageRequest(url="https://user:password@example.com/@me#part")
    assert request.url == "https://example.com/@me"


MANY_LETTERS = "字" * 300  # nine characters each when percent-encoded


@pytest.mark.parametrize("url", [f"https://medium.example/@user/{MANY_LETTERS}", "HTTP://Example.com/a b?to=me@x#@"])
def test_an_at_sign_that_ends_no_credentials_changes_nothing(url: str) -> None:
    assert PageRequest(url=url).url == url


def test_what_is_kept_without_credentials_can_be_read_again_however_long_it_has_become() -> None:
    request = PageRequest(url=f"https://user:password@example.com/{MANY_LETTERS}")
    assert request.url == f"https://example.com/{quote(MANY_LETTERS)}"
    assert len(request.url) > 2_048
    assert READ.kept_request(request.model_dump(mode="json")) == request
    with pytest.raises(ValidationError):
        PageRequest.model_validate(request.model_dump(mode="json"))


NAMES = st.from_regex(r"[a-z][a-z0-9]{0,20}", fullmatch=True)


@given(host=NAMES, path=NAMES, user=NAMES, password=NAMES.filter(lambda text: len(text) > 8))
def test_no_url_keeps_a_password(host: str, path: str, user: str, password: str) -> None:
    kept = PageRequest(url=f"http://{user}:{password}@{host}.example/{path}").url
    assert kept == f"http://{host}.example/{path}"


@given(st.text(max_size=200))
def test_any_text_is_a_url_or_is_refused(text: str) -> None:
    try:
        kept = PageRequest(url=text).url
    except ValidationError:
        return
    assert kept == text or "@" in text
