-- keep_quotes: keep what a page holds: `page_quotes`, a JSON list of objects with the columns below, `key` in hex, each key
-- and author once. A quote that is known gets a further sighting; one that was taken down stays away, and where it stands on
-- the page, no context is kept, for it may hold a part of it. Nothing is kept for an attempt that has lost its claim. Quotes are
-- written first and in the order of their keys, and so are their sightings: so no two pages wait for each other, and what is
-- counted afterwards, by statements of their own, no other page is counting at the same time.
CREATE FUNCTION keep_quotes(job uuid, lane uuid, number integer, page_quotes json, page_url text, page_site text)
RETURNS void LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
    page_owner text;
    kept bigint[];
    added bigint[];
    holds_what_was_taken_down boolean;
BEGIN
    SELECT coalesce(owner, '') INTO page_owner FROM jobs
    WHERE id = lane AND attempt = keep_quotes.number AND state = 'STARTED' FOR SHARE;
    IF NOT FOUND THEN
        RETURN;
    END IF;

    WITH written AS (
        INSERT INTO quotes AS known (owner, key, text, language, kind, source, confidence, found_on)
        SELECT DISTINCT ON (decode(key, 'hex'))
               page_owner, decode(key, 'hex'), text, language, kind, source, confidence, page_url
        FROM json_to_recordset(page_quotes) AS one (
            key text, text text, language text, kind text, source text, confidence real
        )
        ORDER BY decode(key, 'hex'), confidence DESC
        ON CONFLICT (owner, key) DO UPDATE
            SET confidence = greatest(known.confidence, excluded.confidence)
            WHERE known.removed_at IS NULL
        RETURNING number, xmax = 0 AS is_new
    )
    SELECT array_agg(number), coalesce(array_agg(number) FILTER (WHERE is_new), '{}') INTO kept, added FROM written;

    SELECT EXISTS (
        SELECT FROM json_to_recordset(page_quotes) AS one (key text)
        JOIN quotes ON quotes.owner = page_owner AND quotes.key = decode(one.key, 'hex') AND removed_at IS NOT NULL
    ) INTO holds_what_was_taken_down;

    WITH seen AS (
        INSERT INTO sightings AS known (quote_id, url, site, author, author_key, source, rule, confidence, context)
        SELECT quotes.id, page_url, page_site, one.author, author_key, one.source, rule, one.confidence,
               CASE WHEN holds_what_was_taken_down THEN '' ELSE context END
        FROM json_to_recordset(page_quotes) AS one (
            key text, author text, author_key text, source text, rule text, confidence real, context text
        )
        JOIN quotes ON quotes.owner = page_owner AND quotes.key = decode(one.key, 'hex') AND number = ANY(kept)
        ORDER BY quotes.key, author_key
        ON CONFLICT (quote_id, md5(url), author_key) DO UPDATE
            SET last_seen = now(), context = excluded.context, rule = excluded.rule, confidence = excluded.confidence
        RETURNING id, quote_id, author, author_key, source, confidence, xmax = 0 AS is_new
    ), named AS (
        SELECT seen.id, quote_id, number, pivot, seen.author, author_key, seen.source, seen.confidence, is_new
        FROM seen JOIN quotes ON quotes.id = quote_id
    ), found AS (
        INSERT INTO found_quotes (job_id, sighting_id, quote_id, is_new)
        SELECT job, id, quote_id, number = ANY(added) FROM named
        ON CONFLICT DO NOTHING
    ), counted AS (
        INSERT INTO sighting_counts AS known (
            number, owner, pivot, site, author, author_key, sightings, found_on, source, confidence
        )
        SELECT number, page_owner, pivot, page_site, author, author_key, 1, page_url, source, confidence
        FROM named WHERE is_new
        ON CONFLICT (number, site, author_key) DO UPDATE SET
            sightings = known.sightings + 1,
            (found_on, source, confidence) = (
                SELECT CASE WHEN is_surer THEN excluded.found_on ELSE known.found_on END,
                       CASE WHEN is_surer THEN excluded.source ELSE known.source END,
                       greatest(excluded.confidence, known.confidence)
                FROM (SELECT excluded.confidence > known.confidence) AS compared (is_surer)
            )
    )
    INSERT INTO authors AS known (owner, key, name, quotes)
    SELECT page_owner, author_key, min(author), count(*) FROM named
    WHERE is_new AND author_key IS NOT NULL AND NOT EXISTS (
        SELECT FROM sighting_counts AS before WHERE before.number = named.number AND before.author_key = named.author_key
    )
    GROUP BY author_key ORDER BY author_key
    ON CONFLICT (owner, key) DO UPDATE SET quotes = known.quotes + excluded.quotes;

    -- As those have it who are the most, at their surest.
    UPDATE quotes SET author = most.author, source = most.source, found_on = most.found_on, sightings = most.sightings
    FROM (
        SELECT DISTINCT ON (number) number, attributed.author, attributed.source, attributed.found_on,
               (sum(attributed.sightings) OVER (PARTITION BY number))::integer AS sightings
        FROM (
            SELECT number, author_key, sum(counted.sightings) AS sightings,
                   (array_agg(counted.author ORDER BY counted.sightings DESC, counted.author))[1] AS author,
                   (array_agg(counted.source ORDER BY counted.confidence DESC, counted.source)
                    FILTER (WHERE counted.source IS NOT NULL))[1] AS source,
                   (array_agg(counted.found_on ORDER BY counted.confidence DESC, counted.found_on <> quotes.found_on,
                    counted.found_on))[1] AS found_on
            FROM sighting_counts AS counted JOIN quotes USING (number) WHERE number = ANY(kept) GROUP BY number, author_key
        ) AS attributed JOIN quotes USING (number)
        ORDER BY number, attributed.author IS NULL, attributed.sightings DESC, attributed.author <> quotes.author,
                 author_key
    ) AS most
    WHERE quotes.number = most.number
      AND (quotes.author, quotes.source, quotes.found_on, quotes.sightings)
          IS DISTINCT FROM (most.author, most.source, most.found_on, most.sightings);
