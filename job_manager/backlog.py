"""The bound on waiting jobs: beyond it, callers are asked to come back later instead of being promised too much."""

import threading
import time

from job_core.store.database import Database
from job_core.store.lookup import count_waiting
from job_manager.errors import BacklogFull

FRESH_SECONDS = 1.0
COUNT_SECONDS = 1.0


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
