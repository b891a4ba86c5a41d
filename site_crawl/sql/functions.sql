-- The steps of a crawl, one round trip each. Whoever changes the state of a page holds the lock of its crawl's row, but for
-- new pages, which are written before, in the order of their keys: so no two lanes wait for each other.

-- begin_crawl: write a crawl and its start page, unless that was done before.
CREATE FUNCTION begin_crawl(
    crawl uuid, most_pages integer, most_urls integer, most_bytes bigint, time_limit interval, start_key bytea, start_url text,
    start_host text
) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO crawls (job_id, max_pages, max_urls, max_bytes, ends_at, discovered, waiting)
    VALUES (crawl, most_pages, most_urls, most_bytes, now() + time_limit, 1, 1)
    ON CONFLICT DO NOTHING;
    IF FOUND THEN
        INSERT INTO crawl_pages (crawl_id, key, url, host, depth) VALUES (crawl, start_key, start_url, start_host, 0);
    END IF;
END $$;

-- release_pages: let pages wait again whose lane does not work on them any more: those of `lane`'s attempts before `number`, or
-- of all lanes if it is NULL. If the attempt's process died, or a fault ended it, the page may be why: that counts, and ends
-- it at the bound.
CREATE FUNCTION release_pages(crawl uuid, lane uuid, number integer, max_crashes integer)
RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    released integer;
    poison integer;
BEGIN
    IF NOT EXISTS (SELECT FROM crawl_pages WHERE crawl_id = crawl AND state = 'RUNNING'
                   AND (lane IS NULL OR (lane_id = lane AND lane_attempt < release_pages.number))) THEN
        RETURN;
    END IF;
    PERFORM FROM crawls WHERE job_id = crawl FOR NO KEY UPDATE;
    WITH held AS (
        SELECT page.id, coalesce(attempts.outcome IN ('CRASHED', 'FAILURE'), false)::integer AS crash
        FROM crawl_pages AS page
        LEFT JOIN attempts ON attempts.job_id = page.lane_id AND attempts.number = page.lane_attempt
        WHERE page.crawl_id = crawl AND page.state = 'RUNNING'
          AND (lane IS NULL OR (page.lane_id = lane AND page.lane_attempt < release_pages.number))
    ), moved AS (
        UPDATE crawl_pages AS page
        SET lane_id = NULL, lane_attempt = NULL, crashes = crashes + crash,
            state = CASE WHEN crashes + crash >= max_crashes THEN 'ENDED' ELSE 'WAITING' END,
            outcome = CASE WHEN crashes + crash >= max_crashes THEN 'failed' END,
            reason = CASE WHEN crashes + crash >= max_crashes THEN 'attempt-crashed' END
        FROM held WHERE page.crawl_id = crawl AND page.id = held.id
        RETURNING page.state
    )
    SELECT count(*), count(*) FILTER (WHERE state = 'ENDED') INTO released, poison FROM moved;
    UPDATE crawls
    SET running = running - released, waiting = waiting + released - poison,
        outcomes = CASE WHEN poison > 0 THEN merged(outcomes, jsonb_build_object('failed', poison)) ELSE outcomes END
    WHERE job_id = crawl;
END $$;

-- find_pages: write those of the links (arrays of one length) that the crawl does not know yet. A link has an outcome if it is
-- not to be followed. A known URL waits after all if it was not to be followed when it was found first; one that waits
-- takes the shortest way from the start.
-- Each key is looked up by itself (LIMIT 1): statistics of a crawl that has just begun say that there are no pages, by which
-- all pages would be compared with all links.
CREATE FUNCTION find_pages(
    crawl uuid, from_page bigint, keys bytea[], urls text[], hosts text[], depths integer[], link_outcomes text[],
    forms bytea[], most_of_form integer[]
) RETURNS void LANGUAGE plpgsql SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET jit = off AS $$
DECLARE
    to_write bytea[];
    new_keys bytea[];
    new_urls integer;
    not_followed jsonb;
    trapped integer := 0;
    found_page record;
