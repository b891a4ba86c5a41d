"""One HTTP exchange with an address that the guard has vetted, over a socket that keeps the limits of a fetch."""

import http.client
import io
import os
import socket
import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from http import HTTPStatus
from ipaddress import IPv4Address, ip_address
from pathlib import Path
from typing import TYPE_CHECKING

import certifi
import requests
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
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
from page_fetch.guard import Address, Resolver, vetted_addresses
from page_fetch.limits import Deadline, FetchLimits
from page_fetch.url import MAX_ENCODED_LENGTH, WebUrl, parse_url

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer  # not in collections.abc before Python 3.12


@contextmanager
def translated_failures() -> Iterator[None]:
    """Raises the errors of sockets, TLS and HTTP as those of page_fetch.errors.

    CertificateRefused and InvalidResponse will come again; ConnectionFailed and FetchTimedOut may not.
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


class BoundedSocket:
    """As much of a socket as HTTPConnection uses; each operation ends by the read time-out or the deadline.

    Until `begin_body` it receives `max_header_bytes` at most, and after it `max_wire_bytes` more, framing included.
    """

    def __init__(self, connected: socket.socket, limits: FetchLimits, deadline: Deadline) -> None:
        self._socket = connected
        self._stream = connected.makefile("rb", buffering=0)
        self._limits = limits
        self._deadline = deadline
        self._left = limits.max_header_bytes
        self._in_body = False

    def begin_body(self) -> None:
        """From here on what arrives is body."""
        self._left += self._limits.max_wire_bytes
        self._in_body = True

    def makefile(self, _mode: str) -> io.BufferedReader:
        return io.BufferedReader(_Received(self))

    def sendall(self, data: bytes) -> None:
        self._set_timeout()
        try:
            self._socket.sendall(data)
        except TimeoutError as error:
            raise self._timed_out() from error

    def receive_into(self, buffer: "WriteableBuffer") -> int:
        """Fills `buffer` with what has arrived; the number of bytes, 0 at the end.

        Raises FetchTimedOut, InvalidResponse if the headers are too large, PageTooLarge if the body is, and
        ConnectionFailed if the headers end early, which http.client takes for their end.
        """
        if self._left <= 0:
            raise self._too_large()
        self._set_timeout()
        try:
            received = self._stream.readinto(memoryview(buffer)[: self._left]) or 0
        except TimeoutError as error:
            raise self._timed_out() from error
        if not received and not self._in_body:
            raise ConnectionFailed("The connection to the site failed or broke off.")
        self._left -= received
        return received

    def settimeout(self, timeout: float | None) -> None:
        """Nothing: HTTPConnection has one time-out for all, here each operation has its own."""

    def close(self) -> None:
        """Closes the socket once what `makefile` gave is closed too: HTTPConnection does it before it reads a body."""
        self._socket.close()

    def hang_up(self) -> None:
        """Closes the socket at once."""
        self._stream.close()
        self._socket.close()

    def _set_timeout(self) -> None:
        self._socket.settimeout(self._deadline.at_most(self._limits.read_timeout_seconds))

    def _timed_out(self) -> FetchTimedOut:
        self._deadline.remaining()  # raises the same error with another text if it was the deadline that cut the wait
        return FetchTimedOut(f"The site let {self._limits.read_timeout_seconds:g} seconds pass without a byte.")

    def _too_large(self) -> InvalidResponse | PageTooLarge:
        if self._in_body:
            return PageTooLarge(f"The page is larger than {self._limits.max_wire_bytes:,} bytes.")
        return InvalidResponse(f"The headers are larger than {self._limits.max_header_bytes:,} bytes.")


class _Received(io.RawIOBase):
    def __init__(self, bounds: BoundedSocket) -> None:
        self._bounds = bounds

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "WriteableBuffer", /) -> int:
        return self._bounds.receive_into(buffer)


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


def guarded_session(limits: FetchLimits, deadline: Deadline, resolver: Resolver) -> requests.Session:
    """A session whose every request passes the address guard and ends by `deadline`.

    Send with `stream=True`, read the body within bounds, and close the session, which closes its connections.
    """
    session = _Session()
    session.trust_env = False  # neither proxies nor .netrc
    session.headers.clear()
    session.headers.update({"User-Agent": limits.user_agent, "Accept-Encoding": "gzip", "Connection": "close"})
    session.adapters.clear()
    adapter = _GuardedAdapter(limits, deadline, resolver)
    session.mount("http://", adapter)
    session.mount("https://", adapter)
    return session


class _Session(requests.Session):
    def get_redirect_target(self, resp: requests.Response) -> str | None:  # noqa: ARG002 - requests' signature
        """None: callers follow redirects; requests would read the body of one, of any size, even if told not to."""
        return None


class _GuardedAdapter(HTTPAdapter):
    """Sends each request over a new connection, to an address that the guard vetted for it."""

    def __init__(self, limits: FetchLimits, deadline: Deadline, resolver: Resolver) -> None:
        super().__init__()
        self._limits = limits
        self._deadline = deadline
        self._resolver = resolver
        self._connection: BoundedConnection | None = None

    def send(  # noqa: PLR0913, PLR0917 - requests' signature
        self,
        request: requests.PreparedRequest,
        stream: bool = False,  # noqa: ARG002, FBT001, FBT002 - requests' signature
        timeout: object = None,  # noqa: ARG002 - the limits hold instead
        verify: object = True,  # noqa: ARG002, FBT002 - certificates are always verified
        cert: object = None,  # noqa: ARG002 - none is ever sent
        proxies: Mapping[str, str] | None = None,  # noqa: ARG002 - none is ever used
    ) -> requests.Response:
        """The response, its body unread. Raises the errors of the guard and of `translated_failures`, and no other."""
        url = parse_url(request.url or "", max_length=MAX_ENCODED_LENGTH)
        addresses = vetted_addresses(url, self._limits, self._deadline, self._resolver)
        self.close()
        with translated_failures():
            self._connection = connection = open_connection(url, addresses, self._limits, self._deadline)
            connection.request(
                request.method or "GET",
                url.target,
                body=request.body,
                headers=request.headers,
                preload_content=False,
                decode_content=False,
            )
            return self.build_response(request, connection.getresponse())

    def close(self) -> None:
        if self._connection is not None:
            self._connection.bounds.hang_up()
            self._connection = None
