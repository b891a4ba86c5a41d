"""Servers that hang: their processes are stopped by SIGSTOP, so that nothing answers and nothing is refused."""

import os
import signal
import socket
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import psutil

from embedded.servers import RunningServers


def broker_processes(servers: RunningServers) -> list[psutil.Process]:
    """The one process of Redis."""
    return [_server("redis-server", servers.broker_url)]


def database_processes(servers: RunningServers) -> list[psutil.Process]:
    """PostgreSQL's parent process, and its child of every connection."""
    parent = _server("postgres", servers.database_url)
    return [parent, *parent.children(recursive=True)]


def _server(name: str, url: str) -> psutil.Process:
    port = urlsplit(url).port
    (process,) = (
        child
        for child in psutil.Process().children()
        if child.name() == name and any(each.laddr.port == port for each in child.net_connections(kind="tcp"))
    )
    return process


@contextmanager
def paused(processes: Sequence[psutil.Process]) -> Iterator[None]:
    """Stop `processes` where they are, and let them go on at the end."""
    for process in processes:
        os.kill(process.pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for process in processes:
            os.kill(process.pid, signal.SIGCONT)


@contextmanager
def silent_port() -> Iterator[int]:
    """A port that takes connections and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield int(listener.getsockname()[1])


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
