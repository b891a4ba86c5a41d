"""Waiting for libpq within a deadline, whatever the database does.

A psycopg2 call on a database that hangs (paused, or cut off) never returns, and no signal gets through to it. So all
waiting for libpq goes through a callback of ours, which gives up when the time is over.
"""

import math
import select
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

import psycopg2
from psycopg2 import extensions

UNBOUNDED_SECONDS = 5.0  # for those who name no time


class DeadlineOver(psycopg2.OperationalError):
    """The database did not answer in time. The connection is closed."""

    def __init__(self) -> None:
        # By these words SQLAlchemy sees a disconnect, also where no connection exists yet.
        super().__init__("deadline over: could not receive data from server")


class Patience:
    """How long a block waits for the database: until its time is over, and less as long as nothing was answered at all.

    A database that is away or hangs is known by its silence, and soon. One that has answered is busy at worst.
    """

    def __init__(self, seconds: float, first_answer_seconds: float = math.inf) -> None:
        now = time.monotonic()
        self._ends = now + seconds
        self._waiting_ends = min(self._ends, now + first_answer_seconds)

    def left(self) -> float:
        """Seconds until the time is over."""
        return self._ends - time.monotonic()

    def left_to_wait(self) -> float:
        """Seconds for which an answer is worth waiting."""
        return self._waiting_ends - time.monotonic()

    def answered(self) -> None:
        """The database has answered."""
        self._waiting_ends = self._ends


_patience: ContextVar[Patience | None] = ContextVar("database_patience", default=None)


@contextmanager
def within(patience: Patience) -> Iterator[None]:
    """All waiting of the block is by this patience."""
    before = _patience.get()
    _patience.set(patience)
    try:
        yield
    finally:
        if _patience.get() is patience:  # not where a generator is closed by another thread than began it
            _patience.set(before)


def current_patience() -> Patience:
    """That of the innermost block."""
    return _patience.get() or Patience(UNBOUNDED_SECONDS)


def _wait(connection: extensions.connection) -> None:
    """Wait for libpq, as long as there is patience. psycopg2 closes the connection when this raises."""
    patience = current_patience()
    try:
        while (state := connection.poll()) != extensions.POLL_OK:
            seconds = patience.left_to_wait()
            if seconds <= 0:
                raise DeadlineOver
            poller = select.poll()  # a new one each time: connecting may change the descriptor
            poller.register(connection.fileno(), select.POLLIN if state == extensions.POLL_READ else select.POLLOUT)
            poller.poll(math.ceil(seconds * 1_000))
        patience.answered()
    finally:
        del connection  # else the traceback keeps the socket of a half-made connection


def wait_with_patience() -> None:
    """From now on, every connection of this process waits so."""
    extensions.set_wait_callback(_wait)
