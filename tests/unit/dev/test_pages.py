"""What a page of `dev.pages` does is in its URL, and seen by who asks for it."""

from collections.abc import Iterator
from http import HTTPStatus

import pytest
import requests

from dev.pages import Behaviour, PageServer, behaviour_at, served_pages
from dev.waiting import eventually


@pytest.mark.parametrize(
    ("path", "behaviour"),
    [
        ("/words/12/a", Behaviour(manner="words", words=12)),
        ("/stamped/12/a?seconds=0.25", Behaviour(manner="stamped", words=12, seconds=0.25)),
        ("/stamped/7/a?times=1", Behaviour(manner="stamped", words=7, times=1)),
        ("/busy/a?times=2&after=4", Behaviour(manner="busy", times=2, retry_after=4)),
    ],
)
def test_each_url_is_one_behaviour(path: str, behaviour: Behaviour) -> None:
    assert behaviour_at(f"http://site{path}") == behaviour_at(path) == behaviour


@pytest.mark.parametrize(
    ("path", "error"),
    [
        ("/busy/a", HTTPStatus.SERVICE_UNAVAILABLE),
        ("/missing/a", HTTPStatus.NOT_FOUND),
        ("/busy/a?times=1", None),
        ("/words/1/a", None),
    ],
)
def test_some_never_become_a_page(path: str, error: HTTPStatus | None) -> None:
    assert behaviour_at(path).error == error


@pytest.mark.parametrize("path", ["", "/words", "/words/many/a"])
def test_there_is_no_other(path: str) -> None:
    with pytest.raises((ValueError, IndexError)):
        behaviour_at(path)


@pytest.fixture
def pages() -> Iterator[PageServer]:
    with served_pages() as pages:
        yield pages


def test_a_page_that_fails_first_is_a_page_then(pages: PageServer) -> None:
    answers = [requests.get(pages.url("/stamped/3/late?times=1&after=4"), timeout=10) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [503, 200]
    assert answers[0].headers["Retry-After"] == "4"
    assert answers[1].text.count("word") == 2
    assert pages.requests("/stamped/3/late") == 2


def test_a_held_page_waits_for_its_release(pages: PageServer) -> None:
    pages.release("/held/a", up_to=1)
    assert requests.get(pages.url("/held/a"), timeout=10).ok
    with pytest.raises(requests.ReadTimeout):
        requests.get(pages.url("/held/a"), timeout=0.2)
    eventually(lambda: not pages.holding("/held/a"), "it notices that its client is gone")


def test_a_reset_and_an_endless_page_break_off(pages: PageServer) -> None:
    with pytest.raises(requests.ConnectionError):
        requests.get(pages.url("/reset/a?times=1"), timeout=10)
    assert requests.get(pages.url("/reset/a?times=1"), timeout=10).ok
    with requests.get(pages.url("/flood/a"), timeout=10, stream=True) as endless:
        assert len(endless.raw.read(100_000)) == 100_000


def test_what_is_posted_is_kept(pages: PageServer) -> None:
    answer = requests.post(pages.url("/taken/a"), data=b"body", headers={"Webhook-Id": "7"}, timeout=10)
    (received,) = pages.received("/taken/a")
    assert (answer.status_code, received.body, received.headers["webhook-id"]) == (204, b"body", "7")


def test_each_host_is_counted_apart(pages: PageServer) -> None:
    for host in ("one.example", "two.example", "one.example"):
        assert requests.get(pages.url("/words/1/a"), headers={"Host": host}, timeout=10).ok
    assert (len(pages.starts("one.example")), pages.max_at_once("one.example")) == (2, 1)
    assert (len(pages.gaps("one.example")), pages.gaps("two.example")) == (1, [])
