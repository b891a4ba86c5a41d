"""Workers: one row for each start of a worker process, and its beat."""

from collections.abc import Collection
from datetime import timedelta
from uuid import UUID

from sqlalchemy import Connection, func, insert, select, update

from job_core.job import State
from job_core.store.tables import jobs, workers

BEAT_SECONDS = 3.0
LOST_AFTER = timedelta(seconds=9)  # three beats


def register(connection: Connection, worker_id: UUID, name: str) -> None:
    """Note a worker's start. It may claim jobs from now on."""
    connection.execute(insert(workers).values(id=worker_id, name=name))


def beat(connection: Connection, worker_id: UUID) -> bool:
    """Note that the worker lives. False if it was declared lost: its claims are gone, and it must start anew."""
    alive = (workers.c.id == worker_id, workers.c.lost_at.is_(None), workers.c.stopped_at.is_(None))
    return connection.execute(update(workers).where(*alive).values(seen_at=func.now())).rowcount == 1


def stop(connection: Connection, worker_id: UUID) -> None:
    """Note that the worker says goodbye; it claims nothing any more."""
    connection.execute(update(workers).where(workers.c.id == worker_id).values(stopped_at=func.now()))


def lose_unseen(connection: Connection) -> int:
    """Declare every worker lost that was not seen for LOST_AFTER; gives how many."""
    unseen = (
        workers.c.stopped_at.is_(None),
        workers.c.lost_at.is_(None),
        workers.c.seen_at < func.now() - LOST_AFTER,
    )
    return connection.execute(update(workers).where(*unseen).values(lost_at=func.now())).rowcount


def revoked_among(connection: Connection, job_ids: Collection[UUID]) -> set[UUID]:
    """Those of `job_ids` that were cancelled."""
    cancelled = select(jobs.c.id).where(jobs.c.id.in_(job_ids), jobs.c.state == State.REVOKED)
    return set(connection.execute(cancelled).scalars())