BEGIN
    IF (SELECT discovered >= max_urls FROM crawls WHERE job_id = crawl) THEN
        RETURN;
    END IF;
    SELECT array_agg(link.key) INTO to_write
    FROM unnest(keys, depths, link_outcomes) AS link (key, depth, outcome)
    LEFT JOIN LATERAL (
        SELECT page.id, page.state, page.outcome, page.depth FROM crawl_pages AS page
        WHERE page.crawl_id = crawl AND page.key = link.key LIMIT 1
    ) AS known ON true
    WHERE known.id IS NULL OR (link.outcome IS NULL AND is_shown(known.state, known.outcome, known.depth, link.depth));
    IF to_write IS NULL THEN
        RETURN;
    END IF;
    WITH new AS (
        INSERT INTO crawl_pages (crawl_id, key, url, host, depth, found_on, state, outcome)
        SELECT crawl, key, url, host, depth, from_page, CASE WHEN outcome IS NULL THEN 'WAITING' ELSE 'ENDED' END, outcome
        FROM unnest(keys, urls, hosts, depths, link_outcomes) AS link (key, url, host, depth, outcome)
        WHERE key = ANY(to_write)
        ORDER BY key
        ON CONFLICT (crawl_id, key) DO NOTHING
        RETURNING key, outcome
    ), by_outcome AS (
        SELECT outcome, count(*) AS urls, array_agg(key) AS keys FROM new GROUP BY outcome
    )
    SELECT coalesce(sum(by_outcome.urls), 0),
           coalesce(jsonb_object_agg(outcome, by_outcome.urls) FILTER (WHERE outcome IS NOT NULL), '{}'),
           coalesce((SELECT by_outcome.keys FROM by_outcome WHERE outcome IS NULL), '{}')
    INTO new_urls, not_followed, new_keys
    FROM by_outcome;
    PERFORM FROM crawls WHERE job_id = crawl FOR NO KEY UPDATE;
    FOR found_page IN
        WITH new AS (
            SELECT link.key, link.form, link.most,
                   row_number() OVER (PARTITION BY link.form ORDER BY link.key DESC) AS place_from_end
            FROM unnest(keys, forms, most_of_form) AS link (key, form, most)
            WHERE link.form IS NOT NULL AND link.key = ANY(new_keys)
        ), totals AS (
            INSERT INTO crawl_forms AS known (crawl_id, form, urls)
            SELECT crawl, form, count(*) FROM new GROUP BY form ORDER BY form
            ON CONFLICT (crawl_id, form) DO UPDATE SET urls = known.urls + excluded.urls
            RETURNING known.form, known.urls
        )
        SELECT new.key FROM new JOIN totals USING (form) WHERE new.place_from_end <= totals.urls - new.most
    LOOP
        UPDATE crawl_pages SET state = 'ENDED', outcome = 'trap-template'
        WHERE crawl_id = crawl AND key = found_page.key;
        trapped := trapped + 1;
    END LOOP;
    IF new_urls > 0 THEN
        UPDATE crawls
        SET discovered = discovered + new_urls, waiting = waiting + cardinality(new_keys) - trapped,
            outcomes = CASE WHEN trapped = 0 AND not_followed = '{}' THEN outcomes
                            ELSE merged(outcomes, not_followed || jsonb_build_object('trap-template', trapped)) END
        WHERE job_id = crawl;
    END IF;
    FOR found_page IN
        SELECT known.id, known.outcome, link.depth
        FROM unnest(keys, depths, link_outcomes) AS link (key, depth, outcome)
        CROSS JOIN LATERAL (
            SELECT page.id, page.state, page.outcome, page.depth FROM crawl_pages AS page
            WHERE page.crawl_id = crawl AND page.key = link.key LIMIT 1
        ) AS known
        WHERE link.key = ANY(to_write) AND link.key <> ALL(new_keys) AND link.outcome IS NULL
          AND is_shown(known.state, known.outcome, known.depth, link.depth)
    LOOP
        UPDATE crawl_pages SET state = 'WAITING', outcome = NULL, depth = found_page.depth, found_on = from_page
        WHERE crawl_id = crawl AND id = found_page.id;
        IF found_page.outcome IS NOT NULL THEN
            UPDATE crawls SET waiting = waiting + 1, outcomes = increased(outcomes, found_page.outcome, -1)
            WHERE job_id = crawl;
        END IF;
    END LOOP;
