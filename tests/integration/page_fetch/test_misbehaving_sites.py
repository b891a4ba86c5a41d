"""Sites that lie, hang, drip, flood and break off: each costs bounded time and memory, and ends as the right error."""

import gzip
import socket
import threading
import tracemalloc
import zlib
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from time import monotonic
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis.strategies import binary, lists, sampled_from

from page_fetch.errors import ConnectionFailed, FetchError, FetchTimedOut, InvalidResponse, PageTooLarge
from page_fetch.fetch import Page
from page_fetch.limits import FetchLimits
from tests.examples import examples
from tests.integration.page_fetch.fetching import fetch

if TYPE_CHECKING:
    from tests.integration.page_fetch.conftest import OpenSite, Script, Visitor

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n"
GRACE_SECONDS = 2
MAX_MEMORY = 64 * 1024 * 1024


# Only one of the two can end a fetch, however slow the machine is.
@pytest.fixture
def soon_tired(limits: FetchLimits) -> FetchLimits:
    """Limits that wait 0.3 s for a connection or a byte, and long enough in all."""
    return replace(limits, connect_timeout_seconds=0.3, read_timeout_seconds=0.3)


@pytest.fixture
def hasty(limits: FetchLimits) -> FetchLimits:
    """Limits that give a page 0.4 s in all."""
    return replace(limits, total_timeout_seconds=0.4)


@contextmanager
def bounded(seconds: float) -> Iterator[None]:
    """Fails if what happens inside takes over 2 s longer than that, or more than 64 MB at once."""
    tracemalloc.start()
    started = monotonic()
    try:
        yield
        elapsed = monotonic() - started
        assert elapsed < seconds + GRACE_SECONDS
        assert tracemalloc.get_traced_memory()[1] < MAX_MEMORY
    finally:
        tracemalloc.stop()


def hang_before_request(visitor: "Visitor") -> None:
    visitor.hang()


def after_request(*pieces: bytes) -> "Script":
    def script(visitor: "Visitor") -> None:
        visitor.read_request()
        visitor.send(*pieces)
        visitor.hang()

    return script


def dripping(start: bytes, data: bytes) -> "Script":
    def script(visitor: "Visitor") -> None:
        visitor.read_request()
        visitor.send(start)
        visitor.drip(data)

    return script


def flooding(start: bytes, block: bytes) -> "Script":
    def script(visitor: "Visitor") -> None:
        visitor.read_request()
        visitor.send(start)
        while not visitor.closing.is_set():
            visitor.send(block)

    return script


def resetting(*pieces: bytes) -> "Script":
    def script(visitor: "Visitor") -> None:
        visitor.read_request()
        visitor.send(*pieces)
        visitor.reset()

    return script


def closing_after(*pieces: bytes) -> "Script":
    def script(visitor: "Visitor") -> None:
        visitor.read_request()
        visitor.send(*pieces)

    return script


CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
GZIP = HEAD + b"Content-Encoding: gzip\r\n\r\n"

HANGING = {
    "before the status": after_request(),
    "without reading the request": hang_before_request,
    "in the status": after_request(b"HTTP/1.1 2"),
    "in the headers": after_request(HEAD),
    "after 100 Continue": after_request(b"HTTP/1.1 100 Continue\r\n\r\n"),
    "before the body": after_request(HEAD + b"Content-Length: 9\r\n\r\n"),
    "in the body": after_request(HEAD + b"Content-Length: 9\r\n\r\nhalf"),
    "in a body without a length": after_request(HEAD + b"\r\nhalf"),
    "before a chunk": after_request(CHUNKED),
    "in a chunk's length": after_request(CHUNKED + b"1"),
    "in a chunk": after_request(CHUNKED + b"9\r\nhalf"),
    "after a chunk": after_request(CHUNKED + b"4\r\nhalf"),
    "before the trailers": after_request(CHUNKED + b"0\r\n"),
    "in compressed data": after_request(GZIP + gzip.compress(b"page " * 99)[:20]),
    "after its gzip end": after_request(GZIP + gzip.compress(b"page")),
}

