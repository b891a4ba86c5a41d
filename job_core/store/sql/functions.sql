-- The steps of a job, one round trip each. They are in PL/pgSQL since PostgreSQL keeps the plans of its statements for as
-- long as a connection lives; those of functions in SQL, it makes again at each call.
--
-- What looks for few jobs among many reads no table as a whole (enable_seqscan): by statistics from before a surge, or from
-- the middle of one, that would seem best. A table so small that it has no better way then seems to cost so much that
-- PostgreSQL would compile the query first, for seconds: so that is off as well (jit).
--
-- Who needs several locks takes them in this order, so that no two transactions wait for each other: the parent's row, the
-- job's own row, the worker's row, the lock of the limit key. The last is waited for by many, so nobody who holds it waits
-- for a row: somebody at a console may have locked that. What repairs many jobs at once skips rows that are locked. Each statement in a function sees what was committed before it began
-- (READ COMMITTED), so what is read after a lock is as it is under the lock.

-- insert_jobs: write a row for each of `new_jobs`, a JSON list of objects with the columns below, in the order of ids.
-- `published_at` says from the start that the job's message is sent: the caller sends it right after the commit. If the
-- caller dies before, the reconciler finds the row by that time. A job is parked, and has no message, if others of its
-- limit key are parked, or if `at_once` of them are under way, those before it in the list included. Those in bulk that
-- have not begun keep no other job out.
CREATE FUNCTION insert_jobs(new_jobs json, parent uuid, at_once integer)
RETURNS TABLE (job_id uuid, created timestamptz, published timestamptz, parked timestamptz)
LANGUAGE plpgsql AS $$
BEGIN
    RETURN QUERY
    INSERT INTO jobs (
        id, kind, label, limit_key, request, on_failure, max_attempts, max_crashes, retry_of, batch_id, owner,
        callback_url, parent_id, bulk, published_at, parked_at
    )
    SELECT id, kind, label, limit_key, request, on_failure, max_attempts, max_crashes, retry_of, batch_id, owner,
           callback_url, parent, new.bulk, clock_timestamp(),
           CASE WHEN limit_key IS NOT NULL AND (
               row_number() OVER (PARTITION BY limit_key ORDER BY id) > at_once
               OR EXISTS (
                   SELECT FROM jobs
                   WHERE jobs.limit_key = new.limit_key AND jobs.bulk <= new.bulk AND parked_at IS NOT NULL
               )
               OR at_once <= (
                   SELECT count(*)
                   FROM (SELECT FROM jobs WHERE jobs.limit_key = new.limit_key AND jobs.bulk <= new.bulk
                                            AND state IN ('PENDING', 'STARTED') AND parked_at IS NULL
                                            AND phase <> 'AWAIT' LIMIT at_once) AS under_way
               )
           ) THEN now() END
    FROM json_to_recordset(new_jobs) AS new (
        id uuid, kind text, label text, limit_key text, request json, on_failure text, max_attempts smallint,
        max_crashes smallint, retry_of uuid, batch_id uuid, owner text, callback_url text, bulk boolean
    )
    ORDER BY id
    RETURNING id, created_at, published_at, parked_at;
END $$;

-- accept_jobs: insert_jobs, once for each idempotency key. If `key` came before within `lifetime`, nothing is written: the rows
-- name the jobs of that time, with no times, and `is_same` says whether it came with the same fingerprint then. A second
-- request with the same key waits in the INSERT until the first has committed.
CREATE FUNCTION accept_jobs(
    new_jobs json, at_once integer, new_key text DEFAULT NULL, new_owner text DEFAULT NULL,
    new_fingerprint bytea DEFAULT NULL, lifetime interval DEFAULT NULL
) RETURNS TABLE (job_id uuid, created timestamptz, published timestamptz, parked timestamptz, is_same boolean)
LANGUAGE plpgsql AS $$
DECLARE
    known idempotency_keys;
BEGIN
    IF new_key IS NOT NULL THEN
        INSERT INTO idempotency_keys AS present (key, owner, fingerprint, job_ids)
        VALUES (new_key, new_owner, new_fingerprint,
                ARRAY(SELECT id FROM json_to_recordset(new_jobs) AS one (id uuid) ORDER BY id))
        ON CONFLICT (key, owner) DO UPDATE
            SET fingerprint = excluded.fingerprint, job_ids = excluded.job_ids, created_at = now()
            WHERE present.created_at < now() - lifetime;
        IF NOT FOUND THEN
            SELECT * INTO known FROM idempotency_keys WHERE key = new_key AND owner IS NOT DISTINCT FROM new_owner;
            RETURN QUERY SELECT id, NULL::timestamptz, NULL::timestamptz, NULL::timestamptz,
                                known.fingerprint = new_fingerprint
                         FROM unnest(known.job_ids) WITH ORDINALITY AS one (id, place) ORDER BY place;
            RETURN;
        END IF;
    END IF;
    RETURN QUERY SELECT *, NULL::boolean FROM insert_jobs(new_jobs, NULL, at_once);
END $$;

