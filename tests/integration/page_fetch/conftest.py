"""Sites on loopback that do what a test tells them, and a record of every connection and name look-up."""

import contextlib
import socket
import ssl
import struct
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from ipaddress import ip_address, ip_network

import pytest

from page_fetch.limits import FetchLimits

LOOPBACK = ip_network("127.0.0.0/8")


@pytest.fixture(autouse=True)
def _empty_servers() -> None:
    """A fetch needs neither Redis nor PostgreSQL."""


@pytest.fixture(autouse=True)
def _settings_of_servers() -> None:
    """Nor any setting."""


@dataclass
class Visitor:
    """One accepted connection, as the script of a site sees it."""

    connection: socket.socket
    closing: threading.Event
    request: bytes = b""

    def read_request(self) -> bytes:
        while b"\r\n\r\n" not in self.request and (received := self.connection.recv(65_536)):
            self.request += received
        return self.request

    def send(self, *pieces: bytes) -> None:
        for piece in pieces:
            self.connection.sendall(piece)

    def drip(self, data: bytes, every_seconds: float = 0.05) -> None:
        for byte in data:
            self.send(bytes([byte]))
            if self.closing.wait(every_seconds):
                return

    def hang(self) -> None:
        self.closing.wait()

    def reset(self) -> None:
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()


Script = Callable[[Visitor], None]


@dataclass
class Site:
    """A server on loopback that runs `script` for each visitor; over TLS if it has a context."""

    script: Script
    tls: ssl.SSLContext | None = None
    visitors: list[Visitor] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._closing = threading.Event()
        self._threads = [threading.Thread(target=self._accept)]
        self._threads[0].start()

    @property
    def url(self) -> str:
        return f"{'https' if self.tls else 'http'}://127.0.0.1:{self.port}/"

    @property
    def requests(self) -> list[str]:
        return [visitor.request.decode("latin-1") for visitor in self.visitors]

    def close(self) -> None:
        self._closing.set()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for visitor in self.visitors:
            with contextlib.suppress(OSError):
                visitor.connection.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(10)

    def _accept(self) -> None:
        with contextlib.suppress(OSError):  # the listener was closed
            while True:
                visitor = Visitor(self._listener.accept()[0], self._closing)
                self.visitors.append(visitor)
                self._threads.append(thread := threading.Thread(target=self._receive, args=(visitor,)))
                thread.start()

    def _receive(self, visitor: Visitor) -> None:
        with visitor.connection, contextlib.suppress(OSError):  # the visitor may leave at any moment
            if self.tls:
                visitor.connection = self.tls.wrap_socket(visitor.connection, server_side=True)
            with visitor.connection:
                self.script(visitor)


def answer(head: str, body: bytes = b"") -> Script:
    """A script that reads the request and sends `head`, a text of lines, and `body`."""

    def script(visitor: Visitor) -> None:
        visitor.read_request()
        visitor.send(head.replace("\n", "\r\n").encode("latin-1"), b"\r\n\r\n", body)

    return script


OpenSite = Callable[..., Site]


@pytest.fixture
def open_site() -> Iterator[OpenSite]:
    """Opens a site: of a script, or of the head and body of its one answer."""
    with contextlib.ExitStack() as sites:

        def open_one(script: Script | str, body: bytes = b"", **options: object) -> Site:
            site = Site(answer(script, body) if isinstance(script, str) else script, **options)
            sites.callback(site.close)
            return site

        yield open_one


@pytest.fixture
def limits() -> FetchLimits:
    """Limits that let loopback through, with time enough for a busy machine."""
    return FetchLimits(allowed_private_networks=(LOOPBACK,))


@dataclass
class Traffic:
    """What this process asked of the network: addresses connected to, and names looked up."""

    connections: list[str] = field(default_factory=list)
    lookups: list[str] = field(default_factory=list)


_watched: list[Traffic] = []


def _watch(event: str, arguments: tuple) -> None:
    if not _watched or event not in {"socket.connect", "socket.getaddrinfo"}:
        return
    if event == "socket.getaddrinfo":
        name = arguments[0].decode() if isinstance(arguments[0], bytes) else arguments[0]
        _watched[-1].lookups.append(name)
        if name != "localhost":
            raise AssertionError(f"a name would have been looked up: {name}")
        return
    address = arguments[1][0]
    _watched[-1].connections.append(address)
    if not ip_address(address).is_loopback:
        raise AssertionError(f"a connection would have left loopback, to {address}")


sys.addaudithook(_watch)


@pytest.fixture
def traffic() -> Iterator[Traffic]:
    """The traffic of the test; what would leave loopback is not done and fails it."""
    _watched.append(Traffic())
    yield _watched[-1]
    _watched.pop()
