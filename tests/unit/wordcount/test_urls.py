import io
import json
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from job_manager import requests
from wordcount.errors import WrongInput
from wordcount.urls import MAX_BATCH, MAX_BATCH_BYTES, batches, check_urls, read_lines


def give(monkeypatch: pytest.MonkeyPatch, written: bytes) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(written)))


def test_lines_of_standard_input_stand_where_the_dash_does(monkeypatch: pytest.MonkeyPatch) -> None:
    give(monkeypatch, b"\xef\xbb\xbfhttps://b\r\n\n  https://c \nhttps://d")
    assert read_lines(["https://a", "-", "https://e"]) == [f"https://{letter}" for letter in "abcde"]


def test_standard_input_that_is_no_text_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    give(monkeypatch, b"https://example.com/\xff")
    with pytest.raises(WrongInput, match=r"^Standard input is not UTF-8 text\.$"):
        read_lines(["-"])


def test_urls_that_can_be_counted_pass() -> None:
    check_urls(["https://example.com", "http://192.0.2.1:8080/a?b=c", "https://bücher.example/"])


def test_each_wrong_url_is_named_by_its_place_and_of_many_the_first_ten() -> None:
    wrong = [f"nowhere-{number}" for number in range(12)]
    with pytest.raises(WrongInput) as raised:
        check_urls(["https://example.com", *wrong])
    first, *each, last = str(raised.value).splitlines()
    assert first == "12 URLs of 13 cannot be counted; nothing was submitted."
    assert [line.split(" must ")[0] for line in each] == [f"URL {n + 2} (nowhere-{n})" for n in range(10)]
    assert last == "and 2 more"


@pytest.mark.parametrize(
    "url", ["ftp://me:secret@example.com/", "http://me:secret@", "http://a b:secret@x y/", "x" * 99 + "\x1b"]
)
def test_what_is_said_of_a_wrong_url_is_safe_to_show(url: str) -> None:
    with pytest.raises(WrongInput) as raised:
        check_urls([url])
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