-- pause_limit_key: let no attempt on a job of the limit key begin for `pause`; a longer pause stays as it is. From then on no
-- two begin within `gap`, if it is given.
CREATE FUNCTION pause_limit_key(key text, pause interval, new_gap interval DEFAULT NULL) RETURNS void LANGUAGE sql AS $$
    INSERT INTO limit_pauses (limit_key, until, gap) VALUES (key, clock_timestamp() + pause, new_gap)
    ON CONFLICT (limit_key) DO UPDATE
        SET since = excluded.since, until = excluded.until, gap = coalesce(excluded.gap, limit_pauses.gap)
        WHERE limit_pauses.until < excluded.until
$$;

-- claim_job: begin an attempt. `verdict` is CLAIMED; PARKED if the job's limit key has no room now; DROPPED if the job does
-- not wait (a duplicate message, a cancelled job) or the worker is lost. A process that asks again for the job that it
-- holds gets the same claim: its first answer may have been lost. One transaction at a time claims, parks or releases
-- jobs of a limit key, by an advisory lock.
CREATE FUNCTION claim_job(
    job uuid, worker uuid, pid integer, at_once integer, gap interval, time_limit interval,
    OUT verdict text, OUT job_state text, OUT job_attempt integer, OUT job_phase text, OUT job_request text,
    OUT job_progress text, OUT job_limit_key text, OUT job_parent uuid, OUT job_owner text, OUT job_attempts_used integer,
    OUT job_max_attempts integer, OUT job_on_failure text, OUT wait_seconds double precision
) LANGUAGE plpgsql AS $$
DECLARE
    held jobs;
    paused limit_pauses;
BEGIN
    SELECT * INTO held FROM jobs WHERE id = job AND state = 'PENDING' FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        SELECT * INTO held FROM jobs WHERE id = job;
    END IF;
    IF held.state = 'PENDING' AND held.limit_key IS NOT NULL THEN
        PERFORM FROM workers WHERE id = worker FOR KEY SHARE;
        PERFORM pg_advisory_xact_lock(1751348084, hashtext(held.limit_key));
        SELECT * INTO paused FROM limit_pauses WHERE limit_key = held.limit_key;
        IF at_once <= (SELECT count(*) FROM jobs WHERE limit_key = held.limit_key AND worker_id IS NOT NULL)
           OR paused.until > clock_timestamp() THEN
            UPDATE jobs SET parked_at = now() WHERE id = job AND state = 'PENDING';
            verdict := CASE WHEN FOUND THEN 'PARKED' ELSE 'DROPPED' END;
            RETURN;
        END IF;
        gap := greatest(gap, paused.gap);
        IF gap > interval '0' THEN
            PERFORM pause_limit_key(held.limit_key, gap);
        END IF;
    END IF;
    IF held.state = 'PENDING' THEN
        UPDATE jobs
        SET state = 'STARTED', attempt = attempt + 1, worker_id = worker, worker_pid = pid, started_at = now(),
            overdue_at = now() + time_limit, parked_at = NULL, bulk = false
        WHERE id = job AND state = 'PENDING'
          AND EXISTS (SELECT FROM workers WHERE workers.id = worker AND stopped_at IS NULL AND lost_at IS NULL)
        RETURNING * INTO held;
        IF FOUND THEN
            INSERT INTO attempts (job_id, number, worker_id) VALUES (job, held.attempt, worker);
            verdict := 'CLAIMED';
        END IF;
    ELSIF held.state = 'STARTED' AND held.worker_id = worker AND held.worker_pid = pid THEN
        SELECT * INTO held FROM jobs WHERE id = job;
        verdict := 'CLAIMED';
    END IF;
    IF verdict IS NULL THEN
        verdict := 'DROPPED';
        job_state := (SELECT state FROM jobs WHERE id = job);
        RETURN;
    END IF;
    job_state := held.state;
    job_attempt := held.attempt;
    job_phase := held.phase;
    job_request := held.request::text;
    job_progress := held.progress::text;
    job_limit_key := held.limit_key;
    job_parent := held.parent_id;
    job_owner := held.owner;
    job_attempts_used := held.attempts_used;
    job_max_attempts := held.max_attempts;
    job_on_failure := held.on_failure;
    wait_seconds := extract(epoch FROM held.started_at - held.created_at);
END $$;

-- A message to send now, or what a step has made of a job. `job_published` is the time that the message carries.
CREATE TYPE step AS (
    is_message boolean, job_id uuid, job_kind text, job_state text, job_attempt integer, job_bulk boolean,
    job_requeued boolean, job_published timestamptz, seconds double precision, outcome text, error json,
    job_label text  -- of a message alone: what is shown of the job there
);

-- release_parked: let up to `most` of the oldest parked jobs of a limit key wait in the queue again, unless it is paused;
-- those in bulk come last. Returns messages to send.
CREATE FUNCTION release_parked(key text, most bigint) RETURNS SETOF step LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM limit_pauses WHERE limit_key = key AND until > clock_timestamp()) THEN
        RETURN;
    END IF;
    RETURN QUERY
        WITH oldest AS MATERIALIZED (
            SELECT id FROM jobs WHERE limit_key = key AND parked_at IS NOT NULL ORDER BY bulk, id
            LIMIT CASE WHEN EXISTS (SELECT FROM limit_pauses WHERE limit_key = key AND gap IS NOT NULL) THEN 1 ELSE most END
            FOR UPDATE SKIP LOCKED
        )
        UPDATE jobs SET parked_at = NULL, requeued = true, published_at = clock_timestamp()
        WHERE id IN (SELECT id FROM oldest)
        RETURNING true, id, kind, state, attempt, bulk, requeued, published_at, NULL::double precision, NULL::text,
                  NULL::json, label;
