"""The practice site: a small web server whose pages are slow, fail, hang, or hold words and quotes in known numbers.

It is the same site under every name. To workers it is http://practice.test/, and s01.practice.test to s99 as well: to
them each name is a site of its own, so jobs about many of them need not wait for one another.

| path | answer |
|---|---|
| / | a list of these pages |
| /demo_page.html, /quotes.html, /bakery/ | the files in `pages/` |
| /library/ | the first of 60 pages that link to one another |
| /order/N | a page of 100 words |
| /slow | the same after 5 seconds |
| /long | the same, word by word, over 20 seconds |
| /failing | 500, always |
| /busy | 503 with `Retry-After: 2`, twice; then a page; then from the beginning |
| /moved | 302 to /demo_page.html |
| /hanging | nothing, ever |
| /endless | a page that never ends |
| any other | 404 |

Each of them takes S seconds with `?seconds=S`.

The library is known: 60 pages, on each one of the ten quotes of quotes.html, so each stands on six; and the word
`queue` none to three times, 90 times on 45 pages in all.

This is a program, with an address and a port as arguments. It imports nothing of this project, since its container has
this folder alone.
"""

import re
import sys
import time
from collections import Counter
from collections.abc import Iterable
from contextlib import suppress
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from pathlib import Path
from threading import Lock
from urllib.parse import parse_qs, urlsplit

PAGES = Path(__file__).parent / "pages"
FILES = {
    "/demo_page.html": "demo_page.html",
    "/quotes.html": "quotes.html",
    "/bakery/": "bakery/index.html",
    **{f"/bakery/{name}.html": f"bakery/{name}.html" for name in ("oven", "rail", "till")},
}
LIBRARY_PAGES = 60
SLOW_SECONDS = 5.0
MAX_SECONDS = 60.0
BUSY_TIMES = 2
BUSY_SECONDS = 2
MAX_REMEMBERED = 1_000
PAUSE_SECONDS = 0.2
ORDER_WORDS = 100
INDEX = ("/demo_page.html", "/quotes.html", "/bakery/", "/library/", "/order/1", "/slow", "/long")


def library_page(number: int) -> str:
    """Page `number` of the library, from 1, which links to the next and to two further ones."""
    quotes = re.findall(r"<blockquote>.*?</blockquote>", (PAGES / "quotes.html").read_text(encoding="utf-8"), re.DOTALL)
    linked = [other for other in (number + 1, 2 * number, 2 * number + 1) if other <= LIBRARY_PAGES]
    links = "".join(f'<li><a href="/library/{other}">shelf{other}</a>' for other in dict.fromkeys(linked))
    return _html(
        f"Shelf {number}",
        f"<p>This is shelf{number}. {'A reader stands in the queue. ' * (number % 4)}</p>",
        f"{quotes[number % len(quotes)]}<ul>{links}<li><a href='/library/'>the first shelf</a></ul>",
    )


def _html(title: str, *parts: str) -> str:
    return f'<!DOCTYPE html>\n<html lang="en"><meta charset="utf-8"><title>{title}</title>\n{"".join(parts)}\n'


class PracticeServer(ThreadingHTTPServer):
    """Remembers how often each busy page was asked for."""

    daemon_threads = True
    request_queue_size = 256

    def __init__(self, address: tuple[str, int]) -> None:
        super().__init__(address, _Handler)
        self._lock = Lock()
        self._asked: Counter[str] = Counter()

    def is_busy(self, page: str) -> bool:
        """Whether this request for a busy page is to fail."""
        with self._lock:
            if len(self._asked) > MAX_REMEMBERED:
                self._asked.clear()
            self._asked[page] += 1
            return self._asked[page] % (BUSY_TIMES + 1) != 0

    def handle_error(self, *_: object) -> None:
        """Log nothing: a caller that hangs up is a part of the exercise."""


class _Handler(BaseHTTPRequestHandler):
    server: PracticeServer

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        with suppress(ConnectionError):
            time.sleep(_seconds(parts.path, parts.query))
            self._answer(parts.path)

    def _answer(self, path: str) -> None:
        match path.split("/")[1:]:
            case [""]:
                links = "".join(f'<li><a href="{page}">{page}</a>' for page in INDEX)
                self._send(HTTPStatus.OK, _html("Practice", f"<p>A site to practise on.<ul>{links}</ul>"))
            case ["library", number] if (shelf := number or "1").isdecimal() and 1 <= int(shelf) <= LIBRARY_PAGES:
                self._send(HTTPStatus.OK, library_page(int(shelf)))
            case ["failing"]:
                self._send(HTTPStatus.INTERNAL_SERVER_ERROR)
            case ["busy"] if self.server.is_busy(f"{self.headers.get('Host')}{self.path}"):
                self._send(HTTPStatus.SERVICE_UNAVAILABLE, headers={"Retry-After": str(BUSY_SECONDS)})
            case ["moved"]:
                self._send(HTTPStatus.FOUND, headers={"Location": "/demo_page.html"})
            case ["hanging"]:
                self.connection.recv(1)  # returns when the caller has hung up
                self.close_connection = True
            case ["long" | "endless" as manner]:
                self._drip(range(ORDER_WORDS) if manner == "long" else count())
            case ["slow" | "busy"] | ["order", _]:
                self._send(HTTPStatus.OK, _html("An order", f"<p>{'word ' * ORDER_WORDS}"))
            case _ if path in FILES:
                self._send(HTTPStatus.OK, (PAGES / FILES[path]).read_text(encoding="utf-8"))
            case _:
                self._send(HTTPStatus.NOT_FOUND)

    def _send(self, status: HTTPStatus, text: str = "", headers: dict[str, str] | None = None) -> None:
        body = text.encode()
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _drip(self, words: Iterable[int]) -> None:
        self.send_response(HTTPStatus.OK)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        for _ in words:
            self.wfile.write(b"word ")
            time.sleep(PAUSE_SECONDS)


def _seconds(path: str, query: str) -> float:
    asked = parse_qs(query).get("seconds", [str(SLOW_SECONDS if path == "/slow" else 0)])[0]
    try:
        return min(max(0.0, float(asked)), MAX_SECONDS)
    except ValueError:
        return 0.0


if __name__ == "__main__":
    PracticeServer((sys.argv[1], int(sys.argv[2]))).serve_forever(poll_interval=3_600.0)  # a signal ends it
