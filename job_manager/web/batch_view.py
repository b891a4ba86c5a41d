"""Jobs that were submitted together, as `batch.html` shows them: how far they are, their sums, and a comparison."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Connection

from job_core.job import ENDED, Job, JsonObject, State
from job_core.store.numbers import JobOfBatch, Numbers, numbers_of_batch
from job_core.store.read import find_requests
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
        batch = _numbers(connection, known, None if order == "submitted" else order)
        shown = batch[SHOWN * (max(number, 1) - 1) :][:SHOWN]
        found = _with_jobs(connection, shown)
    most = max((numbers["words"] or 0 for _, numbers in found), default=0) or 1
    rows = [
        Row(
            job=job,
            words=numbers["words"],
            asked=numbers["asked"],
            percent=round(100 * (numbers["words"] or 0) / most, 1),
        )
        for job, numbers in found
    ]
    states = Counter(each.state for each in batch)
    return {
        "batch_id": known,
        "states": {state: states[state] for state in State if state in states},
        "ended": sum(states[state] for state in ENDED),
        "size": len(batch),
        "sums": {name: sum(each.numbers[name] or 0 for each in batch) for name in NUMBERS},
        "rows": rows,
        "word": next((row.job.request.get("word") for row in rows), None),
        "order": order,
        "ORDERS": ORDERS,
        "number": number,
        "has_more": len(batch) > SHOWN * number,
    }


def batch_csv(batch_id: str) -> Iterator[str]:
    """The jobs of a batch as CSV, as they were submitted, piece by piece. Raises UnknownBatch at the first."""
    known = _read_id(batch_id)
    with services().database.reading(DATABASE_SECONDS) as connection:
        batch = _numbers(connection, known, None)
    for begin in range(0, len(batch), SHOWN):
        with services().database.reading(DATABASE_SECONDS) as connection:
            found = _with_jobs(connection, batch[begin : begin + SHOWN])
        yield csv_lines(COLUMNS, [_line(job, numbers) for job, numbers in found], with_head=not begin)


def _numbers(connection: Connection, batch_id: UUID, order: str | None) -> list[JobOfBatch]:
    batch = numbers_of_batch(connection, batch_id, owner(), NUMBERS, order=order)
    if not batch:
        raise UnknownBatch("It was never accepted here, or its jobs have been deleted.")
    return batch


def _with_jobs(connection: Connection, some: Sequence[JobOfBatch]) -> list[tuple[Job, Numbers]]:
    numbers = {each.id: each.numbers for each in some}
    return [(job, numbers[job.id]) for job in find_requests(connection, list(numbers))]


def _line(job: Job, numbers: Numbers) -> JsonObject:
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
