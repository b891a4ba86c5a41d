"""The quotes that are kept, for whoever asks: lists, one at random, one with its sightings, authors, one for a day."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from random import random
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, text

from job_core.job import JsonObject
from quote_store.keep import author_key

NEWEST = 500  # quotes of an author or a site among which a list looks first for what else is asked
NEXT = 50  # quotes after a point that is drawn, of which one is drawn: of no more, each is exactly as likely
NEAR = 300  # the same where they are then looked at for what else is asked


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
    def names_some(self) -> bool:
        """Whether it names an author or a site, which sightings tell of."""
        return self.author is not None or self.site is not None

    @property
    def is_indexed(self) -> bool:
        """Whether `numbers` are of quotes that match, so that `rest` asks for nothing more."""
        if self.text is not None or self.kind is not None or self.min_confidence > 0:
            return False
        return self.language is None or not (self.names_some or "-" in self.language)

    def numbers(self, bounds: str, order: str) -> str:
        """SQL: the `number` and `pivot` of quotes as an index has them in order, with `bounds`: all but for `rest`."""
        if not self.names_some:
            columns, table, parts = "number, pivot", "quotes", ["owner = :owner", "removed_at IS NULL", bounds]
            if self.language is not None:
                parts.append("lower(split_part(language, '-', 1)) = :primary")
        else:  # a quote has several rows there
            columns = f"DISTINCT ON ({order.partition(' ')[0]}) number, pivot"
            table, parts = "sighting_counts", [self._sighted, bounds]
        return f"SELECT {columns} FROM {table} WHERE {' AND '.join(parts)} ORDER BY {order}"  # noqa: S608 - constants

    @property
    def rest(self) -> str:
        """SQL: what else is asked of a quote."""
        parts = ["removed_at IS NULL"]
        if self.text is not None:
            parts.append("search @@ websearch_to_tsquery('simple', :text)")
        if self.language is not None:
            parts.append("lower(split_part(language, '-', 1)) = :primary")
            if "-" in self.language:
                parts.append("(lower(language) IN (:language, :primary) OR lower(language) LIKE :language || '-%')")
        if self.kind is not None:
            parts.append("kind = :kind")
        if self.min_confidence > 0:
            parts.append("confidence >= CAST(:confidence AS real)")
        return " AND ".join(parts)

    @property
    def shown(self) -> str:
        """SQL: a quote as answers show it: where an author or a site is asked for, as that has it."""
        if not self.names_some:
            return "quote_json(quotes)"
        seen = f"FROM sighting_counts AS seen WHERE {self._sighted} AND seen.number = quotes.number"
        surest = "ORDER BY seen.confidence DESC, seen.author_key, seen.found_on LIMIT 1"
        return f"(SELECT quote_json(quotes, seen.author, seen.source, seen.found_on) {seen} {surest})"

    @property
    def all(self) -> str:
        """SQL: all that is asked of a quote."""
        if not self.names_some:
            return self.rest
        named = f"SELECT FROM sighting_counts AS named WHERE {self._sighted} AND named.number = quotes.number"
        return f"{self.rest} AND EXISTS ({named})"

    @property
    def _sighted(self) -> str:
        parts = ["owner = :owner"]
        if self.author is not None:
            parts.append("author_key = :author")
        if self.site is not None:
            parts.append("site = :site")
        return " AND ".join(parts)

    @property
    def parameters(self) -> dict[str, Any]:
        """For `numbers` and `rest`."""
        language = (self.language or "").lower()
        return {
            "owner": self.owner or "",
            "text": self.text,
            "language": language,
            "primary": language.partition("-")[0],
            "kind": self.kind,
            "confidence": round(self.min_confidence, 3),  # as small a number as a double holds, no real does
            "author": author_key(self.author),
            "site": self.site and self.site.lower(),
        }


def newest(
    connection: Connection, which: QuoteFilter, *, before: int | None, limit: int
) -> list[tuple[int, JsonObject]]:
    """Quotes, each with its number, by which lists go on: the one that was found last comes first."""
    bounds = "TRUE" if before is None else "number < :before"
    parameters = {**which.parameters, "before": before, "limit": limit, "near": limit if which.is_indexed else NEWEST}
    if which.names_some:
        near = f"""
            SELECT found.number, quote FROM ({which.numbers(bounds, "number DESC")} LIMIT :near) AS found
            CROSS JOIN LATERAL (
                SELECT {which.shown} AS quote FROM quotes WHERE number = found.number AND {which.rest} OFFSET 0
            ) AS one
            ORDER BY found.number DESC LIMIT :limit
        """  # noqa: S608 - constants; by OFFSET 0 the planner leaves the order of the index as it is
        rows = connection.execute(text(near), parameters).all()
        if len(rows) == limit or which.is_indexed:
            return [(number, quote) for number, quote in rows]
    statement = f"""
        SELECT number, {which.shown} FROM quotes
        WHERE owner = :owner AND {bounds} AND {which.all} ORDER BY number DESC LIMIT :limit
    """  # noqa: S608 - constants
    return [(number, quote) for number, quote in connection.execute(text(statement), parameters)]


def at_random(connection: Connection, which: QuoteFilter) -> JsonObject | None:
    """Any of the quotes, each nearly as likely as any other; None if there is none.

    It is drawn from the next few after a point that is drawn as well, round the end. Where an index does not have all
    that is asked of it and none of them matches, few do: then it is drawn from all that match.
    """
    parameters = {**which.parameters, "at": random(), "near": NEXT if which.is_indexed else NEAR}  # noqa: S311 - no secret
    ahead, behind = (f"({which.numbers(bounds, 'pivot')} LIMIT :near)" for bounds in ("pivot >= :at", "pivot < :at"))
    near = f"""
        SELECT {which.shown} FROM quotes WHERE number = (
            SELECT number FROM (
                SELECT *, FALSE AS is_round FROM {ahead} AS ahead UNION ALL SELECT *, TRUE FROM {behind} AS behind
                ORDER BY is_round, pivot LIMIT :near
            ) AS near JOIN quotes USING (number) WHERE {which.rest}
            ORDER BY random() LIMIT 1
        )
    """  # noqa: S608 - constants
    among = f"""
        SELECT {which.shown} FROM quotes WHERE number = (
            SELECT number FROM quotes WHERE owner = :owner AND {which.all}
            ORDER BY random() LIMIT 1
        )
    """  # noqa: S608 - constants
    for statement in (near,) if which.is_indexed else (near, among):
        if quote := connection.execute(text(statement), parameters).scalar():
            return dict(quote)
    return None


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
            "SELECT url, author, source, rule, confidence, context, first_seen, last_seen, ("
            "   SELECT job_id FROM found_quotes WHERE sighting_id = sightings.id ORDER BY job_id DESC LIMIT 1"
            " ) AS job_id FROM sightings WHERE quote_id = :id ORDER BY confidence DESC, id LIMIT 1000"
        ),
        {"id": quote_id},
    )
    return {**quote, "sightings_list": [dict(row) for row in rows.mappings()]}


def authors(
    connection: Connection, owner: str | None, *, prefix: str, after: str | None, limit: int
) -> list[Mapping[str, Any]]:
    """Authors whose name begins with `prefix`: `key`, `name`, and how many `quotes` are attributed to each."""
    begins = author_key(prefix)
    if prefix and begins is None:
        return []
    rows = connection.execute(
        text(
            "SELECT key, name, quotes FROM authors WHERE owner = :owner AND key > :after"
            " AND key >= :prefix AND starts_with(key, :prefix) ORDER BY key LIMIT :limit"
        ),
        {"owner": owner or "", "after": after or "", "prefix": begins or "", "limit": limit},
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


def of_day(connection: Connection, owner: str | None, day: date | None) -> JsonObject | None:
    """`{"day", "quote"}` of a day. If `day` is None, of today; the day's quote is then chosen if it has none yet.

    None if there is none. Today is the database's, which is the same for all managers.
    """
    found = connection.execute(text("SELECT quote_of_day(:owner, :day)"), {"owner": owner or "", "day": day}).scalar()
    return None if found is None else dict(found)
