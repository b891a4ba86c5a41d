-- The tables of the job store. `jobs` is the one truth about every job; the rules of its states are held here,
-- whoever writes.

CREATE TABLE workers (
    id         uuid PRIMARY KEY,                    -- one start of a worker process
    name       text NOT NULL,
    started_at timestamptz NOT NULL DEFAULT now(),
    seen_at    timestamptz NOT NULL DEFAULT now(),  -- its latest beat
    stopped_at timestamptz,                         -- it deregistered
    lost_at    timestamptz                          -- it was not seen for too long; its claims were taken back
);
CREATE INDEX workers_alive ON workers (seen_at) WHERE stopped_at IS NULL AND lost_at IS NULL;

-- Of type json, not jsonb, which would put the fields of a result in an order of its own.
CREATE TABLE jobs (
    id            uuid PRIMARY KEY,
    kind          text NOT NULL,
    label         text NOT NULL CHECK (char_length(label) <= 8192),  -- what people know it by
    request       json NOT NULL,
    state         text NOT NULL DEFAULT 'PENDING'
                  CHECK (state IN ('PENDING', 'STARTED', 'RETRY', 'SUCCESS', 'FAILURE', 'REVOKED')),
    phase         text NOT NULL DEFAULT 'WORK'
                  CHECK (phase IN ('WORK', 'AWAIT', 'JOIN')),  -- AWAIT: STARTED, held by no worker, until its children end
    on_failure    text NOT NULL CHECK (on_failure IN ('retry', 'discard')),
    attempt       integer NOT NULL DEFAULT 0 CHECK (attempt >= 0),    -- number of the latest claim
    attempts_used smallint NOT NULL DEFAULT 0,                        -- attempts that ended in a transient error
    max_attempts  smallint NOT NULL CHECK (max_attempts >= 1),
    crashes       smallint NOT NULL DEFAULT 0,                        -- attempts whose process died or ran out of time
    max_crashes   smallint NOT NULL CHECK (max_crashes >= 1),
    losses        smallint NOT NULL DEFAULT 0 CHECK (losses >= 0),    -- attempts that were lost with their worker
    progress      json,                                               -- what an attempt that goes on left for the next one
    worker_id     uuid,                                               -- who holds the claim: a row of `workers`,
    worker_pid    integer,                                            -- and which of its processes
    overdue_at    timestamptz,                                        -- when the claim is broken, even of a living worker
    limit_key     text,                                               -- jobs of one key are limited together; NULL: no limit
    retry_of      uuid,
    batch_id      uuid,                                               -- jobs that were accepted together have one in common
    parent_id     uuid REFERENCES jobs (id) ON DELETE CASCADE,        -- the job that gave this one
    open_children integer NOT NULL DEFAULT 0 CHECK (open_children >= 0),
    owner         text CHECK (char_length(owner) <= 64),              -- NULL: it came without a key
    callback_url  text CHECK (char_length(callback_url) <= 8192),     -- NULL: no webhook reports its end
    created_at    timestamptz NOT NULL DEFAULT now(),
    published_at  timestamptz DEFAULT now(),        -- when its latest message was sent; NULL: none is in the queue
    bulk          boolean NOT NULL DEFAULT false,   -- it came with many others, and was never begun: it waits beside the rest
    requeued      boolean NOT NULL DEFAULT false,   -- that message went to the queue of those that have waited before
    parked_at     timestamptz,                      -- since when it waits, without a message, for room under its limit
    due_at        timestamptz,                      -- when a RETRY becomes PENDING
    started_at    timestamptz,
    finished_at   timestamptz,
    result        json,
    error         json,
    CONSTRAINT attempts_within_bound CHECK (attempts_used BETWEEN 0 AND max_attempts),
    CONSTRAINT crashes_within_bound CHECK (crashes BETWEEN 0 AND max_crashes),
    CONSTRAINT claimed_by_a_worker CHECK ((state = 'STARTED' AND phase <> 'AWAIT') = (worker_id IS NOT NULL)),
    CONSTRAINT claimed_by_a_process CHECK ((worker_id IS NULL) = (worker_pid IS NULL)),
    CONSTRAINT awaiting_is_started CHECK (phase <> 'AWAIT' OR state IN ('STARTED', 'REVOKED', 'FAILURE')),
    CONSTRAINT started_is_timed CHECK (state <> 'STARTED' OR started_at IS NOT NULL),
    CONSTRAINT retry_has_a_due_time CHECK ((state = 'RETRY') = (due_at IS NOT NULL)),
    CONSTRAINT ended_is_timed CHECK ((state IN ('SUCCESS', 'FAILURE', 'REVOKED')) = (finished_at IS NOT NULL)),
    CONSTRAINT success_has_the_result CHECK ((state = 'SUCCESS') = (result IS NOT NULL)),
    CONSTRAINT failure_has_an_error CHECK (state <> 'FAILURE' OR error IS NOT NULL),
    CONSTRAINT retry_has_a_cause CHECK (state <> 'RETRY' OR error IS NOT NULL OR progress IS NOT NULL),
    CONSTRAINT success_has_no_error CHECK (state <> 'SUCCESS' OR error IS NULL),
    CONSTRAINT parked_jobs_wait CHECK (parked_at IS NULL OR (state = 'PENDING' AND limit_key IS NOT NULL))
);
-- Lists, newest first: all, by state, kind, both, and label (hashed, since a long one can outgrow an index row), whose index
-- also holds kind and state. First those of jobs that came without a key, then the same of each owner's; of the two
-- sets, a job is in one. Children are listed by their parent only.
CREATE INDEX jobs_by_id ON jobs (id) WHERE owner IS NULL AND parent_id IS NULL;
CREATE INDEX jobs_by_state ON jobs (state, id) WHERE owner IS NULL AND parent_id IS NULL;
CREATE INDEX jobs_by_kind ON jobs (kind, id) WHERE owner IS NULL AND parent_id IS NULL;
CREATE INDEX jobs_by_kind_and_state ON jobs (kind, state, id) WHERE owner IS NULL AND parent_id IS NULL;
CREATE INDEX jobs_by_label ON jobs (md5(label), id, kind, state) WHERE owner IS NULL AND parent_id IS NULL;
CREATE INDEX jobs_of_owner ON jobs (owner, id) WHERE owner IS NOT NULL AND parent_id IS NULL;
CREATE INDEX jobs_of_owner_by_state ON jobs (owner, state, id) WHERE owner IS NOT NULL AND parent_id IS NULL;
CREATE INDEX jobs_of_owner_by_kind ON jobs (owner, kind, id) WHERE owner IS NOT NULL AND parent_id IS NULL;
CREATE INDEX jobs_of_owner_by_kind_and_state ON jobs (owner, kind, state, id)
    WHERE owner IS NOT NULL AND parent_id IS NULL;
