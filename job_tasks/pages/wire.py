"""A connected socket that keeps the limits of a fetch, whatever the peer does."""

import io
import socket
from typing import TYPE_CHECKING

from job_tasks.errors import FetchTimedOut, InvalidResponse, PageTooLarge
from job_tasks.pages.deadline import Deadline
from job_tasks.pages.limits import FetchLimits

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer  # not in collections.abc before Python 3.12


class BoundedSocket:
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
        """From here on what arrives is body."""
        self._left += self._limits.max_wire_bytes
        self._in_body = True

    def makefile(self, _mode: str) -> io.BufferedReader:
        return io.BufferedReader(_BoundedStream(self, self._socket.makefile("rb", buffering=0)))

    def sendall(self, data: bytes) -> None:
        self._set_timeout()
        try:
            self._socket.sendall(data)
        except TimeoutError as error:
            raise self._timed_out() from error

    def receive_into(self, stream: io.RawIOBase, buffer: "WriteableBuffer") -> int:
        """Fills `buffer` from `stream`; the number of bytes, 0 at the end.

        Raises FetchTimedOut, InvalidResponse if the headers are too large, and PageTooLarge if the body is.
        """
        if self._left <= 0:
            raise self._too_large()
        self._set_timeout()
        try:
            received = stream.readinto(memoryview(buffer)[: self._left]) or 0
        except TimeoutError as error:
            raise self._timed_out() from error
        self._left -= received
        return received

    def settimeout(self, timeout: float | None) -> None:
        """Nothing: HTTPConnection has one time-out for all, here each operation has its own."""

    def close(self) -> None:
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


class _BoundedStream(io.RawIOBase):
    def __init__(self, bounds: BoundedSocket, stream: io.RawIOBase) -> None:
        self._bounds = bounds
        self._stream = stream

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "WriteableBuffer", /) -> int:
        return self._bounds.receive_into(self._stream, buffer)

    def close(self) -> None:
        self._stream.close()
        super().close()