END $$;

-- end_attempt: write what became of attempt `number` of a job, and of all that hangs from it. Nothing is written, and
-- nothing returned, if that attempt has lost its claim. `ended` is the attempt's outcome:
--   SUCCESS     ends the job with `new_result`
--   FAILURE     ends it with `new_error`; `used` counts a transient error
--   RETRY       the job waits for `wait`
--   CRASHED     counts as a crash: the job waits again, or ends with `new_error` at its bound
--   CONTINUED   the job waits for its next turn, with `new_progress`, at least for `wait`; what went wrong before counts
--               no more
--   FANNED OUT  the job waits until its children have ended, the new ones among them, and is joined then
-- `children` are written in the same transaction (see insert_jobs). `pause` keeps jobs of `pause_key` from beginning.
CREATE FUNCTION end_attempt(
    job uuid, number integer, key text, parent uuid, ended text, new_result json DEFAULT NULL,
    new_error json DEFAULT NULL, used integer DEFAULT 0, wait interval DEFAULT NULL, pause_key text DEFAULT NULL,
    pause interval DEFAULT NULL, new_gap interval DEFAULT NULL, new_progress json DEFAULT NULL,
    children json DEFAULT NULL, at_once integer DEFAULT NULL
) RETURNS SETOF step LANGUAGE plpgsql AS $$
DECLARE
    given integer := coalesce(json_array_length(children), 0);
    moved jobs;
BEGIN
    IF parent IS NOT NULL THEN
        PERFORM FROM jobs WHERE id = parent FOR NO KEY UPDATE;
    END IF;
    UPDATE jobs
    SET worker_id = NULL, worker_pid = NULL, overdue_at = NULL,
        state = CASE ended
            WHEN 'SUCCESS' THEN 'SUCCESS'
            WHEN 'FAILURE' THEN 'FAILURE'
            WHEN 'RETRY' THEN 'RETRY'
            WHEN 'CONTINUED' THEN CASE WHEN wait IS NULL THEN 'PENDING' ELSE 'RETRY' END
            WHEN 'CRASHED' THEN CASE WHEN crashes + 1 >= max_crashes THEN 'FAILURE' ELSE 'PENDING' END
            WHEN 'FANNED OUT' THEN CASE WHEN open_children + given > 0 THEN 'STARTED' ELSE 'PENDING' END
            ELSE 'PENDING' END,
        phase = CASE WHEN ended <> 'FANNED OUT' THEN phase WHEN open_children + given > 0 THEN 'AWAIT' ELSE 'JOIN' END,
        finished_at = CASE WHEN ended IN ('SUCCESS', 'FAILURE') OR (ended = 'CRASHED' AND crashes + 1 >= max_crashes)
                           THEN now() END,
        result = new_result,
        error = CASE WHEN ended = 'SUCCESS' THEN NULL ELSE coalesce(new_error, error) END,
        attempts_used = CASE WHEN ended IN ('CONTINUED', 'FANNED OUT') THEN 0 ELSE attempts_used + used END,
        crashes = CASE WHEN ended IN ('CONTINUED', 'FANNED OUT') THEN 0
                       WHEN ended = 'CRASHED' THEN crashes + 1 ELSE crashes END,
        losses = CASE WHEN ended IN ('CONTINUED', 'FANNED OUT') THEN 0 ELSE losses END,
        progress = coalesce(new_progress, progress),
        due_at = now() + wait,
        open_children = open_children + given,
        requeued = requeued OR ended IN ('CRASHED', 'CONTINUED', 'FANNED OUT'),
        published_at = CASE WHEN ended = 'FANNED OUT' AND open_children + given > 0 THEN NULL
                            WHEN ended IN ('CONTINUED', 'FANNED OUT') THEN clock_timestamp()
                            WHEN ended = 'CRASHED' AND crashes + 1 < max_crashes THEN NULL
                            ELSE published_at END
    WHERE id = job AND attempt = number AND worker_id IS NOT NULL
    RETURNING * INTO moved;
    IF NOT FOUND THEN
        RETURN;
    END IF;
    UPDATE attempts SET ended_at = now(), outcome = ended, error = new_error
    WHERE job_id = job AND attempts.number = end_attempt.number;
    RETURN NEXT ROW(false, moved.id, moved.kind, moved.state, moved.attempt, moved.bulk, moved.requeued,
                    moved.published_at, extract(epoch FROM moved.finished_at - moved.created_at), ended,
                    new_error, NULL)::step;
    IF ended = 'CONTINUED' THEN  -- of the many turns of a long job, the latest are kept
        DELETE FROM attempts
        WHERE job_id = job AND attempts.number = end_attempt.number - 20 AND attempts.outcome = 'CONTINUED';
    END IF;
    IF given > 0 THEN
        RETURN QUERY
            SELECT true, new.job_id, one.kind, 'PENDING', 0, one.bulk, false, new.published, NULL::double precision,
                   NULL::text, NULL::json, one.label
            FROM insert_jobs(children, job, at_once) AS new
            JOIN json_to_recordset(children) AS one (id uuid, kind text, label text, bulk boolean)
              ON one.id = new.job_id
            WHERE new.parked IS NULL;
    END IF;
    IF moved.state = 'PENDING' AND moved.published_at IS NOT NULL THEN
        RETURN NEXT ROW(true, moved.id, moved.kind, moved.state, moved.attempt, moved.bulk, moved.requeued,
                        moved.published_at, NULL, NULL, NULL, moved.label)::step;
    END IF;
    IF key IS NOT NULL THEN  -- whoever has it now may still see this attempt as running, and park a job: it is seen below
        PERFORM pg_advisory_xact_lock(1751348084, hashtext(key));
    END IF;
    IF pause IS NOT NULL THEN
        PERFORM pause_limit_key(pause_key, pause, new_gap);
    END IF;
    IF key IS NOT NULL AND EXISTS (SELECT FROM jobs WHERE limit_key = key AND parked_at IS NOT NULL) THEN
        RETURN QUERY SELECT * FROM release_parked(key, 1);
    END IF;
    IF moved.finished_at IS NOT NULL AND parent IS NOT NULL THEN
        RETURN QUERY
            UPDATE jobs SET published_at = clock_timestamp()
            WHERE id = parent AND state = 'PENDING' AND phase = 'JOIN' AND published_at IS NULL
            RETURNING true, id, kind, state, jobs.attempt, bulk, requeued, published_at, NULL::double precision,
                      NULL::text, NULL::json, label;
    END IF;
