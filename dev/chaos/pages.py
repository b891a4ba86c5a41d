"""The site of a chaos run, where the path alone tells what a page does.

| path | answer |
|---|---|
| /words/N/after/S/NAME | a page of N words, after S seconds |
| /late/N/NAME | 503 to the first request, then a page of N words |
| /busy/NAME | 503 |
| /missing/NAME | 404 |

One of the words of a page is `at` and the milliseconds of Unix time at which it was asked for: so a result tells which
request it comes from.

Run as a program with an address and a port. It imports nothing of this project, since a container runs it by itself.
"""

import sys
import time
from dataclasses import dataclass
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock


@dataclass(frozen=True, kw_only=True)
class Page:
    """How a page answers: with `words`, or for ever with a status that is an `error` of the page's own."""

    words: int = 0
    seconds: float = 0.0
    error: HTTPStatus | None = None
    late: bool = False  # busy at the first request


def page_at(path: str) -> Page:
    """The page at `path`; raises ValueError if there is none."""
    match path.split("/")[1:]:
        case ["words", words, "after", seconds, _]:
            return Page(words=int(words), seconds=float(seconds))
        case ["late", words, _]:
            return Page(words=int(words), late=True)
        case ["busy", _]:
            return Page(error=HTTPStatus.SERVICE_UNAVAILABLE)
        case ["missing", _]:
            return Page(error=HTTPStatus.NOT_FOUND)
        case _:
            raise ValueError(f"no page is at {path}")


class _Site(ThreadingHTTPServer):
    request_queue_size = 256
    daemon_threads = True

    def __init__(self, address: tuple[str, int]) -> None:
        super().__init__(address, _Answer)
        self._lock = Lock()
        self._asked: set[str] = set()

    def is_first(self, path: str) -> bool:
        """Whether nobody has asked for `path` before."""
        with self._lock:
            before = len(self._asked)
            self._asked.add(path)
            return len(self._asked) > before

    def handle_error(self, *_: object) -> None:
        """Say nothing of clients that were killed."""


class _Answer(BaseHTTPRequestHandler):
    server: _Site

    def do_GET(self) -> None:
        page, asked_ms = page_at(self.path), time.time_ns() // 1_000_000
        if page.error is not None:
            self._send(page.error, "")
        elif page.late and self.server.is_first(self.path):
            self._send(HTTPStatus.SERVICE_UNAVAILABLE, "")
        else:
            time.sleep(page.seconds)
            self._send(HTTPStatus.OK, f"at{asked_ms} " + "word " * (page.words - 1))

    def _send(self, status: HTTPStatus, text: str) -> None:
        body = f"<!doctype html><title>Page</title><p>{text}".encode()
        self.send_response(status)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing: what was asked for, the jobs tell."""


if __name__ == "__main__":
    _Site((sys.argv[1], int(sys.argv[2]))).serve_forever()
