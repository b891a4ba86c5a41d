"""Quotes: the tables, and the functions by which they are kept, taken down and chosen."""

from pathlib import Path

from alembic import op

revision = "quotes_0001"
down_revision = None
branch_labels = ("quote_store",)
depends_on = "crawls_0001"

SQL = Path(__file__).parents[2] / "sql"


def upgrade() -> None:
    """Run the files as they are: no parameter is in them, so no percent sign nor colon means anything."""
    cursor = op.get_bind().connection.cursor()
    for name in ("schema.sql", "functions.sql"):
        cursor.execute((SQL / name).read_text(encoding="utf-8"))