END $$;

-- take_back: let claimed jobs wait again although their attempt wrote no outcome. GIVEN BACK spends nothing. LOST counts
-- as a loss: at `max_losses` the job ends with `new_error`. Their messages are the reconciler's to send. The caller has
-- locked the rows, so that they are still the claims that it means.
CREATE FUNCTION take_back(held uuid[], taken text, new_error json DEFAULT NULL, max_losses integer DEFAULT NULL)
RETURNS SETOF step LANGUAGE plpgsql AS $$
BEGIN
    RETURN QUERY
        WITH moved AS (
            UPDATE jobs
            SET worker_id = NULL, worker_pid = NULL, overdue_at = NULL, requeued = true,
                losses = losses + (taken = 'LOST')::integer,
                state = CASE WHEN taken = 'LOST' AND losses + 1 >= max_losses THEN 'FAILURE' ELSE 'PENDING' END,
                finished_at = CASE WHEN taken = 'LOST' AND losses + 1 >= max_losses THEN now() END,
                error = CASE WHEN taken = 'LOST' AND losses + 1 >= max_losses THEN new_error ELSE jobs.error END,
                published_at = NULL
            WHERE id = ANY(held)
            RETURNING *
        ), noted AS (
            UPDATE attempts
            SET ended_at = now(), outcome = taken,
                error = CASE WHEN moved.finished_at IS NOT NULL THEN new_error END
            FROM moved
            WHERE attempts.job_id = moved.id AND attempts.number = moved.attempt
        )
        SELECT false, id, kind, state, attempt, bulk, requeued, published_at,
               extract(epoch FROM finished_at - created_at)::double precision, taken,
               CASE WHEN finished_at IS NOT NULL THEN new_error END, NULL::text
        FROM moved;
END $$;

-- end_attempt_of_process: the same as end_attempt or take_back for the claim that a process of a worker has on a job, as the
-- worker's main process knows it: GIVEN BACK or CRASHED. A job that waits without having been claimed by that
-- process has lost its message: it is marked as unpublished.
CREATE FUNCTION end_attempt_of_process(job uuid, worker uuid, pid integer, ended text, new_error json)
RETURNS SETOF step LANGUAGE plpgsql AS $$
DECLARE
    held jobs;
BEGIN
    SELECT * INTO held FROM jobs WHERE id = job AND worker_id = worker AND worker_pid = pid;
    IF NOT FOUND THEN
        UPDATE jobs SET published_at = NULL WHERE id = job AND state = 'PENDING' AND parked_at IS NULL;
    ELSIF ended = 'CRASHED' THEN
        RETURN QUERY SELECT * FROM end_attempt(
            job, held.attempt, held.limit_key, held.parent_id, ended, new_error => new_error
        );
    ELSE
        RETURN QUERY SELECT * FROM take_back(
            ARRAY(SELECT id FROM jobs WHERE id = job AND worker_id = worker AND worker_pid = pid FOR NO KEY UPDATE), ended
        );
    END IF;
END $$;

-- cancel_job: end a job as REVOKED, and its open descendants with it; one row for each. None if it has ended.
CREATE FUNCTION cancel_job(job uuid) RETURNS SETOF step LANGUAGE plpgsql AS $$
DECLARE
    parent uuid;
