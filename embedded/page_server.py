"""Serves the demo's own page on loopback."""

from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

from embedded.ports import LOOPBACK

PAGE = Path(__file__).with_name("demo_page.html")


@contextmanager
def served_page() -> Iterator[int]:
    """The port at which the page can be fetched, under any path."""
    server = ThreadingHTTPServer((LOOPBACK, 0), _PageHandler)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class _PageHandler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        page = PAGE.read_bytes()
        self.send_response(HTTPStatus.OK)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(page)))
        self.end_headers()
        self.wfile.write(page)

    def log_message(self, *_: object) -> None:
        """Say nothing: the demo's own lines tell what happens."""
