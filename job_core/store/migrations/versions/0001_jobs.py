"""The job store: its tables with the rules of the state machine, and the functions by which jobs take their steps."""

from pathlib import Path

from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

SQL = Path(__file__).parents[2] / "sql"


def upgrade() -> None:
    """Run the files as they are: no parameter is in them, so no percent sign nor colon means anything."""
    cursor = op.get_bind().connection.cursor()
    for name in ("schema.sql", "functions.sql"):
        cursor.execute((SQL / name).read_text(encoding="utf-8"))
