"""Bytes that no HTTP client sends, to the manager as it is deployed: each is a problem, and none reaches the table."""

import json
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from urllib.parse import urlsplit

import pytest
import requests

from job_manager.security import EVERY_ANSWER
from tests.integration.job_manager.conftest import THREADS
from tests.integration.job_manager.hasty import HastyWorker
from tests.integration.job_store import Store
from tests.integration.pausing import Stopwatch

RECEIVE_SECONDS = HastyWorker.receive_seconds
BODY = b'{"url": "https://example.com/"}'
JSON = b"Content-Type: application/json\r\n"
LONG = b"Content-Length: %d\r\n" % len(BODY)
CHUNKED = b"Transfer-Encoding: chunked\r\n"
CHUNKS = b"%x\r\n%b\r\n0\r\n\r\n" % (len(BODY), BODY)


@dataclass(frozen=True, kw_only=True)
class Said:
    """The first answer on a connection."""

    status: int
    headers: dict[str, str]
    body: str


@contextmanager
def connected(manager_url: str) -> Iterator[socket.socket]:
    place = urlsplit(manager_url)
    with socket.create_connection((place.hostname, place.port), timeout=RECEIVE_SECONDS + 10) as connection:
        yield connection


def read(connection: socket.socket) -> Said | None:
    """The answer; None if the connection is closed without one."""
    raw = b""
    with suppress(ConnectionResetError):
        while b"\r\n\r\n" not in raw and (more := connection.recv(65_536)):
            raw += more
    if not raw:
        return None
    head, _, body = raw.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    with suppress(ConnectionResetError):
        while len(body) < int(headers.get("content-length", 0)) and (more := connection.recv(65_536)):
            body += more
    return Said(status=int(first.split(" ")[1]), headers=headers, body=body.decode())


def said_to(manager_url: str, request: bytes) -> Said | None:
    with connected(manager_url) as connection:
        with suppress(BrokenPipeError, ConnectionResetError):
            connection.sendall(request)
        return read(connection)


def post(headers: bytes, body: bytes = BODY, line: bytes = b"POST /count HTTP/1.1") -> bytes:
    return line + b"\r\nHost: x\r\nConnection: close\r\n" + JSON + headers + b"\r\n" + body


def get(line: bytes, headers: bytes = b"") -> bytes:
    return line + b"\r\nHost: x\r\nConnection: close\r\n" + headers + b"\r\n"


