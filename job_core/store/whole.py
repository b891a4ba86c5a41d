"""A job with all that is known of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Connection

from job_core.job import Attempt, Job
from job_core.store.deliveries import Delivery, deliveries_of
from job_core.store.lookup import attempts_by_job, find_all


@dataclass(frozen=True, kw_only=True)
class WholeJob:
    """The row, every attempt of it, the first one first, and the delivery of its webhook, if there is one."""

    job: Job
    attempts: tuple[Attempt, ...]
    delivery: Delivery | None


def find_whole(connection: Connection, job_ids: Sequence[UUID]) -> dict[UUID, WholeJob]:
    """The rows of `job_ids` with what belongs to them; unknown ones are left out.

    Between the questions a job may go on: then its attempts are the newer ones, never its row.
    """
    found = find_all(connection, job_ids)
    made = attempts_by_job(connection, job_ids)
    with_callback = [job.id for job in found if job.callback_url is not None]
    told = deliveries_of(connection, with_callback) if with_callback else {}
    return {job.id: WholeJob(job=job, attempts=tuple(made[job.id]), delivery=told.get(job.id)) for job in found}
