"""What becomes of jobs, for callers who wait: one watcher a process, and Server-Sent Events (HTML standard, 9.2).

Each waiting caller holds a thread, but no connection to the database: one question answers all of them.

An event holds the whole job, as `GET /result/<id>` returns it, and its id is the job's step. So whoever comes back with
the id of the last event it saw, here or at another process, goes on from there; steps that passed meanwhile are in the
attempts of the next event.
"""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from uuid import UUID

import structlog

from job_core.errors import DatabaseUnavailable
from job_core.job import ENDED, JobStep
from job_core.store.database import Database
from job_core.store.read import WholeJob, find_whole, steps_of
from job_manager.outages import Outages
from job_manager.views import job_detail
from job_tasks.views import to_json

LOOK_SECONDS = 0.1
TIMEOUT_SECONDS = 1.7  # for the database to answer a look
PAUSE_SECONDS = 0.5  # after an unexpected error, so that it does not fill the log
RECONNECT_MS = 1_000
EVENT_STREAM = "text/event-stream; charset=utf-8"

log = structlog.get_logger()


class Watch:
    """One caller that waits for a job: holds its newest state that the caller has not taken yet."""

    def __init__(self, job_id: UUID, seen: JobStep) -> None:
        self.job_id = job_id
        self.seen = seen  # the step that the caller knows of, or is about to take
        self.is_over = False  # nothing more will come
        self._found: WholeJob | None = None
        self._changed = threading.Condition()

    def put(self, whole: WholeJob) -> None:
        """Hand over the job, which has gone on."""
        with self._changed:
            self._found, self.seen = whole, whole.job.step
            self._changed.notify()

    def end(self) -> None:
        """Let the caller go: the job is gone, or the process stops."""
        with self._changed:
            self.is_over = True
            self._changed.notify()

    def take(self, seconds: float) -> WholeJob | None:
        """The job once it has gone on; None when `seconds` are over, or the watch has ended."""
        with self._changed:
            self._changed.wait_for(lambda: self._found or self.is_over, seconds)
            found, self._found = self._found, None
            return found


class Watcher:
    """Lets callers wait for their jobs' next steps. One thread asks the database for all of them."""

    beat_seconds = 5.0  # between the signs of life of a stream: a client that went is noticed at the second after

    def __init__(self, database: Database, outages: Outages) -> None:
        self._database = database
        self._outages = outages
        self._watches: set[Watch] = set()
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None
        self._is_stopping: Callable[[], bool] = lambda: False

    def stop_when(self, is_stopping: Callable[[], bool]) -> None:
        """Let all callers go once `is_stopping`, so that the process need not wait for them."""
        self._is_stopping = is_stopping

    @contextmanager
    def watching(self, job_id: UUID, seen: JobStep) -> Iterator[Watch]:
        """Watch the job while the block runs, from the step that the caller has `seen`."""
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
                self._notify_all(watches)
            except Exception:  # without this thread, every caller of this process would wait in vain
                log.exception("unhandled exception in watcher")
                time.sleep(PAUSE_SECONDS)
            time.sleep(LOOK_SECONDS)

    def _notify_all(self, watches: list[Watch]) -> None:
        if self._is_stopping():
            for watch in watches:
                watch.end()
        else:
            self._look(watches)

    def _look(self, watches: list[Watch]) -> None:
        try:
            with self._database.reading(TIMEOUT_SECONDS) as connection:
                steps = steps_of(connection, list({watch.job_id for watch in watches}))
                behind = [watch for watch in watches if watch.seen != steps.get(watch.job_id)]
                found = find_whole(connection, list({watch.job_id for watch in behind})) if behind else {}
        except DatabaseUnavailable as error:
            self._outages.report(error)  # the callers go on waiting: it may come back in time
            return
        for watch in behind:
            _notify(watch, found.get(watch.job_id))


def _notify(watch: Watch, whole: WholeJob | None) -> None:
    if whole is None:  # it has ended, and is not kept any more
        watch.end()
    else:
        watch.put(whole)


def event(whole: WholeJob) -> str:
    """One event. JSON has no raw line breaks, so its data is one line."""
    return f"id: {whole.job.step}\ndata: {to_json(job_detail(whole))}\n\n"


def stream_of(watcher: Watcher, whole: WholeJob, first: str) -> Iterator[str]:
    """The events of the job from `first` on, until its end."""
    yield f"retry: {RECONNECT_MS}\n\n{first}"
    if whole.job.state not in ENDED:
        yield from _further_events(watcher, whole.job.id, whole.job.step)


def _further_events(watcher: Watcher, job_id: UUID, seen: JobStep) -> Iterator[str]:
    with watcher.watching(job_id, seen) as watch:
        while not watch.is_over:
            found = watch.take(watcher.beat_seconds)
            yield ": beat\n\n" if found is None else event(found)
            if found is not None and found.job.state in ENDED:
                return
