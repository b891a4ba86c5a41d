"""Celery's request, with the end of the attempt reported to the job store, whatever way it ended.

Celery calls the hooks here in the worker's main process: it lives on when a child dies.
"""

from typing import Any
from uuid import UUID

from billiard.einfo import ExceptionWithTraceback
from billiard.exceptions import TimeLimitExceeded
from celery.exceptions import Ignore, Reject, Retry, SoftTimeLimitExceeded
from celery.worker.request import Request

from job_core.errors import AttemptCrashed, AttemptOutOfTime, CoreError, DatabaseUnavailable
from job_core.worker.beat import Beat
from job_core.worker.children import Children
from job_core.worker.pool_size import PoolSize

WRITTEN_BY_THE_CHILD = (CoreError, Ignore, Reject, Retry)
LEFT_BY_THE_CHILD = (DatabaseUnavailable, SoftTimeLimitExceeded)


class AttemptRequest(Request):
    """A message whose task a child runs. `killed` is set before this worker kills that child on purpose."""

    killed = False
    asleep_before = idle_before = 0.0
    children: Children  # of this worker, their number and its beat: set by `install_worker`, once for the process
    pool_size: PoolSize
    beat: Beat
    _connection_errors: tuple[type[BaseException], ...]

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        # A channel that its dead broker kept from closing knows no connection any more, and kombu fails over a message
        # that is acknowledged then. That would end the worker.
        self._connection_errors = (*self._connection_errors, AttributeError)

    def on_accepted(self, pid: int, time_accepted: float) -> None:
        super().on_accepted(pid, time_accepted)
        if not self.acknowledged:
            self.children.began(pid, self)
            self.pool_size.plan()

    def acknowledge(self) -> None:
        self.children.ended(self.worker_pid, self)
        super().acknowledge()

    def reject(self, requeue: bool = False) -> None:  # noqa: FBT001, FBT002 - Celery's signature
        self.children.ended(self.worker_pid, self)
        super().reject(requeue)

    def on_failure(self, exc_info: Any, send_failed_event: bool = True, return_ok: bool = False) -> None:  # noqa: FBT001, FBT002 - Celery's signature
        self.children.ended(self.worker_pid, self)
        self._report(error_of(exc_info))
        super().on_failure(exc_info, send_failed_event, return_ok)  # acknowledges

    def on_timeout(self, soft: bool, timeout: float) -> None:  # noqa: FBT001 - Celery's signature
        # For a hard limit, on_failure came first and has said it all.
        if soft or not self.acknowledged:
            super().on_timeout(soft, timeout)

    def _report(self, error: BaseException) -> None:
        """Have the beat write how an attempt ended that its child did not, or could not, bring to its end."""
        job_id, pid = UUID(self.id), self.worker_pid or 0
        if self.killed or isinstance(error, LEFT_BY_THE_CHILD):
            self.beat.give_back(job_id, pid)
        elif isinstance(error, TimeLimitExceeded):
            self.beat.crash(job_id, pid, AttemptOutOfTime("The job took too long, and its process was ended."))
        elif not isinstance(error, WRITTEN_BY_THE_CHILD):
            self.beat.crash(
                job_id, pid, AttemptCrashed("The process that ran the job died, perhaps for lack of memory.")
            )


def error_of(exc_info: Any) -> BaseException:
    """What the child raised, without what Celery may wrap it in to carry its trace."""
    raised: BaseException = exc_info.exception
    return raised.exc if isinstance(raised, ExceptionWithTraceback) else raised
