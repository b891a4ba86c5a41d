"""Forgetting what ended long ago, in batches: each is a transaction of a bounded time, however much there is to forget.

The statements are such that rows are found by their indexes whatever the statistics say: a plan that reads a large
table would not end in time, now or at any later try.
"""

from datetime import timedelta

from sqlalchemy import Connection, text

from job_core.store.submissions import IDEMPOTENCY_KEY_LIFETIME

BATCH = 1_000

_OLD = """
    WITH old AS MATERIALIZED (
        SELECT id FROM jobs WHERE finished_at < now() - :age AND parent_id IS NULL
        ORDER BY finished_at LIMIT :batch FOR UPDATE SKIP LOCKED
    )
"""
_CHILDREN = text(f"""
    {_OLD}
    DELETE FROM jobs WHERE id = ANY(ARRAY(
        SELECT child.id FROM old, LATERAL (SELECT id FROM jobs WHERE parent_id = old.id LIMIT :batch) AS child
        LIMIT :batch
    ))
""")  # noqa: S608 - a constant
_JOBS = text(f"{_OLD} DELETE FROM jobs WHERE id = ANY(ARRAY(SELECT id FROM old))")  # noqa: S608 - a constant
_KEYS = text("""
    DELETE FROM idempotency_keys WHERE ctid = ANY(ARRAY(
        SELECT ctid FROM idempotency_keys WHERE created_at < now() - :age ORDER BY created_at LIMIT :batch
    ))
""")
_PAUSES = text("""
    DELETE FROM limit_pauses WHERE limit_key = ANY(ARRAY(
        SELECT limit_key FROM limit_pauses WHERE until < now() ORDER BY until LIMIT :batch FOR UPDATE SKIP LOCKED
    )) AND until < now()
""")
_WORKERS = text("""
    DELETE FROM workers
    WHERE coalesce(stopped_at, lost_at) < now() - :age
      AND (SELECT number FROM attempts WHERE worker_id = workers.id LIMIT 1) IS NULL
""")


def delete_ended(connection: Connection, older_than: timedelta) -> int:
    """Delete jobs that ended longer ago than `older_than`, and their attempts; return how many.

    Children go first. Less than BATCH means that none is left.
    """
    asked = {"age": older_than, "batch": BATCH}
    children = connection.execute(_CHILDREN, asked).rowcount
    if children == BATCH:
        return children
    return children + connection.execute(_JOBS, asked).rowcount


def delete_expired_keys(connection: Connection) -> int:
    """Delete up to BATCH idempotency keys that have expired; return how many."""
    return connection.execute(_KEYS, {"age": IDEMPOTENCY_KEY_LIFETIME, "batch": BATCH}).rowcount


def delete_ended_pauses(connection: Connection) -> int:
    """Delete up to BATCH pauses that are over; return how many."""
    return connection.execute(_PAUSES, {"batch": BATCH}).rowcount


def delete_unreferenced_workers(connection: Connection, older_than: timedelta) -> int:
    """Delete the workers that are gone since `older_than` and that no attempt names; return how many."""
    # By the index, whatever the statistics say: all attempts would be read for each worker that none names.
    connection.execute(text("SET LOCAL enable_seqscan = off; SET LOCAL jit = off"))
    return connection.execute(_WORKERS, {"age": older_than}).rowcount
