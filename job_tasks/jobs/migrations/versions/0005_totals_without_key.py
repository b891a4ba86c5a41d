"""The totals by state of jobs that came without a key, among however many that came with one."""

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

UP = """
-- Without `id`, so that lists, which want its order, keep to jobs_by_state.
CREATE INDEX jobs_of_nobody_by_state ON jobs (state) WHERE owner IS NULL;
"""

DOWN = """
DROP INDEX jobs_of_nobody_by_state;
"""


def upgrade() -> None:
    op.execute(UP)


def downgrade() -> None:
    op.execute(DOWN)
