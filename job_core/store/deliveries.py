"""Deliveries of webhooks: one row for each ended job with a callback, made by the database as the job ends.

The row is all there is: no message stands for it. Claiming a delivery pushes its `due_at` into the future, so one whose
process died becomes due again.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from sqlalchemy import Connection, select

from job_core.errors import CoreError, ReceiverGone, ReceiverRefused
from job_core.job import Job
from job_core.retrying import retry_wait
from job_core.store.database import Database
from job_core.store.events import record_delivery_ended
from job_core.store.rows import job_of
from job_core.store.tables import deliveries, jobs

# The longest waits are 5 s, 10 s, 20 s ... 5.7 h, then 6 h six times. All nineteen take 24 h on average, 47 h at most.
MAX_ATTEMPTS = 20
BASE_SECONDS = 5.0
CAP_SECONDS = 6 * 3_600.0
RETRY = "RETRY"  # the outcome of an attempt that another follows
FINAL = (ReceiverRefused, ReceiverGone)


class DeliveryState(StrEnum):
    """Where a delivery stands."""

    PENDING = "PENDING"  # to be tried, or tried right now
    DELIVERED = "DELIVERED"  # ended: the receiver answered by a success
    GIVEN_UP = "GIVEN UP"  # ended: the last error says why


@dataclass(frozen=True, kw_only=True)
class Delivery:
    """The whole row."""

    job_id: UUID  # also the webhook's id
    receiver: str  # host and port
    state: DeliveryState
    attempts: int
    due_at: datetime | None
    delivered_at: datetime | None
    last_error: str | None


@dataclass(frozen=True, kw_only=True)
class DeliveryClaim:
    """The right of one attempt to deliver, until it counts as lost, and the job to report."""

    job: Job
    url: str
    receiver: str
    attempt: int


_CLAIM_DUE = """
    WITH due AS MATERIALIZED (
        SELECT job_id FROM deliveries
        WHERE due_at <= now() AND receiver <> ALL(%s::text[]) ORDER BY due_at LIMIT 1 FOR UPDATE SKIP LOCKED
    )
    UPDATE deliveries SET attempts = attempts + 1, since = now(), due_at = now() + %s
    WHERE job_id IN (SELECT job_id FROM due)
    RETURNING job_id, receiver, attempts
"""
_END = """
    UPDATE deliveries
    SET state = %s, since = now(), due_at = now() + %s, delivered_at = CASE WHEN %s = 'DELIVERED' THEN now() END,
        last_error = %s
    WHERE job_id = %s AND attempts = %s AND state = 'PENDING'
    RETURNING job_id
"""


def claim_due(database: Database, lost_after: timedelta, *, excluding: Collection[str]) -> DeliveryClaim | None:
    """Begin an attempt of the delivery that is due longest, to no receiver of `excluding`; None if there is none.

    Claiming a delivery pushes its `due_at` into the future, so an attempt that has written no outcome after
    `lost_after` becomes due again.
    """
    rows = database.commit(_CLAIM_DUE, list(excluding), lost_after)
    if not rows:
        return None
    ((job_id, receiver, attempt),) = rows
    with database.reading() as connection:
        job = job_of(connection.execute(select(jobs).where(jobs.c.id == job_id)).one())
    return DeliveryClaim(job=job, url=str(job.callback_url), receiver=receiver, attempt=attempt)


def succeed(database: Database, held: DeliveryClaim) -> bool:
    """Note that the receiver took it; False if another attempt has begun meanwhile."""
    return _end(database, held, DeliveryState.DELIVERED)


def fail(database: Database, held: DeliveryClaim, error: CoreError) -> bool:
    """Note the error, and let the delivery wait for its next attempt if there is one; False like `succeed`."""
    if isinstance(error, FINAL) or held.attempt >= MAX_ATTEMPTS:
        return _end(database, held, DeliveryState.GIVEN_UP, error)
    wait = retry_wait(held.attempt - 1, error, base_seconds=BASE_SECONDS, cap_seconds=CAP_SECONDS)
    return _end(database, held, DeliveryState.PENDING, error, timedelta(seconds=wait))


def deliveries_of(connection: Connection, job_ids: Collection[UUID]) -> dict[UUID, Delivery]:
    """The deliveries of jobs; none for one that has not ended, or has no callback."""
    rows = connection.execute(select(deliveries).where(deliveries.c.job_id.in_(job_ids)))
    return {
        row.job_id: Delivery(**dict(row._mapping) | {"state": DeliveryState(row.state)})  # noqa: SLF001 - SQLAlchemy's documented name
        for row in rows
    }


def _end(
    database: Database,
    held: DeliveryClaim,
    state: DeliveryState,
    error: CoreError | None = None,
    wait: timedelta | None = None,
) -> bool:
    """End the attempt, unless another has begun."""
    said = None if error is None else str(error)
    written = bool(database.commit(_END, state, wait, state, said, held.job.id, held.attempt))
    if written:
        record_delivery_ended(held.job.id, held.attempt, state if wait is None else RETRY, error)
    return written
