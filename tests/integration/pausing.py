"""Servers that hang: their processes are stopped by SIGSTOP, so that nothing answers and nothing is refused."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import psutil

from dev.service import family_of, resume, suspend
from dev.waiting import eventually
from embedded.servers import Servers


@contextmanager
def hung_broker(servers: Servers) -> Iterator[None]:
    """Redis hangs meanwhile."""
    with _hung(_server("redis-server", servers.broker.port)):
        yield


@contextmanager
def hung_database(servers: Servers) -> Iterator[None]:
    """PostgreSQL hangs meanwhile, with its child of every connection."""
    with _hung(_server("postgres", servers.database.port)):
        yield
    eventually(servers.database.is_ready, "the database answers again")


@contextmanager
def _hung(server: psutil.Process) -> Iterator[None]:
    suspend(server)
    try:
        yield
    finally:
        resume(family_of(server))


def _server(name: str, port: int) -> psutil.Process:
    (process,) = (
        child
        for child in psutil.Process().children()
        if child.name() == name and any(each.laddr.port == port for each in child.net_connections(kind="tcp"))
    )
    return process


@contextmanager
def silent_port() -> Iterator[int]:
    """A port that takes connections and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield int(listener.getsockname()[1])


@contextmanager
def babbling_port() -> Iterator[int]:
    """A port that answers whatever comes in a language that neither server speaks."""

    def babble() -> None:
        with suppress(OSError):
            while True:
                connection, _ = listener.accept()
                with connection:
                    connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=babble, daemon=True).start()
        yield int(listener.getsockname()[1])
        listener.shutdown(socket.SHUT_RDWR)


def refused_port() -> int:
    """A port on which nothing listens."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def with_port(url: str, port: int) -> str:
    """The same server's URL, were it on `port`."""
    return url.replace(f":{urlsplit(url).port}/", f":{port}/")


@dataclass
class Stopwatch:
    """How long a block took."""

    _started: float = field(default_factory=time.monotonic)

    @property
    def seconds(self) -> float:
        return time.monotonic() - self._started
