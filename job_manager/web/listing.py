"""The list of jobs: which part of it a query string asks for, and where it leads from there."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from flask import url_for
from werkzeug.datastructures import MultiDict

from job_core.job import Job, State
from job_core.store.read import MAX_SEARCHED, Page, count_parked, live_workers
from job_manager.admission import MAX_COUNTED
from job_manager.errors import InvalidRequest
from job_manager.jobs import read_page
from job_manager.requests import DEFAULT_LIMIT, read_filter
from job_manager.security import owner
from job_manager.services import DATABASE_SECONDS, services

FILTERS = ("status", "kind", "text", "order")
THE_OLDEST = UUID(int=0)


@dataclass(frozen=True, kw_only=True)
class Link:
    """A way to another part of the list."""

    name: str
    url: str
    says: str
    rel: str | None = None


@dataclass(frozen=True, kw_only=True)
class Listing:
    """A page of the list, how many jobs (parked ones among them) and live workers there are, and the filters.

    `asked` is where the page begins: after a job, before one, or neither.
    """

    page: Page
    asked: Mapping[str, UUID | None]
    totals: Mapping[State, int]
    parked: int
    workers: int
    filters: Mapping[str, str]

    @property
    def jobs(self) -> tuple[Job, ...]:
        """The jobs in the order that was asked for."""
        return self.page.jobs[::-1] if self._is_oldest_first else self.page.jobs

    @property
    def here(self) -> str:
        """The address of this page."""
        return self.url(cursor=self.asked["before"], newer=self.asked["after"])

    def url(self, **changes: object) -> str:
        """The address of a list with the same filters, but for `changes`; None takes a filter away."""
        asked: dict[str, Any] = {**self.filters, **changes}
        return url_for("web.index", _anchor="jobs", **asked)

    @property
    def links(self) -> list[Link]:
        """The ways to the list's beginning, back, and on."""
        if self._is_oldest_first:
            start = Link(name="oldest", url=self.url(), says="Oldest")
            ways = [*self._older("prev"), *self._newer("next")]
        else:
            start = Link(name="newest", url=self.url(), says="Newest")
            ways = [*self._newer("prev"), *self._older("next")]
        return ways if self._begins_at_its_start else [start, *ways]

    def _older(self, rel: str) -> Iterator[Link]:
        before = self.page.before
        if self.asked["after"] not in {None, THE_OLDEST} and self.jobs:
            before = self.page.jobs[-1].id
        if before:
            yield Link(name="older", url=self.url(cursor=before), says=self._going_on("older", rel), rel=rel)

    def _newer(self, rel: str) -> Iterator[Link]:
        after = self.page.after
        if self.asked["before"] and self.jobs:
            after = self.page.jobs[0].id
        if after:
            yield Link(name="newer", url=self.url(newer=after), says=self._going_on("newer", rel), rel=rel)

    def _going_on(self, where: str, rel: str) -> str:
        is_search = rel == "next" and "text" in self.filters and len(self.jobs) < DEFAULT_LIMIT
        return f"Search {MAX_SEARCHED:,} {where} jobs" if is_search else where.capitalize()

    @property
    def _is_oldest_first(self) -> bool:
        return "order" in self.filters

    @property
    def _begins_at_its_start(self) -> bool:
        return self.asked == _start(is_oldest_first=self._is_oldest_first)


def read_listing(query: MultiDict[str, str]) -> Listing:
    """The list that a query string asks for. Raises InvalidRequest, DatabaseUnavailable."""
    given = {name: query.get(name, "").strip() for name in (*FILTERS, "cursor", "newer")}
    given = {name: value for name, value in given.items() if value}
    text = given.get("text")
    if text is not None and "\0" in text:
        raise InvalidRequest(("text", "holds a NUL character"))
    if given.get("order", "oldest") != "oldest":
        raise InvalidRequest(("order", "must be oldest, or left out"))
    which, _ = read_filter(_of_jobs(given, "cursor"))
    newer, _ = read_filter(_of_jobs(given, "newer"))
    is_oldest_first = "order" in given

    def read(asked: Mapping[str, UUID | None]) -> Page:
        return read_page(replace(which, before=asked["before"], after=asked["after"]), DEFAULT_LIMIT, text)

    asked = {"before": which.before, "after": newer.before}
    if which.before is None and newer.before is None:
        asked = _start(is_oldest_first=is_oldest_first)
    totals = services().state_counts.of(owner())
    page = read(asked)
    # Back at its beginning, the list is shown from there: a whole page, not the few jobs that were left of one.
    if (asked["before"] if is_oldest_first else asked["after"]) and not (page.before or page.after):
        asked = _start(is_oldest_first=is_oldest_first)
        page = read(asked)
    with services().database.reading(DATABASE_SECONDS) as connection:
        parked = count_parked(connection, owner=owner(), at_most=MAX_COUNTED + 1)
        workers = live_workers(connection)
    filters = {name: value for name, value in given.items() if name in FILTERS}
    return Listing(page=page, asked=asked, totals=totals, parked=parked, workers=workers, filters=filters)


def _start(*, is_oldest_first: bool) -> dict[str, UUID | None]:
    """Where a list begins that nothing else was asked of."""
    return {"before": None, "after": THE_OLDEST if is_oldest_first else None}


def _of_jobs(given: Mapping[str, str], place: str) -> MultiDict[str, str]:
    """The query of `GET /jobs`, whose cursor is the parameter `place`."""
    asked = {name: given[name] for name in ("status", "kind") if name in given}
    return MultiDict(asked | ({"cursor": given[place]} if place in given else {}))
