"""What a query string asks for."""

from collections.abc import Mapping
from math import isfinite
from uuid import UUID

from werkzeug.datastructures import MultiDict

from job_tasks.errors import InvalidRequest
from job_tasks.jobs.job import State
from job_tasks.jobs.lookup import JobFilter
from job_tasks.kinds import KINDS

MAX_WAIT_SECONDS = 30.0
DEFAULT_LIMIT = 20
MAX_LIMIT = 200
MAX_LIMIT_DIGITS = len(str(MAX_LIMIT))


def read_wait(query: MultiDict[str, str]) -> float:
    """Seconds to wait for the end of a job; 0 if not asked."""
    text = _only(query, {"wait"}).get("wait", "0")
    try:
        wait = float(text)
    except ValueError:
        wait = -1
    if not (isfinite(wait) and 0 <= wait <= MAX_WAIT_SECONDS):
        raise InvalidRequest(("wait", f"must be a number of seconds from 0 to {MAX_WAIT_SECONDS:g}"))
    return wait


def read_filter(query: MultiDict[str, str]) -> tuple[JobFilter, int]:
    """Which jobs are asked for, and how many on a page."""
    values = _only(query, {"status", "kind", "url", "limit", "cursor"})
    asked = JobFilter(
        state=_state(values.get("status")),
        kind=_kind(values.get("kind")),
        url=values.get("url"),
        before=_cursor(values.get("cursor")),
    )
    return asked, _limit(values.get("limit"))


def _only(query: MultiDict[str, str], known: set[str]) -> Mapping[str, str]:
    for name, values in query.lists():
        if name not in known:
            raise InvalidRequest((name, "is not known"))
        if len(values) > 1:
            raise InvalidRequest((name, "is given more than once"))
        if "\0" in values[0]:
            raise InvalidRequest((name, "holds a NUL character"))
    return query.to_dict()


def _state(text: str | None) -> State | None:
    if text is None:
        return None
    if text not in State.__members__:
        raise InvalidRequest(("status", f"must be one of {', '.join(State)}"))
    return State(text)


def _kind(text: str | None) -> str | None:
    if text is not None and text not in KINDS:
        raise InvalidRequest(("kind", f"must be one of {', '.join(KINDS)}"))
    return text


def _cursor(text: str | None) -> UUID | None:
    if text is None:
        return None
    try:
        return UUID(text)
    except ValueError as error:
        raise InvalidRequest(("cursor", "must be one that `next` gave")) from error


def _limit(text: str | None) -> int:
    if text is None:
        return DEFAULT_LIMIT
    if not (text.isascii() and text.isdigit() and len(text) <= MAX_LIMIT_DIGITS and 1 <= int(text) <= MAX_LIMIT):
        raise InvalidRequest(("limit", f"must be a number from 1 to {MAX_LIMIT}"))
    return int(text)
