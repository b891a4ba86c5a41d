"""The store of quotes as tests speak of it."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from job_core.job import Claim, JsonObject
from page_read.quote_text import normal_form
from quote_store import read
from quote_store.keep import KEEP, FoundQuote, keep_parameters
from quote_store.read import QuoteFilter
from site_crawl.url_key import host_name
from tests.integration.job_store import Store

PAGE = "https://site.example/quotes"


def a_quote(text: str, author: str | None = None, **more: Any) -> FoundQuote:
    """A quote as the reader of pages gives it."""
    usual = {
        "language": "en",
        "kind": "marked",
        "source": None,
        "rule": "blockquote",
        "confidence": 0.85,
        "context": "",
    }
    return FoundQuote(**usual | {"text": text, "normal_form": normal_form(text), "author": author} | more)


@dataclass(frozen=True)
class KeptQuotes:
    """The quotes of `owner`."""

    store: Store
    owner: str | None = None

    def keep(self, *quotes: FoundQuote, url: str = PAGE, held: Claim | None = None) -> UUID:
        """Keep what a page holds, by a job of its own if none is given; returns the job."""
        held = held or self.store.claimed(kind="quotes", owner=self.owner)
        parameters = keep_parameters(
            quotes,
            job_id=held.job_id,
            lane_id=held.job_id,
            attempt=held.attempt,
            url=url,
            site=host_name(url),
        )
        self.store.database.call(KEEP, *parameters)
        return held.job_id

    def keep_many(self, many: int, author: str | None = "Ada Lovelace", **more: Any) -> None:
        """Keep quotes `Number 0 of many.` and so on."""
        self.keep(*(a_quote(f"Number {number} of many.", author, **more) for number in range(many)))

    def all(self, **which: Any) -> list[JsonObject]:
        """All quotes that match, the newest first."""
        with self.store.database.reading() as connection:
            found = read.newest(connection, QuoteFilter(owner=self.owner, **which), before=None, limit=1_000)
        return [quote for _, quote in found]

    def one(self, **which: Any) -> JsonObject:
        """The only quote that matches."""
        (quote,) = self.all(**which)
        return quote

    def texts(self, **which: Any) -> set[str]:
        """The texts of those that match."""
        return {quote["text"] for quote in self.all(**which)}

    def random(self, **which: Any) -> JsonObject | None:
        """One of those that match."""
        with self.store.database.reading() as connection:
            return read.at_random(connection, QuoteFilter(owner=self.owner, **which))

    def sightings(self, quote: JsonObject) -> Sequence[JsonObject]:
        """Where the quote was seen; none if it is not there."""
        with self.store.database.reading() as connection:
            found = read.find(connection, self.owner, UUID(quote["id"]))
        return found["sightings_list"] if found else []

    def authors(self) -> dict[str, int]:
        """How many quotes each author has."""
        with self.store.database.reading() as connection:
            found = read.authors(connection, self.owner, prefix="", after=None, limit=1_000)
        return {author["name"]: author["quotes"] for author in found}

    def found_by(self, job_id: UUID) -> list[JsonObject]:
        """What a job found."""
        with self.store.database.reading() as connection:
            return [dict(row) for row in read.of_job(connection, job_id, after=0, limit=1_000)]

    def take_down(self, quote: JsonObject) -> bool:
        """Whether it was there."""
        ((was_there,),) = self.store.database.call("SELECT take_down(%s, %s)", self.owner or "", quote["id"])
        return bool(was_there)

    def today(self) -> JsonObject | None:
        """Today's quote with its day."""
        with self.store.database.reading() as connection:
            return read.of_day(connection, self.owner, None)

    def shown_before(self, quote: JsonObject, days_ago: int) -> None:
        """Let `quote` have been that of a day before."""
        self.store.sql(
            "INSERT INTO daily_quotes SELECT :owner, (now() AT TIME ZONE 'UTC')::date - :ago, CAST(:id AS uuid),"
            " CAST(:quote AS json)",
            owner=self.owner or "",
            ago=days_ago,
            id=quote["id"],
            quote=json.dumps(quote),
        )

    def check(self) -> None:
        """All counts are those of the sightings."""
        for quote in self.all():
            assert quote["sightings"] == len(self.sightings(quote)), quote
        rows = self.store.sql(
            "SELECT author_key, count(DISTINCT quote_id) AS quotes FROM sightings JOIN quotes ON quotes.id = quote_id"
            " WHERE owner = :owner AND author_key IS NOT NULL GROUP BY author_key",
            owner=self.owner or "",
        )
        counted = self.store.sql("SELECT key, quotes FROM authors WHERE owner = :owner", owner=self.owner or "")
        assert {row.author_key: row.quotes for row in rows} == {row.key: row.quotes for row in counted}
        summed = self.store.sql(
            "SELECT quotes.id, sum(counted.sightings) AS sightings FROM sighting_counts AS counted"
            " JOIN quotes USING (number) WHERE quotes.owner = :owner GROUP BY quotes.id",
            owner=self.owner or "",
        )
        assert {str(row.id): row.sightings for row in summed} == {q["id"]: q["sightings"] for q in self.all()}
