"""What becomes of jobs, for callers who wait: one watcher a process, and Server-Sent Events (HTML standard, 9.2).

Each waiting caller holds a thread, but no connection to the database: one question answers all of them. Only a job that
is large is read by each of its callers, a few at a time, so that what all of them hold is bounded.

An event holds the whole job, as `GET /result/<id>` returns it, and its id is the job's step. So whoever comes back with
the id of the last event it saw, here or at another process, goes on from there; steps that passed meanwhile are in the
attempts of the next event. Events between two steps, which say how far the job is, repeat the id of the step.
"""

import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from uuid import UUID

import structlog
from sqlalchemy import Connection

from job_core.errors import DatabaseUnavailable
from job_core.job import ENDED, Job, JobStep, JsonObject
from job_core.kinds import Kind
from job_core.store.database import Database
from job_core.store.read import WholeJob, find_whole, progress_of, size_of, steps_of
from job_manager.errors import MemoryFull
from job_manager.memory import PARSED, SMALL_BYTES, MemoryBudget, Taken
from job_manager.outages import Outages
from job_manager.views import job_detail
from job_tasks.views import to_json

LOOK_SECONDS = 0.1
PROGRESS_SECONDS = 1.0  # between two looks at how far jobs are
TIMEOUT_SECONDS = 1.7  # for the database to answer a look
PAUSE_SECONDS = 0.5  # after an unexpected error, so that it does not fill the log
RECONNECT_MS = 1_000
EVENT_STREAM = "text/event-stream; charset=utf-8"

log = structlog.get_logger()

Read = tuple[WholeJob, Taken]


class Watch:
    """One caller that waits for a job, and what the watcher has found for it."""

    def __init__(self, job_id: UUID, seen: JobStep | None, read: Callable[[UUID, float], Read | None]) -> None:
        self.job_id = job_id
        self.seen = seen  # the step that the caller knows of, or is about to take; None: it knows of none
        self.kind: str | None = None  # of the job, if the caller wants to know how far it is
        self.progress: JsonObject | None = None  # that the caller knows of, or is about to take
        self.is_over = False  # nothing more will come
        self._read = read
        self._found: WholeJob | None = None
        self._has_gone_on = False
        self._taken: Taken | None = None
        self._changed = threading.Condition()

    def put(self, step: JobStep, whole: WholeJob | None) -> None:
        """Report that the job has gone on; it comes with the report unless it is large."""
        with self._changed:
            self._found, self.seen, self._has_gone_on = whole, step, True
            self.progress = whole.progress if whole else self.progress
            self._changed.notify()

    def end(self) -> None:
        """Let the caller go: the job is gone, or the process stops."""
        with self._changed:
            self.is_over = True
            self._changed.notify()

    def step(self, seconds: float) -> JobStep | None:
        """The step that the job has come to; None when `seconds` are over, or the watch has ended."""
        with self._changed:
            self._changed.wait_for(lambda: self._has_gone_on or self.is_over, seconds)
            has_gone_on, self._has_gone_on = self._has_gone_on, False
            return self.seen if has_gone_on else None

    def take(self, seconds: float) -> WholeJob | None:
        """The job once it has gone on; None when `seconds` are over, or the watch has ended.

        Memory for a large one is held until `keep`, the next `take`, or the end of the watch.
        """
        self.keep(0)
        deadline = time.monotonic() + seconds
        if self.step(seconds) is None:
            return None
        found, self._found = self._found, None
        if found is None and (read := self._read(self.job_id, max(0.0, deadline - time.monotonic()))):
            found, self._taken = read
        self.seen = found.job.step if found else None  # which has the watcher report it once more
        self.progress = found.progress if found else None
        return found

    def is_news(self, progress: JsonObject | None) -> bool:
        """Whether the caller does not know yet that the job is so far. That time passes is no news."""
        return progress is not None and progress | {"seconds": None} != (self.progress or {}) | {"seconds": None}

    def keep(self, many: int) -> None:
        """Give back the memory for the job that was taken last, all but `many` bytes."""
        if self._taken is not None:
            self._taken.keep(many)


