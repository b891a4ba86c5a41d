"""The totals of jobs that came without an API key."""

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

UP = """
-- Counted from the index alone, and without passing over the jobs of owners.
CREATE INDEX jobs_of_nobody_by_state ON jobs (state) WHERE owner IS NULL;
"""

DOWN = """
DROP INDEX jobs_of_nobody_by_state;
"""


def upgrade() -> None:
    op.execute(UP)


def downgrade() -> None:
    op.execute(DOWN)
