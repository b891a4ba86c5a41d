"""gunicorn's thread worker, with problems for unreadable requests, and without endless waits for slow callers."""

import errno
import socket
import time
from http import HTTPStatus
from typing import Any

from gunicorn import util
from gunicorn.http.errors import LimitRequestHeaders, LimitRequestLine, ParseException
from gunicorn.workers.gthread import TConn, ThreadWorker
from werkzeug.exceptions import RequestTimeout

from job_manager.problems import MEDIA_TYPE, Problem, problem_json

MIN_TIMEOUT_SECONDS = 0.001  # 0 would mean not to wait at all, not even for what has arrived
STATUS = {
    LimitRequestLine: HTTPStatus.REQUEST_URI_TOO_LONG,
    LimitRequestHeaders: HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE,
    RequestTimeout: HTTPStatus.REQUEST_TIMEOUT,
    ParseException: HTTPStatus.BAD_REQUEST,
}


class DeadlineSocket(socket.socket):
    """Reads raise RequestTimeout after the deadline, however slowly bytes trickle in."""

    deadline = 0.0
    send_seconds = 0.0

    def recv(self, size: int, flags: int = 0) -> bytes:
        """Receive what has arrived, or wait for it until the deadline."""
        if self.gettimeout() is not None:  # set by gunicorn while it discards a body that nobody read
            return super().recv(size, flags)
        left = self.deadline - time.monotonic()
        try:
            self.settimeout(max(left, MIN_TIMEOUT_SECONDS))
            return super().recv(size, flags)
        except TimeoutError as error:
            raise RequestTimeout from error
        finally:
            self.settimeout(None)

    def sendall(self, data: Any, flags: int = 0) -> None:  # noqa: ANN401 - any bytes
        """Send all of `data`. A caller that does not take it in time counts as gone."""
        try:
            self.settimeout(self.send_seconds)
            super().sendall(data, flags)
        except TimeoutError as error:
            raise ConnectionResetError(errno.ECONNRESET, "the caller does not take its answer") from error
        finally:
            self.settimeout(None)


class DeadlineWorker(ThreadWorker):
    """A slow caller holds a thread for a bounded time."""

    receive_seconds = 10.0  # for a whole request, with its body of 1 MiB at most
    send_seconds = 10.0  # for each piece of an answer

    def handle(self, conn: TConn) -> object:
        """Serve the next request of a connection, in a thread. The time it has begins here."""
        if not isinstance(conn.sock, DeadlineSocket):
            conn.sock = DeadlineSocket(fileno=conn.sock.detach())
            conn.sock.send_seconds = self.send_seconds
        conn.sock.deadline = time.monotonic() + self.receive_seconds
        return super().handle(conn)

    def handle_error(self, req: Any, client: socket.socket, addr: Any, exc: Exception) -> None:  # noqa: ANN401 - gunicorn's own
        """Answer an unreadable request. gunicorn's own answer is HTML, and repeats what was sent."""
        status = next((found for kind, found in STATUS.items() if isinstance(exc, kind)), None)
        if status is None:
            super().handle_error(req, client, addr, exc)
            return
        self.log.warning("unreadable request: %s, from %s", type(exc).__name__, addr)
        try:
            util.write_nonblock(client, _answer(status))
        except OSError:
            self.log.debug("the caller is gone")


def _answer(status: HTTPStatus) -> bytes:
    # Not loaded with this module, which gunicorn loads before it forks: live editing would not reach the tasks then.
    from job_manager.security import EVERY_ANSWER  # noqa: PLC0415 - see above

    detail = "The request could not be read as HTTP."
    found = Problem(type="about:blank", title=status.phrase, status=status.value, detail=detail)
    body = problem_json(found).encode()
    headers = EVERY_ANSWER | {"Content-Type": MEDIA_TYPE, "Content-Length": str(len(body)), "Connection": "close"}
    lines = (f"{name}: {value}\r\n" for name, value in headers.items())
    return f"HTTP/1.1 {status.value} {status.phrase}\r\n{''.join(lines)}\r\n".encode() + body
