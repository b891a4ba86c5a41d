"""Forgetting crawls that ended long ago, piece by piece: together with their jobs it would take minutes."""

from datetime import timedelta

from job_core.store.database import Database

ROWS = 5_000  # of one table at a time
TABLES = ("crawl_pages", "crawl_words", "crawl_forms")


def delete_ended(database: Database, older_than: timedelta) -> int:
    """Delete up to ROWS rows of crawls that ended longer ago than `older_than`; return how many."""
    for table in TABLES:
        deleted = database.call(
            f"DELETE FROM {table} WHERE ctid = ANY(ARRAY("  # noqa: S608 - a constant
            f"SELECT {table}.ctid FROM jobs JOIN {table} ON crawl_id = jobs.id"
            " WHERE kind = 'crawl' AND finished_at < now() - %s LIMIT %s)) RETURNING 1",
            *(older_than, ROWS),
        )
        if deleted:
            return len(deleted)
    return 0
