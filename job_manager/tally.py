"""How many jobs are in each state, for people: counted once a second at most, however many look."""

import threading
import time
from dataclasses import dataclass

from job_tasks.jobs.browsing import count_by_state
from job_tasks.jobs.database import Database
from job_tasks.jobs.job import State

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
        """Of the owner's jobs, or of those without a key if it is None; as of a second ago at most.

        Raises DatabaseUnavailable.
        """
        with self._counting:
            known = self._counted.get(owner)
            if known is None or time.monotonic() - known.at > FRESH_SECONDS:
                with self._database.reading(COUNT_SECONDS) as connection:
                    counts = count_by_state(connection, owner=owner, at_most=AT_MOST + 1)
                known = self._counted[owner] = _Counted(counts=counts, at=time.monotonic())
            return known.counts
