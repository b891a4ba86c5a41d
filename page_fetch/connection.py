"""HTTP connections to addresses that the guard has vetted."""

import http.client
import os
import socket
import ssl
from functools import cache
from http import HTTPStatus
from ipaddress import IPv4Address, ip_address
from pathlib import Path

import certifi
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.response import HTTPResponse

from page_fetch.addresses import Address
from page_fetch.deadline import Deadline
from page_fetch.errors import AddressRefused, ConnectionFailed
from page_fetch.limits import FetchLimits
from page_fetch.url import WebUrl
from page_fetch.wire import BoundedSocket


class _FinalResponse(http.client.HTTPResponse):
    def begin(self) -> None:
        """Reads the head of the final response, past interim ones like 103 (RFC 9110 section 15.2)."""
        super().begin()
        while self.status < HTTPStatus.OK and self.status != HTTPStatus.SWITCHING_PROTOCOLS:
            self.headers = self.msg = None  # type: ignore[assignment]  # what makes http.client read a head
            super().begin()


class BoundedConnection(HTTPConnection):
    """A connection whose socket keeps the limits of a fetch. End it with `bounds.hang_up()`."""

    response_class = _FinalResponse
    connected: socket.socket
    bounds: BoundedSocket

    def _new_conn(self) -> socket.socket:
        return self.connected

    def getresponse(self) -> HTTPResponse:  # type: ignore[override]  # as in urllib3 itself
        response = super().getresponse()
        self.bounds.begin_body()
        return response


class _TLSConnection(BoundedConnection, HTTPSConnection):
    pass


def open_connection(
    url: WebUrl, addresses: list[Address], limits: FetchLimits, deadline: Deadline
) -> BoundedConnection:
    """A connection to the first of `addresses` that answers; Host, SNI and certificate are those of `url`'s host.

    Raises OSError, ssl.SSLError or AddressRefused, and FetchTimedOut at the deadline.
    """
    connection = (
        _TLSConnection(url.host, url.port, ssl_context=_tls_context(_authorities()))
        if url.scheme == "https"
        else BoundedConnection(url.host, url.port)
    )
    connection.connected = _open_socket(addresses, url.port, limits, deadline)
    try:
        connection.connect()
    except BaseException:
        connection.connected.close()
        connection.close()
        raise
    connection.sock = connection.bounds = BoundedSocket(connection.sock, limits, deadline)
    return connection


def _open_socket(addresses: list[Address], port: int, limits: FetchLimits, deadline: Deadline) -> socket.socket:
    failure: OSError = ConnectionError("no address")
    for address in addresses:
        try:
            return _connect(address, port, limits, deadline)
        except OSError as error:
            failure = error
    raise failure


def _connect(address: Address, port: int, limits: FetchLimits, deadline: Deadline) -> socket.socket:
    connected = socket.socket(
        socket.AF_INET if isinstance(address, IPv4Address) else socket.AF_INET6, socket.SOCK_STREAM
    )
    try:
        connected.settimeout(deadline.at_most(limits.connect_timeout_seconds))
        connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connected.connect((str(address), port))
        check_ends(connected, address)
        # The TLS handshake that may follow is one operation with a time-out of its own.
        connected.settimeout(deadline.at_most(limits.connect_timeout_seconds))
    except BaseException:
        connected.close()
        raise
    return connected


def check_ends(connected: socket.socket, address: Address) -> None:
    """Raises AddressRefused if the peer is not `address`, and ConnectionFailed if TCP connected a port to itself."""
    if ip_address(connected.getpeername()[0]) != address:
        raise AddressRefused("The connection led elsewhere than to the address that was checked.")
    if connected.getpeername() == connected.getsockname():
        raise ConnectionFailed("The connection to the site failed or broke off.")


def _authorities() -> str:
    return os.environ.get("REQUESTS_CA_BUNDLE") or os.environ.get("SSL_CERT_FILE") or certifi.where()


@cache
def _tls_context(authorities: str) -> ssl.SSLContext:
    """A context that trusts the certificates in a file or directory; built once, since loading takes 30 ms."""
    if Path(authorities).is_dir():
        return ssl.create_default_context(capath=authorities)
    return ssl.create_default_context(cafile=authorities)
