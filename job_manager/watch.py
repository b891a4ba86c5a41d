"""One caller's look at a job."""

import threading
from uuid import UUID

from job_core.job import Step
from job_core.store.whole import WholeJob


class Watch:
    """What the watcher found and the caller has not taken yet: the newest only, since it holds all that came before."""

    def __init__(self, job_id: UUID, seen: Step) -> None:
        self.job_id = job_id
        self.seen = seen  # the step that the caller knows of, or is being told of
        self.is_over = False  # nothing more will come
        self._found: WholeJob | None = None
        self._changed = threading.Condition()

    def tell(self, whole: WholeJob) -> None:
        """The job has gone on."""
        with self._changed:
            self._found, self.seen = whole, whole.job.step
            self._changed.notify()

    def end(self) -> None:
        """Nothing more will come: the job is gone, or the process stops."""
        with self._changed:
            self.is_over = True
            self._changed.notify()

    def take(self, seconds: float) -> WholeJob | None:
        """The job once it has gone on; None when `seconds` are over, or nothing more will come."""
        with self._changed:
            self._changed.wait_for(lambda: self._found or self.is_over, seconds)
            found, self._found = self._found, None
            return found
