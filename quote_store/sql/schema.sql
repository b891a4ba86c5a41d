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
    source     text,                                            -- the work that it stands in, with that author
    confidence real NOT NULL CHECK (confidence BETWEEN 0 AND 1), -- of the surest sighting
    found_on   text NOT NULL,                                   -- the page of the surest one with that author
    sightings  integer NOT NULL DEFAULT 0 CHECK (sightings >= 0),
    pivot      double precision NOT NULL DEFAULT random(),      -- for choosing one at random
    found_at   timestamptz NOT NULL DEFAULT now(),
    removed_at timestamptz,                                     -- it was taken down, and is not to come back
    search     tsvector GENERATED ALWAYS AS (to_tsvector('simple', text)) STORED,
    CONSTRAINT quotes_key_check CHECK (octet_length(key) = 16),
    CONSTRAINT nothing_is_left_of_what_was_taken_down CHECK (
        CASE WHEN removed_at IS NULL THEN text <> '' ELSE text = '' AND author IS NULL AND source IS NULL AND found_on = '' END
    )
);
CREATE UNIQUE INDEX quotes_of_owner ON quotes (owner, key);
CREATE INDEX quotes_by_number ON quotes (owner, number) WHERE removed_at IS NULL;
CREATE INDEX quotes_by_pivot ON quotes (owner, pivot) WHERE removed_at IS NULL;
CREATE INDEX quotes_by_language ON quotes (owner, lower(split_part(language, '-', 1)), number) WHERE removed_at IS NULL;
CREATE INDEX quotes_by_language_and_pivot ON quotes (owner, lower(split_part(language, '-', 1)), pivot)
    WHERE removed_at IS NULL;
CREATE INDEX quotes_by_confidence ON quotes (owner, confidence) WHERE removed_at IS NULL;
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
    confidence real NOT NULL CHECK (confidence BETWEEN 0 AND 1),
    context    text NOT NULL,
    first_seen timestamptz NOT NULL DEFAULT now(),
    last_seen  timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT an_author_has_a_key CHECK ((author IS NULL) = (author_key IS NULL))
);
CREATE UNIQUE INDEX sightings_of_quote ON sightings (quote_id, md5(url), author_key) NULLS NOT DISTINCT;
CREATE INDEX sightings_by_page ON sightings (md5(url));

-- How many sightings a quote has on a site with an author, and the surest of them: who said it by most, and the lists of an
-- author and of a site.
CREATE TABLE sighting_counts (
    number     bigint NOT NULL REFERENCES quotes (number) ON DELETE CASCADE,
    owner      text NOT NULL,                                   -- as of the quote, and so is
    pivot      double precision NOT NULL,
    site       text NOT NULL,
    author     text,                                            -- as it was found first
    author_key text,
    sightings  integer NOT NULL CHECK (sightings > 0),
    found_on   text NOT NULL,
    source     text,
    confidence real NOT NULL
);
CREATE UNIQUE INDEX sighting_counts_of_quote ON sighting_counts (number, site, author_key) NULLS NOT DISTINCT;
CREATE INDEX sighting_counts_by_author ON sighting_counts (owner, author_key, number);
CREATE INDEX sighting_counts_by_author_and_pivot ON sighting_counts (owner, author_key, pivot);
CREATE INDEX sighting_counts_by_site ON sighting_counts (owner, site, number);
CREATE INDEX sighting_counts_by_site_and_pivot ON sighting_counts (owner, site, pivot);

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
    quotes integer NOT NULL CHECK (quotes > 0),
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
