"""How much the manager takes on: how many jobs may wait, one batch at a time, and how many jobs there are."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from job_core.errors import DatabaseUnavailable
from job_core.job import State
from job_core.store.database import Database
from job_core.store.read import count_by_state, count_waiting
from job_manager.errors import BacklogFull
from job_manager.outages import Outages

FRESH_SECONDS = 1.0
COUNT_SECONDS = 1.0
MAX_COUNTED = 10_000


class BatchQueue:
    """Batches of one process are accepted one after the other, so that the first ones are done soon.

    Batches that share the processor all take as long as all of them together, and so do their transactions, whose time
    is bounded. A batch that waits holds a thread, so it takes one of the `seats`, also while it is its turn.
    """

    def __init__(self, seats: threading.Semaphore) -> None:
        self._seats = seats
        self._lock = threading.Lock()
        self._failures = 0

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Wait for a turn, and keep it for the block.

        Raises BacklogFull if no seat is free, and DatabaseUnavailable if a batch before found the database unavailable
        meanwhile: those behind need not find out one by one.
        """
        failures = self._failures
        with self._seat(), self._lock:
            if self._failures != failures:
                raise DatabaseUnavailable("The job store did not answer the batches before this one.")
            try:
                yield
            except DatabaseUnavailable:
                self._failures += 1
                raise

    @contextmanager
    def _seat(self) -> Iterator[None]:
        if not self._seats.acquire(blocking=False):
            raise BacklogFull("Too many batches are waiting. Try again in a moment.")
        try:
            yield
        finally:
            self._seats.release()


class Backlog:
    """At most `max_waiting` jobs wait, give or take those accepted within a second of a count."""

    def __init__(self, database: Database, max_waiting: int) -> None:
        self._database = database
        self._max_waiting = max_waiting
        self._counting = threading.Lock()
        self._counted_at = -FRESH_SECONDS
        self._lock = threading.Lock()
        self._waiting = 0  # as counted, and accepted since
        self._arriving = 0  # of the callers that are in the block of `room_for`

    @contextmanager
    def room_for(self, jobs: int) -> Iterator[None]:
        """Keep room for `jobs` more, which the block accepts unless it raises.

        Raises BacklogFull if there is none, and DatabaseUnavailable if counting the waiting jobs fails. One caller a
        second counts; the others never wait for it.
        """
        if time.monotonic() - self._counted_at > FRESH_SECONDS and self._counting.acquire(blocking=False):
            try:
                self._count()
            finally:
                self._counting.release()
        self._take_room(jobs)
        accepted = 0
        try:
            yield
            accepted = jobs
        finally:
            with self._lock:
                self._arriving -= jobs
                self._waiting += accepted

    def _take_room(self, jobs: int) -> None:
        with self._lock:
            if self._waiting + self._arriving + jobs > self._max_waiting:
                raise BacklogFull(f"{self._waiting:,} jobs are waiting already. Try again when some are done.")
            self._arriving += jobs

    def _count(self) -> None:
        with self._database.reading(COUNT_SECONDS) as connection:
            waiting = count_waiting(connection, at_most=self._max_waiting)
        with self._lock:
            self._waiting = waiting
        self._counted_at = time.monotonic()


@dataclass(frozen=True, kw_only=True)
class _Counted:
    counts: dict[State, int]
    at: float


class StateCounts:
    """How many jobs are in each state, for people; a count above MAX_COUNTED stands for "more than that"."""

    def __init__(self, database: Database, outages: Outages) -> None:
        self._database = database
        self._outages = outages
        self._counting = threading.Lock()
        self._counted: dict[str | None, _Counted] = {}  # by owner: as many as there are API keys

    def of(self, owner: str | None) -> dict[State, int]:
        """The counts of the owner's jobs; None means jobs that came without a key.

        They are at most a second old, plus the time that a count takes. One caller at a time counts; the others get the
        last counts meanwhile, or wait for the first ones. Raises DatabaseUnavailable only if nothing was counted yet.
        """
        has_counts = owner in self._counted
        if not self._is_fresh(owner) and self._counting.acquire(timeout=0.0 if has_counts else COUNT_SECONDS):
            try:
                if not self._is_fresh(owner):
                    self._count(owner)
            except DatabaseUnavailable as error:
                if not has_counts:
                    raise
                self._outages.report(error)
            finally:
                self._counting.release()
        if owner not in self._counted:
            raise DatabaseUnavailable("The job store did not answer in time.")
        return self._counted[owner].counts

    def _is_fresh(self, owner: str | None) -> bool:
        known = self._counted.get(owner)
        return known is not None and time.monotonic() - known.at <= FRESH_SECONDS

    def _count(self, owner: str | None) -> None:
        with self._database.reading(COUNT_SECONDS) as connection:
            counts = count_by_state(connection, owner=owner, at_most=MAX_COUNTED + 1)
        self._counted[owner] = _Counted(counts=counts, at=time.monotonic())
