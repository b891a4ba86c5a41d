"""The sites whose pages a stack under test fetches, and that its webhooks go to: a URL says how it misbehaves.

| path | answer |
|---|---|
| /words/N/... | a page of N words |
| /stamped/N/... | the same, with a word `at` and the request's Unix time in ms: so a result names its request |
| /links/N/... | a page with links to N others: /words/1/..., /words/2/... |
| /held/... | a page, once it is released |
| /busy/..., /missing/..., /gone/..., /moved/... | 503, 404, 410, 307 |
| /reset/... ?times=N | the connection is reset N times, then a page |
| /drip/..., /flood/... | a page that never ends, a few bytes at a time or as fast as it goes |
| any other | a page |

Any of them takes S seconds with `?seconds=S`. With `&times=N` it fails only for the first N requests (with 503, unless
the table has another status), and with `&after=S` those answers say `Retry-After: S`. A page has ten words, or the text
that a test has set; the answer to a POST is empty.

This is also a program, with an address and a port as arguments. It imports nothing of this project, since a container
has this file alone.
"""

import select
import socket
import struct
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import pairwise
from math import inf
from threading import Condition, Thread
from urllib.parse import parse_qs, urlsplit

LOOPBACK = "127.0.0.1"
LOOK_SECONDS = 0.05
DRIP_SECONDS = 0.5
HTML = "text/html; charset=utf-8"
STATUSES = {
    "busy": HTTPStatus.SERVICE_UNAVAILABLE,
    "missing": HTTPStatus.NOT_FOUND,
    "gone": HTTPStatus.GONE,
    "moved": HTTPStatus.TEMPORARY_REDIRECT,
}


@dataclass(frozen=True, kw_only=True)
class Behaviour:
    """How requests for a page are answered: the first `times` with a failure, the others with that many words."""

    manner: str
    words: int = 10
    links: int = 0
    seconds: float = 0.0
    times: float = 0
    retry_after: float | None = None

    @property
    def failure(self) -> HTTPStatus:
        """The status of its failures."""
        return STATUSES.get(self.manner, HTTPStatus.SERVICE_UNAVAILABLE)

    @property
    def error(self) -> HTTPStatus | None:
        """The status of all its answers, if all are failures."""
        return self.failure if self.times == inf else None


def behaviour_at(url: str) -> Behaviour:
    """The behaviour of the page at a URL, or at a path with a query."""
    parts = urlsplit(url)
    asked = {name: float(values[0]) for name, values in parse_qs(parts.query).items()}
    _, manner, *rest = parts.path.split("/")
    return Behaviour(
        manner=manner,
        words=int(rest[0]) if manner in {"words", "stamped"} else 10,
        links=int(rest[0]) if manner == "links" else 0,
        seconds=asked.get("seconds", 0.0),
        times=asked.get("times", inf if manner in STATUSES else 0),
        retry_after=asked.get("after"),
    )


@dataclass(frozen=True, kw_only=True)
class Received:
    """One request. `at` is by the monotonic clock."""

    at: float
    headers: dict[str, str]
    body: bytes