BEGIN
    SELECT parent_id INTO parent FROM jobs WHERE id = job;
    IF parent IS NOT NULL THEN
        PERFORM FROM jobs WHERE id = parent FOR NO KEY UPDATE;
    END IF;
    UPDATE jobs
    SET state = 'REVOKED', finished_at = now(), worker_id = NULL, worker_pid = NULL, overdue_at = NULL, due_at = NULL,
        parked_at = NULL
    WHERE id = job AND finished_at IS NULL;
    IF NOT FOUND THEN
        RETURN;
    END IF;
    RETURN QUERY
        WITH RECURSIVE tree AS (
            SELECT jobs.* FROM jobs WHERE id = job
            UNION ALL
            SELECT jobs.* FROM jobs JOIN tree ON jobs.parent_id = tree.id
            WHERE jobs.state = 'REVOKED' AND jobs.finished_at = tree.finished_at
        ), noted AS (
            UPDATE attempts SET ended_at = now(), outcome = 'REVOKED' WHERE job_id = job AND ended_at IS NULL
            RETURNING job_id
        )
        SELECT false, id, kind, state, attempt, bulk, requeued, published_at,
               extract(epoch FROM finished_at - created_at)::double precision,
               CASE WHEN id IN (SELECT job_id FROM noted)
                      OR EXISTS (SELECT FROM attempts WHERE job_id = id AND ended_at = tree.finished_at)
                    THEN 'REVOKED' END,
               NULL::json, NULL::text
        FROM tree;
    RETURN QUERY
        UPDATE jobs SET published_at = clock_timestamp()
        WHERE id = parent AND state = 'PENDING' AND phase = 'JOIN' AND published_at IS NULL
        RETURNING true, id, kind, state, attempt, bulk, requeued, published_at, NULL::double precision, NULL::text,
                  NULL::json, label;
END $$;

-- worker_beat: note that a worker lives. `is_alive` is false if it was declared lost or has stopped. `revoked` are those of
-- its `running` jobs that were cancelled. `idle` are claims that none of its processes works on, `idle_after` their
-- start: a claim whose answer came too late is one.
CREATE FUNCTION worker_beat(
    worker uuid, running uuid[], idle_after interval, OUT is_alive boolean, OUT revoked uuid[], OUT idle uuid[]
) LANGUAGE plpgsql SET enable_seqscan = off SET jit = off AS $$
BEGIN
    -- The disk need not have a beat at once: after a crash of the database, workers are judged by new beats only.
    PERFORM set_config('synchronous_commit', 'off', true);
    UPDATE workers SET seen_at = now() WHERE id = worker AND lost_at IS NULL AND stopped_at IS NULL;
    is_alive := FOUND;
    revoked := ARRAY(SELECT id FROM jobs WHERE id = ANY(running) AND state = 'REVOKED');
    idle := ARRAY(
        SELECT id FROM jobs WHERE worker_id = worker AND id <> ALL(running) AND started_at < now() - idle_after
    );
END $$;

-- give_back_idle: give back those of the `idle` claims that the worker still has.
CREATE FUNCTION give_back_idle(worker uuid, idle uuid[]) RETURNS SETOF step LANGUAGE sql AS $$
    SELECT * FROM take_back(
        ARRAY(SELECT id FROM jobs WHERE worker_id = worker AND id = ANY(idle) ORDER BY id FOR NO KEY UPDATE),
        'GIVEN BACK'
    )
$$;

-- stop_worker: a worker deregisters; it can claim no more, and what it holds is given back.
CREATE FUNCTION stop_worker(worker uuid) RETURNS SETOF step LANGUAGE plpgsql AS $$
BEGIN
    UPDATE workers SET stopped_at = now() WHERE id = worker;
    RETURN QUERY SELECT * FROM take_back(
        ARRAY(SELECT id FROM jobs WHERE worker_id = worker ORDER BY id FOR NO KEY UPDATE), 'GIVEN BACK'
    );
END $$;

-- is_quiet: whether nothing is to be repaired or waited for: no job is open, no webhook is to be delivered, and no worker was seen
-- longer ago than `margin`, or so far in the future.
CREATE FUNCTION is_quiet(margin interval) RETURNS boolean LANGUAGE plpgsql STABLE SET enable_seqscan = off SET jit = off AS $$
BEGIN
    RETURN NOT EXISTS (SELECT FROM jobs WHERE finished_at IS NULL)
        AND NOT EXISTS (SELECT FROM deliveries WHERE due_at IS NOT NULL)
        AND NOT EXISTS (SELECT FROM workers
                        WHERE stopped_at IS NULL AND lost_at IS NULL
                          AND seen_at NOT BETWEEN now() - margin AND now() + margin);
END $$;

-- repair_claims: declare workers lost that were not seen for `lost_after` (NULL: none), take back the claims of lost and
-- stopped ones, and break claims that are overdue. Rows that somebody else has locked are left for the next round.
-- Who holds claims is found by one step in an index for each worker, however many claims it has. No table is read as a whole:
-- statistics from before a surge would have that done.
CREATE FUNCTION repair_claims(
    lost_after interval, loss_error json, max_losses integer, overdue_error json, batch integer
) RETURNS SETOF step LANGUAGE plpgsql SET enable_seqscan = off SET jit = off AS $$
DECLARE
    held record;
    holders uuid[];  -- the workers that hold claims,
    gone uuid[];     -- and those of them that are lost or stopped
    parents uuid[];
