"""One HTTP exchange with an address that the guard has vetted, over a socket that keeps the limits of a fetch."""

import http.client
import io
import os
import socket
import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from ipaddress import IPv4Address, ip_address
from pathlib import Path
from typing import TYPE_CHECKING

import certifi
from urllib3.connection import HTTPConnection
from urllib3.exceptions import HTTPError, InvalidChunkLength, ProtocolError, SSLError
from urllib3.response import HTTPResponse

from page_fetch.errors import (
    AddressRefused,
    CertificateRefused,
    ConnectionFailed,
    FetchTimedOut,
    InvalidResponse,
    PageTooLarge,
)
from page_fetch.guard import Address, Resolver, practice_site, vetted_addresses
from page_fetch.head import FinalResponse
from page_fetch.limits import Deadline, FetchLimits
from page_fetch.url import WebUrl

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer  # not in collections.abc before Python 3.12


class Transport:
    """Sends requests within `limits`. Threads may share it: all it keeps is a TLS context."""

    def __init__(self, limits: FetchLimits, resolver: Resolver) -> None:
        self._limits = limits
        self._resolver = resolver
        self._tls = _tls_context(
            os.environ.get("REQUESTS_CA_BUNDLE") or os.environ.get("SSL_CERT_FILE") or certifi.where()
        )

    def send(
        self, url: WebUrl, headers: Mapping[str, str], deadline: Deadline, body: bytes | None = None
    ) -> "Exchange":
        """Ask for `url`, or post `body` to it. The answer may come while the caller does something else.

        Raises the errors of the guard and of `translated_failures`, and no other.
        """
        addresses = vetted_addresses(url, self._limits, deadline, self._resolver)
        with translated_failures():
            connected = self._connect(url, addresses, deadline)
            try:
                bounded = BoundedSocket(connected, self._limits, deadline)
                all_headers = {"User-Agent": self._limits.user_agent, **headers}
                return Exchange(connected, bounded, _ask(url, all_headers, body, bounded))
            except BaseException:
                connected.close()
                raise

    def _connect(self, url: WebUrl, addresses: list[Address], deadline: Deadline) -> socket.socket:
        """A connection to the first of `addresses` that answers; SNI and certificate are those of the URL's host."""
        _, port = practice_site(url, self._limits) or (url.host, url.port)
        connected = _first_connection(addresses, port, self._limits, deadline)
        if url.scheme == "http":
            return connected
        try:
            return self._tls.wrap_socket(connected, server_hostname=url.host_name)
        except BaseException:
            connected.close()
            raise


class Exchange:
    """A request that was sent. As a context it is the response, its body unread; the connection ends with the block.

    Entering raises the errors of `translated_failures`, and no other.
    """

    def __init__(self, connected: socket.socket, bounded: "BoundedSocket", connection: HTTPConnection) -> None:
        self._connected = connected
        self._bounded = bounded
        self._connection = connection

    def __enter__(self) -> HTTPResponse:
        try:
            with translated_failures():
                response = self._connection.getresponse()
        except BaseException:
            self.close()
            raise
        self._bounded.begin_body()
        return response

    def __exit__(self, *_error: object) -> None:
        self.close()

    def close(self) -> None:
        """End the connection, whether or not the response was read."""
        self._connected.close()


def _ask(url: WebUrl, headers: Mapping[str, str], body: bytes | None, bounded: "BoundedSocket") -> HTTPConnection:
    connection = HTTPConnection(url.host, url.port)
    connection.response_class = FinalResponse
    connection.sock = bounded
    connection.request(
        "GET" if body is None else "POST",
        url.target,
        body=body,
        headers={"Host": url.authority, "Accept-Encoding": "gzip", "Connection": "close", **headers},
        preload_content=False,
        decode_content=False,
    )
    return connection


def _first_connection(addresses: list[Address], port: int, limits: FetchLimits, deadline: Deadline) -> socket.socket:
    failure: OSError = ConnectionError("no address")
    for address in addresses:
        try:
            return _connection(address, port, limits, deadline)
        except OSError as error:
            failure = error
    raise failure


