"""Quotes as people see them: the one of the day, a search, the form to look for more, and what a job found."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from job_core.errors import DatabaseUnavailable
from job_core.job import JsonObject, NewJob
from job_core.store.read import WholeJob
from job_manager.errors import InvalidRequest
from job_manager.quotes import find_day, today
from job_manager.requests import new_jobs
from job_manager.security import owner
from job_manager.services import DATABASE_SECONDS, services
from job_manager.web.crawl_view import course_of
from job_tasks.job_tasks import quotes
from page_fetch.url import meant_url
from quote_store import read
from quote_store.read import QuoteFilter

SHOWN = 20  # quotes at a time
AUTHORS = 30
MAX_ASKED = 200  # characters of what is searched for


@dataclass(frozen=True, kw_only=True)
class QuoteForm:
    """The form in which a person looks for quotes: what was written there, to be shown again if something is wrong."""

    url: str = ""
    max_pages: str = "20"

    @classmethod
    def read(cls, written: Mapping[str, str]) -> "QuoteForm":
        """The form as the browser sent it."""
        return cls(url=written.get("url", "").strip(), max_pages=written.get("max_pages", cls.max_pages).strip())

    def check(self, *, max_crashes: int, owner: str | None) -> tuple[list[NewJob], list[str]]:
        """The job that it asks for, and what is wrong."""
        fields = {"url": meant_url(self.url), "max_pages": self.max_pages}
        try:
            return new_jobs(quotes, fields, typed=False, max_crashes=max_crashes, owner=owner), []
        except InvalidRequest as error:
            said = {"max_pages": "The number of pages must be 1 to 100,000."}
            return [], [said.get(field, f"The address {detail}.") for field, detail in error.errors]


def quote_values(query: Mapping[str, str]) -> JsonObject:
    """The values for the page: `?text=` and `?author=` search, `?before=` goes on.

    While the database is away, the quote of the day is there without a search if this process has seen it. Raises
    DatabaseUnavailable if it has not.
    """
    day = today()
    of_day = {"day": day, "quote": find_day(day)}
    try:
        return of_day | {"yesterday": find_day(day - timedelta(days=1)), "search": _search(query)}
    except DatabaseUnavailable:
        return of_day | {"yesterday": None, "search": None}


def _search(query: Mapping[str, str]) -> JsonObject:
    """The quotes that match, and the authors whose names begin as the one that was asked for."""
    asked = {name: query.get(name, "").replace("\0", "").strip()[:MAX_ASKED] for name in ("text", "author")}
    which = QuoteFilter(owner=owner(), text=asked["text"] or None, author=asked["author"] or None)
    before = _number(query.get("before"))
    with services().database.reading(DATABASE_SECONDS) as connection:
        found = read.newest(connection, which, before=before, limit=SHOWN + 1)
        authors = read.authors(connection, owner(), prefix=asked["author"], after=None, limit=AUTHORS)
    return asked | {
        "found": [quote for _, quote in found[:SHOWN]],
        "more": found[SHOWN - 1][0] if len(found) > SHOWN else None,
        "authors": authors,
    }


def found_values(whole: WholeJob, query: Mapping[str, str]) -> JsonObject:
    """The values for what a job has found. `?after=` goes on in the list."""
    with services().database.reading(DATABASE_SECONDS) as connection:
        found = read.of_job(connection, whole.job.id, after=_number(query.get("after")) or 0, limit=SHOWN + 1)
        course = course_of(whole, connection)
    more = found[SHOWN - 1]["number"] if len(found) > SHOWN else None
    return {"course": course, "found": found[:SHOWN], "more": more}


def _number(text: str | None) -> int | None:
    """What a list goes on after, if it is a number of one."""
    return int(text) if text and re.fullmatch("[0-9]{1,18}", text, re.ASCII) else None
