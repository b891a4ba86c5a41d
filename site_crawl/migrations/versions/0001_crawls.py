"""Crawls: their frontier, what they have counted, and the functions by which they take their steps."""

from pathlib import Path

from job_core.store.migrate import run_sql

revision = "crawls_0001"
down_revision = None
branch_labels = ("site_crawl",)
depends_on = "0001"  # the jobs


def upgrade() -> None:
    """Make them."""
    run_sql(Path(__file__).parents[2] / "sql")