CREATE INDEX jobs_of_owner_by_label ON jobs (owner, md5(label), id, kind, state)
    WHERE owner IS NOT NULL AND parent_id IS NULL;
-- The planner takes no statistics of an expression from a partial index.
CREATE STATISTICS jobs_labels ON (md5(label)) FROM jobs;
CREATE INDEX jobs_by_batch ON jobs (batch_id, id) WHERE batch_id IS NOT NULL;
CREATE INDEX jobs_by_parent ON jobs (parent_id, id, state) WHERE parent_id IS NOT NULL;
-- The questions of workers, reconciler and retention, each about the few rows that it is for.
CREATE INDEX jobs_open ON jobs (state, id) WHERE finished_at IS NULL;
CREATE INDEX jobs_waiting ON jobs (kind, bulk, requeued, coalesce(published_at, '-infinity'), id)
    WHERE state = 'PENDING' AND parked_at IS NULL;
CREATE INDEX jobs_due ON jobs (due_at) WHERE state = 'RETRY';
CREATE INDEX jobs_claimed ON jobs (worker_id) WHERE worker_id IS NOT NULL;
CREATE INDEX jobs_running_by_limit_key ON jobs (limit_key) WHERE worker_id IS NOT NULL AND limit_key IS NOT NULL;
CREATE INDEX jobs_under_way_by_limit_key ON jobs (limit_key)
    WHERE state IN ('PENDING', 'STARTED') AND parked_at IS NULL AND phase <> 'AWAIT' AND limit_key IS NOT NULL;
