"""A site that behaves as a test wants it to: each path answers by a function, and every request is noted with its time.

It answers under both names of this machine's loopback address, which are two hosts to a crawl.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Lock, Thread
from time import monotonic

from embedded.ports import LOOPBACK

HTML = "text/html; charset=utf-8"
TEXT = "text/plain; charset=utf-8"
GONE = 404


@dataclass(frozen=True, kw_only=True)
class OddAnswer:
    """What a request gets: after `seconds`, and without an end if it `resets` the connection."""

    body: bytes = b""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    seconds: float = 0.0
    resets: bool = False


@dataclass(frozen=True, kw_only=True)
class OddRequest:
    """A request: path and query, host with its port, and when it came."""

    target: str
    host: str
    at: float


def page(words: str, *links: str, head: str = "", **more: object) -> OddAnswer:
    """An HTML page of these words and links."""
    listed = "".join(f'<li><a href="{link}">more</a>' for link in links)
    text = f"<!doctype html><head>{head}</head><body><p>{words}</p><ul>{listed}</ul>"
    return OddAnswer(body=text.encode(), headers={"Content-Type": HTML}, **more)  # type: ignore[arg-type]


def robots(*lines: str) -> OddAnswer:
    """A robots.txt of these lines."""
    return OddAnswer(body="\n".join(lines).encode(), headers={"Content-Type": TEXT})


def redirect(target: str, **headers: str) -> OddAnswer:
    """A redirect."""
    return OddAnswer(status=302, headers={"Location": target, **headers})


def sitemap(*urls: str, index: bool = False) -> OddAnswer:
    """A sitemap of these pages, or an index of these sitemaps."""
    root, entry = ("sitemapindex", "sitemap") if index else ("urlset", "url")
    listed = "".join(f"<{entry}><loc>{url}</loc></{entry}>" for url in urls)
    return OddAnswer(body=f"<{root}>{listed}</{root}>".encode(), headers={"Content-Type": "application/xml"})


Answer = OddAnswer | Callable[[str, int], OddAnswer]


class OddSite:
    """The running site. Routes are patterns of whole targets; the first that matches answers, or 404.

    A function as an answer gets the target, and how many requests of the target there were before.
    """

    port: int

    def __init__(self) -> None:
        self.routes: dict[str, Answer] = {}
        self._lock = Lock()
        self._log: list[OddRequest] = []

    @property
    def origin(self) -> str:
        """Where the site is."""
        return f"http://{LOOPBACK}:{self.port}"

    @property
    def other_origin(self) -> str:
        """Where it is under its other name."""
        return f"http://localhost:{self.port}"

    def requests(self) -> list[OddRequest]:
        """All requests, in their order."""
        with self._lock:
            return list(self._log)

    def targets(self, *, with_robots: bool = False) -> list[str]:
        """Path and query of each request, in their order."""
        return [each.target for each in self.requests() if with_robots or each.target != "/robots.txt"]

    def times(self, target: str = "") -> list[float]:
        """When each request came, or each of this target."""
        return [each.at for each in self.requests() if target in {"", each.target}]

    def forget(self) -> None:
        """Begin with an empty log."""
        with self._lock:
            self._log.clear()

    def answer(self, target: str, host: str) -> OddAnswer:
        """What a request gets."""
        with self._lock:
            before = sum(each.target == target for each in self._log)
            self._log.append(OddRequest(target=target, host=host, at=monotonic()))
        for pattern, answer in self.routes.items():
            if re.fullmatch(pattern, target):
                return answer if isinstance(answer, OddAnswer) else answer(target, before)
        return OddAnswer(status=GONE)


@contextmanager
def running_odd_site() -> Iterator[OddSite]:
    """Serve the site."""
    site = OddSite()
    with serving(site.answer, LOOPBACK) as site.port:
        yield site


@contextmanager
def serving(answer_to: Callable[[str, str], OddAnswer], address: str) -> Iterator[int]:
    """A server on a free port of `address`, or of all addresses if that is empty. Gives the port."""
    closing = Event()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            answer = answer_to(self.path, self.headers.get("Host", ""))
            closing.wait(answer.seconds)
            if answer.resets:
                self.close_connection = True
                self.connection.close()
                return
            self.send_response(answer.status)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(answer.body)))
            self.end_headers()
            self.wfile.write(answer.body)

        def log_message(self, *_: object) -> None:
            """The site has a log of its own."""

    class Server(ThreadingHTTPServer):
        daemon_threads = True
        request_queue_size = 128

        def handle_error(self, *_: object) -> None:
            """A caller that hung up."""

    server = Server((address, 0), Handler)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        closing.set()
        server.shutdown()
        server.server_close()
