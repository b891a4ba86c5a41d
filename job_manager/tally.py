"""How many jobs are in each state, for people: counted once a second at most, however many look."""

import threading
import time
from dataclasses import dataclass

from job_core.errors import DatabaseUnavailable
from job_core.job import State
from job_core.store.browsing import count_by_state
from job_core.store.database import Database

FRESH_SECONDS = 1.0
COUNT_SECONDS = 1.0
AT_MOST = 10_000


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
