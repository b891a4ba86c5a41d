"""Jobs, attempts, workers and idempotency keys, with the rules of the state machine."""

from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

WORKERS = """
CREATE TABLE workers (
    id         uuid PRIMARY KEY,                    -- one start of a worker process
    name       text NOT NULL,
    started_at timestamptz NOT NULL DEFAULT now(),
    seen_at    timestamptz NOT NULL DEFAULT now(),  -- its latest beat
    stopped_at timestamptz,                         -- it said goodbye
    lost_at    timestamptz                          -- it was not seen for too long; it has no claims any more
);
CREATE INDEX workers_alive ON workers (seen_at) WHERE stopped_at IS NULL AND lost_at IS NULL;
"""

JOBS = """
-- Of type json, not jsonb, since that would put the fields of a result in an order of its own.
CREATE TABLE jobs (
    id            uuid PRIMARY KEY,
    kind          text NOT NULL,
    url           text NOT NULL CHECK (char_length(url) <= 8192),
    request       json NOT NULL,
    state         text NOT NULL DEFAULT 'PENDING'
                  CHECK (state IN ('PENDING', 'STARTED', 'RETRY', 'SUCCESS', 'FAILURE', 'REVOKED')),
    on_failure    text NOT NULL CHECK (on_failure IN ('retry', 'discard')),
    attempt       integer NOT NULL DEFAULT 0 CHECK (attempt >= 0),
    attempts_used smallint NOT NULL DEFAULT 0,
    max_attempts  smallint NOT NULL CHECK (max_attempts >= 1),
    crashes       smallint NOT NULL DEFAULT 0,
    max_crashes   smallint NOT NULL CHECK (max_crashes >= 1),
    worker_id     uuid REFERENCES workers (id),
    retry_of      uuid,
    created_at    timestamptz NOT NULL DEFAULT now(),
    published_at  timestamptz DEFAULT now(),  -- as of its latest message to the broker; NULL: it has none
    due_at        timestamptz,
    started_at    timestamptz,
    finished_at   timestamptz,
    result        json,
    error         json,
    CONSTRAINT attempts_within_bound CHECK (attempts_used BETWEEN 0 AND max_attempts),
    CONSTRAINT crashes_within_bound CHECK (crashes BETWEEN 0 AND max_crashes),
    CONSTRAINT claimed_by_a_worker CHECK ((state = 'STARTED') = (worker_id IS NOT NULL)),
    CONSTRAINT started_is_timed CHECK (state <> 'STARTED' OR started_at IS NOT NULL),
    CONSTRAINT retry_has_a_due_time CHECK ((state = 'RETRY') = (due_at IS NOT NULL)),
    CONSTRAINT ended_is_timed CHECK ((state IN ('SUCCESS', 'FAILURE', 'REVOKED')) = (finished_at IS NOT NULL)),
    CONSTRAINT success_has_the_result CHECK ((state = 'SUCCESS') = (result IS NOT NULL)),
    CONSTRAINT failure_has_an_error CHECK (state NOT IN ('FAILURE', 'RETRY') OR error IS NOT NULL),
    CONSTRAINT success_has_no_error CHECK (state <> 'SUCCESS' OR error IS NULL)
);
-- Lists, newest first: by state, kind, both, and URL (hashed, since a long one can outgrow an index row), whose index
-- also tells kind and state before any row is read.
CREATE INDEX jobs_by_state ON jobs (state, id);
CREATE INDEX jobs_by_kind ON jobs (kind, id);
CREATE INDEX jobs_by_kind_and_state ON jobs (kind, state, id);
CREATE INDEX jobs_by_url ON jobs (md5(url), id, kind, state);
-- The reconciler's and retention's questions.
CREATE INDEX jobs_waiting ON jobs (published_at NULLS FIRST) WHERE state = 'PENDING';
CREATE INDEX jobs_due ON jobs (due_at) WHERE state = 'RETRY';
CREATE INDEX jobs_claimed ON jobs (worker_id) WHERE state = 'STARTED';
CREATE INDEX jobs_ended ON jobs (finished_at) WHERE finished_at IS NOT NULL;
"""

ATTEMPTS = """
CREATE TABLE attempts (
    job_id     uuid NOT NULL REFERENCES jobs (id) ON DELETE CASCADE,
    number     integer NOT NULL CHECK (number >= 1),
    worker_id  uuid NOT NULL REFERENCES workers (id),
    started_at timestamptz NOT NULL DEFAULT now(),
    ended_at   timestamptz,
    outcome    text CHECK (outcome IN ('SUCCESS', 'FAILURE', 'RETRY', 'REVOKED', 'CRASHED', 'GIVEN BACK', 'LOST')),
    error      json,
    PRIMARY KEY (job_id, number),
    CONSTRAINT ended_has_an_outcome CHECK ((ended_at IS NULL) = (outcome IS NULL))
);
CREATE INDEX attempts_by_worker ON attempts (worker_id);
"""

IDEMPOTENCY_KEYS = """
CREATE TABLE idempotency_keys (
    key         text PRIMARY KEY CHECK (char_length(key) <= 255),
    fingerprint bytea NOT NULL,   -- SHA-256 of the request that came with the key
    job_ids     uuid[] NOT NULL,  -- the jobs it made
    created_at  timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX idempotency_keys_by_age ON idempotency_keys (created_at);
"""

STATE_MACHINE = """
CREATE FUNCTION check_job_step() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (OLD.state, NEW.state) IN (
        ('PENDING', 'STARTED'), ('PENDING', 'REVOKED'),
        ('STARTED', 'SUCCESS'), ('STARTED', 'FAILURE'), ('STARTED', 'RETRY'), ('STARTED', 'PENDING'),
        ('STARTED', 'REVOKED'),
        ('RETRY', 'PENDING'), ('RETRY', 'REVOKED')
    ) THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'job %: no step leads from % to %', OLD.id, OLD.state, NEW.state
        USING ERRCODE = 'check_violation';
END $$;
CREATE TRIGGER job_steps BEFORE UPDATE OF state ON jobs
    FOR EACH ROW WHEN (OLD.state IS DISTINCT FROM NEW.state) EXECUTE FUNCTION check_job_step();

CREATE FUNCTION check_job_ended() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'job %: it has ended and stays as it is', OLD.id USING ERRCODE = 'check_violation';
END $$;
CREATE TRIGGER job_ended BEFORE UPDATE ON jobs
    FOR EACH ROW WHEN (OLD.finished_at IS NOT NULL) EXECUTE FUNCTION check_job_ended();
"""


def upgrade() -> None:
    for statements in (WORKERS, JOBS, ATTEMPTS, IDEMPOTENCY_KEYS, STATE_MACHINE):
        op.execute(statements)


def downgrade() -> None:
    op.execute("DROP TABLE idempotency_keys, attempts, jobs, workers")
    op.execute("DROP FUNCTION check_job_step(), check_job_ended()")