UNREADABLE = {
    "no HTTP": b"hello\r\n\r\n",
    "TLS": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x00" * 64 + b"\r\n\r\n",
    "NULs": b"\0" * 64 + b"\r\n\r\n",
    "a preface of HTTP/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "no path": get(b"GET HTTP/1.1"),
    "a path that is not UTF-8": get(b"GET /\xff\xfe HTTP/1.1"),
    "no version": get(b"GET /jobs"),
    "a version that is none": get(b"GET /jobs HTTP/x.y"),
    "a version of the future": get(b"GET /jobs HTTP/9.9"),
    "a method that is none": get(b"G\xc3\x84T /jobs HTTP/1.1"),
    "a method in lower case": get(b"get /jobs HTTP/1.1"),
    "a NUL in the path": get(b"GET /jobs\0 HTTP/1.1"),
    "spaces in the path": get(b"GET /jobs and more HTTP/1.1"),
    "a header without a colon": get(b"GET /jobs HTTP/1.1", b"nonsense\r\n"),
    "a header without a name": get(b"GET /jobs HTTP/1.1", b": x\r\n"),
    "a space before the colon": post(b"Content-Length : 31\r\n"),
    "a NUL in a header": get(b"GET /jobs HTTP/1.1", b"X-A: a\0b\r\n"),
    "a bare CR in a header": get(b"GET /jobs HTTP/1.1", b"X-A: a\rb\r\n"),
    "a folded header": get(b"GET /jobs HTTP/1.1", b"X-A: a\r\n b\r\n"),
    "a length that is no number": post(b"Content-Length: many\r\n"),
    "a negative length": post(b"Content-Length: -1\r\n"),
    "a length with a sign": post(b"Content-Length: +31\r\n"),
    "a length in hexadecimal": post(b"Content-Length: 0x1f\r\n"),
    "a length of 5,000 digits": post(b"Content-Length: " + b"9" * 5_000 + b"\r\n"),
    "two lengths": post(LONG + b"Content-Length: 5\r\n"),
    "a list of lengths": post(b"Content-Length: 31, 5\r\n"),
    "a length and chunks": post(LONG + CHUNKED, CHUNKS),
    "chunks and a length": post(CHUNKED + LONG, CHUNKS),
    "an encoding that is not known": post(b"Transfer-Encoding: gzip\r\n"),
    "chunked, but not last": post(b"Transfer-Encoding: chunked, gzip\r\n", CHUNKS),
    "chunked twice": post(CHUNKED + CHUNKED, CHUNKS),
    "chunked with a tab": post(b"Transfer-Encoding:\x0bchunked\r\n", CHUNKS),
    "chunks in HTTP/1.0": post(CHUNKED, CHUNKS, b"POST /count HTTP/1.0"),
    "a chunk that is none": post(CHUNKED, b"zz\r\n" + BODY + b"\r\n0\r\n\r\n"),
    "a chunk of a negative size": post(CHUNKED, b"-1\r\n" + BODY + b"\r\n0\r\n\r\n"),
    "a chunk that is longer than it says": post(CHUNKED, b"5\r\n" + BODY + b"\r\n0\r\n\r\n"),
    "an expectation that is not known": post(LONG + b"Expect: the-spanish-inquisition\r\n"),
    "a body in UTF-16 that says UTF-8": post(b"Content-Length: 62\r\n", BODY.decode().encode("utf-16-le")),
    "NULs as a body": post(b"Content-Length: 64\r\n", b"\0" * 64),
}
FORM = b"POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/x-www-form-urlencoded\r\n"
UNREADABLE_FORMS = {
    "a chunk that is none": FORM + CHUNKED + b"\r\nzz\r\nurls=example.com\r\n0\r\n\r\n",
    "a chunk of a negative size": FORM + CHUNKED + b"\r\n-1\r\nurls=example.com\r\n0\r\n\r\n",
    "a chunk that is longer than it says": FORM + CHUNKED + b"\r\n5\r\nurls=example.com\r\n0\r\n\r\n",
}
TOO_LARGE = {
    "a line that is too long": (get(b"GET /jobs?url=" + b"x" * 20_000 + b" HTTP/1.1"), 414),
    "a path that is too long": (get(b"GET /" + b"x" * 1_000_000 + b" HTTP/1.1"), 414),
    "a header that is too long": (get(b"GET /jobs HTTP/1.1", b"X-A: " + b"x" * 20_000 + b"\r\n"), 431),
    "too many headers": (get(b"GET /jobs HTTP/1.1", b"".join(b"X-%d: x\r\n" % n for n in range(1_000))), 431),
    "headers without end": (get(b"GET /jobs HTTP/1.1", b"X-A: x\r\n" * 500_000), 431),
}
NOT_FOUND = {
    "a path that is not UTF-8, by per cent signs": get(b"GET /%FF%FE HTTP/1.1"),
    "a NUL with per cent signs": get(b"GET /result/%00 HTTP/1.1"),
    "an overlong slash": get(b"GET /%C0%AFjobs HTTP/1.1"),
    "a surrogate": get(b"GET /result/%ED%A0%80 HTTP/1.1"),
    "half a per cent sign": get(b"GET /result/% HTTP/1.1"),
    "a way up": get(b"GET /../../etc/passwd HTTP/1.1"),
    "a way up with per cent signs": get(b"GET /%2e%2e/%2e%2e/etc/passwd HTTP/1.1"),
    "backslashes": get(b"GET /..\\..\\etc\\passwd HTTP/1.1"),
    "another host in the path": get(b"GET //example.com/jobs HTTP/1.1"),
    "line breaks with per cent signs": get(b"GET /result/%0d%0aX-A:%20b HTTP/1.1"),
}
STILL_FINE = {
    "a host that is none": b"GET /jobs HTTP/1.1\r\nHost: a b/\\c\r\nConnection: close\r\n\r\n",
    "no host": b"GET /jobs HTTP/1.0\r\n\r\n",
    "a host that is elsewhere": b"GET /jobs HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n",
    "a full URL": get(b"GET http://evil.example/jobs HTTP/1.1"),
    "a forwarded host": get(b"GET /jobs HTTP/1.1", b"X-Forwarded-Host: evil.example\r\nX-Forwarded-Proto: gopher\r\n"),
    "another method by a header": get(b"GET /jobs HTTP/1.1", b"X-HTTP-Method-Override: DELETE\r\n"),
}


def assert_is_a_problem(said: Said | None, status: int) -> None:
    assert said is not None
    assert (said.status, said.headers["content-type"]) == (status, "application/problem+json")
    problem = json.loads(said.body)
    assert problem["status"] == status
    assert problem["title"]
    assert problem["detail"]
    assert "Traceback" not in said.body
    assert said.headers.items() >= {name.lower(): value for name, value in EVERY_ANSWER.items()}.items()


@pytest.mark.parametrize("name", UNREADABLE)
def test_what_cannot_be_read_is_a_bad_request(manager_url: str, store: Store, name: str) -> None:
    assert_is_a_problem(said_to(manager_url, UNREADABLE[name]), 400)
    assert store.count() == 0


@pytest.mark.parametrize("name", UNREADABLE_FORMS)
def test_the_pages_form_if_it_cannot_be_read_is_a_bad_request_too(manager_url: str, store: Store, name: str) -> None:
    said = said_to(manager_url, UNREADABLE_FORMS[name])
    assert said is not None
    assert (said.status, said.headers["content-type"]) == (400, "text/html; charset=utf-8")
    assert "The body ends too early, or its chunks are malformed." in said.body
    assert store.count() == 0


