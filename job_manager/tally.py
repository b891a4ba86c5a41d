"""How many jobs are in each state, for people: counted once a second at most, however many look."""

import threading
import time

from job_tasks.jobs.database import Database
from job_tasks.jobs.job import State
from job_tasks.jobs.overview import count_by_state

FRESH_SECONDS = 1.0
COUNT_SECONDS = 1.0
AT_MOST = 10_000


class Tally:
    """The counts of this process. One that is larger than AT_MOST stands for "more than that"."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._counting = threading.Lock()
        self._counts: dict[State, int] = {}
        self._counted_at = -FRESH_SECONDS

    def counts(self) -> dict[State, int]:
        """As of a second ago at most. Raises DatabaseUnavailable."""
        with self._counting:
            if time.monotonic() - self._counted_at > FRESH_SECONDS:
                with self._database.reading(COUNT_SECONDS) as connection:
                    self._counts = count_by_state(connection, at_most=AT_MOST + 1)
                self._counted_at = time.monotonic()
            return self._counts
