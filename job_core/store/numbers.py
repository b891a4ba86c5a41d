"""Some numbers of the results of jobs: of those that were submitted together, and of one label over time."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Connection,
    Numeric,
    Row,
    Select,
    Text,
    and_,
    asc,
    case,
    cast,
    column,
    desc,
    func,
    literal,
    or_,
    select,
    true,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSON

from job_core.job import Job, State
from job_core.store.read import BUT_RESULT, JobFilter, newest_query
from job_core.store.rows import job_of
from job_core.store.tables import jobs

Numbers = Mapping[str, int | None]  # of a result, each by its name; None where it has none
Paths = Mapping[str, Sequence[str]]  # where in a result each number stands


@dataclass(frozen=True, kw_only=True)
class JobOfBatch:
    """The state of a job, and some numbers of its result."""

    id: UUID
    state: State
    numbers: Numbers


def numbers_of_batch(
    connection: Connection, batch_id: UUID, owner: str | None, paths: Paths, *, order: str | None
) -> list[JobOfBatch]:
    """Jobs of a batch, as they were submitted; or the one with the largest number `order` first; or by their label.

    A job that was repeated is left out for its repetition, which joined the batch.
    """
    asked = _numbers(select(jobs.c.id, jobs.c.state), paths).where(*_of_batch(batch_id, owner))
    if order is not None:
        asked = asked.order_by(asc(jobs.c.label) if order == "label" else desc(order).nulls_last())
    rows = connection.execute(asked.order_by(jobs.c.id))
    return [JobOfBatch(id=row.id, state=State(row.state), numbers=_numbers_in(row, paths)) for row in rows]


def numbers_of_label(connection: Connection, job: Job, paths: Paths, limit: int) -> list[tuple[Job, Numbers]]:
    """The jobs of the kind, label and owner of `job` that succeeded, without their results, the newest first."""
    which = JobFilter(owner=job.owner, kind=job.kind, label=job.label, state=State.SUCCESS)
    asked = _numbers(newest_query(which).with_only_columns(*BUT_RESULT).limit(limit), paths)
    return [(job_of(row), _numbers_in(row, paths)) for row in connection.execute(asked)]


def _of_batch(batch_id: UUID, owner: str | None) -> tuple[ColumnElement[bool], ...]:
    repetition = jobs.alias()
    is_later = and_(repetition.c.retry_of == jobs.c.retry_of, repetition.c.id > jobs.c.id)  # repeated twice at once
    is_repeated = select(repetition.c.id).where(
        repetition.c.batch_id == batch_id, or_(repetition.c.retry_of == jobs.c.id, is_later)
    )
    return jobs.c.batch_id == batch_id, jobs.c.owner.is_not_distinct_from(owner), ~is_repeated.exists()


def _numbers(asked: Select[Any], paths: Paths) -> Select[Any]:
    """With the numbers, for which each result is read once, however many they are: a long one takes a while."""
    fields = {path[0]: column(path[0], JSON) for path in paths.values()}
    result = (
        func.json_to_record(jobs.c.result).table_valued(*fields.values(), name="read").render_derived(with_types=True)
    )
    numbers = (_number(result.c[path[0]], path[1:]).label(name) for name, path in paths.items())
    return asked.select_from(jobs.join(result, true(), isouter=True)).add_columns(*numbers)


def _number(value: ColumnElement[Any], path: Sequence[str]) -> ColumnElement[Any]:
    place = literal(list(path), ARRAY(Text))
    kind = func.json_typeof(value.op("#>")(place))
    return case((kind == "number", cast(value.op("#>>", return_type=Text())(place), Numeric)))


def _numbers_in(row: Row[Any], paths: Paths) -> Numbers:
    values = {name: getattr(row, name) for name in paths}
    return {name: None if value is None else int(value) for name, value in values.items()}