END $$;

-- is_shown: whether a link to a page that is known shows a way to it, or a shorter one than `known_depth`.
CREATE FUNCTION is_shown(state text, outcome text, known_depth integer, depth integer) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT depth IS NOT NULL
           AND (outcome IN ('nofollow', 'max-depth') OR (state = 'WAITING' AND coalesce(known_depth, 32767) > depth))
$$;

-- increased: an object of numbers in which one of them is larger by `by`, without those that are 0.
CREATE FUNCTION increased(numbers jsonb, name text, by integer) RETURNS jsonb LANGUAGE sql STABLE AS $$
    SELECT jsonb_strip_nulls(numbers || jsonb_build_object(name, nullif(coalesce((numbers ->> name)::bigint, 0) + by, 0)))
$$;

-- merged: the sums of two objects of numbers, without those that are 0.
CREATE FUNCTION merged(one jsonb, other jsonb) RETURNS jsonb LANGUAGE sql IMMUTABLE AS $$
    SELECT coalesce(jsonb_object_agg(name, number), '{}') FROM (
        SELECT key AS name, sum(value::bigint) AS number
        FROM (SELECT * FROM jsonb_each_text(one) UNION ALL SELECT * FROM jsonb_each_text(coalesce(other, '{}'))) AS each
        GROUP BY key HAVING sum(value::bigint) <> 0
    ) AS sums
$$;

-- A page's end, as its lane found it.
CREATE TYPE page_end AS (
    id          bigint,
    outcome     text,      -- NULL: it is tried again after `wait`
    wait        interval,
    reason      text,
    detail      text,
    http_status integer,
    was_asked   boolean,   -- false: it needed no request, and takes no place under max_pages
    host_failed boolean,   -- whether the host failed to answer; NULL: it was not asked
    alias_key   bytea,     -- the page that it is another URL of,
    is_redirect boolean,   -- since it redirects there; else since it names that one as canonical
    words       integer,
    word_count  integer,
    bytes       integer,
    text_hash   bytea,
    counts      text,
    words_left_out integer
);

-- end_page: write what became of a page that a lane holds. A page is counted once: under the URL that it was redirected to,
-- and not if one with the same text was counted. A page that names another one as canonical counts until that one is counted.
CREATE FUNCTION end_page(crawl uuid, lane uuid, number integer, page page_end, max_failures integer, max_pauses integer, pause interval)
RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    held crawl_pages;
    alias crawl_pages;
    counted crawl_pages;  -- the row that gets the words
    original text;        -- the URL of the page that this one repeats
    canonical text;       -- the URL that it names, as long as that one is not counted
    alias_outcome text;   -- that it had before
    alias_waited integer := 0;