BEGIN
    FOR held IN
        WITH silent AS MATERIALIZED (
            SELECT id FROM workers
            WHERE stopped_at IS NULL AND lost_at IS NULL AND seen_at < now() - lost_after
            FOR NO KEY UPDATE SKIP LOCKED
        )
        UPDATE workers SET lost_at = now() WHERE id IN (SELECT id FROM silent) RETURNING id
    LOOP
        RETURN NEXT ROW(false, held.id, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 'WORKER LOST', NULL, NULL)::step;
    END LOOP;
    holders := ARRAY(
        WITH RECURSIVE holder (id) AS (
            (SELECT worker_id FROM jobs WHERE worker_id IS NOT NULL ORDER BY worker_id LIMIT 1)
            UNION ALL
            SELECT (SELECT worker_id FROM jobs WHERE worker_id > holder.id ORDER BY worker_id LIMIT 1)
            FROM holder WHERE holder.id IS NOT NULL
        )
        SELECT id FROM holder WHERE id IS NOT NULL
    );
    gone := ARRAY(
        SELECT id FROM unnest(holders) AS holder (id)
        WHERE (SELECT lost_at IS NOT NULL OR stopped_at IS NOT NULL FROM workers WHERE workers.id = holder.id)
    );
    parents := ARRAY(  -- of the jobs that may end here; they come first: see above
        SELECT id FROM jobs WHERE id = ANY(ARRAY(
            SELECT claimed.parent_id FROM unnest(holders) AS holder (id), LATERAL (
                SELECT parent_id FROM jobs
                WHERE worker_id = holder.id
                  AND (overdue_at < now() OR (losses + 1 >= max_losses AND holder.id = ANY(gone)))
            ) AS claimed
        )) ORDER BY id LIMIT batch FOR NO KEY UPDATE SKIP LOCKED
    );
    RETURN QUERY SELECT * FROM take_back(
        ARRAY(
            SELECT claimed.id FROM unnest(gone) AS holder (id), LATERAL (
                SELECT jobs.id FROM jobs
                WHERE worker_id = holder.id
                  AND (parent_id IS NULL OR losses + 1 < max_losses OR parent_id = ANY(parents))
                LIMIT batch FOR NO KEY UPDATE SKIP LOCKED
            ) AS claimed LIMIT batch
        ), 'LOST', loss_error, max_losses
    );
    FOR held IN
        SELECT * FROM (
            SELECT claimed.* FROM unnest(holders) AS holder (id), LATERAL (
                SELECT * FROM jobs
                WHERE worker_id = holder.id AND overdue_at < now() AND (parent_id IS NULL OR parent_id = ANY(parents))
                LIMIT batch FOR NO KEY UPDATE SKIP LOCKED
            ) AS claimed LIMIT batch  -- before they are sorted: what is not taken now must not be locked
        ) AS overdue ORDER BY limit_key, id
    LOOP
        RETURN QUERY SELECT * FROM end_attempt(
            held.id, held.attempt, held.limit_key, held.parent_id, 'CRASHED', new_error => overdue_error
        );
    END LOOP;
END $$;

-- waiting_kinds: the kinds of the jobs that wait, by one step in an index for each, however many jobs wait. Those that came
-- last are looked at first: entries of jobs that wait no more lie before the oldest, until a vacuum reads the indexes.
CREATE FUNCTION waiting_kinds() RETURNS SETOF text LANGUAGE plpgsql STABLE SET enable_seqscan = off SET jit = off AS $$
BEGIN
    RETURN QUERY
        WITH RECURSIVE waiting (kind) AS (
            (SELECT jobs.kind FROM jobs WHERE state = 'PENDING' AND parked_at IS NULL ORDER BY jobs.kind DESC LIMIT 1)
            UNION ALL
            SELECT (SELECT jobs.kind FROM jobs
                    WHERE state = 'PENDING' AND parked_at IS NULL AND jobs.kind < waiting.kind
                    ORDER BY jobs.kind DESC LIMIT 1)
            FROM waiting WHERE waiting.kind IS NOT NULL
        )
        SELECT waiting.kind FROM waiting WHERE waiting.kind IS NOT NULL;
END $$;