DRIPPING = {
    "its status": dripping(b"", HEAD * 99),
    "its headers": dripping(HEAD, b"X-Slow: 1\r\n" * 99),
    "a status of many spaces": dripping(b"HTTP/1.1", b" " * 999),
    "interim responses": dripping(b"", b"HTTP/1.1 102 Processing\r\n\r\n" * 99),
    "its body": dripping(HEAD + b"Content-Length: 999\r\n\r\n", b"x" * 999),
    "its body without a length": dripping(HEAD + b"\r\n", b"x" * 999),
    "its chunks": dripping(CHUNKED, b"1\r\nx\r\n" * 99),
    "a chunk's length": dripping(CHUNKED, b"0" * 999),
    "a chunk's extension": dripping(CHUNKED, b"1;" + b"x" * 999),
    "its trailers": dripping(CHUNKED, b"0\r\n" + b"X-Slow: 1\r\n" * 99),
    "its compressed body": dripping(GZIP, gzip.compress(bytes(99_999))),
}


@pytest.mark.parametrize("script", HANGING.values(), ids=HANGING)
def test_a_site_that_hangs_ends_by_the_read_timeout(
    open_site: "OpenSite", soon_tired: FetchLimits, script: "Script"
) -> None:
    with bounded(soon_tired.read_timeout_seconds), pytest.raises(FetchTimedOut) as ended:
        fetch(open_site(script).url, soon_tired)
    assert str(ended.value) == "The site let 0.3 seconds pass without a byte."


@pytest.mark.parametrize("script", DRIPPING.values(), ids=DRIPPING)
def test_a_site_that_drips_ends_by_the_deadline(open_site: "OpenSite", hasty: FetchLimits, script: "Script") -> None:
    with bounded(hasty.total_timeout_seconds), pytest.raises(FetchTimedOut) as ended:
        fetch(open_site(script).url, hasty)
    assert str(ended.value) == "The page could not be fetched within 0.4 seconds."


def test_slow_redirects_share_one_deadline(open_site: "OpenSite", limits: FetchLimits) -> None:
    def script(visitor: "Visitor") -> None:
        visitor.read_request()
        visitor.closing.wait(0.4)
        visitor.send(b"HTTP/1.1 302 Found\r\nLocation: /\r\n\r\n")

    site = open_site(script)
    with bounded(1), pytest.raises(FetchTimedOut):
        fetch(site.url, replace(limits, total_timeout_seconds=1))
    assert 1 < len(site.visitors) <= 4


def test_a_site_that_never_accepts_ends_by_the_connect_timeout(soon_tired: FetchLimits) -> None:
    # With its queue of waiting connections full, the system leaves further ones unanswered.
    with socket.create_server(("127.0.0.1", 0), backlog=0) as full:
        waiting = [socket.socket() for _ in range(4)]
        for one in waiting:
            one.settimeout(0)
            one.connect_ex(full.getsockname())
        try:
            with bounded(soon_tired.read_timeout_seconds), pytest.raises(FetchTimedOut):
                fetch(f"http://127.0.0.1:{full.getsockname()[1]}/", soon_tired)
        finally:
            for one in waiting:
                one.close()


def test_a_name_server_that_hangs_ends_by_the_read_timeout(soon_tired: FetchLimits) -> None:
    release = threading.Event()

    def resolver(_name: str) -> list[str]:
        release.wait(30)
        return ["127.0.0.1"]

    try:
        with (
            bounded(soon_tired.read_timeout_seconds),
            pytest.raises(FetchTimedOut, match=r"^The name server took too long\.$"),
        ):
            fetch("http://www.example.com/", soon_tired, resolver=resolver)
    finally:
        release.set()


