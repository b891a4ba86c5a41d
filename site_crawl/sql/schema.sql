-- The tables of crawls. A crawl is a job (a row of `jobs`); what it has found and counted is here, and goes with the job.

CREATE TABLE crawls (
    job_id      uuid PRIMARY KEY REFERENCES jobs (id) ON DELETE CASCADE,
    max_pages   integer NOT NULL CHECK (max_pages >= 1),
    max_urls    integer NOT NULL,                      -- of which a row is kept; links beyond are not followed
    max_bytes   bigint NOT NULL,
    ends_at     timestamptz NOT NULL,                  -- no page is begun after
    started_at  timestamptz NOT NULL DEFAULT now(),
    finished_at timestamptz,
    stop_reason text,
    words_at    timestamptz,                           -- when its words had been put together in crawl_words
    discovered  integer NOT NULL DEFAULT 0,            -- rows of crawl_pages,
    waiting     integer NOT NULL DEFAULT 0,            -- and how many of them are in which state
    running     integer NOT NULL DEFAULT 0,
    outcomes    jsonb NOT NULL DEFAULT '{}',           -- how many have ended with which outcome
    taken       integer NOT NULL DEFAULT 0,            -- pages that were asked for; trying again does not count
    words       bigint NOT NULL DEFAULT 0,             -- on all counted pages
    word_count  bigint NOT NULL DEFAULT 0,             -- of the word that was asked for,
    word_pages  integer NOT NULL DEFAULT 0,            -- and on how many pages it stands
    bytes       bigint NOT NULL DEFAULT 0,
    CONSTRAINT at_most_max_pages CHECK (taken <= max_pages),
    CONSTRAINT every_url_is_somewhere CHECK (waiting >= 0 AND running >= 0 AND waiting + running <= discovered)
);

CREATE INDEX crawls_by_age ON crawls (started_at);

-- The frontier: a row for each URL that was discovered. It ends with exactly one outcome.
CREATE TABLE crawl_pages (
    crawl_id     uuid NOT NULL REFERENCES crawls (job_id) ON DELETE CASCADE,
    id           bigint GENERATED ALWAYS AS IDENTITY,
    key          bytea NOT NULL,                       -- what tells pages apart; the URL is what is asked for
    url          text NOT NULL,
    host         text NOT NULL,
    depth        smallint,                             -- links from the start; NULL: named by a sitemap only
    found_on     bigint,                               -- the page that named it first
    state        text NOT NULL DEFAULT 'WAITING' CHECK (state IN ('WAITING', 'RUNNING', 'ENDED')),
    due_at       timestamptz,                          -- not asked for before
    lane_id      uuid,                                 -- the job that works on it,
    lane_attempt integer,                              -- and in which of its attempts
    was_taken    boolean NOT NULL DEFAULT false,       -- it has its place under max_pages
    attempts     smallint NOT NULL DEFAULT 0,          -- that ended in a transient error
    crashes      smallint NOT NULL DEFAULT 0,          -- whose process died or ran out of time
    outcome      text,
    reason       text,                                 -- of a failure, a name; of a duplicate, the URL that was counted;
                                                       -- of a counted page, a canonical URL that is not counted
    detail       text,                                 -- of a failure, a sentence for people
    http_status  smallint,
    words        integer,
    word_count   integer,                              -- of the word that was asked for
    bytes        integer,
    text_hash    bytea,
    counts       json STORAGE EXTERNAL,                -- each word of the page, with its count; compressing them takes long
    words_left_out integer,                            -- how many different words beyond those; NULL: none
    PRIMARY KEY (crawl_id, id),
    UNIQUE (key, crawl_id),                            -- in this order, no plan takes it for a look-up by id
    CONSTRAINT ended_has_an_outcome CHECK ((state = 'ENDED') = (outcome IS NOT NULL)),
    CONSTRAINT running_on_a_lane CHECK ((state = 'RUNNING') = (lane_id IS NOT NULL)),
    CONSTRAINT counted_has_words CHECK ((outcome = 'counted') = (counts IS NOT NULL) OR outcome IS NULL)
);
CREATE INDEX crawl_pages_waiting ON crawl_pages (crawl_id, host, coalesce(depth, 32767), id) WHERE state = 'WAITING';
CREATE INDEX crawl_pages_running ON crawl_pages (crawl_id, lane_id) WHERE state = 'RUNNING';
CREATE INDEX crawl_pages_by_text ON crawl_pages (crawl_id, text_hash) WHERE text_hash IS NOT NULL;
CREATE INDEX crawl_pages_by_canonical ON crawl_pages (crawl_id, md5(reason)) WHERE outcome = 'counted' AND reason IS NOT NULL;
CREATE INDEX crawl_pages_by_outcome ON crawl_pages (crawl_id, outcome, id) WHERE outcome <> 'counted';
CREATE INDEX crawl_pages_by_words ON crawl_pages (crawl_id, words DESC, id) WHERE outcome = 'counted';
CREATE INDEX crawl_pages_by_word_count ON crawl_pages (crawl_id, word_count DESC, id) WHERE word_count IS NOT NULL;
CREATE INDEX crawl_pages_incomplete ON crawl_pages (crawl_id) WHERE words_left_out > 0;

