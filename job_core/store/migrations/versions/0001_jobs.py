"""The job store: its tables with the rules of the state machine, and the functions by which jobs take their steps."""

from pathlib import Path

from job_core.store.migrate import run_sql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make them."""
    run_sql(Path(__file__).parents[2] / "sql")
