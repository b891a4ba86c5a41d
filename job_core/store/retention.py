"""Forgetting what ended long ago."""

from datetime import timedelta

from sqlalchemy import Connection, delete, exists, func, select

from job_core.store.submissions import IDEMPOTENCY_KEY_LIFETIME
from job_core.store.tables import attempts, idempotency_keys, jobs, limit_pauses, workers

BATCH = 1_000


def delete_ended(connection: Connection, older_than: timedelta) -> int:
    """Delete up to BATCH jobs that ended longer ago than `older_than`, and their attempts; return how many."""
    old = (
        select(jobs.c.id)
        .where(jobs.c.finished_at < func.now() - older_than, jobs.c.parent_id.is_(None))
        .order_by(jobs.c.finished_at)
        .limit(BATCH)
        .with_for_update(skip_locked=True)
        .cte("old")  # as a subquery it may run more than once, each time with other rows
    )
    return connection.execute(delete(jobs).where(jobs.c.id.in_(select(old.c.id)))).rowcount


def delete_expired_keys(connection: Connection) -> int:
    """Delete the idempotency keys that have expired; return how many."""
    expired = idempotency_keys.c.created_at < func.now() - IDEMPOTENCY_KEY_LIFETIME
    return connection.execute(delete(idempotency_keys).where(expired)).rowcount


def delete_ended_pauses(connection: Connection) -> int:
    """Delete the pauses that are over; return how many."""
    return connection.execute(delete(limit_pauses).where(limit_pauses.c.until < func.now())).rowcount


def delete_unreferenced_workers(connection: Connection, older_than: timedelta) -> int:
    """Delete the workers that are gone since `older_than` and that no attempt names; return how many."""
    gone = func.coalesce(workers.c.stopped_at, workers.c.lost_at) < func.now() - older_than
    named = exists().where(attempts.c.worker_id == workers.c.id)
    return connection.execute(delete(workers).where(gone, ~named)).rowcount