-- mend_times: put right what lies in the future by more than `margin`, as the database's clock was set back; how many rows that
-- is. A worker was seen, a message was sent, an attempt or a wait began: that counts as now, and what was to come some time
-- after it comes that time after now. Rows that somebody else has locked are left for the next round.
CREATE FUNCTION mend_times(margin interval, batch integer) RETURNS bigint LANGUAGE sql SET enable_seqscan = off SET jit = off AS $$
    WITH seen AS MATERIALIZED (
        SELECT id FROM workers WHERE stopped_at IS NULL AND lost_at IS NULL AND seen_at > now() + margin
        FOR NO KEY UPDATE SKIP LOCKED
    ), mended_workers AS (
        UPDATE workers SET seen_at = now() WHERE id IN (SELECT id FROM seen) RETURNING 1
    ), sent AS MATERIALIZED (
        SELECT later.id
        FROM waiting_kinds() AS waiting (kind),
             (VALUES (false, false), (false, true), (true, false), (true, true)) AS queue (bulk, requeued), LATERAL (
            SELECT id FROM jobs
            WHERE state = 'PENDING' AND parked_at IS NULL AND kind = waiting.kind AND bulk = queue.bulk
              AND requeued = queue.requeued
              AND coalesce(published_at, '-infinity') > now() + margin
            LIMIT batch FOR NO KEY UPDATE SKIP LOCKED
        ) AS later
    ), mended_messages AS (
        UPDATE jobs SET published_at = now() WHERE id IN (SELECT id FROM sent) RETURNING 1
    ), begun AS MATERIALIZED (
        SELECT id FROM jobs WHERE finished_at IS NULL AND state IN ('STARTED', 'RETRY') AND started_at > now() + margin
        LIMIT batch FOR NO KEY UPDATE SKIP LOCKED
    ), mended_attempts AS (
        UPDATE jobs
        SET due_at = due_at - (started_at - now()), overdue_at = overdue_at - (started_at - now()), started_at = now()
        WHERE id IN (SELECT id FROM begun) RETURNING 1
    ), paused AS MATERIALIZED (
        SELECT limit_key FROM limit_pauses WHERE since > now() + margin LIMIT batch FOR UPDATE SKIP LOCKED
    ), mended_pauses AS (
        UPDATE limit_pauses SET until = until - (since - now()), since = now()
        WHERE limit_key IN (SELECT limit_key FROM paused) RETURNING 1
    ), delivering AS MATERIALIZED (
        SELECT job_id FROM deliveries WHERE due_at IS NOT NULL AND since > now() + margin
        LIMIT batch FOR UPDATE SKIP LOCKED
    ), mended_deliveries AS (
        UPDATE deliveries SET due_at = due_at - (since - now()), since = now()
        WHERE job_id IN (SELECT job_id FROM delivering) RETURNING 1
    )
    SELECT (SELECT count(*) FROM mended_workers) + (SELECT count(*) FROM mended_messages)
         + (SELECT count(*) FROM mended_attempts) + (SELECT count(*) FROM mended_pauses)
         + (SELECT count(*) FROM mended_deliveries)
$$;

-- make_due: let jobs wait for a worker whose back-off is over.
CREATE FUNCTION make_due(batch integer) RETURNS SETOF uuid LANGUAGE sql SET enable_seqscan = off SET jit = off AS $$
    WITH due AS MATERIALIZED (
        SELECT id FROM jobs WHERE state = 'RETRY' AND due_at <= now() ORDER BY due_at LIMIT batch FOR UPDATE SKIP LOCKED
    )
    UPDATE jobs SET state = 'PENDING', due_at = NULL, published_at = NULL, requeued = true
    WHERE id IN (SELECT id FROM due) RETURNING id
$$;

-- release_all: release parked jobs of every limit key with room, as many as it has room for; messages to send. Jobs that lie
-- in the queue take up room as well: else each round would send more to wait there. Limit keys are found by one step in
-- an index for each, however many jobs are parked under them. A key with a gap between starts has room for one at a time.
CREATE FUNCTION release_all(at_once integer, most integer, batch integer)
RETURNS SETOF step LANGUAGE plpgsql SET enable_seqscan = off SET jit = off AS $$
DECLARE
    parked record;
BEGIN
    FOR parked IN
        WITH RECURSIVE keys (key) AS (
            (SELECT limit_key FROM jobs WHERE parked_at IS NOT NULL ORDER BY limit_key LIMIT 1)
            UNION ALL
            SELECT (SELECT limit_key FROM jobs WHERE parked_at IS NOT NULL AND limit_key > keys.key
                    ORDER BY limit_key LIMIT 1)
            FROM keys WHERE keys.key IS NOT NULL
        )
        SELECT key, least(at_once - busy.under_way, most) AS room
        FROM keys, LATERAL (
            SELECT count(*) AS under_way
            FROM (SELECT FROM jobs
                  WHERE limit_key = key AND state IN ('PENDING', 'STARTED') AND parked_at IS NULL AND phase <> 'AWAIT'
                  LIMIT at_once) AS few
        ) AS busy
        WHERE key IS NOT NULL AND busy.under_way < at_once
        LIMIT batch
    LOOP
        RETURN QUERY SELECT * FROM release_parked(parked.key, parked.room);
    END LOOP;
END $$;

-- seconds_to_next_pause_end: in how many seconds the first pause ends that parked jobs wait for; NULL if there is none.
CREATE FUNCTION seconds_to_next_pause_end() RETURNS double precision LANGUAGE sql STABLE AS $$
    SELECT extract(epoch FROM min(until) - clock_timestamp()) FROM limit_pauses
    WHERE until > clock_timestamp()
      AND EXISTS (SELECT FROM jobs WHERE jobs.limit_key = limit_pauses.limit_key AND parked_at IS NOT NULL)
$$;

