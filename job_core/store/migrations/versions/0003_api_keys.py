"""Whose a job is: the name of the API key that it came with."""

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

UP = """
ALTER TABLE jobs ADD COLUMN owner text CHECK (char_length(owner) <= 64);  -- NULL: it came without a key
-- The lists of one owner, in the order of the lists of all. Where there are no keys, these indexes are empty and free.
CREATE INDEX jobs_of_owner ON jobs (owner, id) WHERE owner IS NOT NULL;
CREATE INDEX jobs_of_owner_by_state ON jobs (owner, state, id) WHERE owner IS NOT NULL;
CREATE INDEX jobs_of_owner_by_kind ON jobs (owner, kind, id) WHERE owner IS NOT NULL;
CREATE INDEX jobs_of_owner_by_kind_and_state ON jobs (owner, kind, state, id) WHERE owner IS NOT NULL;
CREATE INDEX jobs_of_owner_by_url ON jobs (owner, md5(url), id, kind, state) WHERE owner IS NOT NULL;

-- Each owner has Idempotency-Keys of its own, as have those who come without a key.
ALTER TABLE idempotency_keys DROP CONSTRAINT idempotency_keys_pkey, ADD COLUMN owner text;
ALTER TABLE idempotency_keys ALTER COLUMN key SET NOT NULL;
CREATE UNIQUE INDEX idempotency_keys_of_owner ON idempotency_keys (key, owner) NULLS NOT DISTINCT;
"""

DOWN = """
DROP INDEX idempotency_keys_of_owner;
DELETE FROM idempotency_keys WHERE owner IS NOT NULL;
ALTER TABLE idempotency_keys DROP COLUMN owner, ADD PRIMARY KEY (key);
ALTER TABLE jobs DROP COLUMN owner;
"""


def upgrade() -> None:
    op.execute(UP)


def downgrade() -> None:
    op.execute(DOWN)