BEGIN
    PERFORM FROM crawls WHERE job_id = crawl FOR NO KEY UPDATE;
    SELECT * INTO held FROM crawl_pages
    WHERE crawl_id = crawl AND id = page.id AND state = 'RUNNING' AND lane_id = lane AND lane_attempt = number;
    IF NOT FOUND THEN
        RETURN;
    END IF;
    counted := held;
    IF page.alias_key IS NOT NULL THEN
        SELECT * INTO alias FROM crawl_pages WHERE crawl_id = crawl AND key = page.alias_key AND id <> held.id;
    END IF;
    IF page.outcome = 'counted' AND alias.id IS NOT NULL THEN
        IF alias.outcome = 'counted' OR (page.is_redirect AND alias.state <> 'WAITING'
                                         AND coalesce(alias.outcome NOT IN ('nofollow', 'max-depth', 'trap-template'), true)) THEN
            original := alias.url;
        ELSIF page.is_redirect THEN
            counted := alias;
        ELSIF alias.outcome IS DISTINCT FROM 'duplicate' THEN  -- else they name each other, and the one that is left is counted
            canonical := alias.url;
        END IF;
    END IF;
    IF page.outcome = 'counted' AND (original IS NULL OR alias.outcome = 'counted') THEN
        PERFORM count_canonical(crawl, ARRAY[held.url, counted.url], coalesce(original, counted.url));
    ELSIF page.outcome IN ('counted', 'duplicate') AND alias.outcome = 'counted' THEN
        PERFORM count_canonical(crawl, ARRAY[held.url], alias.url);
    ELSIF page.outcome IN ('counted', 'duplicate') AND alias.id IS NOT NULL THEN
        UPDATE crawl_pages SET reason = alias.url
        WHERE crawl_id = crawl AND outcome = 'counted' AND reason IS NOT NULL AND md5(reason) = md5(held.url) AND url <> alias.url;
    END IF;
    IF page.outcome = 'counted' AND original IS NULL AND page.text_hash IS NOT NULL THEN
        SELECT url INTO original FROM crawl_pages
        WHERE crawl_id = crawl AND text_hash = page.text_hash AND id <> counted.id LIMIT 1;
    END IF;
    IF counted.id <> held.id THEN
        alias_waited := (counted.state = 'WAITING')::integer;
        alias_outcome := counted.outcome;
        UPDATE crawl_pages
        SET state = 'ENDED', outcome = 'duplicate', reason = counted.url, lane_id = NULL, lane_attempt = NULL, due_at = NULL,
            http_status = page.http_status
        WHERE crawl_id = crawl AND id = held.id;
    END IF;
    UPDATE crawl_pages
    SET state = CASE WHEN page.outcome IS NULL THEN 'WAITING' ELSE 'ENDED' END,
        outcome = CASE WHEN original IS NULL THEN page.outcome ELSE 'duplicate' END,
        reason = coalesce(original, canonical, page.reason), detail = page.detail, http_status = page.http_status, lane_id = NULL, lane_attempt = NULL,
        was_taken = was_taken AND coalesce(page.was_asked, true), due_at = now() + page.wait,
        attempts = attempts + (page.outcome IS NULL AND coalesce(page.was_asked, true))::integer, bytes = page.bytes,
        words = CASE WHEN original IS NULL THEN page.words END,
        word_count = CASE WHEN original IS NULL THEN page.word_count END,
        text_hash = CASE WHEN original IS NULL THEN page.text_hash END,
        counts = CASE WHEN original IS NULL THEN page.counts::json END,
        words_left_out = CASE WHEN original IS NULL THEN page.words_left_out END
    WHERE crawl_id = crawl AND id = counted.id;
    IF counted.id <> held.id THEN
        UPDATE crawls SET outcomes = increased(outcomes, 'duplicate', 1) WHERE job_id = crawl;
        IF alias_outcome IS NOT NULL THEN
            UPDATE crawls SET outcomes = increased(outcomes, alias_outcome, -1) WHERE job_id = crawl;
        END IF;
    END IF;
    UPDATE crawls
    SET running = running - 1, waiting = waiting + (page.outcome IS NULL)::integer - alias_waited,
        outcomes = CASE WHEN page.outcome IS NULL THEN outcomes
                        ELSE increased(outcomes, CASE WHEN original IS NULL THEN page.outcome ELSE 'duplicate' END, 1) END,
        taken = taken - (held.was_taken AND NOT coalesce(page.was_asked, true))::integer,
        bytes = crawls.bytes + coalesce(page.bytes, 0),
        words = crawls.words + CASE WHEN original IS NULL THEN coalesce(page.words, 0) ELSE 0 END,
        word_count = crawls.word_count + CASE WHEN original IS NULL THEN coalesce(page.word_count, 0) ELSE 0 END,
        word_pages = word_pages + (original IS NULL AND coalesce(page.word_count, 0) > 0)::integer
    WHERE job_id = crawl;
    IF page.host_failed IS NOT NULL THEN
        PERFORM judge_host(crawl, held.host, page.host_failed, max_failures, max_pauses, pause);
    END IF;