-- publish_waiting: mark the messages of waiting jobs as sent that have none: those that were never sent, and those sent
-- before the time in `lost_before` for their queue: that of first messages, that of the requeued, and the same two of those
-- in bulk. Returns messages to send, in their order. A job that has been claimed before goes to the requeued.
CREATE FUNCTION publish_waiting(kinds text[], lost_before timestamptz[], batch integer)
RETURNS SETOF step LANGUAGE sql SET enable_seqscan = off SET jit = off AS $$
    WITH lost AS MATERIALIZED (
        SELECT oldest.id
        FROM unnest(kinds) AS known (kind),
             (VALUES (false, false, lost_before[1]), (false, true, lost_before[2]), (true, false, lost_before[3]),
                     (true, true, lost_before[4])) AS queue (bulk, requeued, lost_before),
             LATERAL (
                 SELECT id, published_at FROM jobs
                 WHERE state = 'PENDING' AND parked_at IS NULL AND kind = known.kind AND bulk = queue.bulk
                   AND requeued = queue.requeued
                   AND coalesce(published_at, '-infinity') <= coalesce(queue.lost_before, '-infinity')
                 ORDER BY coalesce(published_at, '-infinity'), id LIMIT batch FOR UPDATE SKIP LOCKED
             ) AS oldest
        ORDER BY oldest.published_at NULLS FIRST, oldest.id LIMIT batch
    ), sent AS (
        UPDATE jobs SET published_at = clock_timestamp(), requeued = requeued OR attempt > 0
        WHERE id IN (SELECT id FROM lost) RETURNING *
    )
    SELECT true, id, kind, state, attempt, bulk, requeued, published_at, NULL::double precision, NULL::text, NULL::json,
           label
    FROM sent ORDER BY id
$$;

-- fail_unknown: end waiting jobs of other than `kinds` that were accepted `after` ago: no worker knows how to do them.
-- Kinds are found by one step in an index for each, however many jobs wait. A parked job ends once it is released.
CREATE FUNCTION fail_unknown(kinds text[], after interval, new_error json, batch integer)
RETURNS SETOF step LANGUAGE plpgsql SET enable_seqscan = off SET jit = off AS $$
DECLARE
    unknown record;
    moved jobs;
BEGIN
    FOR unknown IN
        SELECT old.id, old.parent_id
        FROM waiting_kinds() AS waiting (kind), LATERAL (
            SELECT id, parent_id FROM jobs
            WHERE state = 'PENDING' AND parked_at IS NULL AND jobs.kind = waiting.kind AND created_at < now() - after
            LIMIT batch
        ) AS old
        WHERE waiting.kind <> ALL(kinds)
        LIMIT batch
    LOOP
        PERFORM FROM jobs WHERE id = unknown.parent_id FOR NO KEY UPDATE SKIP LOCKED;
        CONTINUE WHEN NOT FOUND AND unknown.parent_id IS NOT NULL;
        PERFORM FROM jobs WHERE id = unknown.id FOR NO KEY UPDATE SKIP LOCKED;
        CONTINUE WHEN NOT FOUND;
        UPDATE jobs SET state = 'FAILURE', finished_at = now(), parked_at = NULL, error = new_error
        WHERE id = unknown.id AND state = 'PENDING' RETURNING * INTO moved;
        IF FOUND THEN
            RETURN NEXT ROW(false, moved.id, moved.kind, moved.state, moved.attempt, moved.bulk, moved.requeued,
                            moved.published_at, extract(epoch FROM moved.finished_at - moved.created_at), NULL,
                            new_error, NULL)::step;
        END IF;
    END LOOP;
END $$;

-- worker_demand: how many workers there should be. `workers` is how many are busy, with `concurrency` attempts each, if
-- they do all jobs that are claimed or wait for nothing but a worker. A parked job waits for its limit key, and one in
-- back-off for its time: no further worker would begin it sooner. `oldest_seconds` is for how long the oldest of those
-- that wait could have begun. Of each sort, no more is counted than `at_most` workers could do. It reads with the rights
-- of its owner, so a role may ask this that may read no table; and by indexes alone, whatever the statistics say. As the
-- bounds are parameters, PostgreSQL would plan it again at each call.
CREATE FUNCTION worker_demand(
    concurrency integer, at_most integer, OUT workers double precision, OUT oldest_seconds double precision
) LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp SET enable_seqscan = off SET jit = off
SET plan_cache_mode = force_generic_plan AS $$
BEGIN
    workers := (
        (SELECT count(*) FROM (
            SELECT FROM jobs WHERE worker_id IS NOT NULL ORDER BY worker_id LIMIT concurrency * at_most
        ) AS claimed)
      + (SELECT count(*) FROM (
            SELECT FROM jobs WHERE state = 'PENDING' AND parked_at IS NULL  -- the last first: see waiting_kinds
            ORDER BY kind DESC, bulk DESC, requeued DESC, coalesce(published_at, '-infinity') DESC, id DESC
            LIMIT concurrency * at_most
        ) AS waiting)
      + (SELECT count(*) FROM (
            SELECT FROM jobs WHERE state = 'RETRY' AND due_at <= now() ORDER BY due_at LIMIT concurrency * at_most
        ) AS due)
    )::double precision / concurrency;
    oldest_seconds := greatest(0, extract(epoch FROM now() - least(
        (SELECT min(oldest.published_at)
         FROM waiting_kinds() AS waiting (kind),
              (VALUES (false, false), (false, true), (true, false), (true, true)) AS queue (bulk, requeued), LATERAL (
             SELECT published_at FROM jobs
             WHERE state = 'PENDING' AND parked_at IS NULL AND kind = waiting.kind AND bulk = queue.bulk
               AND requeued = queue.requeued AND coalesce(published_at, '-infinity') > '-infinity'
             ORDER BY coalesce(published_at, '-infinity'), id LIMIT 1
         ) AS oldest),
        (SELECT min(due_at) FROM jobs WHERE state = 'RETRY' AND due_at <= now())
    )));
END $$;
