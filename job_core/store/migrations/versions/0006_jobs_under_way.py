"""Which jobs of a host are under way: with a message or an attempt. A host with enough of them takes no more."""

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        "CREATE INDEX jobs_under_way_by_host ON jobs (host) WHERE state IN ('PENDING', 'STARTED') AND parked_at IS NULL"
    )


def downgrade() -> None:
    op.execute("DROP INDEX jobs_under_way_by_host")
