"""The quotes that are kept, for whoever asks: lists, one at random, one with its sightings, authors, one for a day."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, text

from job_core.job import JsonObject
from quote_store.keep import author_key

MOST_SEARCHED = 1_000  # matches among which one is chosen at random


@dataclass(frozen=True, kw_only=True)
class QuoteFilter:
    """Which quotes, of those of `owner`. `text` is words as one types them into a search engine."""

    owner: str | None
    text: str | None = None
    author: str | None = None
    language: str | None = None
    site: str | None = None
    kind: str | None = None
    min_confidence: float = 0.0

    @property
    def condition(self) -> str:
        """In SQL, with `parameters`."""
        parts = ["owner = :owner", "removed_at IS NULL"]
        if self.text is not None:
            parts.append("search @@ websearch_to_tsquery('simple', :text)")
        if self.language is not None:
            parts.append("lower(language) LIKE :language")
        if self.kind is not None:
            parts.append("kind = :kind")
        if self.min_confidence > 0:
            parts.append("confidence >= CAST(:confidence AS real)")  # 0.9 as a real is less than 0.9
        if self.author is not None:
            parts.append("id IN (SELECT quote_id FROM sightings WHERE author_key = :author)")
        if self.site is not None:
            parts.append("id IN (SELECT quote_id FROM sightings WHERE site = :site)")
        return " AND ".join(parts)

    @property
    def parameters(self) -> dict[str, Any]:
        """For `condition`."""
        return {
            "owner": self.owner or "",
            "text": self.text,
            "language": f"{(self.language or '').lower()}%",
            "kind": self.kind,
            "confidence": self.min_confidence,
            "author": author_key(self.author),
            "site": self.site and self.site.lower(),
        }

    @property
    def is_narrow(self) -> bool:
        """Whether few quotes match, as a rule."""
        return not (self.text is None and self.author is None and self.site is None)


def newest(
    connection: Connection, which: QuoteFilter, *, before: int | None, limit: int
) -> list[tuple[int, JsonObject]]:
    """Quotes, each with its number, by which lists go on: the one that was found last comes first."""
    following = "AND number < :before" if before is not None else ""
    rows = connection.execute(
        text(
            f"SELECT number, quote_json(quotes) FROM quotes WHERE {which.condition} {following}"  # noqa: S608 - constants
            " ORDER BY number DESC LIMIT :limit"
        ),
        {**which.parameters, "before": before, "limit": limit},
    )
    return [(number, quote) for number, quote in rows]


def at_random(connection: Connection, which: QuoteFilter) -> JsonObject | None:
    """Any of the quotes; None if there is none."""
    if which.is_narrow:
        statement = f"""
            SELECT quote_json(quotes) FROM quotes WHERE id = (
                SELECT id FROM (SELECT id FROM quotes WHERE {which.condition} LIMIT {MOST_SEARCHED}) AS matching
                ORDER BY random() LIMIT 1
            )
        """  # noqa: S608 - constants
        return connection.execute(text(statement), which.parameters).scalar()
    statement = f"""
        WITH start AS MATERIALIZED (SELECT random() AS at)
        SELECT quote_json(chosen) FROM (
            (SELECT quotes AS chosen, 1 AS part FROM quotes, start
             WHERE {which.condition} AND pivot >= at ORDER BY pivot LIMIT 1)
            UNION ALL
            (SELECT quotes, 2 FROM quotes WHERE {which.condition} ORDER BY pivot LIMIT 1)
        ) AS two ORDER BY part LIMIT 1
    """  # noqa: S608 - constants
    return connection.execute(text(statement), which.parameters).scalar()


def find(connection: Connection, owner: str | None, quote_id: UUID) -> JsonObject | None:
    """A quote with its sightings, the surest first; None if there is none, or if it was taken down."""
    quote = connection.execute(
        text("SELECT quote_json(quotes) FROM quotes WHERE id = :id AND owner = :owner AND removed_at IS NULL"),
        {"id": quote_id, "owner": owner or ""},
    ).scalar()
    if quote is None:
        return None
    rows = connection.execute(
        text(
            "SELECT url, author, source, rule, confidence, context, first_seen, last_seen FROM sightings"
            " WHERE quote_id = :id ORDER BY confidence DESC, id LIMIT 1000"
        ),
        {"id": quote_id},
    )
    return {**quote, "sightings_list": [dict(row) for row in rows.mappings()]}


def authors(
    connection: Connection, owner: str | None, *, prefix: str, after: str | None, limit: int
) -> list[Mapping[str, Any]]:
    """Authors whose name begins with `prefix`: `key`, `name`, and how many `quotes` are attributed to each."""
    rows = connection.execute(
        text(
            "SELECT key, name, quotes FROM authors WHERE owner = :owner AND key > :after"
            " AND key >= :prefix AND starts_with(key, :prefix) ORDER BY key LIMIT :limit"
        ),
        {"owner": owner or "", "after": after or "", "prefix": author_key(prefix) or "", "limit": limit},
    )
    return [dict(row) for row in rows.mappings()]


def of_job(connection: Connection, job_id: UUID, *, after: int, limit: int) -> list[Mapping[str, Any]]:
    """What a job found, a row for each sighting, in the order in which they were found."""
    rows = connection.execute(
        text(
            "SELECT sightings.id AS number, quotes.id, quotes.text, sightings.author, sightings.source, quotes.kind,"
            " sightings.rule, sightings.confidence, sightings.url, sightings.context, found_quotes.is_new"
            " FROM found_quotes JOIN sightings ON sightings.id = found_quotes.sighting_id"
            " JOIN quotes ON quotes.id = sightings.quote_id"
            " WHERE found_quotes.job_id = :job AND found_quotes.sighting_id > :after"
            " ORDER BY found_quotes.sighting_id LIMIT :limit"
        ),
        {"job": job_id, "after": after, "limit": limit},
    )
    return [dict(row) for row in rows.mappings()]


def of_day(connection: Connection, owner: str | None, day: date) -> JsonObject | None:
    """The quote of a day, chosen now if the day is today and has none yet; None if there is none."""
    found = connection.execute(text("SELECT quote_of_day(:owner, :day)"), {"owner": owner or "", "day": day}).scalar()
    return None if found is None else dict(found)
