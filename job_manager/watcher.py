"""Callers that wait for the end of a job: one question to the database answers all of them.

Each waiting caller holds a thread, so there are fewer places than threads, and submissions always find one.
"""

import threading
import time
from collections import defaultdict
from uuid import UUID

from job_tasks.errors import DatabaseUnavailable
from job_tasks.jobs.database import Database
from job_tasks.jobs.lookup import ended_among

LOOK_SECONDS = 0.1


class Watcher:
    """Wakes the callers whose jobs have ended. Holds at most `places` callers at once."""

    def __init__(self, database: Database, places: int) -> None:
        self._database = database
        self._places = threading.BoundedSemaphore(places) if places else None
        self._callers: defaultdict[UUID, set[threading.Event]] = defaultdict(set)
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None

    def wait(self, job_id: UUID, seconds: float) -> None:
        """Return when the job has ended, when `seconds` are over, or at once if all places are taken."""
        if self._places is None or not self._places.acquire(blocking=False):
            return
        ended = threading.Event()
        try:
            self._add(job_id, ended)
            ended.wait(seconds)
        finally:
            self._remove(job_id, ended)
            self._places.release()

    def _add(self, job_id: UUID, ended: threading.Event) -> None:
        with self._changed:
            self._callers[job_id].add(ended)
            self._changed.notify()
            if self._thread is None:  # not before the first caller: threads do not survive gunicorn's fork
                self._thread = threading.Thread(target=self._watch, name="watcher", daemon=True)
                self._thread.start()

    def _remove(self, job_id: UUID, ended: threading.Event) -> None:
        with self._changed:
            self._callers[job_id].discard(ended)
            if not self._callers[job_id]:
                del self._callers[job_id]

    def _watch(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._callers)
                watched = list(self._callers)
            self._wake(self._ended(watched))
            time.sleep(LOOK_SECONDS)

    def _ended(self, watched: list[UUID]) -> set[UUID]:
        try:
            with self._database.reading() as connection:
                return ended_among(connection, watched)
        except DatabaseUnavailable:
            return set()  # the callers' time runs on; their answers will tell

    def _wake(self, ended: set[UUID]) -> None:
        with self._changed:
            for job_id in ended & self._callers.keys():
                for caller in self._callers[job_id]:
                    caller.set()
