"""Deliveries of webhooks: one row for each ended job with a callback, made by the database as the job ends.

The row is all there is: no message stands for it. Who delivers takes a row that is due, and as it does so puts off the
time at which the row is due again. So a delivery whose process died comes up again by itself.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from sqlalchemy import Connection, func, select, update

from job_core.errors import CoreError, ReceiverGone, ReceiverRefused
from job_core.job import Job
from job_core.store.events import tell_delivery_ended
from job_core.store.lookup import job_of
from job_core.store.retrying import retry_wait
from job_core.store.tables import deliveries, jobs

# The longest waits are 5 s, 10 s, 20 s ... 5.7 h, then 6 h six times. All nineteen take 24 h on average, 47 h at most.
MAX_ATTEMPTS = 20
BASE_SECONDS = 5.0
CAP_SECONDS = 6 * 3_600.0
RETRY = "RETRY"  # the outcome of an attempt that another follows
WILL_NOT_PASS = (ReceiverRefused, ReceiverGone)


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
    """The right of one attempt to deliver, until it counts as lost, and the job to tell of."""

    job: Job
    url: str
    receiver: str
    attempt: int


def claim_due(connection: Connection, lost_after: timedelta, *, but_to: Collection[str]) -> DeliveryClaim | None:
    """Begin an attempt of the delivery that is due longest, `but_to` no such receiver; None if there is none.

    An attempt that has written no outcome after `lost_after` is lost, and another begins.
    """
    due = (
        select(deliveries.c.job_id)
        .where(deliveries.c.due_at <= func.now(), deliveries.c.receiver.not_in(but_to))
        .order_by(deliveries.c.due_at)
        .limit(1)
        .with_for_update(skip_locked=True)
        .cte("due")  # as a subquery it may run more than once, each time with another row
    )
    begun = (
        update(deliveries)
        .where(deliveries.c.job_id.in_(select(due.c.job_id)))
        .values(attempts=deliveries.c.attempts + 1, due_at=func.now() + lost_after)
        .returning(deliveries.c.job_id, deliveries.c.receiver, deliveries.c.attempts)
    )
    row = connection.execute(begun).one_or_none()
    if row is None:
        return None
    ended = connection.execute(select(jobs).where(jobs.c.id == row.job_id)).one()
    return DeliveryClaim(job=job_of(ended), url=ended.callback_url, receiver=row.receiver, attempt=row.attempts)


def succeed(connection: Connection, held: DeliveryClaim) -> bool:
    """Note that the receiver took it; False if another attempt has begun meanwhile."""
    taken = {"state": DeliveryState.DELIVERED, "due_at": None, "delivered_at": func.now(), "last_error": None}
    return _end(connection, held, taken, outcome=DeliveryState.DELIVERED)


def fail(connection: Connection, held: DeliveryClaim, error: CoreError) -> bool:
    """Note the error, and let the delivery wait for its next attempt if there is one; False like `succeed`."""
    if isinstance(error, WILL_NOT_PASS) or held.attempt >= MAX_ATTEMPTS:
        given_up = {"state": DeliveryState.GIVEN_UP, "due_at": None, "last_error": str(error)}
        return _end(connection, held, given_up, outcome=DeliveryState.GIVEN_UP, error=error)
    wait = retry_wait(held.attempt - 1, error, base_seconds=BASE_SECONDS, cap_seconds=CAP_SECONDS)
    waits = {"due_at": func.now() + timedelta(seconds=wait), "last_error": str(error)}
    return _end(connection, held, waits, outcome=RETRY, error=error)


def deliveries_of(connection: Connection, job_ids: Collection[UUID]) -> dict[UUID, Delivery]:
    """The deliveries of jobs; none for one that has not ended, or has no callback."""
    rows = connection.execute(select(deliveries).where(deliveries.c.job_id.in_(job_ids)))
    return {
        row.job_id: Delivery(**dict(row._mapping) | {"state": DeliveryState(row.state)})  # noqa: SLF001 - SQLAlchemy's documented name
        for row in rows
    }


def _end(
    connection: Connection,
    held: DeliveryClaim,
    values: Mapping[str, object],
    *,
    outcome: str,
    error: CoreError | None = None,
) -> bool:
    """End the attempt, unless another has begun."""
    mine = (
        deliveries.c.job_id == held.job.id,
        deliveries.c.attempts == held.attempt,
        deliveries.c.state == DeliveryState.PENDING,
    )
    written = connection.execute(update(deliveries).where(*mine).values(values)).rowcount == 1
    if written:
        tell_delivery_ended(connection, held.job.id, held.attempt, outcome, error)
    return written