class PageServer:
    """The server's side of the tests. A path is one page; its query only says how the page behaves."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.texts: dict[str, tuple[str, str]] = {}  # page and content type, by the first part of the path
        self._changed = Condition()
        self._is_closing = False
        self._received: defaultdict[str, list[Received]] = defaultdict(list)
        self._starts: defaultdict[str, list[float]] = defaultdict(list)
        self._now: Counter[str] = Counter()
        self._max: Counter[str] = Counter()
        self._released: defaultdict[str, float] = defaultdict(int)  # up to which request
        self._holding: defaultdict[str, dict[int, int]] = defaultdict(dict)  # number of the request: the client's port

    def url(self, path: str, host: str = LOOPBACK) -> str:
        """The URL of a path."""
        return f"http://{host}:{self.port}{path}"

    def received(self, path: str) -> list[Received]:
        """All requests for the page, answered or not."""
        with self._changed:
            return list(self._received[path])

    def requests(self, path: str) -> int:
        """How often the page was requested."""
        return len(self.received(path))

    def starts(self, host: str) -> Sequence[float]:
        """When each request to the host came, by the monotonic clock."""
        with self._changed:
            return list(self._starts[host])

    def gaps(self, host: str) -> list[float]:
        """Seconds from each request to the host to the next."""
        return [later - earlier for earlier, later in pairwise(self.starts(host))]

    def max_at_once(self, host: str) -> int:
        """How many requests the host had at a time, at most."""
        with self._changed:
            return self._max[host]

    def holding(self, path: str) -> dict[int, int]:
        """The requests that wait for a held page: numbers, from 1, and the ports of their clients."""
        with self._changed:
            return dict(self._holding[path])

    def release(self, path: str, *, up_to: float = inf) -> None:
        """Answer all requests for a held page, present and future, or only those `up_to` a number."""
        with self._changed:
            self._released[path] = max(up_to, self._released[path])
            self._changed.notify_all()

    def release_all(self) -> None:
        """Release every page that a request waits for."""
        with self._changed:
            waiting = [path for path, requests in self._holding.items() if requests]
        for path in waiting:
            self.release(path)

    @contextmanager
    def visited(self, host: str, path: str, request: Received) -> Iterator[int]:
        """Record a request for the length of the block; yields its number among those for the path, from 1."""
        with self._changed:
            self._received[path].append(request)
            self._starts[host].append(request.at)
            self._now[host] += 1
            self._max[host] = max(self._max[host], self._now[host])
            number = len(self._received[path])
        try:
            yield number
        finally:
            with self._changed:
                self._now[host] -= 1

    def hold(self, path: str, number: int, client: socket.socket) -> bool:
        """Wait for the release of the page; returns whether the client is still there."""
        with self._changed:
            self._holding[path][number] = client.getpeername()[1]
            try:
                while self._released[path] < number:
                    if self._is_closing or _is_gone(client):
                        return False
                    self._changed.wait(LOOK_SECONDS)
                return True
            finally:
                del self._holding[path][number]

    def rest(self, seconds: float) -> bool:
        """Wait; returns whether the site is still open."""
        with self._changed:
            return not self._changed.wait_for(lambda: self._is_closing, seconds)

    def close(self) -> None:
        """Break off all answers that are on their way."""
        with self._changed:
            self._is_closing = True
            self._changed.notify_all()


@contextmanager
def served_pages(*, address: str = LOOPBACK, port: int = 0) -> Iterator[PageServer]:
    """Serve the pages, on that port or a free one."""
    server = _Server((address, port))
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": LOOK_SECONDS}, daemon=True)
    thread.start()
    try:
        yield server.pages
    finally:
        server.pages.release_all()
        server.pages.close()
        server.shutdown()
        thread.join()
        server.server_close()


class _Server(ThreadingHTTPServer):
    request_queue_size = 256
    daemon_threads = True

    def __init__(self, address: tuple[str, int]) -> None:
        super().__init__(address, _Handler)
        self.pages = PageServer(self.server_port)

    def handle_error(self, *_: object) -> None:
        """Log nothing about clients that were killed."""


class _Handler(BaseHTTPRequestHandler):
    server: _Server

    def do_GET(self) -> None:
        self._serve(b"")

    def do_POST(self) -> None:
        self._serve(self.rfile.read(int(self.headers["Content-Length"])))

    def _serve(self, body: bytes) -> None:
        headers = {name.lower(): value for name, value in self.headers.items()}
        host, path = headers["host"].partition(":")[0], urlsplit(self.path).path
        came_ms = time.time_ns() // 1_000_000
        received = Received(at=time.monotonic(), headers=headers, body=body)
        with ExitStack() as self._visit, suppress(ConnectionError):
            number = self._visit.enter_context(self.server.pages.visited(host, path, received))
            page = behaviour_at(self.path)
            if self.server.pages.rest(page.seconds):
                self._answer(page, path, number, came_ms)

    def _answer(self, page: Behaviour, path: str, number: int, came_ms: int) -> None:
        match page.manner:
            case "held" if not self.server.pages.hold(path, number, self.connection):
                pass
            case "reset" if number <= page.times:
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                self.connection.close()
            case "drip" | "flood" as manner:
                self._never_end(DRIP_SECONDS if manner == "drip" else 0.0)
            case _ if number <= page.times:
                self._send(page.failure, retry_after=page.retry_after)
            case text if text in self.server.pages.texts:
                self._send(HTTPStatus.OK, *self.server.pages.texts[text])
            case _ if self.command == "POST":
                self._send(HTTPStatus.NO_CONTENT)
            case manner:
                stamp = f"at{came_ms} " if manner == "stamped" else ""
                words = "word " * (page.words - bool(stamp))
                links = "".join(f'<a href="/words/{number}/linked"></a>' for number in range(1, page.links + 1))
                self._send(HTTPStatus.OK, f"<!doctype html><title>Page</title><p>{stamp}{words}{links}")

    def _send(
        self, status: HTTPStatus, text: str = "", content_type: str = HTML, *, retry_after: float | None = None
    ) -> None:
        page = text.encode()
        self.send_response(status)
        if status is not HTTPStatus.NO_CONTENT:
            self.send_header("Content-Type", content_type)
            self.send_header("Content-Length", str(len(page)))
        if status is HTTPStatus.TEMPORARY_REDIRECT:
            self.send_header("Location", "/taken/moved")
        if retry_after is not None:
            self.send_header("Retry-After", f"{retry_after:g}")
        self._visit.close()  # whoever has the answer may come again before this thread goes on
        self.end_headers()
        self.wfile.write(page)

    def _never_end(self, pause_seconds: float) -> None:
        self.send_response(HTTPStatus.OK)
        self.send_header("Content-Type", HTML)
        self.end_headers()
        while self.server.pages.rest(pause_seconds):
            self.wfile.write(b"word " if pause_seconds else b"word " * 200)

    def log_message(self, *_: object) -> None:
        """Log nothing: tests look at the requests themselves."""


def _is_gone(client: socket.socket) -> bool:
    readable, _, _ = select.select([client], [], [], 0)
    try:
        return bool(readable) and not client.recv(1, socket.MSG_PEEK)
    except ConnectionError:
        return True


if __name__ == "__main__":
    _Server((sys.argv[1], int(sys.argv[2]))).serve_forever()
