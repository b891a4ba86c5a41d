"""Callers that wait for what becomes of a job: one question to the database answers all of them.

Each waiting caller holds a thread, but no connection to the database.
"""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from uuid import UUID

import structlog

from job_core.errors import DatabaseUnavailable
from job_core.job import Step
from job_core.store.database import Database
from job_core.store.lookup import steps_of
from job_core.store.whole import WholeJob, find_whole
from job_manager.watch import Watch

LOOK_SECONDS = 0.1
PAUSE_SECONDS = 0.5  # after an error that nobody foresaw, so that it does not fill the log

log = structlog.get_logger()


class Watcher:
    """Tells every caller when its job has gone on. One thread asks for all of them."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._watches: set[Watch] = set()
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None
        self._is_stopping: Callable[[], bool] = lambda: False

    def stop_when(self, is_stopping: Callable[[], bool]) -> None:
        """Let all callers go once `is_stopping`: a process that is told to stop shall not wait for theirs."""
        self._is_stopping = is_stopping

    @contextmanager
    def watching(self, job_id: UUID, seen: Step) -> Iterator[Watch]:
        """A look at the job for as long as the block runs, from the step that the caller has `seen`."""
        watch = Watch(job_id, seen)
        self._add(watch)
        try:
            yield watch
        finally:
            self._remove(watch)

    def _add(self, watch: Watch) -> None:
        with self._changed:
            self._watches.add(watch)
            self._changed.notify()
            if self._thread is None:  # not before the first caller: threads do not survive gunicorn's fork
                self._thread = threading.Thread(target=self._run, name="watcher", daemon=True)
                self._thread.start()

    def _remove(self, watch: Watch) -> None:
        with self._changed:
            self._watches.discard(watch)

    def _run(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._watches)
                watches = list(self._watches)
            try:
                self._tell_all(watches)
            except Exception:  # without this thread, every caller of this process would wait in vain
                log.exception("the watcher failed; looks again")
                time.sleep(PAUSE_SECONDS)
            time.sleep(LOOK_SECONDS)

    def _tell_all(self, watches: list[Watch]) -> None:
        if self._is_stopping():
            for watch in watches:
                watch.end()
        else:
            self._look(watches)

    def _look(self, watches: list[Watch]) -> None:
        try:
            with self._database.reading() as connection:
                steps = steps_of(connection, list({watch.job_id for watch in watches}))
                behind = [watch for watch in watches if watch.seen != steps.get(watch.job_id)]
                found = find_whole(connection, list({watch.job_id for watch in behind})) if behind else {}
        except DatabaseUnavailable:
            return  # the callers' time runs on; their answers will tell
        for watch in behind:
            _tell(watch, found.get(watch.job_id))


def _tell(watch: Watch, whole: WholeJob | None) -> None:
    if whole is None:  # it ended, and is not kept any more
        watch.end()
    else:
        watch.tell(whole)