def _connection(address: Address, port: int, limits: FetchLimits, deadline: Deadline) -> socket.socket:
    family = socket.AF_INET if isinstance(address, IPv4Address) else socket.AF_INET6
    connected = socket.socket(family, socket.SOCK_STREAM)
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
    """Raise AddressRefused if the peer is not `address`, and ConnectionFailed if TCP connected a port to itself."""
    peer = connected.getpeername()
    if ip_address(peer[0]) != address:
        raise AddressRefused("The connection led elsewhere than to the address that was checked.")
    if peer == connected.getsockname():
        raise ConnectionFailed("The connection to the site failed or broke off.")


@cache
def _tls_context(authorities: str) -> ssl.SSLContext:
    """A context that trusts the certificates in a file or directory; one for all, since loading takes 30 ms."""
    if Path(authorities).is_dir():
        return ssl.create_default_context(capath=authorities)
    return ssl.create_default_context(cafile=authorities)


class BoundedSocket(io.RawIOBase):
    """As much of a socket as HTTPConnection uses; each operation ends by the read time-out or the deadline.

    Until `begin_body` it receives `max_header_bytes` at most, and after it `max_wire_bytes` more, framing included.
    """

    def __init__(self, connected: socket.socket, limits: FetchLimits, deadline: Deadline) -> None:
        self._socket = connected
        self._limits = limits
        self._deadline = deadline
        self._left = limits.max_header_bytes
        self._in_body = False

    def begin_body(self) -> None:
        """From here on, all that arrives is body."""
        self._left += self._limits.max_wire_bytes
        self._in_body = True

    def makefile(self, _mode: str) -> io.BufferedReader:
        return io.BufferedReader(self)

    def readable(self) -> bool:
        return True

    def sendall(self, data: bytes) -> None:
        self._set_timeout()
        try:
            self._socket.sendall(data)
        except TimeoutError as error:
            raise self._timed_out() from error

    def readinto(self, buffer: "WriteableBuffer", /) -> int:
        """Fill `buffer` with what has arrived; the number of bytes, 0 at the end.

        Raises FetchTimedOut, InvalidResponse if the headers are too large, PageTooLarge if the body is, and
        ConnectionFailed if the headers end early, which http.client takes for their end.
        """
        if self._left <= 0:
            raise self._too_large()
        self._set_timeout()
        try:
            received = self._socket.recv_into(memoryview(buffer)[: self._left])
        except TimeoutError as error:
            raise self._timed_out() from error
        if not received and not self._in_body:
            raise ConnectionFailed("The connection to the site failed or broke off.")
        self._left -= received
        return received

    def settimeout(self, timeout: float | None) -> None:
        """Nothing: HTTPConnection has one time-out for all, here each operation has its own."""

    def close(self) -> None:
        """Nothing: HTTPConnection closes its socket before it reads a body. The exchange closes it in the end."""

    def _set_timeout(self) -> None:
        self._socket.settimeout(self._deadline.at_most(self._limits.read_timeout_seconds))

    def _timed_out(self) -> FetchTimedOut:
        self._deadline.remaining()  # raises the same error with another text if it was the deadline that cut the wait
        return FetchTimedOut(f"The site let {self._limits.read_timeout_seconds:g} seconds pass without a byte.")

    def _too_large(self) -> InvalidResponse | PageTooLarge:
        if self._in_body:
            return PageTooLarge(f"The page is larger than {self._limits.max_wire_bytes:,} bytes.")
        return InvalidResponse(f"The headers are larger than {self._limits.max_header_bytes:,} bytes.")


@contextmanager
def translated_failures() -> Iterator[None]:
    """Raise the errors of sockets, TLS and HTTP as those of page_fetch.errors.

    CertificateRefused and InvalidResponse are permanent; ConnectionFailed and FetchTimedOut may pass.
    """
    try:
        yield
    except ssl.SSLCertVerificationError as error:
        raise CertificateRefused(f"The site's certificate is not valid: {error.verify_message}.") from error
    except (ssl.SSLError, SSLError) as error:
        raise ConnectionFailed("No secure connection to the site could be made.") from error
    except TimeoutError as error:
        raise FetchTimedOut("The site could not be connected to in time.") from error
    except (OSError, ProtocolError) as error:
        if isinstance(error.__cause__, InvalidChunkLength):
            raise _malformed() from error
        raise ConnectionFailed("The connection to the site failed or broke off.") from error
    except (http.client.HTTPException, HTTPError, ValueError) as error:
        raise _malformed() from error


def _malformed() -> InvalidResponse:
    return InvalidResponse("The site's answer is not valid HTTP.")
