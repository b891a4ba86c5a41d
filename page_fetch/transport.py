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
from urllib3.util.wait import wait_for_read

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
    """Sends requests within `limits`. Threads may share it: all it keeps is a TLS context.

    With `keep_alive` it also keeps a connection for the next request to the same origin, so it is for one thread.
    """

    def __init__(self, limits: FetchLimits, resolver: Resolver, *, keep_alive: bool = False) -> None:
        self.limits = limits
        self.keep_alive = keep_alive
        self._resolver = resolver
        self._kept: tuple[str, socket.socket] | None = None
        self._tls = _tls_context(
            os.environ.get("REQUESTS_CA_BUNDLE") or os.environ.get("SSL_CERT_FILE") or certifi.where()
        )

    def send(
        self, url: WebUrl, headers: Mapping[str, str], deadline: Deadline, body: bytes | None = None
    ) -> "Exchange":
        """Ask for `url`, or post `body` to it. The answer may come while the caller does something else.

        Raises the errors of the guard and of `translated_failures`, and no other.
        """
        return Exchange(self, url, {"User-Agent": self.limits.user_agent, **headers}, deadline, body)

    def connect(self, url: WebUrl, deadline: Deadline) -> socket.socket:
        """A new connection to the first address of the URL's host that answers, once the guard has vetted them all.

        SNI and certificate are those of the URL's host.
        """
        addresses = vetted_addresses(url, self.limits, deadline, self._resolver)
        _, port = practice_site(url, self.limits) or (url.host, url.port)
        with translated_failures():
            connected = _first_connection(addresses, port, self.limits, deadline)
            if url.scheme == "http":
                return connected
            try:
                return self._tls.wrap_socket(connected, server_hostname=url.host_name)
            except BaseException:
                connected.close()
                raise

    def take_kept(self, origin: str) -> socket.socket | None:
        """The connection that was kept, if it leads to `origin` and is still open. Any other is closed."""
        kept, self._kept = self._kept, None
        if kept is None:
            return None
        # What can be read before anything was asked is the end of the connection, or no answer to what will be asked.
        if kept[0] != origin or _can_be_read(kept[1]):
            kept[1].close()
            return None
        return kept[1]

    def keep(self, origin: str, connected: socket.socket) -> None:
        """Keep a connection over which nothing more comes."""
        self.close()
        self._kept = (origin, connected)

    def close(self) -> None:
        """End the connection that was kept."""
        if self._kept is not None:
            self._kept[1].close()
            self._kept = None


class Exchange:
    """A request that was sent. As a context it is the response, its body unread.

    The connection ends with the block, unless it is kept for the next request. A site may end one that was kept at any
    moment: then the request is sent once more, over a new one. Making and entering an exchange raise the errors of the
    guard and of `translated_failures`, and no other.
    """

    def __init__(
        self, transport: Transport, url: WebUrl, headers: Mapping[str, str], deadline: Deadline, body: bytes | None
    ) -> None:
        self._transport = transport
        self._url = url
        self._headers = headers
        self._deadline = deadline
        self._body = body
        kept = transport.take_kept(url.origin) if body is None else None
        self._is_reused = kept is not None
        try:
            self._send(kept or transport.connect(url, deadline))
        except ConnectionFailed:
            if not self._is_reused:
                raise
            self._send_again()

    def _send_again(self) -> None:
        self._is_reused = False
        self._send(self._transport.connect(self._url, self._deadline))

    def _send(self, connected: socket.socket) -> None:
        self._connected = connected
        self._bounded = BoundedSocket(connected, self._transport.limits, self._deadline)
        self._connection = HTTPConnection(self._url.host, self._url.port)
        self._connection.response_class = FinalResponse
        self._connection.sock = self._bounded
        with self._closed_if_it_fails():
            self._connection.request(
                "GET" if self._body is None else "POST",
                self._url.target,
                body=self._body,
                headers={
                    "Host": self._url.authority,
                    "Accept-Encoding": "gzip",
                    "Connection": "keep-alive" if self._transport.keep_alive else "close",
                    **self._headers,
                },
                preload_content=False,
                decode_content=False,
            )

    def __enter__(self) -> HTTPResponse:
        try:
            self._response = self._receive()
        except ConnectionFailed:
            if not self._is_reused or self._bounded.has_received:
                raise
            self._send_again()
            self._response = self._receive()
        self._bounded.begin_body()
        return self._response

    def _receive(self) -> HTTPResponse:
        with self._closed_if_it_fails():
            return self._connection.getresponse()

    @contextmanager
    def _closed_if_it_fails(self) -> Iterator[None]:
        try:
            with translated_failures():
                yield
        except BaseException:
            self.close()
            raise

    def __exit__(self, error: object, *_: object) -> None:
        if error is None and self._transport.keep_alive and self._is_whole():
            self._transport.keep(self._url.origin, self._connected)
        else:
            self.close()

    def _is_whole(self) -> bool:
        """Whether the site leaves the connection open, and all that has been received over it was read."""
        final = self._response._original_response  # noqa: SLF001 - urllib3 has no other way to it
        return isinstance(final, FinalResponse) and final.leaves_open and self._bounded.is_read()

    def close(self) -> None:
        """End the connection, whether or not the response was read."""
        self._connected.close()


def _can_be_read(connected: socket.socket) -> bool:
    is_in_tls = isinstance(connected, ssl.SSLSocket) and connected.pending() > 0
    return is_in_tls or wait_for_read(connected, timeout=0)


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
        self._is_over = False
        self.has_received = False

    def begin_body(self) -> None:
        """From here on, all that arrives is body."""
        self._left += self._limits.max_wire_bytes
        self._in_body = True

    def is_read(self) -> bool:
        """Whether nothing is left of what has been received. Nothing is received from here on."""
        self._is_over = True
        return not self._reader.peek()

    def makefile(self, _mode: str) -> io.BufferedReader:
        self._reader = _OpenReader(self)
        return self._reader

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
        if self._is_over:
            return 0
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
        self.has_received = True
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


class _OpenReader(io.BufferedReader):
    """One that can tell what it has left after http.client has closed it, at the end of a body."""

    def close(self) -> None:
        """Nothing: the exchange closes the socket in the end."""


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
