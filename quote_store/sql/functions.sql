-- keep_quotes: keep what a page holds: `page_quotes`, a JSON list of objects with the columns below, `key` in hex, each key
-- and author once. A quote that is known gets a further sighting; one that was taken down stays away. Nothing is kept for an
-- attempt that has lost its claim. Quotes are written in the order of their keys, so that no two pages wait for each other.
CREATE FUNCTION keep_quotes(job uuid, lane uuid, number integer, page_quotes json, page_url text, page_site text)
RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    page_owner text;
BEGIN
    SELECT coalesce(owner, '') INTO page_owner FROM jobs WHERE id = lane AND attempt = keep_quotes.number AND state = 'STARTED';
    IF NOT FOUND THEN
        RETURN;
    END IF;
    WITH one AS MATERIALIZED (
        SELECT decode(key, 'hex') AS key, text, language, kind, author, author_key, source, rule, confidence, context
        FROM json_to_recordset(page_quotes) AS one (
            key text, text text, language text, kind text, author text, author_key text, source text, rule text,
            confidence real, context text
        )
    ), kept AS (
        INSERT INTO quotes AS known (owner, key, text, language, kind, author, source, confidence)
        SELECT DISTINCT ON (key) page_owner, key, text, language, kind, author, source, confidence
        FROM one ORDER BY key, confidence DESC
        ON CONFLICT (owner, key) DO UPDATE
            SET confidence = greatest(known.confidence, excluded.confidence),
                author = coalesce(known.author, excluded.author), source = coalesce(known.source, excluded.source)
            WHERE known.removed_at IS NULL
        RETURNING id, key, xmax = 0 AS is_new
    ), seen AS (
        INSERT INTO sightings AS known (quote_id, url, site, author, author_key, source, rule, confidence, context)
        SELECT kept.id, page_url, page_site, author, author_key, source, rule, confidence, context
        FROM one JOIN kept USING (key) ORDER BY key, author_key
        ON CONFLICT (quote_id, md5(url), author_key) DO UPDATE
            SET last_seen = now(), context = excluded.context, rule = excluded.rule, confidence = excluded.confidence
        RETURNING id, quote_id, author, author_key, xmax = 0 AS is_new
    ), counted AS (
        INSERT INTO authors AS known (owner, key, name, quotes)
        SELECT page_owner, author_key, min(author), count(DISTINCT quote_id)
        FROM seen
        WHERE is_new AND author_key IS NOT NULL AND NOT EXISTS (
            SELECT FROM sightings WHERE sightings.quote_id = seen.quote_id AND sightings.author_key = seen.author_key
        )
        GROUP BY author_key ORDER BY author_key
        ON CONFLICT (owner, key) DO UPDATE SET quotes = known.quotes + excluded.quotes
    )
    INSERT INTO found_quotes (job_id, sighting_id, quote_id, is_new)
    SELECT job, seen.id, seen.quote_id, kept.is_new FROM seen JOIN kept ON kept.id = seen.quote_id
    ON CONFLICT DO NOTHING;
END $$;

-- take_down: forget a quote's text and sightings, and keep its key, so that it does not come back. False if there is none.
CREATE FUNCTION take_down(of_owner text, quote uuid) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
    UPDATE quotes SET removed_at = now(), text = '', author = NULL, source = NULL
    WHERE id = quote AND owner = of_owner AND removed_at IS NULL;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    UPDATE authors SET quotes = quotes - 1
    WHERE owner = of_owner
      AND key IN (SELECT author_key FROM sightings WHERE quote_id = quote AND author_key IS NOT NULL);
    DELETE FROM authors WHERE owner = of_owner AND quotes <= 0;
    DELETE FROM sightings WHERE quote_id = quote;
    RETURN true;
END $$;

-- quote_json: a quote as answers show it.
CREATE FUNCTION quote_json(one quotes) RETURNS json LANGUAGE sql STABLE AS $$
    SELECT json_build_object(
        'id', one.id, 'text', one.text, 'author', one.author, 'source', one.source, 'language', one.language,
        'kind', one.kind, 'confidence', round(one.confidence::numeric, 2), 'found_at', to_char(one.found_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
        'found_on', (SELECT url FROM sightings WHERE quote_id = one.id ORDER BY confidence DESC, id LIMIT 1),
        'sightings', (SELECT count(*) FROM sightings WHERE quote_id = one.id)
    )
$$;

-- quote_of_day: the quote of a day; of today, one is chosen if none was yet: among attributed quotes of high confidence, none of
-- the last 365 days unless there are no others. NULL if there is none.
CREATE FUNCTION quote_of_day(of_owner text, asked date) RETURNS json LANGUAGE plpgsql AS $$
DECLARE
    today date := (now() AT TIME ZONE 'UTC')::date;
    at double precision := random();
    chosen quotes;
    shown json;
BEGIN
    SELECT quote INTO shown FROM daily_quotes WHERE owner = of_owner AND day = asked;
    IF FOUND OR asked <> today THEN
        RETURN shown;
    END IF;
    -- The days before have named no more than 365, so one of these is new if any quote is.
    SELECT (candidate).* INTO chosen
    FROM (
        (SELECT quotes AS candidate, 1 AS part FROM quotes
         WHERE owner = of_owner AND removed_at IS NULL AND author IS NOT NULL AND confidence >= 0.75 AND pivot >= at
         ORDER BY pivot LIMIT 366)
        UNION ALL
        (SELECT quotes, 2 FROM quotes
         WHERE owner = of_owner AND removed_at IS NULL AND author IS NOT NULL AND confidence >= 0.75 AND pivot < at
         ORDER BY pivot LIMIT 366)
    ) AS candidates
    ORDER BY EXISTS (SELECT FROM daily_quotes WHERE owner = of_owner AND quote_id = (candidate).id
                                                    AND day > today - 365),
             part, (candidate).pivot
    LIMIT 1;
    IF NOT FOUND THEN
        RETURN NULL;
    END IF;
    INSERT INTO daily_quotes (owner, day, quote_id, quote) VALUES (of_owner, today, chosen.id, quote_json(chosen))
    ON CONFLICT DO NOTHING;
    SELECT quote INTO shown FROM daily_quotes WHERE owner = of_owner AND day = today;
    RETURN shown;
END $$;
