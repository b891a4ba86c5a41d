"""The core as a program uses it: submit jobs, and see what becomes of them."""

import time
from uuid import UUID

from job_core.core import JobCore
from job_core.errors import UnknownJob
from job_core.job import ENDED, Job, NewJob
from job_core.store.read import find
from job_core.submitting import accept_and_publish

LOOK_SECONDS = 0.1


class JobClient:
    """One for each program that submits jobs. Not to be shared across a fork."""

    def __init__(self, core: JobCore) -> None:
        self._config = core.config
        self._database = core.database(pool_size=2)
        self._queue = core.queue()

    def submit(self, *new_jobs: NewJob) -> tuple[Job, ...]:
        """The jobs as they were accepted: they are kept from now on. Raises DatabaseUnavailable."""
        jobs = [new.with_max_crashes(self._config.max_crashes) for new in new_jobs]
        return accept_and_publish(jobs, None, self._database, self._queue, at_once=self._config.limits.at_once).jobs

    def find(self, job_id: UUID) -> Job:
        """The job as it is now. Raises UnknownJob, DatabaseUnavailable."""
        with self._database.reading() as connection:
            job = find(connection, job_id)
        if job is None:
            raise UnknownJob("It was never accepted, or it ended longer ago than results are kept.")
        return job

    def wait(self, job_id: UUID, seconds: float) -> Job:
        """The job at its end, or as it is when `seconds` are over. Raises like `find`."""
        deadline = time.monotonic() + seconds
        while (job := self.find(job_id)).state not in ENDED and time.monotonic() < deadline:
            time.sleep(LOOK_SECONDS)
        return job
