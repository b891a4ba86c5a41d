"""Accepting jobs and sending their messages: the rows are committed first, and a broker that is away keeps none out."""

import math
import time
from collections.abc import Callable, Sequence

import structlog

from job_core.errors import BrokerUnavailable, DatabaseUnavailable, ServiceUnavailable
from job_core.job import Job, Message, NewJob
from job_core.queue import JobQueue
from job_core.store.database import TRANSACTION_SECONDS, Database
from job_core.store.submissions import Accepted, IdempotencyKey, accept, unpublish

PUBLISH_WITHIN_SECONDS = 1.3  # with the broker 0.6 more at most: after 2 s the reconciler takes the message for lost
UNPUBLISH_SECONDS = 1.7

log = structlog.get_logger()


def accept_and_publish(
    new_jobs: Sequence[NewJob],
    key: IdempotencyKey | None,
    database: Database,
    queue: JobQueue,
    *,
    at_once: int,
    seconds: float = TRANSACTION_SECONDS,
    first_answer_seconds: float = math.inf,
    report: Callable[[ServiceUnavailable], object] = lambda error: log.warning(
        "not published; the reconciler will", reason=error.reason
    ),
) -> Accepted:
    """Commit the rows, then send their messages. Raises as `accept` does; `report` hears what keeps messages back."""
    began = time.monotonic()
    accepted = accept(
        database, new_jobs, key, at_once=at_once, seconds=seconds, first_answer_seconds=first_answer_seconds
    )
    if accepted.is_new and time.monotonic() - began < PUBLISH_WITHIN_SECONDS:
        _publish([job for job in accepted.jobs if job.parked_at is None], database, queue, report)
    elif accepted.is_new:
        log.warning("the database took so long that the reconciler publishes", jobs=len(new_jobs))
    return accepted


def _publish(
    jobs: Sequence[Job], database: Database, queue: JobQueue, report: Callable[[ServiceUnavailable], object]
) -> None:
    messages = [
        Message(kind=job.kind, job_id=job.id, label=job.label, published_at=job.published_at, bulk=job.bulk)
        for job in jobs
        if job.published_at
    ]
    try:
        queue.publish(messages)
    except BrokerUnavailable as error:
        report(error)
        try:
            unpublish(database, [job.id for job in jobs], seconds=UNPUBLISH_SECONDS)
        except DatabaseUnavailable as failure:  # the reconciler finds out by itself
            report(failure)
