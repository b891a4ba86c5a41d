"""A receiver of webhooks on loopback, as ill-behaved as a test asks.

| path | answer |
|---|---|
| /taken/... | 204 |
| /held/... | 204, once the test releases them |
| /busy/... ?times=N | 503 N times, then 204 |
| /gone/... | 410 |
| /moved/... | 307 to /taken/moved |
| /drip/... | 200, and a body without end |
"""

from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Condition, Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit

from standardwebhooks import Webhook

from embedded.ports import LOOPBACK


@dataclass(frozen=True, kw_only=True)
class Received:
    """One request, as it came."""

    headers: dict[str, str]
    body: bytes

    @property
    def id(self) -> str:
        """By which a receiver knows what it has had."""
        return self.headers["webhook-id"]

    def verified(self, secret: str) -> Any:
        """What it says, if it was signed with `secret`; else it raises."""
        return Webhook(secret).verify(self.body, self.headers)


class Receiver:
    """What tests ask for and look at. A path stands for one callback."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.changed = Condition()
        self.released = False
        self._received: defaultdict[str, list[Received]] = defaultdict(list)

    def url(self, path: str) -> str:
        """Where the callback is."""
        return f"http://{LOOPBACK}:{self.port}{path}"

    def received(self, path: str) -> list[Received]:
        """Every request that came, answered or not."""
        with self.changed:
            return list(self._received[path])

    def note(self, path: str, received: Received) -> int:
        """Note a request; gives its number."""
        with self.changed:
            self._received[path].append(received)
            return len(self._received[path])

    def release(self) -> None:
        """Answer what is held, and what will be."""
        with self.changed:
            self.released = True
            self.changed.notify_all()


@contextmanager
def served_receiver(port: int = 0) -> Iterator[Receiver]:
    """The receiver, on that port or a free one."""
    server = _Server((LOOPBACK, port), _Handler)
    server.receiver = Receiver(server.server_port)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield server.receiver
    finally:
        server.receiver.release()
        server.shutdown()
        thread.join()
        server.server_close()


class _Server(ThreadingHTTPServer):
    receiver: Receiver
    request_queue_size = 128

    def handle_error(self, *_: object) -> None:
        """Say nothing of clients that were killed."""


class _Handler(BaseHTTPRequestHandler):
    server: _Server

    def do_POST(self) -> None:
        receiver = self.server.receiver
        parts = urlsplit(self.path)
        headers = {name.lower(): value for name, value in self.headers.items()}
        received = Received(headers=headers, body=self.rfile.read(int(headers["content-length"])))
        number = receiver.note(parts.path, received)
        match parts.path.split("/")[1]:
            case "held":
                with receiver.changed:
                    receiver.changed.wait_for(lambda: receiver.released)
                self._answer(HTTPStatus.NO_CONTENT)
            case "busy" if number <= int(parse_qs(parts.query)["times"][0]):
                self._answer(HTTPStatus.SERVICE_UNAVAILABLE)
            case "gone":
                self._answer(HTTPStatus.GONE)
            case "moved":
                self._answer(HTTPStatus.TEMPORARY_REDIRECT, Location="/taken/moved")
            case "drip":
                self._answer(HTTPStatus.OK)
                while not receiver.released:
                    self.wfile.write(b"x" * 1_000)
            case _:
                self._answer(HTTPStatus.NO_CONTENT)

    def _answer(self, status: HTTPStatus, **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing: tests look at what came themselves."""
