"""Quotes: the tables, and the functions by which they are kept, taken down and chosen."""

from pathlib import Path

from job_core.store.migrate import run_sql

revision = "quotes_0001"
down_revision = None
branch_labels = ("quote_store",)
depends_on = "crawls_0001"


def upgrade() -> None:
    """Make them."""
    run_sql(Path(__file__).parents[2] / "sql")