BREAKING = {
    "closed before the status": closing_after(),
    "closed in the protocol": closing_after(b"HTT"),
    "closed in the headers": closing_after(HEAD),
    "closed in a header": closing_after(HEAD[:-9]),
    "closed in the status": closing_after(b"HTTP/1.1 200"),
    "closed in the body": closing_after(HEAD + b"Content-Length: 9\r\n\r\nhalf"),
    "closed before the body": closing_after(HEAD + b"Content-Length: 9\r\n\r\n"),
    "closed before a chunk": closing_after(CHUNKED),
    "closed after a chunk of minus one": closing_after(CHUNKED + b"-1\r\nword\r\n0\r\n\r\n"),
    "closed in a chunk": closing_after(CHUNKED + b"9\r\nhalf"),
    "closed after a chunk": closing_after(CHUNKED + b"4\r\nhalf\r\n"),
    "closed in compressed data": closing_after(GZIP + gzip.compress(b"page " * 99)[:20]),
    "closed in the gzip header": closing_after(GZIP + b"\x1f\x8b"),
    "closed before the gzip checksum": closing_after(GZIP + gzip.compress(b"page")[:-4]),
    "reset before the status": resetting(),
    "reset in the headers": resetting(HEAD),
    "reset in the body": resetting(HEAD + b"Content-Length: 9\r\n\r\nhalf"),
    "reset in a body without a length": resetting(HEAD + b"\r\nhalf"),
    "reset in a chunk": resetting(CHUNKED + b"9\r\nhalf"),
    "reset on connection": lambda visitor: visitor.reset(),
}


@pytest.mark.parametrize("script", BREAKING.values(), ids=BREAKING)
def test_a_connection_that_breaks_may_hold_the_next_time(
    open_site: "OpenSite", limits: FetchLimits, script: "Script"
) -> None:
    with bounded(limits.total_timeout_seconds), pytest.raises(ConnectionFailed) as failed:
        fetch(open_site(script).url, limits)
    assert failed.value.retryable


def test_a_port_that_nobody_listens_on_is_a_failed_connection(open_site: "OpenSite", limits: FetchLimits) -> None:
    site = open_site("HTTP/1.1 200 OK")
    site.close()
    with pytest.raises(ConnectionFailed, match=r"^The connection to the site failed or broke off\.$"):
        fetch(site.url, limits)


def chunk(size: bytes) -> bytes:
    return CHUNKED + size + b"\r\nword\r\n0\r\n\r\n"


MALFORMED = {
    "no HTTP": b"SSH-2.0-OpenSSH_9.6\r\n\r\n",
    "HTTP/0.9": b"<p>page\n",
    "HTTP/2": b"HTTP/2 200 OK\r\n\r\n",
    "another protocol": b"ICY 200 OK\r\n\r\n",
    "a status of words": b"HTTP/1.1 OK fine\r\n\r\n",
    "a status too small": b"HTTP/1.1 99 X\r\n\r\n",
    "a status too large": b"HTTP/1.1 1000 X\r\n\r\n",
    "a negative status": b"HTTP/1.1 -200 X\r\n\r\n",
    "too many headers": HEAD + b"X: 1\r\n" * 200 + b"\r\n",
    "a status line too long": b"HTTP/1.1 200 " + b"x" * 70_000 + b"\r\n\r\n",
    "a header too long": HEAD + b"X: " + b"x" * 70_000 + b"\r\n\r\n",
    "headers too large": HEAD + (b"X: " + b"x" * 1_000 + b"\r\n") * 90 + b"\r\n",
    "a chunk for every byte": CHUNKED + b"1\r\nx\r\n" * 50_001 + b"0\r\n\r\n",
    "two lengths": HEAD + b"Content-Length: 4\r\nContent-Length: 5\r\n\r\nwords",
    "two lengths in one": HEAD + b"Content-Length: 4, 5\r\n\r\nwords",
    "a negative length": HEAD + b"Content-Length: -1\r\n\r\nwords",
    "a signed length": HEAD + b"Content-Length: +4\r\n\r\nwords",
    "a length with an underscore": HEAD + b"Content-Length: 1_0\r\n\r\nwords-word",
    "a length of letters": HEAD + b"Content-Length: four\r\n\r\nwords",
    "an empty length": HEAD + b"Content-Length:\r\n\r\nwords",
    "an unknown transfer coding": HEAD + b"Transfer-Encoding: zip\r\n\r\nwords",
    "a transfer coding on top": HEAD + b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
    "two lengths of chunks": HEAD
    + b"Content-Length: 4\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "chunks by another name": HEAD + b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
    "chunks with a parameter": HEAD + b"Transfer-Encoding: chunked;q=1\r\n\r\n0\r\n\r\n",
    "too many headers in one line": HEAD + b"X: 1\r" * 200 + b"\r\n\r\n",
    "a chunk length of letters": chunk(b"four"),
    "a negative chunk length": chunk(b"-5"),
    "a body that is no chunk": CHUNKED + b"<p>page</p>\r\n",
    "no gzip": GZIP + b"<p>page</p>",
    "broken gzip": GZIP + gzip.compress(b"page")[:10] + b"\xff" * 99,
    "a wrong gzip checksum": GZIP + gzip.compress(b"page")[:-8] + b"\0" * 8,
    "gzip in gzip": HEAD + b"Content-Encoding: gzip, gzip\r\n\r\n" + gzip.compress(gzip.compress(b"page")),
    "gzip in two headers": HEAD + b"Content-Encoding: gzip\r\nContent-Encoding: gzip\r\n\r\n",
    "a hundred encodings": HEAD + b"Content-Encoding: " + b"gzip, " * 99 + b"gzip\r\n\r\n",
    "deflate": HEAD + b"Content-Encoding: deflate\r\n\r\n" + zlib.compress(b"page"),
    "brotli": HEAD + b"Content-Encoding: br\r\n\r\n\x0b\x01\x80page\x03",
    "an unknown encoding": HEAD + b"Content-Encoding: rot13\r\n\r\ncntr",
}


