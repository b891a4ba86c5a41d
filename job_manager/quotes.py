"""`/quotes` and `/authors`: the quotes that were found, and the quote of each day."""

import json
from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Literal
from uuid import UUID

from flask import Blueprint, Response, request
from pydantic import Field, field_validator

from job_core.errors import DatabaseUnavailable, UnknownJob
from job_core.job import JsonObject
from job_core.kinds import NO_NUL
from job_manager.daily_quotes import DailyQuote
from job_manager.errors import UnknownQuote
from job_manager.jobs import find_job_of
from job_manager.lists import CSV, ListQuery, answer_list
from job_manager.openapi.operation import operation
from job_manager.quote_views import (
    AuthorList,
    AuthorView,
    FoundQuoteList,
    FoundQuoteView,
    QuoteDetail,
    QuoteList,
    QuoteOfDay,
    QuoteView,
)
from job_manager.requests import LANGUAGE, Query, read_query
from job_manager.security import owner
from job_manager.services import DATABASE_SECONDS, services
from job_manager.views import answer
from job_tasks.job_tasks import quotes
from job_tasks.views import to_json
from page_fetch.errors import InvalidUrl
from page_fetch.url import MAX_LENGTH, meant_url, parse_url
from quote_store import read
from quote_store.read import QuoteFilter

JSON, TEXT = "application/json", "text/plain; charset=utf-8"
ASKS = (UnknownQuote, DatabaseUnavailable)

blueprint = Blueprint("quotes", __name__)


class FilterQuery(Query):
    """Which quotes."""

    text: str | None = Field(
        default=None,
        min_length=1,
        max_length=200,
        description='words that it holds, as in a search engine: `life -death "the sea"`',
        json_schema_extra={"pattern": NO_NUL},
    )
    author: str | None = Field(
        default=None,
        min_length=1,
        max_length=200,
        description="whom it is attributed to, in any spelling of the name",
        json_schema_extra={"pattern": NO_NUL},
    )
    language: str | None = Field(
        default=None,
        pattern=LANGUAGE,
        max_length=35,
        description="such as en, or pt-BR, which finds what is declared as pt or as any pt-BR",
    )
    site: str | None = Field(
        default=None,
        min_length=1,
        max_length=MAX_LENGTH,
        description="the host that it was found on; of a URL, or with a port, only the host counts",
        json_schema_extra={"pattern": NO_NUL},
    )
    kind: Literal["marked", "speech"] | None = Field(
        default=None, description="marked up as a quote, or direct speech in running text"
    )
    min_confidence: float = Field(default=0, ge=0, le=1, description="how surely it is a quote")

    @field_validator("site")
    @classmethod
    def _host_of(cls, site: str | None) -> str | None:
        if site is None:
            return None
        is_bare_ipv6 = site.count(":") > 1 and "/" not in site and not site.startswith("[")
        try:
            return parse_url(meant_url(f"[{site}]" if is_bare_ipv6 else site)).host_name
        except InvalidUrl as error:
            raise ValueError("must be a host, such as example.com, or a URL") from error

    def of(self, of_owner: str | None) -> QuoteFilter:
        """The filter, of one owner's quotes."""
        return QuoteFilter(
            owner=of_owner,
            text=self.text,
            author=self.author,
            language=self.language,
            site=self.site,
            kind=self.kind,
            min_confidence=self.min_confidence,
        )


class QuotesQuery(FilterQuery, ListQuery):
    """Of `GET /quotes`."""


class AuthorsQuery(ListQuery):
    """Of `GET /authors`."""

    prefix: str = Field(
        default="", max_length=100, description="how the name begins", json_schema_extra={"pattern": NO_NUL}
    )
    cursor: str | None = Field(
        default=None, max_length=300, pattern=NO_NUL, description="from `next` of the previous page"
    )


_QUOTE, _AUTHOR, _FOUND = (tuple(model.model_fields) for model in (QuoteView, AuthorView, FoundQuoteView))


@blueprint.get("/quotes")
@operation({200: QuoteList}, (DatabaseUnavailable,), query=QuotesQuery, as_text=(CSV,))
def list_quotes() -> Response:
    """List quotes.

    Those that were found last come first. Each was found on a page, and is attributed there.
    """
    asked = read_query(QuotesQuery, request.args)
    which = asked.of(owner())

    def find(cursor: str | None, limit: int) -> list[tuple[int, JsonObject]]:
        with services().database.reading(DATABASE_SECONDS) as connection:
            return read.newest(connection, which, before=int(cursor) if cursor else None, limit=limit)

    return answer_list("quotes", _QUOTE, asked, find, lambda row: str(row[0]), lambda row: row[1])


@blueprint.get("/quotes/random")
@operation({200: QuoteView}, ASKS, query=FilterQuery, as_text=(TEXT,))
def random_quote() -> Response:
    """Get any quote.

    The filters are those of the list. As plain text where that is asked for.
    """
    which = read_query(FilterQuery, request.args).of(owner())
    with services().database.reading(DATABASE_SECONDS) as connection:
        found = read.at_random(connection, which)
    if found is None:
        raise UnknownQuote("No quote matches.")
    return _one(found)


@blueprint.get("/quotes/today")
@operation({200: QuoteOfDay, 304: None}, ASKS, as_text=(TEXT,))
def quote_of_today() -> Response:
    """Get the quote of the day.

    It is the same for all, until midnight UTC.
    """
    return _of_day(None)


