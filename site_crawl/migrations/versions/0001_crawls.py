"""Crawls: their frontier, what they have counted, and the functions by which they take their steps."""

from pathlib import Path

from alembic import op

revision = "crawls_0001"
down_revision = None
branch_labels = ("site_crawl",)
depends_on = "0001"  # the jobs

SQL = Path(__file__).parents[2] / "sql"


def upgrade() -> None:
    """Run the files as they are: no parameter is in them, so no percent sign nor colon means anything."""
    cursor = op.get_bind().connection.cursor()
    for name in ("schema.sql", "functions.sql"):
        cursor.execute((SQL / name).read_text(encoding="utf-8"))
