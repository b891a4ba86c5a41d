"""A crowd of sites, each on a loopback address of its own, that note who asks when. Some of them misbehave.

| path | answer |
|---|---|
| /after/S/... | a page, after S seconds |
| /busy/... | 503 with `Retry-After`, the first time; then a page |
| /drip | a page that comes a few bytes at a time, and never ends |
| /hang | nothing |
"""

import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import pairwise
from threading import Event, Lock, Thread

RETRY_AFTER_SECONDS = 4
DRIP_SECONDS = 0.5
PAGE = b"<!doctype html><title>Page</title><p>" + b"word " * 200


class Crowd:
    """What tests ask for and look at."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.closing = Event()
        self._lock = Lock()
        self._now: Counter[str] = Counter()
        self._most: Counter[str] = Counter()
        self._starts: defaultdict[str, list[float]] = defaultdict(list)

    def url(self, host: str, path: str) -> str:
        """Where the page is."""
        return f"http://{host}:{self.port}{path}"

    def most_at_once(self, host: str) -> int:
        """How many requests the site had at a time, at most."""
        with self._lock:
            return self._most[host]

    def starts(self, host: str) -> Sequence[float]:
        """When each request came, by the monotonic clock."""
        with self._lock:
            return list(self._starts[host])

    def gaps(self, host: str) -> list[float]:
        """Seconds from each request to the next."""
        starts = self.starts(host)
        return [later - earlier for earlier, later in pairwise(starts)]

    @contextmanager
    def visited(self, host: str) -> Iterator[int]:
        """Note a request for the length of the block; gives its number."""
        with self._lock:
            self._starts[host].append(time.monotonic())
            number = len(self._starts[host])
            self._now[host] += 1
            self._most[host] = max(self._most[host], self._now[host])
        try:
            yield number
        finally:
            with self._lock:
                self._now[host] -= 1


@contextmanager
def served_crowd() -> Iterator[Crowd]:
    """The sites, on a free port of every loopback address."""
    server = _Server(("0.0.0.0", 0), _Handler)
    server.crowd = Crowd(server.server_port)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield server.crowd
    finally:
        server.crowd.closing.set()
        server.shutdown()
        thread.join()
        server.server_close()


class _Server(ThreadingHTTPServer):
    crowd: Crowd
    request_queue_size = 256
    daemon_threads = True

    def handle_error(self, *_: object) -> None:
        """Say nothing of clients that gave up."""


class _Handler(BaseHTTPRequestHandler):
    server: _Server

    def do_GET(self) -> None:
        host = self.headers["Host"].partition(":")[0]
        with self.server.crowd.visited(host) as number:
            match self.path.split("/")[1:]:
                case ["after", seconds, *_]:
                    time.sleep(float(seconds))
                    self._answer(200)
                case ["busy", *_]:
                    self._answer(503 if number == 1 else 200)
                case ["drip"]:
                    self._drip()
                case _:
                    self.server.crowd.closing.wait()

    def _answer(self, status: int) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(PAGE)))
        self.send_header("Retry-After", str(RETRY_AFTER_SECONDS))
        self.end_headers()
        with suppress(ConnectionError):
            self.wfile.write(PAGE)

    def _drip(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.end_headers()
        with suppress(ConnectionError):
            while not self.server.crowd.closing.wait(DRIP_SECONDS):
                self.wfile.write(b"word ")

    def log_message(self, *_: object) -> None:
        """Say nothing: tests look at what was asked for themselves."""
