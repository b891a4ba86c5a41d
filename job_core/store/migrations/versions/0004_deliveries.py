"""Deliveries: the webhooks that tell of a job's end."""

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

UP = """
ALTER TABLE jobs ADD COLUMN callback_url text CHECK (char_length(callback_url) <= 8192);  -- NULL: nobody is told

CREATE TABLE deliveries (
    job_id       uuid PRIMARY KEY REFERENCES jobs (id) ON DELETE CASCADE,  -- a job ends once, so it has one at most
    receiver     text NOT NULL,  -- host and port of the URL
    state        text NOT NULL DEFAULT 'PENDING' CHECK (state IN ('PENDING', 'DELIVERED', 'GIVEN UP')),
    attempts     smallint NOT NULL DEFAULT 0 CHECK (attempts >= 0),
    due_at       timestamptz DEFAULT now(),  -- of the next attempt; while one is under way: when it counts as lost
    delivered_at timestamptz,
    last_error   text,
    CONSTRAINT pending_has_a_due_time CHECK ((state = 'PENDING') = (due_at IS NOT NULL)),
    CONSTRAINT delivered_is_timed CHECK ((state = 'DELIVERED') = (delivered_at IS NOT NULL)),
    CONSTRAINT delivered_was_tried CHECK (state <> 'DELIVERED' OR attempts >= 1),
    CONSTRAINT given_up_has_an_error CHECK (state <> 'GIVEN UP' OR last_error IS NOT NULL)
);
CREATE INDEX deliveries_due ON deliveries (due_at) WHERE due_at IS NOT NULL;

-- Whoever ends a job, the row is written with it. The URL is as the parser writes it: scheme://host:port/...
CREATE FUNCTION begin_delivery() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO deliveries (job_id, receiver) VALUES (NEW.id, split_part(NEW.callback_url, '/', 3));
    RETURN NULL;
END $$;
CREATE TRIGGER job_has_ended AFTER UPDATE OF finished_at ON jobs
    FOR EACH ROW WHEN (OLD.finished_at IS NULL AND NEW.finished_at IS NOT NULL AND NEW.callback_url IS NOT NULL)
    EXECUTE FUNCTION begin_delivery();
"""

DOWN = """
DROP TABLE deliveries;
DROP TRIGGER job_has_ended ON jobs;
DROP FUNCTION begin_delivery();
ALTER TABLE jobs DROP COLUMN callback_url;
"""


def upgrade() -> None:
    op.execute(UP)


def downgrade() -> None:
    op.execute(DOWN)
