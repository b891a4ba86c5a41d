"""Jobs that were submitted together, as `batch.html` shows them: how far they are, their sums, and a comparison."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from uuid import UUID

from job_core.job import ENDED, Job, JsonObject, State
from job_core.store.numbers import numbers_of_batch, totals_of_batch
from job_manager.errors import UnknownBatch
from job_manager.lists import csv_lines
from job_manager.security import owner
from job_manager.services import DATABASE_SECONDS, services

SHOWN = 100  # jobs at a time
NUMBERS = {"words": ("words",), "unique_words": ("unique_words",), "asked": ("word", "count")}
ORDERS = {"submitted": "as submitted", "words": "by words", "asked": "by the word", "label": "by address"}
COLUMNS = ("id", "url", "status", "words", "unique_words", "word", "count", "error")


@dataclass(frozen=True, kw_only=True)
class Row:
    """A job of the comparison; `percent` is its words as a percentage of the most that are shown."""

    job: Job
    words: int | None
    asked: int | None
    percent: float


def batch_values(batch_id: str, query: Mapping[str, str]) -> JsonObject:
    """The values for the template. `?order=` sorts, `?page=` goes on. Raises UnknownBatch."""
    known = _read_id(batch_id)
    order = query.get("order") if query.get("order") in ORDERS else "submitted"
    number = int(asked) if (asked := query.get("page", "")).isdecimal() and len(asked) < 6 else 1  # noqa: PLR2004 - digits
    with services().database.reading(DATABASE_SECONDS) as connection:
        states, sums = totals_of_batch(connection, known, owner(), NUMBERS)
        found = numbers_of_batch(
            connection,
            known,
            owner(),
            NUMBERS,
            order=None if order == "submitted" else order,
            limit=SHOWN,
            offset=SHOWN * (max(number, 1) - 1),
        )
    if not states:
        raise UnknownBatch("It was never accepted here, or its jobs have been deleted.")
    most = max((each.numbers["words"] or 0 for each in found), default=0) or 1
    rows = [
        Row(
            job=each.job,
            words=each.numbers["words"],
            asked=each.numbers["asked"],
            percent=round(100 * (each.numbers["words"] or 0) / most, 1),
        )
        for each in found
    ]
    size = sum(states.values())
    return {
        "batch_id": known,
        "states": {state: states[state] for state in State if state in states},
        "ended": sum(states.get(state, 0) for state in ENDED),
        "size": size,
        "sums": sums,
        "rows": rows,
        "word": next((row.job.request.get("word") for row in rows), None),
        "order": order,
        "ORDERS": ORDERS,
        "number": number,
        "has_more": size > SHOWN * number,
    }


def batch_csv(batch_id: str) -> Iterator[str]:
    """The jobs of a batch as CSV, as they were submitted, piece by piece. Raises UnknownBatch at the first."""
    known = _read_id(batch_id)
    offset = 0
    while True:
        with services().database.reading(DATABASE_SECONDS) as connection:
            found = numbers_of_batch(connection, known, owner(), NUMBERS, order=None, limit=SHOWN, offset=offset)
        if not found and not offset:
            raise UnknownBatch("It was never accepted here, or its jobs have been deleted.")
        yield csv_lines(COLUMNS, [_line(each.job, each.numbers) for each in found], with_head=not offset)
        if len(found) < SHOWN:
            return
        offset += SHOWN


def _line(job: Job, numbers: Mapping[str, int | None]) -> JsonObject:
    return {
        "id": job.id,
        "url": job.label,
        "status": job.state,
        "words": numbers["words"],
        "unique_words": numbers["unique_words"],
        "word": job.request.get("word"),
        "count": numbers["asked"],
        "error": (job.error or {}).get("title") if job.state is State.FAILURE else None,
    }


def _read_id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as error:
        raise UnknownBatch("The id of a batch is a UUID.") from error