END $$;

-- count_canonical: a page is counted, under `counted_url`: those that named one of `canonical_urls`, its other URLs, count no more.
CREATE FUNCTION count_canonical(crawl uuid, canonical_urls text[], counted_url text)
RETURNS void LANGUAGE plpgsql SET enable_seqscan = off SET jit = off AS $$
DECLARE
    hashes text[] := ARRAY(SELECT md5(url) FROM unnest(canonical_urls) AS url);
    replaced record;
BEGIN
    FOR replaced IN
        SELECT id, words, word_count FROM crawl_pages
        WHERE crawl_id = crawl AND outcome = 'counted' AND reason IS NOT NULL
          AND md5(reason) = ANY(hashes) AND url <> counted_url
    LOOP
        UPDATE crawl_pages
        SET outcome = 'duplicate', reason = counted_url, words = NULL, word_count = NULL, text_hash = NULL, counts = NULL,
            words_left_out = NULL
        WHERE crawl_id = crawl AND id = replaced.id;
        UPDATE crawls
        SET outcomes = merged(outcomes, '{"counted": -1, "duplicate": 1}'), words = crawls.words - coalesce(replaced.words, 0),
            word_count = crawls.word_count - coalesce(replaced.word_count, 0),
            word_pages = word_pages - (coalesce(replaced.word_count, 0) > 0)::integer
        WHERE job_id = crawl;
    END LOOP;
END $$;

-- judge_host: count failures in a row. At `max_failures` the host is left alone for `pause`; after `max_pauses`, for good.
CREATE FUNCTION judge_host(
    crawl uuid, of_host text, has_failed boolean, max_failures integer, max_pauses integer, pause interval
) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    judged crawl_hosts;
BEGIN
    IF NOT has_failed THEN
        UPDATE crawl_hosts SET failures = 0, pauses = 0 WHERE crawl_id = crawl AND host = of_host AND failures + pauses > 0;
        RETURN;
    END IF;
    INSERT INTO crawl_hosts AS known (crawl_id, host, failures) VALUES (crawl, of_host, 1)
    ON CONFLICT (crawl_id, host) DO UPDATE SET failures = known.failures + 1
    RETURNING * INTO judged;
    IF judged.failures >= max_failures THEN
        UPDATE crawl_hosts SET failures = 0, pauses = pauses + 1, due_at = now() + pause
        WHERE crawl_id = crawl AND host = of_host RETURNING * INTO judged;
        IF judged.pauses >= max_pauses THEN
            PERFORM end_host(crawl, of_host, 'failed', 'site-unavailable');
        END IF;
    END IF;
END $$;

