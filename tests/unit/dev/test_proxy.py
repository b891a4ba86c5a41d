"""The way between broker and workers, which a chaos run cuts: over real sockets."""

import socket
from collections.abc import Iterator
from contextlib import closing

import pytest

from dev.proxy import Proxy
from embedded.ports import LOOPBACK, free_ports


@pytest.fixture
def server() -> Iterator[socket.socket]:
    with socket.create_server((LOOPBACK, 0)) as listener:
        listener.settimeout(10)
        yield listener


@pytest.fixture
def proxy(server: socket.socket) -> Iterator[Proxy]:
    (port,) = free_ports(1)
    with closing(Proxy(port, server.getsockname()[1])) as proxy:
        yield proxy


def connected(proxy: Proxy) -> socket.socket:
    return socket.create_connection((LOOPBACK, proxy.port), timeout=10)


def has_ended(connection: socket.socket) -> bool:
    """Whether nothing comes any more, not even a byte that was on its way."""
    try:
        return connection.recv(1) == b""
    except ConnectionResetError:
        return True


def test_bytes_pass_both_ways(server: socket.socket, proxy: Proxy) -> None:
    with connected(proxy) as client:
        client.sendall(b"ping")
        accepted, _ = server.accept()
        with accepted:
            accepted.settimeout(10)
            assert accepted.recv(4) == b"ping"
            accepted.sendall(b"pong")
            assert client.recv(4) == b"pong"


def test_a_cut_swallows_bytes_and_ends_the_connection_when_it_is_joined(server: socket.socket, proxy: Proxy) -> None:
    with connected(proxy) as client:
        client.sendall(b"ping")
        accepted, _ = server.accept()
        with accepted:
            accepted.settimeout(10)
            assert accepted.recv(4) == b"ping"
            with proxy.cut():
                client.sendall(b"lost")
            assert has_ended(client)
            assert has_ended(accepted)


def test_a_connection_made_during_a_cut_waits_for_its_end(server: socket.socket, proxy: Proxy) -> None:
    with proxy.cut():
        client = connected(proxy)
        client.sendall(b"ping")
        server.settimeout(0.2)  # a time in which an open way passes it on
        with pytest.raises(TimeoutError):
            server.accept()
    server.settimeout(10)
    accepted, _ = server.accept()
    with client, accepted:
        accepted.settimeout(10)
        assert accepted.recv(4) == b"ping"


def test_what_ends_on_one_side_ends_on_the_other(server: socket.socket, proxy: Proxy) -> None:
    with connected(proxy) as client:
        client.sendall(b"ping")
        accepted, _ = server.accept()
        accepted.close()
        client.settimeout(10)
        assert has_ended(client)