-- As of `jobs`: see job_core/store/sql/schema.sql.
ALTER TABLE crawl_pages SET (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_insert_scale_factor = 0.02,
                             autovacuum_analyze_scale_factor = 0.02);

-- How many URLs of one form (numbers, dates and the like left out) a crawl has found: a site may make them up for ever.
CREATE TABLE crawl_forms (
    crawl_id uuid NOT NULL REFERENCES crawls (job_id) ON DELETE CASCADE,
    form     bytea NOT NULL,
    urls     integer NOT NULL,
    PRIMARY KEY (crawl_id, form)
);

-- What a crawl has found out about a host that gave its robots.txt.
CREATE TABLE crawl_hosts (
    crawl_id uuid NOT NULL REFERENCES crawls (job_id) ON DELETE CASCADE,
    host     text NOT NULL,
    failures smallint NOT NULL DEFAULT 0,              -- pages in a row that the host failed to give,
    pauses   smallint NOT NULL DEFAULT 0,              -- and how often it was left alone because of such a row
    due_at   timestamptz NOT NULL DEFAULT now(),       -- it is left alone until then
    PRIMARY KEY (crawl_id, host)
);

-- The answer to robots.txt, for all crawls: of a scheme, host and port (RFC 9309 section 2.3).
CREATE TABLE robots (
    origin      text PRIMARY KEY,
    state       text NOT NULL CHECK (state IN ('parsed', 'unavailable', 'unreachable')),
    http_status smallint,
    rules       json NOT NULL,
    detail      text,                                  -- why it is unreachable, for people
    expires_at  timestamptz NOT NULL
);

-- Which of them a crawl has met, as they were then.
CREATE TABLE crawl_robots (
    crawl_id    uuid NOT NULL REFERENCES crawls (job_id) ON DELETE CASCADE,
    origin      text NOT NULL,
    state       text NOT NULL,
    http_status smallint,
    detail      text,
    failures    smallint NOT NULL DEFAULT 0,           -- how often in a row it could not be had,
    due_at      timestamptz,                           -- and until when its pages wait because of that
    PRIMARY KEY (crawl_id, origin)
);

-- Each word of a crawl whose words were put together, with the pages where it stands most often.
CREATE TABLE crawl_words (
    crawl_id    uuid NOT NULL REFERENCES crawls (job_id) ON DELETE CASCADE,
    word        text COLLATE "C" NOT NULL,
    count       bigint NOT NULL,
    pages       integer NOT NULL,
    page_ids    bigint[] NOT NULL,
    page_counts integer[] NOT NULL,
    PRIMARY KEY (crawl_id, word)
);
CREATE INDEX crawl_words_by_count ON crawl_words (crawl_id, count DESC, word);