@pytest.mark.parametrize("response", MALFORMED.values(), ids=MALFORMED)
def test_an_answer_that_breaks_http_is_final(open_site: "OpenSite", limits: FetchLimits, response: bytes) -> None:
    with bounded(limits.total_timeout_seconds), pytest.raises(InvalidResponse) as refused:
        fetch(open_site(closing_after(response)).url, limits)
    assert not refused.value.retryable


BOMB = gzip.compress(bytes(50_000_000))
TOO_LARGE = {
    "a length beyond the limit": after_request(HEAD + b"Content-Length: 5000001\r\n\r\n"),
    "an absurd length": after_request(HEAD + b"Content-Length: 999999999999999999\r\n\r\n"),
    "a body without an end": flooding(HEAD + b"\r\n", bytes(65_536)),
    "a chunk without an end": flooding(CHUNKED + b"ffffffffffffffff\r\n", bytes(65_536)),
    "chunks without an end": flooding(CHUNKED, b"1000\r\n" + bytes(4_096) + b"\r\n"),
    "trailers without an end": flooding(CHUNKED + b"0\r\n", b"X: %s\r\n" % bytes(999)),
    "gzip without an end": flooding(GZIP + gzip.compress(b"page", mtime=0)[:10], b"\x00\x00\x00\xff\xff" * 999),
    "a gzip bomb": closing_after(GZIP + BOMB),
    "a gzip bomb in chunks": closing_after(
        CHUNKED[:-2] + b"Content-Encoding: gzip\r\n\r\n", b"%x\r\n" % len(BOMB), BOMB, b"\r\n0\r\n\r\n"
    ),
}


@pytest.mark.parametrize("script", TOO_LARGE.values(), ids=TOO_LARGE)
def test_a_page_without_an_end_is_too_large(open_site: "OpenSite", limits: FetchLimits, script: "Script") -> None:
    with bounded(limits.total_timeout_seconds), pytest.raises(PageTooLarge) as refused:
        fetch(open_site(script).url, limits)
    assert not refused.value.retryable


def test_a_bomb_is_defused_at_a_megabyte(open_site: "OpenSite", limits: FetchLimits) -> None:
    with bounded(limits.total_timeout_seconds):
        with pytest.raises(PageTooLarge, match="decompresses to far more"):
            fetch(open_site(closing_after(GZIP + BOMB)).url, limits)
        assert tracemalloc.get_traced_memory()[1] < 4_000_000


