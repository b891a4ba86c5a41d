"""Limits per host: whose attempts run, which jobs are parked, and until when a host is left alone."""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

UP = """
ALTER TABLE jobs
    ADD COLUMN host      text,         -- of the URL; NULL: accepted before hosts were limited, so no limit holds
    ADD COLUMN parked_at timestamptz,  -- since when it waits, without a message, for room at its host
    ADD CONSTRAINT parked_jobs_wait CHECK (parked_at IS NULL OR (state = 'PENDING' AND host IS NOT NULL));
CREATE INDEX jobs_running_by_host ON jobs (host) WHERE state = 'STARTED';
CREATE INDEX jobs_parked ON jobs (host, id) WHERE parked_at IS NOT NULL;
DROP INDEX jobs_waiting;
CREATE INDEX jobs_waiting ON jobs (published_at NULLS FIRST) WHERE state = 'PENDING' AND parked_at IS NULL;

CREATE TABLE host_pauses (
    host  text PRIMARY KEY,
    until timestamptz NOT NULL  -- no attempt on this host begins before
);
CREATE INDEX host_pauses_by_end ON host_pauses (until);
"""

DOWN = """
DROP TABLE host_pauses;
DROP INDEX jobs_waiting;
ALTER TABLE jobs DROP COLUMN host, DROP COLUMN parked_at;
CREATE INDEX jobs_waiting ON jobs (published_at NULLS FIRST) WHERE state = 'PENDING';
"""


def upgrade() -> None:
    op.execute(UP)


def downgrade() -> None:
    op.execute(DOWN)