class Watcher:
    """Lets callers wait for their jobs' next steps. One thread asks the database for all of them."""

    beat_seconds = 5.0  # between the signs of life of a stream: a client that went is noticed at the second after

    def __init__(
        self, database: Database, kinds: Mapping[str, Kind], outages: Outages, memory: MemoryBudget | None = None
    ) -> None:
        self._database = database
        self._kinds = kinds
        self._outages = outages
        self._memory = memory or MemoryBudget()
        self._watches: set[Watch] = set()
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None
        self._is_stopping: Callable[[], bool] = lambda: False
        self._progress_due = 0.0

    def stop_when(self, is_stopping: Callable[[], bool]) -> None:
        """Let all callers go once `is_stopping`, so that the process need not wait for them."""
        self._is_stopping = is_stopping

    @contextmanager
    def watching(
        self, job_id: UUID, seen: JobStep | None, *, kind: str | None = None, progress: JsonObject | None = None
    ) -> Iterator[Watch]:
        """Watch the job while the block runs, from the step that the caller has `seen`, or from its present one.

        A caller that names the job's `kind` hears of its progress, too, from the `progress` on that it knows.
        """
        watch = Watch(job_id, seen, self._read)
        watch.kind, watch.progress = kind, progress
        self._add(watch)
        try:
            yield watch
        finally:
            self._remove(watch)
            watch.keep(0)

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
                progress = self._look_at_progress(connection, watches)
                behind = [
                    watch
                    for watch in watches
                    if watch.seen != steps.get(watch.job_id) or watch.is_news(progress.get(watch.job_id))
                ]
                asked = list({watch.job_id for watch in behind if watch.job_id in steps})
                found = find_whole(connection, asked, self._kinds, at_most=SMALL_BYTES) if asked else {}
        except DatabaseUnavailable as error:
            self._outages.report(error)  # the callers go on waiting: it may come back in time
            return
        for watch in behind:
            _notify(watch, steps.get(watch.job_id), found.get(watch.job_id))

    def _look_at_progress(self, connection: Connection, watches: Sequence[Watch]) -> Mapping[UUID, JsonObject]:
        """How far the watched jobs are; nothing as long as the last look was less than PROGRESS_SECONDS ago."""
        if time.monotonic() < self._progress_due:
            return {}
        self._progress_due = time.monotonic() + PROGRESS_SECONDS
        return progress_of(
            connection, self._kinds, ((watch.kind, watch.job_id) for watch in watches if watch.kind is not None)
        )

    def _read(self, job_id: UUID, seconds: float) -> Read | None:
        """A large job, and the memory that it takes; None if either is not to be had now."""
        taken: Taken | None = None
        whole: WholeJob | None = None
        try:
            with self._database.reading(TIMEOUT_SECONDS) as connection:
                size = size_of(connection, job_id)
            taken = self._memory.take(size * PARSED, seconds)
            with self._database.reading(TIMEOUT_SECONDS) as connection:
                whole = find_whole(connection, [job_id], self._kinds, at_most=size).get(job_id)
        except DatabaseUnavailable as error:
            self._outages.report(error)
        except MemoryFull:
            log.warning("no memory for a large event yet")
        finally:
            if taken is not None and whole is None:
                taken.give_back()
        return None if taken is None or whole is None else (whole, taken)


def _notify(watch: Watch, step: JobStep | None, whole: WholeJob | None) -> None:
    if step is None:  # it has ended, and is not kept any more
        watch.end()
    elif whole is None:
        watch.put(step, None)
    else:
        watch.put(whole.job.step, whole)


def event(whole: WholeJob) -> str:
    """One event. JSON has no raw line breaks, so its data is one line."""
    return f"id: {whole.job.step}\ndata: {to_json(job_detail(whole))}\n\n"


def stream_of(watcher: Watcher, job: Job, first: str, *, is_known: bool, progress: JsonObject | None) -> Iterator[str]:
    """The events of the job from `first` on, until its end. If its present step is not known, they begin with it.

    `progress` is what is known of that.
    """
    yield f"retry: {RECONNECT_MS}\n\n{first}"
    if is_known and job.state in ENDED:
        return
    seen = job.step if is_known else None
    with watcher.watching(job.id, seen, kind=job.kind, progress=progress) as watch:
        while not watch.is_over:
            found = watch.take(watcher.beat_seconds)
            if found is None:
                yield ": beat\n\n"
                continue
            has_ended, text = found.job.state in ENDED, event(found)
            del found
            watch.keep(2 * len(text))  # the text, and the bytes that are sent
            yield text
            if has_ended:
                return
