"""What a person's list of jobs shows, as its address asks."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from flask import url_for
from werkzeug.datastructures import MultiDict

from job_core.job import State
from job_core.store.browsing import Page, page_of
from job_manager.errors import InvalidRequest
from job_manager.requests import DEFAULT_LIMIT, read_filter
from job_manager.security import owner
from job_manager.services import DATABASE_SECONDS, services


@dataclass(frozen=True, kw_only=True)
class Listing:
    """A page of the list, how many jobs there are at all, and the filters, by the names that the address has."""

    page: Page
    is_first: bool
    totals: Mapping[State, int]
    filters: Mapping[str, str]

    def url(self, **changes: object) -> str:
        """The address of a list with the same filters, but for `changes`; None takes a filter away."""
        asked: dict[str, Any] = {**self.filters, **changes}
        return url_for("web.index", _anchor="jobs", **asked)


def read_listing(query: MultiDict[str, str]) -> Listing:
    """The list that a query string asks for. Raises InvalidRequest, DatabaseUnavailable."""
    asked = {name: query.get(name, "").strip() for name in ("status", "kind", "text", "cursor")}
    asked = {name: value for name, value in asked.items() if value}
    text = asked.get("text")
    if text is not None and "\0" in text:
        raise InvalidRequest(("text", "holds a NUL character"))
    which, _ = read_filter(MultiDict({name: value for name, value in asked.items() if name != "text"}))
    totals = services().state_counts.of(owner())
    with services().database.reading(DATABASE_SECONDS) as connection:
        page = page_of(connection, replace(which, owner=owner()), text, DEFAULT_LIMIT)
    cursor = asked.pop("cursor", None)
    return Listing(page=page, is_first=cursor is None, totals=totals, filters=asked)