@pytest.mark.parametrize("name", TOO_LARGE)
def test_what_is_too_large_is_said_to_be(manager_url: str, name: str) -> None:
    request, status = TOO_LARGE[name]
    assert_is_a_problem(said_to(manager_url, request), status)


@pytest.mark.parametrize("name", NOT_FOUND)
def test_an_odd_path_leads_nowhere(manager_url: str, name: str) -> None:
    said = said_to(manager_url, NOT_FOUND[name])
    assert_is_a_problem(said, 404)
    assert "x-a" not in said.headers if said else False


@pytest.mark.parametrize("name", STILL_FINE)
def test_what_a_caller_says_of_hosts_and_methods_changes_nothing(manager_url: str, name: str) -> None:
    said = said_to(manager_url, STILL_FINE[name])
    assert said is not None
    assert (said.status, json.loads(said.body)) == (200, {"jobs": [], "next": None})
    assert "evil" not in str(said.headers)


def test_a_place_is_a_path_whatever_the_host_says(manager_url: str) -> None:
    said = said_to(manager_url, post(LONG).replace(b"Host: x", b"Host: evil.example"))
    assert said is not None
    assert said.status == 202
    assert said.headers["location"].startswith("/result/")


def test_a_request_hidden_in_another_is_not_done(manager_url: str, store: Store) -> None:
    hidden = b"POST /count HTTP/1.1\r\nHost: x\r\n" + JSON + LONG + b"\r\n" + BODY
    request = b"POST /count HTTP/1.1\r\nHost: x\r\n" + JSON + CHUNKED + b"Content-Length: 4\r\n\r\n0\r\n\r\n" + hidden
    assert_is_a_problem(said_to(manager_url, request), 400)
    assert store.count() == 0


def test_a_caller_that_goes_in_the_middle_leaves_nothing(manager_url: str, store: Store) -> None:
    for request in (post(LONG, BODY[:10]), post(CHUNKED, CHUNKS[:10]), b"POST /count HT", b"POST /count HTTP/1.1\r\nA"):
        with connected(manager_url) as connection:
            connection.sendall(request)
    assert requests.get(f"{manager_url}/healthz", timeout=20).status_code == 200
    assert store.count() == 0


class TestSlowCallers:
    """A request that comes drop by drop holds its thread for RECEIVE_SECONDS, and not for ever."""

    def drip(self, manager_url: str, start: bytes) -> tuple[Said | None, float]:
        """The answer to a request that never ends, and when it came."""
        watch = Stopwatch()
        with connected(manager_url) as connection:
            connection.sendall(start)
            connection.settimeout(0.5)
            while watch.seconds < RECEIVE_SECONDS + 8:
                with suppress(TimeoutError):
                    return read(connection), watch.seconds
                connection.sendall(b"x")
        raise AssertionError("the manager waits and waits")

    def fall_silent(self, manager_url: str) -> tuple[Said | None, float]:
        """The same of a request that stops in the middle."""
        watch = Stopwatch()
        return said_to(manager_url, b"GET /jobs HTTP/1.1\r\n"), watch.seconds

    def test_are_told_that_it_took_too_long(self, manager_url: str, store: Store) -> None:
        starts = (b"GET /jobs?url=", b"GET /jobs HTTP/1.1\r\nX-A: ", post(b"Content-Length: 50000\r\n", b'{"url": "'))
        with ThreadPoolExecutor(len(starts) + 1) as callers:
            silent = callers.submit(self.fall_silent, manager_url)
            for said, seconds in (*callers.map(partial(self.drip, manager_url), starts), silent.result()):
                assert_is_a_problem(said, 408)
                assert RECEIVE_SECONDS - 1 < seconds < RECEIVE_SECONDS + 5
        assert store.count() == 0

    def test_keep_others_out_no_longer_than_that(self, manager_url: str) -> None:
        with ThreadPoolExecutor(THREADS) as callers:
            slow = [callers.submit(self.drip, manager_url, b"GET /jobs?url=") for _ in range(THREADS)]
            watch = Stopwatch()
            assert requests.get(f"{manager_url}/healthz", timeout=60).status_code == 200
            assert watch.seconds < RECEIVE_SECONDS + 10  # and room for 24 callers on one core
            assert {said.status for said, _ in (each.result(60) for each in slow) if said} == {408}

    def test_get_one_answer_to_a_request_whose_body_nobody_reads(self, manager_url: str, store: Store) -> None:
        job = store.submit()
        retry = f"POST /result/{job.id}/retry HTTP/1.1\r\nHost: x\r\nContent-Length: 99\r\n\r\n"
        with connected(manager_url) as connection:
            connection.sendall(retry.encode())
            assert_is_a_problem(read(connection), 409)
            assert read(connection) is None
