"""gunicorn's thread worker, with problems for unreadable requests, and without endless waits for slow callers."""

import errno
import selectors
import socket
import time
from collections import deque
from concurrent.futures import Future
from contextlib import suppress
from functools import partial
from http import HTTPStatus
from typing import Any

from gunicorn import util
from gunicorn.http.errors import LimitRequestHeaders, LimitRequestLine, ParseException
from gunicorn.workers.gthread import TConn, ThreadWorker
from werkzeug.exceptions import RequestTimeout

from job_manager.problems import MEDIA_TYPE, Problem, problem_json

MIN_TIMEOUT_SECONDS = 0.001  # 0 would mean not to wait at all, not even for what has arrived
LINGER_SECONDS = 2.0  # for a caller to close its end of a connection, too (RFC 9112, section 9.6)
DRAIN_BYTES = 65_536
IDLE_SECONDS = 5.0  # between two signs of life to gunicorn, which would restart a process after 30 s without
FAIR_SECONDS = 1.0  # to send a request in, while others wait for the thread
STATUS = {
    LimitRequestLine: HTTPStatus.REQUEST_URI_TOO_LONG,
    LimitRequestHeaders: HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE,
    RequestTimeout: HTTPStatus.REQUEST_TIMEOUT,
    ParseException: HTTPStatus.BAD_REQUEST,
}


class DeadlineSocket(socket.socket):
    """Reads raise RequestTimeout after the deadline, however slowly bytes trickle in."""

    begun = 0.0  # when a thread took up its request
    deadline = 0.0
    send_seconds = 0.0
    is_awaited = False  # a thread waits for the rest of its request

    def recv(self, size: int, flags: int = 0) -> bytes:
        """Receive what has arrived, or wait for it until the deadline."""
        if self.gettimeout() is not None:  # set by gunicorn while it discards a body that nobody read
            return super().recv(size, flags)
        left = self.deadline - time.monotonic()
        try:
            self.is_awaited = True
            self.settimeout(max(left, MIN_TIMEOUT_SECONDS))
            received = super().recv(size, flags)
        except TimeoutError as error:
            raise RequestTimeout from error
        finally:
            self.is_awaited = False
            self.settimeout(None)
        if not received and time.monotonic() >= self.deadline:
            raise RequestTimeout
        return received

    def give_up(self) -> None:
        """Have the thread that waits answer that it took too long."""
        self.deadline = 0.0
        with suppress(OSError):  # the caller is gone
            self.shutdown(socket.SHUT_RD)

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
    """A slow caller holds a thread for a bounded time, a shorter one while others wait for it, and the loop never."""

    receive_seconds = 10.0  # for a whole request, with its body of 1 MiB at most
    send_seconds = 10.0  # for each piece of an answer

    def __init__(self, *arguments: Any, **options: Any) -> None:  # noqa: ANN401 - gunicorn's own
        super().__init__(*arguments, **options)
        self._served: set[DeadlineSocket] = set()
        self._lingering: deque[TConn] = deque()

    def handle(self, conn: TConn) -> object:
        """Serve the next request of a connection, in a thread. The time it has begins here."""
        if not isinstance(conn.sock, DeadlineSocket):
            conn.sock = DeadlineSocket(fileno=conn.sock.detach())
            conn.sock.send_seconds = self.send_seconds
        conn.sock.begun = time.monotonic()
        conn.sock.deadline = conn.sock.begun + self.receive_seconds
        self._served.add(conn.sock)
        try:
            return super().handle(conn)
        finally:
            self._served.discard(conn.sock)

    def finish_request(self, conn: TConn, fs: Future[object]) -> None:
        """Keep a connection for the next request, or close it.

        gunicorn would wait here, in the loop of all connections, for the caller to close its end as well.
        """
        if fs.cancelled() or fs.exception() or fs.result():
            super().finish_request(conn, fs)
            return
        try:
            conn.sock.shutdown(socket.SHUT_WR)
            conn.sock.settimeout(0)
            self.poller.register(conn.sock, selectors.EVENT_READ, partial(self._drain, conn))
        except (OSError, ValueError):  # it is closed already
            self._close(conn)
            return
        conn.timeout = time.monotonic() + LINGER_SECONDS
        self._lingering.append(conn)

    def wait_for_and_dispatch_events(self, timeout: float) -> None:
        """Handle what comes within `timeout`, longer if there is no connection that could have to be closed."""
        super().wait_for_and_dispatch_events(timeout if self.nr_conns else IDLE_SECONDS)

    def murder_pending(self) -> None:
        """Close what has waited long enough; the loop calls this once a second at least while there are connections."""
        super().murder_pending()
        while self._lingering and self._lingering[0].timeout <= time.monotonic():
            self._end_lingering(self._lingering[0])
        self._make_room()

    def _drain(self, conn: TConn, _sock: object) -> None:
        """Read what was sent after the answer: a connection closed over it would take the answer with it."""
        try:
            if conn.sock.recv(DRAIN_BYTES):
                return
        except BlockingIOError:
            return
        except OSError:
            self.log.debug("the caller is gone")
        self._end_lingering(conn)

    def _end_lingering(self, conn: TConn) -> None:
        self._lingering.remove(conn)
        self.poller.unregister(conn.sock)
        self._close(conn)

    def _close(self, conn: TConn) -> None:
        self.nr_conns -= 1
        conn.close()

    def _make_room(self) -> None:
        """Give up those that have sent longest at their requests, one for each that waits for a thread."""
        waiting = self.tpool._work_queue.qsize()  # noqa: SLF001 - there is no other way to know
        if waiting:
            before = time.monotonic() - FAIR_SECONDS
            slow = [sock for sock in list(self._served) if sock.is_awaited and sock.begun < before]
            for sock in sorted(slow, key=lambda sock: sock.begun)[:waiting]:
                sock.give_up()

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