CREATE INDEX jobs_parked ON jobs (limit_key, bulk, id) WHERE parked_at IS NOT NULL;
CREATE INDEX jobs_ended ON jobs (finished_at) WHERE finished_at IS NOT NULL AND parent_id IS NULL;

CREATE TABLE attempts (
    job_id     uuid NOT NULL REFERENCES jobs (id) ON DELETE CASCADE,
    number     integer NOT NULL CHECK (number >= 1),
    worker_id  uuid NOT NULL REFERENCES workers (id),
    started_at timestamptz NOT NULL DEFAULT now(),
    ended_at   timestamptz,
    outcome    text CHECK (outcome IN ('SUCCESS', 'FAILURE', 'RETRY', 'REVOKED', 'CRASHED', 'GIVEN BACK', 'LOST',
                                       'CONTINUED', 'FANNED OUT')),
    error      json,
    PRIMARY KEY (job_id, number),
    CONSTRAINT ended_has_an_outcome CHECK ((ended_at IS NULL) = (outcome IS NULL))
);
CREATE INDEX attempts_by_worker ON attempts (worker_id);

-- By default, PostgreSQL looks after a table once a fifth of it has changed: of ten million rows, that is too late for
-- those that are open, and what it knows of them is out of date. It has to visit each row that is counted by an index alone
-- until it has seen that everybody sees the row: so jobs are looked after once some have changed, however many there are. It
-- reads the pages that have changed, and the indexes once 2 % of all pages hold dead rows.
--
-- A job that has ended is longer than one that waits, so it leaves room for one where it waited itself. A tenth of each page is
-- for those that grow (fillfactor): else jobs that come together would be put one by one into such room, all over the table.
ALTER TABLE jobs SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000,
                      autovacuum_vacuum_insert_scale_factor = 0, autovacuum_vacuum_insert_threshold = 2000,
                      autovacuum_analyze_scale_factor = 0.02, fillfactor = 90);
ALTER TABLE attempts SET (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_insert_scale_factor = 0.02,
                          autovacuum_analyze_scale_factor = 0.02);

CREATE TABLE limit_pauses (
    limit_key text PRIMARY KEY,
    since     timestamptz NOT NULL DEFAULT now(),
    until     timestamptz NOT NULL, -- no attempt on a job of this key begins before,
    gap       interval              -- and no two within this time
);
CREATE INDEX limit_pauses_by_end ON limit_pauses (until);

CREATE TABLE deliveries (
    job_id       uuid PRIMARY KEY REFERENCES jobs (id) ON DELETE CASCADE,  -- a job ends once, so it has one at most
    receiver     text NOT NULL,  -- host and port of the URL
    state        text NOT NULL DEFAULT 'PENDING' CHECK (state IN ('PENDING', 'DELIVERED', 'GIVEN UP')),
    attempts     smallint NOT NULL DEFAULT 0 CHECK (attempts >= 0),
    since        timestamptz NOT NULL DEFAULT now(),  -- when it began to wait for `due_at`
    due_at       timestamptz DEFAULT now(),  -- of the next attempt; while one is under way: when it counts as lost
    delivered_at timestamptz,
    last_error   text,
    CONSTRAINT pending_has_a_due_time CHECK ((state = 'PENDING') = (due_at IS NOT NULL)),
    CONSTRAINT delivered_is_timed CHECK ((state = 'DELIVERED') = (delivered_at IS NOT NULL)),
    CONSTRAINT delivered_was_tried CHECK (state <> 'DELIVERED' OR attempts >= 1),
    CONSTRAINT given_up_has_an_error CHECK (state <> 'GIVEN UP' OR last_error IS NOT NULL)
);
CREATE INDEX deliveries_due ON deliveries (due_at) WHERE due_at IS NOT NULL;

