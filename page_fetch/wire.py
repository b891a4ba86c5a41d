"""A connected socket that keeps the limits of a fetch, whatever the peer does."""

import io
import socket
from typing import TYPE_CHECKING

from page_fetch.deadline import Deadline
from page_fetch.errors import ConnectionFailed, FetchTimedOut, InvalidResponse, PageTooLarge
from page_fetch.limits import FetchLimits

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer  # not in collections.abc before Python 3.12


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
