"""What happens to jobs, told once it is committed: a line in the log, and a count in the figures.

The job store tells it itself, whichever process makes the step. So no caller can forget it, and none tells it twice.
"""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import Connection, Row

from job_core import metrics
from job_core.errors import CoreError
from job_core.job import ENDED, Job, JsonObject, State
from job_core.store.database import once_committed
from job_core.store.tables import jobs as table

TOLD = tuple(table.c[name] for name in ("id", "kind", "state", "attempt", "created_at", "finished_at"))  # of a row

log = structlog.get_logger()


def tell_accepted(connection: Connection, jobs: Iterable[Job]) -> None:
    """Jobs were accepted."""

    def tell(job: Job) -> None:
        metrics.count_accepted(job.kind)
        log.info(
            "accepted", job_id=str(job.id), kind=job.kind, **({"retry_of": str(job.retry_of)} if job.retry_of else {})
        )

    for job in jobs:
        once_committed(connection, lambda job=job: tell(job))  # type: ignore[misc]  # bound in the loop


def tell_claimed(connection: Connection, row: Row[Any]) -> None:
    """An attempt began."""

    def tell() -> None:
        if row.attempt == 1:
            metrics.count_started((row.started_at - row.created_at).total_seconds())
        log.info("claimed", job_id=str(row.id), attempt=row.attempt)

    once_committed(connection, tell)


def tell_attempt_ended(connection: Connection, row: Row[Any], outcome: str, error: JsonObject | None) -> None:
    """The attempt of a job ended, and perhaps the job with it. `row` is the job as it is now."""
    reason = str(error["type"]) if error else ""

    def tell() -> None:
        metrics.count_attempt(outcome, reason)
        why = {"error": reason, "detail": error["detail"]} if error else {}
        log.info("attempt ended", job_id=str(row.id), attempt=row.attempt, outcome=outcome, state=row.state, **why)
        if row.state in ENDED:
            _count_end(row, reason)

    once_committed(connection, tell)


def tell_cancelled(connection: Connection, row: Row[Any], *, was_running: bool) -> None:
    """A job was cancelled, and its attempt with it if one was under way."""

    def tell() -> None:
        if was_running:
            metrics.count_attempt(State.REVOKED, "")
        log.info("cancelled", job_id=str(row.id), attempt=row.attempt, state=row.state)
        _count_end(row, "")

    once_committed(connection, tell)


def tell_delivery_ended(
    connection: Connection, job_id: UUID, attempt: int, outcome: str, error: CoreError | None
) -> None:
    """An attempt to deliver the job's webhook ended: DELIVERED, RETRY or GIVEN UP."""
    reason = error.type if error else ""

    def tell() -> None:
        metrics.count_delivery(outcome, reason)
        why = {"error": reason, "detail": str(error)} if error else {}
        log.info("delivery ended", job_id=str(job_id), attempt=attempt, outcome=outcome, **why)

    once_committed(connection, tell)


def tell_due(connection: Connection, job_ids: Iterable[UUID]) -> None:
    """The pause before the next attempt is over."""
    for job_id in job_ids:
        once_committed(connection, lambda job_id=job_id: log.info("due", job_id=str(job_id)))  # type: ignore[misc]  # bound in the loop


def _count_end(row: Row[Any], reason: str) -> None:
    metrics.count_ended(row.kind, row.state, reason, (row.finished_at - row.created_at).total_seconds())