END $$;

-- take_down: forget a quote's text and sightings, and all contexts on the pages where it was seen, and keep its key, so that it
-- does not come back. False if there is none. Sightings and authors are written in the order of their keys, as by keep_quotes.
CREATE FUNCTION take_down(of_owner text, quote uuid) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    taken bigint;
BEGIN
    UPDATE quotes SET removed_at = now(), text = '', author = NULL, source = NULL, found_on = '', sightings = 0
    WHERE id = quote AND owner = of_owner AND removed_at IS NULL RETURNING number INTO taken;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    PERFORM FROM sightings JOIN quotes ON quotes.id = quote_id
    WHERE quotes.owner = of_owner AND md5(url) IN (SELECT md5(url) FROM sightings WHERE quote_id = quote)
    ORDER BY quotes.key, author_key, md5(url) FOR UPDATE OF sightings;
    UPDATE sightings SET context = '' FROM quotes
    WHERE quotes.id = quote_id AND quotes.owner = of_owner AND md5(url) IN (SELECT md5(url) FROM sightings WHERE quote_id = quote);
    PERFORM FROM authors
    WHERE owner = of_owner AND key IN (SELECT author_key FROM sighting_counts WHERE number = taken)
    ORDER BY key FOR UPDATE;
    DELETE FROM authors
    WHERE owner = of_owner AND quotes = 1 AND key IN (SELECT author_key FROM sighting_counts WHERE number = taken);
    UPDATE authors SET quotes = quotes - 1
    WHERE owner = of_owner AND key IN (SELECT author_key FROM sighting_counts WHERE number = taken);
    DELETE FROM sighting_counts WHERE number = taken;
    DELETE FROM sightings WHERE quote_id = quote;
    RETURN true;
END $$;

-- quote_json: a quote as answers show it: with who is said to be its author on a page, or as most have it.
CREATE FUNCTION quote_json(one quotes, author text, source text, found_on text) RETURNS json LANGUAGE sql STABLE AS $$
    SELECT json_build_object(
        'id', one.id, 'text', one.text, 'author', author, 'source', source, 'language', one.language,
        'kind', one.kind, 'confidence', round(one.confidence::numeric, 2),
        'found_at', to_char(one.found_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
        'found_on', found_on, 'sightings', one.sightings
    )
$$;

CREATE FUNCTION quote_json(one quotes) RETURNS json LANGUAGE sql STABLE AS $$
    SELECT quote_json(one, one.author, one.source, one.found_on)
$$;

-- quote_of_day: `{"day", "quote"}` for the day that is asked for, or today if that is NULL; NULL if there is none. For today,
-- one is chosen if none was yet: among attributed quotes of high confidence, one that was not the quote of any of the last 365
-- days, or if there is none, that which was it longest ago.
CREATE FUNCTION quote_of_day(of_owner text, asked date) RETURNS json LANGUAGE plpgsql AS $$
DECLARE
    today date := (now() AT TIME ZONE 'UTC')::date;
    at double precision := random();
    chosen quotes;
    shown json;
BEGIN
    asked := coalesce(asked, today);
    SELECT json_build_object('day', day, 'quote', quote) INTO shown FROM daily_quotes WHERE owner = of_owner AND day = asked;
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
    ) AS candidates LEFT JOIN (
        SELECT quote_id, max(day) AS last_day FROM daily_quotes WHERE owner = of_owner AND day >= today - 365 GROUP BY quote_id
    ) AS past ON quote_id = (candidate).id
    ORDER BY last_day NULLS FIRST, part, (candidate).pivot
    LIMIT 1;
    IF NOT FOUND THEN
        RETURN NULL;
    END IF;
    INSERT INTO daily_quotes (owner, day, quote_id, quote) VALUES (of_owner, today, chosen.id, quote_json(chosen))
    ON CONFLICT DO NOTHING;
    SELECT json_build_object('day', day, 'quote', quote) INTO shown FROM daily_quotes WHERE owner = of_owner AND day = today;
    RETURN shown;
END $$;
