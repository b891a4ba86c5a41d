-- Quotes. What is kept of each owner is apart from that of every other; '' owns what came without an API key.

CREATE TABLE quotes (
    id         uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    number     bigint GENERATED ALWAYS AS IDENTITY UNIQUE,      -- in the order in which they were found
    owner      text NOT NULL,
    key        bytea NOT NULL,                                  -- of the text's normal form: what makes two texts one quote
    text       text NOT NULL CHECK (char_length(text) <= 2000), -- empty once it was taken down
    language   text,
    kind       text NOT NULL CHECK (kind IN ('marked', 'speech')),
    author     text,                                            -- of the most sightings
    source     text,                                            -- the work that it stands in
    confidence real NOT NULL,                                   -- of the surest sighting
    pivot      double precision NOT NULL DEFAULT random(),      -- for choosing one at random
    found_at   timestamptz NOT NULL DEFAULT now(),
    removed_at timestamptz,                                     -- it was taken down, and is not to come back
    search     tsvector GENERATED ALWAYS AS (to_tsvector('simple', text)) STORED
);
CREATE UNIQUE INDEX quotes_of_owner ON quotes (owner, key);
CREATE INDEX quotes_by_number ON quotes (owner, number) WHERE removed_at IS NULL;
CREATE INDEX quotes_by_pivot ON quotes (owner, pivot) WHERE removed_at IS NULL;
CREATE INDEX quotes_for_a_day ON quotes (owner, pivot)
    WHERE removed_at IS NULL AND author IS NOT NULL AND confidence >= 0.75;
CREATE INDEX quotes_by_text ON quotes USING gin (search) WHERE removed_at IS NULL;

-- Where a quote was seen: a page, and the author as it names them.
CREATE TABLE sightings (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    quote_id   uuid NOT NULL REFERENCES quotes (id) ON DELETE CASCADE,
    url        text NOT NULL,
    site       text NOT NULL,                                   -- its host
    author     text,
    author_key text,                                            -- of the name, in one spelling
    source     text,
    rule       text NOT NULL,
    confidence real NOT NULL,
    context    text NOT NULL,
    first_seen timestamptz NOT NULL DEFAULT now(),
    last_seen  timestamptz NOT NULL DEFAULT now()
);
CREATE UNIQUE INDEX sightings_of_quote ON sightings (quote_id, md5(url), author_key) NULLS NOT DISTINCT;
CREATE INDEX sightings_by_author ON sightings (author_key, quote_id) WHERE author_key IS NOT NULL;
CREATE INDEX sightings_by_site ON sightings (site, quote_id);

-- What a job found.
CREATE TABLE found_quotes (
    job_id      uuid NOT NULL REFERENCES jobs (id) ON DELETE CASCADE,
    sighting_id bigint NOT NULL REFERENCES sightings (id) ON DELETE CASCADE,
    quote_id    uuid NOT NULL,
    is_new      boolean NOT NULL,                               -- the quote was not known before
    PRIMARY KEY (job_id, sighting_id)
);
CREATE INDEX found_quotes_by_sighting ON found_quotes (sighting_id);

CREATE TABLE authors (
    owner  text NOT NULL,
    key    text COLLATE "C" NOT NULL,
    name   text NOT NULL,                                       -- as it was found first
    quotes integer NOT NULL,
    PRIMARY KEY (owner, key)
);

-- The quote of a day, as it was that day: whatever becomes of the quote, the day keeps it.
CREATE TABLE daily_quotes (
    owner    text NOT NULL,
    day      date NOT NULL,
    quote_id uuid NOT NULL,
    quote    json NOT NULL,
    PRIMARY KEY (owner, day)
);
