"""How much the manager takes on: threads that wait, batches at once, waiting jobs; and how many jobs there are."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from job_core.errors import DatabaseUnavailable
from job_core.job import State
from job_core.store.browsing import count_by_state
from job_core.store.database import Database
from job_core.store.lookup import count_waiting
from job_manager.errors import BacklogFull

FRESH_SECONDS = 1.0
COUNT_SECONDS = 1.0
AT_MOST = 10_000


class Places:
    """At most so many at once."""

    def __init__(self, many: int) -> None:
        self._free = threading.Semaphore(many)

    def take(self) -> bool:
        """Whether there was a place; whoever took one gives it back."""
        return self._free.acquire(blocking=False)

    def give_back(self) -> None:
        """Let the next one have it."""
        self._free.release()


class Turn:
    """What one caller of a process has at a time.

    Batches that share the processor are as slow as all of them together, and so are their transactions, whose time is
    bounded. Who waits holds a thread, so only `places` do; the others are to come again.
    """

    def __init__(self, places: Places) -> None:
        self._places = places
        self._lock = threading.Lock()
        self._failures = 0

    @contextmanager
    def taken(self) -> Iterator[None]:
        """Wait for the turn, and have it for the block.

        Raises BacklogFull if there is no place to wait, and DatabaseUnavailable if somebody before got no answer from
        the database meanwhile: those behind need not find out one by one.
        """
        failures = self._failures
        with self._place(), self._lock:
            if self._failures != failures:
                raise DatabaseUnavailable("The job store did not answer those before.")
            try:
                yield
            except DatabaseUnavailable:
                self._failures += 1
                raise

    @contextmanager
    def _place(self) -> Iterator[None]:
        if not self._places.take():
            raise BacklogFull("As many batches wait to be accepted as may; submit it again soon.")
        try:
            yield
        finally:
            self._places.give_back()


class Backlog:
    """At most `most` jobs wait, give or take what is accepted within a second of a count."""

    def __init__(self, database: Database, most: int) -> None:
        self._database = database
        self._most = most
        self._counting = threading.Lock()
        self._counted = 0
        self._counted_at = -FRESH_SECONDS

    def make_room(self, jobs: int) -> None:
        """Raise BacklogFull if `jobs` more would be too many, and DatabaseUnavailable if counting them fails.

        One caller a second counts; the others never wait for it.
        """
        if time.monotonic() - self._counted_at > FRESH_SECONDS and self._counting.acquire(blocking=False):
            try:
                self._count()
            finally:
                self._counting.release()
        if self._counted + jobs > self._most:
            raise BacklogFull(f"{self._counted:,} jobs wait already; submit again when some are done.")
        self._counted += jobs

    def _count(self) -> None:
        with self._database.reading(COUNT_SECONDS) as connection:
            self._counted = count_waiting(connection, at_most=self._most)
        self._counted_at = time.monotonic()


@dataclass(frozen=True, kw_only=True)
class _Counted:
    counts: dict[State, int]
    at: float


class Tally:
    """The counts of this process. One that is larger than AT_MOST stands for "more than that"."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._counting = threading.Lock()
        self._counted: dict[str | None, _Counted] = {}  # by owner: as many as there are API keys

    def counts(self, owner: str | None) -> dict[State, int]:
        """Of the owner's jobs; None means jobs that came without a key.

        They are as of a second ago, and of as long before as a count takes. One caller at a time counts. The others get
        the last counts meanwhile; those who find none wait for them, but no longer than a count may take. Raises
        DatabaseUnavailable.
        """
        patience = COUNT_SECONDS if owner not in self._counted else 0.0
        if not self._is_fresh(owner) and self._counting.acquire(timeout=patience):
            try:
                if not self._is_fresh(owner):
                    self._count(owner)
            finally:
                self._counting.release()
        known = self._counted.get(owner)
        if known is None:
            raise DatabaseUnavailable("The job store did not answer in time.")
        return known.counts

    def _is_fresh(self, owner: str | None) -> bool:
        known = self._counted.get(owner)
        return known is not None and time.monotonic() - known.at <= FRESH_SECONDS

    def _count(self, owner: str | None) -> None:
        with self._database.reading(COUNT_SECONDS) as connection:
            counts = count_by_state(connection, owner=owner, at_most=AT_MOST + 1)
        self._counted[owner] = _Counted(counts=counts, at=time.monotonic())