-- end_host: end all waiting pages of a host.
CREATE FUNCTION end_host(crawl uuid, of_host text, with_outcome text, why text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    ended integer;
BEGIN
    PERFORM FROM crawls WHERE job_id = crawl FOR NO KEY UPDATE;
    UPDATE crawl_pages SET state = 'ENDED', outcome = with_outcome, reason = why, due_at = NULL
    WHERE crawl_id = crawl AND host = of_host AND state = 'WAITING';
    GET DIAGNOSTICS ended = ROW_COUNT;
    UPDATE crawls
    SET waiting = waiting - ended, outcomes = merged(outcomes, jsonb_build_object(with_outcome, ended))
    WHERE job_id = crawl;
END $$;

-- next_pages: let a lane begin the next pages of its host, nearest to the start first, until it holds `most`. No row if there is none, if the
-- lane is not this attempt's any more, or if the crawl has come to a bound. The pages that it holds already come first: the one that it
-- took ahead, or those of an answer that was lost. More than `most_waiting` pages that wait want more lanes: then this round of them ends.
-- A lane takes a page ahead only while more wait than are held, so that others find some. One at which a process has died is read by
-- itself, so that no other is taken for the cause of the next death.
CREATE FUNCTION next_pages(crawl uuid, lane uuid, number integer, of_host text, most_waiting integer, most integer)
RETURNS TABLE (page_id bigint, page_url text, page_depth smallint, page_attempts smallint)
LANGUAGE plpgsql AS $$
DECLARE
    page crawl_pages;
    known crawls;
    held integer := 0;
    is_suspect boolean := false;
BEGIN
    SELECT * INTO known FROM crawls WHERE job_id = crawl FOR NO KEY UPDATE;
    IF NOT EXISTS (SELECT FROM jobs WHERE id = lane AND attempt = number AND state = 'STARTED') THEN
        RETURN;
    END IF;
    FOR page IN
        SELECT * FROM crawl_pages WHERE crawl_id = crawl AND lane_id = lane AND lane_attempt = number AND state = 'RUNNING'
    LOOP
        held := held + 1;
        is_suspect := is_suspect OR page.crashes > 0;
        RETURN QUERY SELECT page.id, page.url, page.depth, page.attempts;
    END LOOP;
    WHILE held < most LOOP
        IF known.bytes >= known.max_bytes OR now() >= known.ends_at OR known.waiting > most_waiting
           OR (held > 0 AND known.waiting <= known.running)
           OR EXISTS (SELECT FROM crawl_hosts WHERE crawl_id = crawl AND host = of_host AND due_at > now()) THEN
            RETURN;
        END IF;
        SELECT * INTO page FROM crawl_pages
        WHERE crawl_id = crawl AND host = of_host AND state = 'WAITING' AND (due_at IS NULL OR due_at <= now())
          AND (was_taken OR known.taken < known.max_pages)
        ORDER BY coalesce(depth, 32767), id LIMIT 1;
        IF NOT FOUND OR (held > 0 AND (is_suspect OR page.crashes > 0)) THEN
            RETURN;
        END IF;
        UPDATE crawl_pages
        SET state = 'RUNNING', lane_id = lane, lane_attempt = number, was_taken = true, due_at = NULL
        WHERE crawl_id = crawl AND id = page.id;
        UPDATE crawls
        SET waiting = waiting - 1, running = running + 1, taken = taken + (NOT page.was_taken)::integer
        WHERE job_id = crawl RETURNING * INTO known;
        held := held + 1;
        is_suspect := page.crashes > 0;
        RETURN QUERY SELECT page.id, page.url, page.depth, page.attempts;
    END LOOP;
END $$;

-- robots_failed: an origin (scheme, host, port) did not give the robots.txt for a page that waits: let all its pages wait for a
-- while that grows, and end them after `max_tries`. Lanes that find that out at the same time count once.
CREATE FUNCTION robots_failed(
    crawl uuid, of_host text, of_origin text, page bigint, pause interval, max_tries integer
) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    judged crawl_robots;
    ended integer;
BEGIN
    PERFORM FROM crawls WHERE job_id = crawl FOR NO KEY UPDATE;
    UPDATE crawl_robots SET failures = failures + 1, due_at = now() + pause * power(2, failures)
    WHERE crawl_id = crawl AND origin = of_origin AND coalesce(due_at, now()) <= now();
    SELECT * INTO judged FROM crawl_robots WHERE crawl_id = crawl AND origin = of_origin;
    UPDATE crawl_pages AS waiting
    SET state = CASE WHEN judged.failures >= max_tries THEN 'ENDED' ELSE 'WAITING' END,
        outcome = CASE WHEN judged.failures >= max_tries THEN 'robots' END,
        reason = CASE WHEN judged.failures >= max_tries THEN 'robots-unreachable' END,
        detail = CASE WHEN judged.failures >= max_tries THEN judged.detail END,
        due_at = CASE WHEN judged.failures < max_tries THEN judged.due_at END
    WHERE crawl_id = crawl AND host = of_host AND state = 'WAITING'
      AND (waiting.id = page OR starts_with(url, of_origin || '/'));
    GET DIAGNOSTICS ended = ROW_COUNT;
    IF judged.failures >= max_tries THEN
        UPDATE crawls
        SET waiting = waiting - ended, outcomes = merged(outcomes, jsonb_build_object('robots', ended))
        WHERE job_id = crawl;
    END IF;
END $$;

-- waiting_hosts: the hosts with pages that may still be asked for, how many of these can begin now, when the next can, and whether the host gave
-- its robots.txt.
CREATE FUNCTION waiting_hosts(crawl uuid)
RETURNS TABLE (page_host text, ready bigint, seconds_to_next double precision, is_known boolean)
LANGUAGE sql STABLE AS $$
    SELECT page.host,
           count(*) FILTER (WHERE greatest(page.due_at, known.due_at) IS NULL OR greatest(page.due_at, known.due_at) <= now()),
           extract(epoch FROM min(greatest(page.due_at, known.due_at)) - now()),
           known.host IS NOT NULL
    FROM crawl_pages AS page
    JOIN crawls ON crawls.job_id = page.crawl_id AND (page.was_taken OR crawls.taken < crawls.max_pages)
                   AND crawls.bytes < crawls.max_bytes AND now() < crawls.ends_at
    LEFT JOIN crawl_hosts AS known ON known.crawl_id = page.crawl_id AND known.host = page.host
    WHERE page.crawl_id = crawl AND page.state = 'WAITING'
    GROUP BY page.host, known.host
    ORDER BY min(coalesce(page.depth, 32767)), page.host
$$;

-- lane_share: how many lanes each of the crawls that are being done may have, one at least: together they leave half of the
-- workers' children, `children` of each, to other jobs. And how many `crawl` has.
CREATE FUNCTION lane_share(crawl uuid, children integer, OUT share integer, OUT lanes integer) LANGUAGE sql STABLE AS $$
    SELECT greatest(1, children * (SELECT count(*) FROM workers WHERE stopped_at IS NULL AND lost_at IS NULL)
                       / 2 / greatest(1, count(*))),
           (SELECT open_children FROM jobs WHERE id = crawl)
    FROM jobs
    WHERE state = 'STARTED' AND finished_at IS NULL AND EXISTS (SELECT FROM crawls WHERE crawls.job_id = jobs.id)
$$;

-- stop_reason: why a crawl has come to its end.
CREATE FUNCTION stop_reason(crawl uuid) RETURNS text LANGUAGE sql STABLE AS $$
    SELECT CASE
        WHEN bytes >= max_bytes THEN 'bytes'
        WHEN waiting > 0 AND now() >= ends_at THEN 'time'
        WHEN waiting > 0 THEN 'max-pages'
        WHEN EXISTS (SELECT FROM crawl_pages WHERE crawl_id = crawl AND outcome = 'failed' AND reason = 'site-unavailable')
            THEN 'site-unavailable'
        WHEN outcomes ? 'max-depth' THEN 'max-depth'
        ELSE 'finished'
    END
    FROM crawls WHERE job_id = crawl
$$;

-- crawl_sums: how far a crawl is, by its counters alone. Once it is over, what still waited has ended as not read.
CREATE FUNCTION crawl_sums(crawl uuid) RETURNS json LANGUAGE sql STABLE AS $$
    SELECT json_build_object(
        'discovered', discovered, 'waiting', waiting - left_waiting, 'running', running - left_running,
        'outcomes', CASE WHEN left_waiting + left_running = 0 THEN outcomes
                         ELSE outcomes || jsonb_build_object('not-read', left_waiting + left_running) END,
        'asked_for', taken, 'words', words, 'word_count', word_count, 'word_pages', word_pages, 'bytes', bytes,
        'stop_reason', stop_reason,
        'seconds', extract(epoch FROM coalesce(finished_at, now()) - started_at)::double precision
    )
    FROM crawls
    CROSS JOIN LATERAL (
        SELECT (crawls.finished_at IS NOT NULL OR jobs.finished_at IS NOT NULL)::integer AS is_over FROM jobs WHERE jobs.id = job_id
    ) AS job
    CROSS JOIN LATERAL (SELECT waiting * is_over AS left_waiting, running * is_over AS left_running) AS rest
    WHERE job_id = crawl
$$;
