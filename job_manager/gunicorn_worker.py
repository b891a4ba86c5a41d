"""gunicorn's threads, with two things more: requests that cannot be read are answered by problems, and slow ones end.

gunicorn takes a class of one's own by the setting `worker_class`.
"""

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
from job_manager.security import EVERY_ANSWER

RECEIVE_SECONDS = 10.0  # for a whole request, with its body of 1 MiB at most
LEAST_SECONDS = 0.001  # a time-out of 0 would mean not to wait at all, not even for what is there
SEND_SECONDS = 10.0  # for each piece of an answer
STATUS = {
    LimitRequestLine: HTTPStatus.REQUEST_URI_TOO_LONG,
    LimitRequestHeaders: HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE,
    RequestTimeout: HTTPStatus.REQUEST_TIMEOUT,
    ParseException: HTTPStatus.BAD_REQUEST,
}


class PatientSocket(socket.socket):
    """Waits for a request until its time is up, however little by little it comes. Raises RequestTimeout then."""

    deadline = 0.0

    def recv(self, size: int, flags: int = 0) -> bytes:
        """What is there, as every socket gives it."""
        if self.gettimeout() is not None:  # gunicorn's own, while it throws away a body that nobody read
            return super().recv(size, flags)
        left = self.deadline - time.monotonic()
        try:
            self.settimeout(max(left, LEAST_SECONDS))
            return super().recv(size, flags)
        except TimeoutError as error:
            raise RequestTimeout(f"The request did not come within {RECEIVE_SECONDS:g} seconds.") from error
        finally:
            self.settimeout(None)

    def sendall(self, data: Any, flags: int = 0) -> None:  # noqa: ANN401 - any bytes
        """Send it all, as every socket does. A caller that does not take it in time counts as one that went."""
        try:
            self.settimeout(SEND_SECONDS)
            super().sendall(data, flags)
        except TimeoutError as error:
            raise ConnectionResetError(errno.ECONNRESET, "the caller does not take its answer") from error
        finally:
            self.settimeout(None)


class PatientWorker(ThreadWorker):
    """A thread is held by a request that is still coming for RECEIVE_SECONDS at most."""

    def handle(self, conn: TConn) -> object:
        """Called in a thread for each request of a connection; only from here on does its time run."""
        if not isinstance(conn.sock, PatientSocket):
            conn.sock = PatientSocket(fileno=conn.sock.detach())
        conn.sock.deadline = time.monotonic() + RECEIVE_SECONDS
        return super().handle(conn)

    def handle_error(self, req: Any, client: socket.socket, addr: Any, exc: Exception) -> None:  # noqa: ANN401 - gunicorn's own
        """Answer what could not be read as a request. gunicorn's own answer is HTML, and repeats what was sent."""
        status = next((found for kind, found in STATUS.items() if isinstance(exc, kind)), None)
        if status is None:
            super().handle_error(req, client, addr, exc)
            return
        self.log.warning("a request cannot be read: %s, from %s", type(exc).__name__, addr)
        try:
            util.write_nonblock(client, _answer(status))
        except OSError:
            self.log.debug("the caller of a request that cannot be read is gone")


def _answer(status: HTTPStatus) -> bytes:
    detail = "The request could not be read as HTTP."
    found = Problem(type="about:blank", title=status.phrase, status=status.value, detail=detail)
    body = problem_json(found).encode()
    headers = EVERY_ANSWER | {"Content-Type": MEDIA_TYPE, "Content-Length": str(len(body)), "Connection": "close"}
    lines = (f"{name}: {value}\r\n" for name, value in headers.items())
    return f"HTTP/1.1 {status.value} {status.phrase}\r\n{''.join(lines)}\r\n".encode() + body