-- Each owner has keys of its own, as have those who come without an API key.
CREATE TABLE idempotency_keys (
    key         text NOT NULL CHECK (char_length(key) <= 255),
    owner       text,
    fingerprint bytea NOT NULL,   -- SHA-256 of the request that came with the key
    job_ids     uuid[] NOT NULL,  -- the jobs it made
    created_at  timestamptz NOT NULL DEFAULT now()
);
CREATE UNIQUE INDEX idempotency_keys_of_owner ON idempotency_keys (key, owner) NULLS NOT DISTINCT;
CREATE INDEX idempotency_keys_by_age ON idempotency_keys (created_at);

-- Which step may follow which.
CREATE FUNCTION check_job_step() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (OLD.state, NEW.state) IN (
        ('PENDING', 'STARTED'), ('PENDING', 'REVOKED'), ('PENDING', 'FAILURE'),
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

-- Whoever ends a job, its delivery begins with it. The URL is as the parser writes it: scheme://host:port/...
CREATE FUNCTION begin_delivery() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO deliveries (job_id, receiver) VALUES (NEW.id, split_part(NEW.callback_url, '/', 3));
    RETURN NULL;
END $$;
CREATE TRIGGER job_with_callback_ended AFTER UPDATE OF finished_at ON jobs
    FOR EACH ROW WHEN (OLD.finished_at IS NULL AND NEW.finished_at IS NOT NULL AND NEW.callback_url IS NOT NULL)
    EXECUTE FUNCTION begin_delivery();

-- Whoever ends a child, its parent knows in the same transaction, and goes on to its join with the last one. Who ends a
-- child locks its parent first (see functions.sql), so that no two transactions wait for each other.
CREATE FUNCTION child_ended() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE jobs
    SET open_children = open_children - 1,
        state = CASE WHEN phase = 'AWAIT' AND open_children = 1 THEN 'PENDING' ELSE state END,
        published_at = CASE WHEN phase = 'AWAIT' AND open_children = 1 THEN NULL ELSE published_at END,
        requeued = requeued OR (phase = 'AWAIT' AND open_children = 1),
        phase = CASE WHEN phase = 'AWAIT' AND open_children = 1 THEN 'JOIN' ELSE phase END
    WHERE id = NEW.parent_id AND finished_at IS NULL;
    RETURN NULL;
END $$;
CREATE TRIGGER child_ended AFTER UPDATE OF finished_at ON jobs
    FOR EACH ROW WHEN (OLD.finished_at IS NULL AND NEW.finished_at IS NOT NULL AND NEW.parent_id IS NOT NULL)
    EXECUTE FUNCTION child_ended();

-- Whoever ends a parent, its open children end with it.
CREATE FUNCTION parent_ended() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- A statement of its own: the next one sees the attempts that began while this one waited.
    PERFORM FROM jobs WHERE parent_id = NEW.id AND finished_at IS NULL ORDER BY id FOR UPDATE;
    WITH cancelled AS (
        UPDATE jobs
        SET state = 'REVOKED', finished_at = now(), worker_id = NULL, worker_pid = NULL, overdue_at = NULL,
            due_at = NULL, parked_at = NULL
        WHERE parent_id = NEW.id AND finished_at IS NULL
        RETURNING id
    )
    UPDATE attempts SET ended_at = now(), outcome = 'REVOKED'
    WHERE ended_at IS NULL AND job_id IN (SELECT id FROM cancelled);
    RETURN NULL;
END $$;
CREATE TRIGGER parent_ended AFTER UPDATE OF finished_at ON jobs
    FOR EACH ROW WHEN (OLD.finished_at IS NULL AND NEW.finished_at IS NOT NULL AND NEW.open_children > 0)
    EXECUTE FUNCTION parent_ended();
