"""Mends what the fast path missed: claims of dead workers, due retries, parked jobs with room, rows without a message.

Safe to run twice at once: every step is a conditional UPDATE, and rows that another reconciler works on are skipped.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, Select, and_, func, or_, select, update

from job_core.errors import AttemptOutOfTime, BrokerUnavailable
from job_core.job import Message, State
from job_core.metrics import count_repairs
from job_core.store import claims, submissions, workers
from job_core.store import limits as hosts
from job_core.store.database import Database
from job_core.store.events import tell_due
from job_core.store.limits import HostLimits
from job_core.store.tables import jobs

ROUND_SECONDS = 2.0
BATCH = 1_000  # rows in one transaction, and messages in one pipeline
# A row this young may still be on its way to the broker. A manager that has not got so far by then sends nothing.
ON_THE_WAY = timedelta(seconds=2)


@dataclass(frozen=True, kw_only=True)
class QueueHead:
    """The messages that are taken next, up to the first that tells when it was sent.

    Those before it jumped the queue, and tell nothing but for which jobs they are. `published_at` is None if the others
    are all of that kind: in the whole queue, or in as much of it as was looked at.
    """

    jumped: frozenset[UUID]
    published_at: datetime | None
    is_whole: bool


class Broker(Protocol):
    """What the reconciler needs of the broker. All raise BrokerUnavailable."""

    def publish(self, messages: Sequence[Message]) -> None:
        """Send `messages` in one go."""

    def head(self) -> QueueHead:
        """What is taken next; of an empty queue, all of nothing."""

    def next_job(self) -> UUID | None:
        """The job whose message is taken next; None if there is none."""


@dataclass(frozen=True, kw_only=True)
class Repairs:
    """What one round did, in jobs (workers for `workers_lost`)."""

    workers_lost: int
    taken_back: int
    overdue: int
    due: int
    released: int
    published: int

    def __bool__(self) -> bool:
        return any(vars(self).values())


@dataclass(frozen=True, kw_only=True)
class Reconciler:
    """One round at a time, by whoever calls it every ROUND_SECONDS."""

    database: Database
    broker: Broker
    overdue_after: timedelta  # older claims are broken, even of a worker that lives: longer than the hard time limit
    host_limits: HostLimits
    kinds: frozenset[str]  # those that workers know

    def round(self, *, judge_workers: bool) -> Repairs:
        """Do one round. Raises DatabaseUnavailable or BrokerUnavailable; what was done until then is kept.

        `judge_workers` is False while beats may be missing for another reason than a dead worker, namely right after
        the database itself was away.
        """
        with self.database.transaction() as connection:
            lost = workers.lose_unseen(connection) if judge_workers else 0
            taken_back = claims.take_back_lost(connection)
        count_repairs(workers_lost=lost, taken_back=taken_back)
        with self.database.transaction() as connection:
            overdue = self._crash_overdue(connection)
        count_repairs(overdue=overdue)
        with self.database.transaction() as connection:
            due = _make_due(connection)
        count_repairs(due=due)
        return Repairs(
            workers_lost=lost,
            taken_back=taken_back,
            overdue=overdue,
            due=due,
            released=self.release_parked(),
            published=self._publish_waiting(),
        )

    def release_parked(self) -> int:
        """Send on parked jobs whose host has room; gives how many. Raises like `round`."""
        next_in_queue = self.broker.next_job()
        with self.database.transaction() as connection:
            released = hosts.release_all(connection, self.host_limits, next_in_queue, self.kinds)
        self._publish(released)
        count_repairs(released=len(released))
        return len(released)

    def seconds_to_next_release(self) -> float:
        """When to look for parked jobs again: at the end of a pause, or of the gap after what was just released."""
        with self.database.reading() as connection:
            pause = hosts.seconds_to_next_end(connection)
        return min(wait for wait in (ROUND_SECONDS, pause, self.host_limits.gap_seconds or None) if wait is not None)

    def _crash_overdue(self, connection: Connection) -> int:
        overdue = select(jobs.c.id, jobs.c.worker_id).where(
            jobs.c.state == State.STARTED, jobs.c.started_at < func.now() - self.overdue_after
        )
        error = AttemptOutOfTime("The attempt did not end within its time limit.")
        rows = connection.execute(overdue.limit(BATCH).with_for_update(skip_locked=True)).all()
        return sum(claims.crash(connection, row.id, row.worker_id, error) for row in rows)

    def _publish_waiting(self) -> int:
        """Send messages for the rows that have none.

        Messages are taken in the order in which they were sent, but for those that jump the queue. So a waiting row
        that was sent before the oldest of the others has no message any more, unless it is one of those; nor has any
        row if there are no others.
        """
        # The time is taken once, before the look at the queue: else a round that takes longer than ON_THE_WAY would see
        # rows of its own first batch as lost, and never end.
        with self.database.reading() as connection:
            began = connection.execute(select(func.now())).scalar_one()
        lost = _has_no_message(self.broker.head(), began)
        published = 0
        while True:
            with self.database.transaction() as connection:
                messages = _mark_published(connection, lost)
            self._publish(messages)
            count_repairs(published=len(messages))
            published += len(messages)
            if len(messages) < BATCH:
                return published

    def _publish(self, messages: Sequence[Message]) -> None:
        if not messages:
            return
        try:
            self.broker.publish(messages)
        except BrokerUnavailable:
            with self.database.transaction() as connection:
                submissions.unpublish(connection, [message.job_id for message in messages])
            raise


def _has_no_message(head: QueueHead, looked_at: datetime) -> ColumnElement[bool]:
    unpublished = jobs.c.published_at.is_(None)
    if head.published_at is None and not head.is_whole:
        return unpublished
    sent_before = jobs.c.published_at < (head.published_at or looked_at) - ON_THE_WAY
    return or_(unpublished, and_(sent_before, jobs.c.id.not_in(head.jumped)))


def _make_due(connection: Connection) -> int:
    due = select(jobs.c.id).where(jobs.c.state == State.RETRY, jobs.c.due_at <= func.now()).limit(BATCH)
    waits = {"state": State.PENDING, "due_at": None, "published_at": None}
    job_ids = connection.execute(update(jobs).where(_one_of(due)).values(**waits).returning(jobs.c.id)).scalars().all()
    tell_due(connection, job_ids)
    return len(job_ids)


def _mark_published(connection: Connection, which: ColumnElement[bool]) -> list[Message]:
    chosen = (
        select(jobs.c.id)
        .where(jobs.c.state == State.PENDING, jobs.c.parked_at.is_(None), which)
        .order_by(jobs.c.published_at.nulls_first(), jobs.c.id)
        .limit(BATCH)
    )
    marked = update(jobs).where(_one_of(chosen)).values(published_at=func.clock_timestamp())
    rows = connection.execute(marked.returning(jobs.c.id, jobs.c.kind, jobs.c.attempt, jobs.c.published_at)).all()
    # A job that an attempt has had goes to the front, as it did before, instead of behind all that came since.
    return [
        Message(kind=row.kind, job_id=row.id, published_at=None if row.attempt > 0 else row.published_at)
        for row in sorted(rows, key=lambda row: row.id)
    ]


def _one_of(chosen: Select[tuple[UUID]]) -> ColumnElement[bool]:
    """Whether a row is among those `chosen`, less those that another reconciler works on.

    It is a CTE since a subquery may run more than once, and choose other rows each time.
    """
    locked = chosen.with_for_update(skip_locked=True).cte("chosen")
    return jobs.c.id.in_(select(locked.c.id))
