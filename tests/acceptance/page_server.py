"""The site whose pages the stack under test counts: on loopback, and as ill-behaved as a test asks.

| path | answer |
|---|---|
| /words/N/... | a page of N words |
| /slow/... ?seconds=S | ten words, after S seconds |
| /held/... | ten words, once the test releases them |
| /missing | 404 |
| /busy/... ?times=N | 503 N times (always without N), then ten words; with &after=S it says `Retry-After: S` |
| /reset/... ?times=N | the connection is reset N times, then ten words |
| /demo/... | the page that ships with the project |
| /english/... | "the" three times and "queue" twice, in English |
| /hostile/... | a page whose title, language and words are markup that wants to run |
| /hostile-type/... | a content type that does |
"""

import select
import socket
import struct
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from math import inf
from threading import Condition, Thread
from urllib.parse import parse_qs, urlsplit

from embedded.ports import LOOPBACK
from embedded.services import PROJECT

LOOK_SECONDS = 0.05
MARKUP = '"><img src=x onerror=alert(1)><script>alert(1)</script>'
PAGES = {
    "demo": (PROJECT / "embedded" / "demo_page.html").read_text(encoding="utf-8"),
    "english": "<!doctype html><html lang=en-GB><title>Page</title><p>The queue, the Queue; the",
    "hostile": f"<!doctype html><html lang='{MARKUP}'><title>{MARKUP}</title>"
    f"<p>{MARKUP.replace('<', '&lt;')} javascript:alert(1) {{{{ 7*7 }}}}",
}


class PageServer:
    """What tests ask for and look at. A path stands for one page; its query only says how the page behaves."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.changed = Condition()
        self._requests: Counter[str] = Counter()
        self._released: defaultdict[str, float] = defaultdict(int)  # up to which request
        self._holding: defaultdict[str, dict[int, int]] = defaultdict(dict)  # number of the request: the client's port

    def url(self, path: str) -> str:
        """Where the page is."""
        return f"http://{LOOPBACK}:{self.port}{path}"

    def requests(self, path: str) -> int:
        """How often the page was asked for."""
        with self.changed:
            return self._requests[path]

    def holding(self, path: str) -> dict[int, int]:
        """The requests that wait for a held page: their numbers, from 1, and their clients' ports."""
        with self.changed:
            return dict(self._holding[path])

    def release(self, path: str, *, up_to: float = inf) -> None:
        """Let the page be had: by every request, those to come among them, or by those `up_to` a number."""
        with self.changed:
            self._released[path] = max(up_to, self._released[path])
            self.changed.notify_all()

    def release_all(self) -> None:
        """Let every page be had for which someone waits."""
        with self.changed:
            waiting = [path for path, requests in self._holding.items() if requests]
        for path in waiting:
            self.release(path)

    def arrived(self, path: str) -> int:
        """Note a request; gives its number."""
        with self.changed:
            self._requests[path] += 1
            self.changed.notify_all()
            return self._requests[path]

    def hold(self, path: str, number: int, client: socket.socket) -> bool:
        """Whether the client was still there when the page was released."""
        with self.changed:
            self._holding[path][number] = client.getpeername()[1]
            try:
                while self._released[path] < number:
                    if _is_gone(client):
                        return False
                    self.changed.wait(LOOK_SECONDS)
                return True
            finally:
                del self._holding[path][number]


@contextmanager
def served_pages() -> Iterator[PageServer]:
    """The site, on a free port."""
    server = _Server((LOOPBACK, 0), _Handler)
    server.pages = PageServer(server.server_port)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield server.pages
    finally:
        server.pages.release_all()
        server.shutdown()
        thread.join()
        server.server_close()


class _Server(ThreadingHTTPServer):
    pages: PageServer
    request_queue_size = 128

    def handle_error(self, *_: object) -> None:
        """Say nothing of clients that were killed."""


class _Handler(BaseHTTPRequestHandler):
    server: _Server

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        asked = {name: float(values[0]) for name, values in parse_qs(parts.query).items()}
        number = self.server.pages.arrived(parts.path)
        match parts.path.split("/")[1:]:
            case ["words", count, *_]:
                self._answer(HTTPStatus.OK, int(count))
            case ["slow", *_]:
                time.sleep(asked["seconds"])
                self._answer(HTTPStatus.OK)
            case ["held", *_]:
                if self.server.pages.hold(parts.path, number, self.connection):
                    self._answer(HTTPStatus.OK)
            case ["busy", *_] if number <= asked.get("times", inf):
                self._answer(HTTPStatus.SERVICE_UNAVAILABLE, retry_after=asked.get("after"))
            case ["reset", *_] if number <= asked["times"]:
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                self.connection.close()
            case ["busy" | "reset", *_]:
                self._answer(HTTPStatus.OK)
            case [("demo" | "english" | "hostile") as name, *_]:
                self._send(HTTPStatus.OK, PAGES[name])
            case ["hostile-type", *_]:
                self._send(HTTPStatus.OK, "", content_type=f"text/{MARKUP}")
            case _:
                self._answer(HTTPStatus.NOT_FOUND)

    def _answer(self, status: HTTPStatus, words: int = 10, retry_after: float | None = None) -> None:
        self._send(status, f"<!doctype html><title>Page</title><p>{'word ' * words}", retry_after=retry_after)

    def _send(
        self,
        status: HTTPStatus,
        text: str,
        *,
        content_type: str = "text/html; charset=utf-8",
        retry_after: float | None = None,
    ) -> None:
        page = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(page)))
        if retry_after is not None:
            self.send_header("Retry-After", f"{retry_after:g}")
        self.end_headers()
        self.wfile.write(page)

    def log_message(self, *_: object) -> None:
        """Say nothing: tests look at what was asked for themselves."""


def _is_gone(client: socket.socket) -> bool:
    readable, _, _ = select.select([client], [], [], 0)
    try:
        return bool(readable) and not client.recv(1, socket.MSG_PEEK)
    except ConnectionError:
        return True
