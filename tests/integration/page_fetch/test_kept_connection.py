"""A connection that is kept open for the next page of a site: used again only if nothing of the page before is left."""

import gzip
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from dev.waiting import eventually
from page_fetch.errors import ConnectionFailed, PageRefused
from page_fetch.fetch import PageFetcher
from page_fetch.limits import FetchLimits

if TYPE_CHECKING:
    from tests.integration.page_fetch.conftest import OpenSite, Script, Visitor

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n"
PAGE = HEAD + b"Content-Length: 2\r\n\r\nhi"
PACKED = gzip.compress(b"hi")

KEPT = {
    "length": PAGE,
    "no body": HEAD + b"Content-Length: 0\r\n\r\n",
    "chunks": HEAD + b"Transfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n",
    "chunks and a trailer": HEAD + b"Transfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\nLate: 1\r\n\r\n",
    "gzip": HEAD + b"Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(PACKED) + PACKED,
    "said to be kept": HEAD + b"Connection: Keep-Alive\r\nContent-Length: 2\r\n\r\nhi",
}
NOT_KEPT = {
    "said to be closed": HEAD + b"Connection: TE, Close\r\nContent-Length: 2\r\n\r\nhi",
    "HTTP/1.0": PAGE.replace(b"/1.1", b"/1.0"),
    "more than its length": PAGE + b"!",
    "another answer": PAGE + PAGE.replace(b"hi", b"no"),
    "more after the chunks": KEPT["chunks"] + b"!",
    "a length and chunks": KEPT["chunks"].replace(b"\r\n\r\n2", b"\r\nContent-Length: 2\r\n\r\n2"),
}


def answering(answers: Sequence[bytes]) -> "Script":
    """A site that answers so on each connection, in turn, and then waits."""

    def script(visitor: "Visitor") -> None:
        for answer in answers:
            visitor.request = b""
            if not visitor.read_request():
                return
            visitor.send(answer)
        visitor.hang()

    return script


@pytest.fixture
def fetcher(limits: FetchLimits) -> Iterator[PageFetcher]:
    with closing(PageFetcher(limits, keep_alive=True)) as fetcher:
        yield fetcher


@pytest.mark.parametrize("first", KEPT.values(), ids=KEPT)
def test_the_next_page_comes_over_the_same_connection(
    open_site: "OpenSite", fetcher: PageFetcher, first: bytes
) -> None:
    site = open_site(answering([first, PAGE, PAGE]))
    fetcher.fetch(f"{site.url}first")
    assert fetcher.fetch(f"{site.url}second").body == b"hi"
    asked = fetcher.ask(f"{site.url}third")
    assert fetcher.fetch(f"{site.url}third", asked=asked).body == b"hi"
    assert len(site.visitors) == 1
    assert "GET /third HTTP/1.1" in site.requests[0]
    assert "Connection: keep-alive" in site.requests[0]


@pytest.mark.parametrize("first", NOT_KEPT.values(), ids=NOT_KEPT)
def test_a_connection_over_which_more_may_come_is_not_used_again(
    open_site: "OpenSite", fetcher: PageFetcher, first: bytes
) -> None:
    site = open_site(answering([first, PAGE]))
    assert fetcher.fetch(site.url).body == b"hi"
    assert fetcher.fetch(site.url).body == b"hi"
    assert len(site.visitors) == 2


def test_what_comes_later_over_a_kept_connection_is_no_answer(open_site: "OpenSite", fetcher: PageFetcher) -> None:
    goes_on = threading.Event()
    has_gone_on = threading.Event()

    def script(visitor: "Visitor") -> None:
        visitor.read_request()
        visitor.send(PAGE)
        if len(site.visitors) == 1:
            goes_on.wait(10)
            visitor.send(PAGE.replace(b"hi", b"no"))
            has_gone_on.set()
        visitor.hang()

    site = open_site(script)
    fetcher.fetch(site.url)
    goes_on.set()
    assert has_gone_on.wait(10)
    assert fetcher.fetch(site.url).body == b"hi"
    assert len(site.visitors) == 2


def test_an_error_ends_the_connection(open_site: "OpenSite", fetcher: PageFetcher) -> None:
    site = open_site(answering([b"HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\nno", PAGE]))
    with pytest.raises(PageRefused):
        fetcher.fetch(site.url)
    with pytest.raises(PageRefused):
        fetcher.fetch(site.url)
    assert len(site.visitors) == 2


def test_a_page_that_is_cut_ends_the_connection(open_site: "OpenSite", fetcher: PageFetcher) -> None:
    site = open_site(answering([HEAD + b"Content-Length: 200000\r\n\r\n" + 200_000 * b"h", PAGE]))
    assert fetcher.fetch(site.url, cut_at=2).body == b"hh"
    assert fetcher.fetch(site.url, cut_at=2).body == b"hh"
    assert len(site.visitors) == 2


def test_another_site_gets_a_connection_of_its_own(open_site: "OpenSite", fetcher: PageFetcher) -> None:
    one, other = open_site(answering([PAGE, PAGE])), open_site(answering([PAGE, PAGE]))
    for site in (one, other, other, one):
        fetcher.fetch(site.url)
    assert (len(one.visitors), len(other.visitors)) == (2, 1)


def ends_without_a_word(visitor: "Visitor") -> None:
    """The site closes the connection as usual."""


def resets(visitor: "Visitor") -> None:
    """The site breaks it off, as a server does that crashes."""
    visitor.reset()


@pytest.mark.parametrize("end", [ends_without_a_word, resets])
@pytest.mark.parametrize("is_asked_again", [False, True], ids=["before the request", "at the request"])
def test_a_kept_connection_that_the_site_ends_costs_no_page(
    open_site: "OpenSite", fetcher: PageFetcher, end: Callable[["Visitor"], None], *, is_asked_again: bool
) -> None:
    def script(visitor: "Visitor") -> None:
        visitor.read_request()
        visitor.send(PAGE)
        if len(site.visitors) == 1:
            visitor.request = b""
            if is_asked_again:
                visitor.read_request()
            end(visitor)
        else:
            visitor.hang()

    site = open_site(script)
    fetcher.fetch(site.url)
    if not is_asked_again:
        eventually(lambda: site.visitors[0].connection.fileno() < 0, "the site has ended it")
    assert fetcher.fetch(site.url).body == b"hi"
    assert len(site.visitors) == 2


def test_an_answer_that_has_begun_is_not_asked_for_again(open_site: "OpenSite", fetcher: PageFetcher) -> None:
    def script(visitor: "Visitor") -> None:
        visitor.read_request()
        visitor.send(PAGE)
        visitor.request = b""
        visitor.read_request()
        visitor.send(b"HTTP/1.1 2")

    site = open_site(script)
    fetcher.fetch(site.url)
    with pytest.raises(ConnectionFailed):
        fetcher.fetch(site.url)
    assert len(site.visitors) == 1


def test_a_fetcher_that_is_closed_keeps_no_connection(open_site: "OpenSite", limits: FetchLimits) -> None:
    site = open_site(answering([PAGE, PAGE]))
    with closing(PageFetcher(limits, keep_alive=True)) as fetcher:
        fetcher.fetch(site.url)
    eventually(lambda: site.visitors[0].connection.fileno() < 0, "the site hears of its end")