@blueprint.get("/quotes/day/<day>")
@operation({200: QuoteOfDay, 304: None}, ASKS, as_text=(TEXT,))
def quote_of_day(day: str) -> Response:
    """Get the quote of a day that was.

    A day keeps its quote for ever. One for which nobody asked has none.
    """
    try:
        asked = date.fromisoformat(day)
    except ValueError:
        asked = None
    if asked is None or asked.isoformat() != day:  # Python reads 20261129 and 2026-W48-7 as well
        raise UnknownQuote("A day is written like 2026-11-29.")
    return _of_day(asked)


@blueprint.get("/quotes/<quote_id:quote_id>")
@operation({200: QuoteDetail}, ASKS, as_text=(TEXT,))
def show_quote(quote_id: str) -> Response:
    """Look at a quote.

    With all pages where it was seen, and whom each attributes it to.
    """
    found = find_quote(quote_id)
    sightings = found.pop("sightings_list")
    return _one(found, {"quote": found, "sightings": sightings})


@blueprint.delete("/quotes/<quote_id:quote_id>")
@operation({204: None}, ASKS)
def take_down_quote(quote_id: str) -> Response:
    """Take a quote down.

    Its text is forgotten, and so is the text around the quotes beside it. Finding it again does not bring it back.
    """
    known = _read_id(quote_id)
    ((is_known,),) = services().database.commit("SELECT take_down(%s, %s)", owner() or "", known)
    if not is_known:
        raise UnknownQuote("It was never found, or it was taken down before.")
    return Response(status=204)


@blueprint.get("/authors")
@operation({200: AuthorList}, (DatabaseUnavailable,), query=AuthorsQuery, as_text=(CSV,))
def list_authors() -> Response:
    """List authors.

    Those whom quotes are attributed to, in the order of the alphabet.
    """
    asked = read_query(AuthorsQuery, request.args)
    of_owner = owner()

    def find(cursor: str | None, limit: int) -> list[Mapping[str, Any]]:
        with services().database.reading(DATABASE_SECONDS) as connection:
            return read.authors(connection, of_owner, prefix=asked.prefix, after=cursor, limit=limit)

    return answer_list("authors", _AUTHOR, asked, find, lambda row: str(row["key"]), lambda row: row)


@blueprint.get("/result/<job_id>/quotes")
@operation({200: FoundQuoteList}, (UnknownJob, DatabaseUnavailable), query=ListQuery, as_text=(CSV,))
def list_found_quotes(job_id: str) -> Response:
    """List the quotes that a job found.

    Each with its page, and how it was found.
    """
    asked = read_query(ListQuery, request.args)
    job = find_job_of(job_id, quotes)

    def find(cursor: str | None, limit: int) -> list[Mapping[str, Any]]:
        with services().database.reading(DATABASE_SECONDS) as connection:
            return read.of_job(connection, job.id, after=int(cursor or 0), limit=limit)

    return answer_list("quotes", _FOUND, asked, find, lambda row: str(row["number"]), lambda row: row)


def _read_id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as error:
        raise UnknownQuote("The id of a quote is a UUID.") from error


def today() -> date:
    """The day that it is, in UTC."""
    return datetime.now(UTC).date()


def find_day(day: date) -> JsonObject | None:
    """The quote of a day, without the database if this process has seen it; None if there is none.

    Raises DatabaseUnavailable.
    """
    try:
        return dict(json.loads(_daily(None if day == today() else day).json)["quote"])
    except UnknownQuote:
        return None


def find_quote(quote_id: str) -> JsonObject:
    """A quote with its pages, `sightings_list`. Raises UnknownQuote, DatabaseUnavailable."""
    known = _read_id(quote_id)
    with services().database.reading(DATABASE_SECONDS) as connection:
        found = read.find(connection, owner(), known)
    if found is None:
        raise UnknownQuote("It was never found, or it was taken down.")
    return found


def _of_day(day: date | None) -> Response:
    """The quote of `day`, or of today by default."""
    shown = _daily(day)
    answer = Response(shown.text, content_type=TEXT) if _wants_text() else Response(shown.json, content_type=JSON)
    answer.add_etag()
    answer.vary.add("Accept")
    now = datetime.now(UTC)
    ends = datetime.combine((now.date() if day else shown.day) + timedelta(days=1), time.min, UTC)
    shared = "public" if owner() is None else "private"
    answer.headers["Cache-Control"] = f"{shared}, max-age={max(int((ends - now).total_seconds()), 0)}"
    answer.make_conditional(request)
    return answer


def _daily(day: date | None) -> DailyQuote:
    known = services().daily_quotes
    if found := known.get((owner(), day or datetime.now(UTC).date())):
        return found
    with services().database.reading(DATABASE_SECONDS) as connection:
        body = read.of_day(connection, owner(), day)
    if body is None:
        today = "No quote was found yet that is sure enough and attributed to somebody."
        raise UnknownQuote("The day has no quote." if day else today)
    shown = DailyQuote(
        day=date.fromisoformat(body["day"]), json=f"{to_json(body)}\n".encode(), text=_as_text(body["quote"])
    )
    known.put((owner(), shown.day), shown)
    return shown


def _wants_text() -> bool:
    best = request.accept_mimetypes.best_match(["application/json", "text/plain"], default="application/json")
    return best == "text/plain"


def _as_text(quote: JsonObject) -> bytes:
    by = f"\n— attributed to {quote['author']}" if quote["author"] else ""
    return f"{quote['text']}{by}\n{quote['found_on']}\n".encode()


def _one(quote: JsonObject, body: JsonObject | None = None) -> Response:
    """A quote as JSON, or as text for people."""
    shown = Response(_as_text(quote), content_type=TEXT) if _wants_text() else answer(body or quote)
    shown.vary.add("Accept")
    return shown