def test_the_decoded_limit_holds_where_the_ratio_does_not(open_site: "OpenSite", limits: FetchLimits) -> None:
    site = open_site(closing_after(GZIP + gzip.compress(bytes(10_000_001))))
    with (
        bounded(limits.total_timeout_seconds),
        pytest.raises(PageTooLarge, match=r"^The page is larger than 10,000,000 bytes\.$"),
    ):
        fetch(site.url, replace(limits, max_compression_ratio=2_000))


@pytest.mark.parametrize("size", [4_999_999, 5_000_000])
def test_a_page_just_within_the_limit_is_whole(open_site: "OpenSite", limits: FetchLimits, size: int) -> None:
    site = open_site(closing_after(HEAD + b"\r\n", b"x" * size))
    with bounded(limits.total_timeout_seconds):
        assert len(fetch(site.url, limits).body) == size


def test_one_byte_more_is_too_many(open_site: "OpenSite", limits: FetchLimits) -> None:
    site = open_site(closing_after(HEAD + b"\r\n", b"x" * 5_000_001))
    with pytest.raises(PageTooLarge, match=r"^The page is larger than 5,000,000 bytes\.$"):
        fetch(site.url, limits)


HEADER_FLOODS = {
    "headers": flooding(HEAD, b"X: 1\r\n"),
    "one header": flooding(HEAD + b"X: ", bytes(65_536)),
    "one folded header": flooding(HEAD + b"X: ", b"x\r\n " * 999),
    "its status line": flooding(b"HTTP/1.1 200 ", b"x" * 65_536),
    "spaces": flooding(b"HTTP/1.1 ", b" " * 65_536),
    "interim responses": flooding(b"", b"HTTP/1.1 102 Processing\r\n\r\n" * 999),
    "100 Continue": flooding(b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 999),
}


@pytest.mark.parametrize("script", HEADER_FLOODS.values(), ids=HEADER_FLOODS)
def test_headers_without_an_end_are_cut_off(open_site: "OpenSite", limits: FetchLimits, script: "Script") -> None:
    with bounded(limits.total_timeout_seconds), pytest.raises(InvalidResponse):
        fetch(open_site(script).url, limits)


def test_many_cookies_cost_little(open_site: "OpenSite", limits: FetchLimits) -> None:
    cookies = b"".join(b"Set-Cookie: c%d=%s\r\n" % (number, b"x" * 600) for number in range(90))
    site = open_site(closing_after(b"HTTP/1.1 302 Found\r\nLocation: /\r\n" + cookies + b"\r\n"))
    with bounded(limits.total_timeout_seconds), pytest.raises(FetchError):
        fetch(site.url, limits)


PIECES = [
    *(
        b"HTTP/1.1 200 OK\r\n",
        b"HTTP/1.0 200\r\n",
        b"HTTP/1.1 302 Found\r\n",
        b"HTTP/1.1 103 X\r\n",
        b"HTTP/1.1 503 X\r\n",
    ),
    *(b"Content-Type: text/html\r\n", b"Content-Length: 5\r\n", b"Content-Length: x\r\n", b"Location: /\r\n"),
    *(
        b"Location: http://[\r\n",
        b"Transfer-Encoding: chunked\r\n",
        b"Content-Encoding: gzip\r\n",
        b"Set-Cookie: a=b\r\n",
    ),
    *(
        b"Retry-After: Thu, 99 Foo\r\n",
        b"X: \xff\x00\r\n",
        b"\r\n",
        b"\n",
        b" folded\r\n",
        b"5\r\nwords\r\n",
        b"0\r\n\r\n",
    ),
    *(b"-1\r\n", b"words", gzip.compress(b"page"), b"\x1f\x8b\x08", b"\x00", b":\r\n", b"Connection: keep-alive\r\n"),
]


@settings(max_examples=examples(150), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(pieces=lists(sampled_from(PIECES) | binary(max_size=9), max_size=14))
def test_whatever_a_site_sends_ends_as_a_page_or_as_an_error_of_ours(
    open_site: "OpenSite", limits: FetchLimits, pieces: list[bytes]
) -> None:
    with closing(open_site(closing_after(*pieces))) as site:
        try:
            end: object = fetch(site.url, limits)
        except FetchError as error:
            end = error
    assert isinstance(end, Page | FetchError)
