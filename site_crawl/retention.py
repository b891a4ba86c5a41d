"""Forgetting crawls that ended long ago, piece by piece: together with their jobs it would take minutes."""

from datetime import timedelta

from job_core.store.database import Database

ROWS = 5_000  # of one table at a time
CRAWLS = 1_000
TABLES = ("crawl_pages", "crawl_words", "crawl_forms")

# The oldest ones, of whatever kind their jobs are. Whatever the statistics say, the job of each is looked up by its id.
_OLD = """
    SELECT job_id FROM crawls
    WHERE started_at < now() - %s AND (SELECT finished_at FROM jobs WHERE id = job_id) < now() - %s
    ORDER BY started_at LIMIT %s
"""


def delete_ended(database: Database, older_than: timedelta) -> int:
    """Delete up to ROWS rows of crawls that ended longer ago than `older_than`, or CRAWLS of these; return how many."""
    old = (older_than, older_than, CRAWLS)
    for table in TABLES:
        deleted = database.call(
            f"DELETE FROM {table} WHERE ctid = ANY(ARRAY("  # noqa: S608 - constants
            f"SELECT piece.ctid FROM ({_OLD}) AS old,"
            f" LATERAL (SELECT ctid FROM {table} WHERE crawl_id = job_id LIMIT %s) AS piece LIMIT %s)) RETURNING 1",
            *(*old, ROWS, ROWS),
        )
        if deleted:
            return len(deleted)
    return len(database.call(f"DELETE FROM crawls WHERE job_id = ANY(ARRAY({_OLD})) RETURNING 1", *old))  # noqa: S608 - a constant
