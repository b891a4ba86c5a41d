"""Some numbers of the results of jobs: of those that were submitted together, and of one label over time."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Connection,
    Numeric,
    Select,
    Text,
    and_,
    asc,
    case,
    cast,
    desc,
    func,
    literal,
    or_,
    select,
)
from sqlalchemy.dialects.postgresql import ARRAY

from job_core.job import Job, State
from job_core.store.read import BUT_RESULT, JobFilter, newest_query
from job_core.store.rows import job_of
from job_core.store.tables import jobs


@dataclass(frozen=True, kw_only=True)
class JobNumbers:
    """A job without its result, but for some numbers of it; None where it has none."""

    job: Job
    numbers: Mapping[str, int | None]


Paths = Mapping[str, Sequence[str]]  # where in a result each number stands


def numbers_of_batch(
    connection: Connection,
    batch_id: UUID,
    owner: str | None,
    paths: Paths,
    *,
    order: str | None,
    limit: int,
    offset: int,
) -> list[JobNumbers]:
    """Jobs of a batch, as they were submitted; or the one with the largest number `order` first; or by their label.

    A job that was repeated is left out for its repetition, which joined the batch.
    """
    sorts = {name: desc(_number(path)).nulls_last() for name, path in paths.items()} | {"label": asc(jobs.c.label)}
    asked = _numbers(select(*BUT_RESULT), paths).where(*_of_batch(batch_id, owner))
    first = [sorts[order]] if order is not None else []
    return _with_numbers(connection, asked.order_by(*first, jobs.c.id).limit(limit).offset(offset), paths)


def totals_of_batch(
    connection: Connection, batch_id: UUID, owner: str | None, paths: Paths
) -> tuple[dict[State, int], dict[str, int]]:
    """How many jobs of a batch are in each state, and the sum of each number; states that none is in are left out."""
    sums = [func.coalesce(func.sum(_number(path)), 0).label(name) for name, path in paths.items()]
    asked = select(jobs.c.state, func.count().label("jobs"), *sums).where(*_of_batch(batch_id, owner))
    rows = connection.execute(asked.group_by(jobs.c.state)).mappings().all()
    states = {State(row["state"]): row["jobs"] for row in rows}
    return states, {name: int(sum(row[name] for row in rows)) for name in paths}


def numbers_of_label(connection: Connection, job: Job, paths: Paths, limit: int) -> list[JobNumbers]:
    """The jobs of the kind, label and owner of `job` that succeeded, the newest first."""
    which = JobFilter(owner=job.owner, kind=job.kind, label=job.label, state=State.SUCCESS)
    asked = _numbers(newest_query(which).with_only_columns(*BUT_RESULT).limit(limit), paths)
    return _with_numbers(connection, asked, paths)


def _of_batch(batch_id: UUID, owner: str | None) -> tuple[ColumnElement[bool], ...]:
    repetition = jobs.alias()
    is_later = and_(repetition.c.retry_of == jobs.c.retry_of, repetition.c.id > jobs.c.id)  # repeated twice at once
    is_repeated = select(repetition.c.id).where(
        repetition.c.batch_id == batch_id, or_(repetition.c.retry_of == jobs.c.id, is_later)
    )
    return jobs.c.batch_id == batch_id, jobs.c.owner.is_not_distinct_from(owner), ~is_repeated.exists()


def _numbers(asked: Select[Any], paths: Paths) -> Select[Any]:
    return asked.add_columns(*(_number(path).label(f"number_{name}") for name, path in paths.items()))


def _number(path: Sequence[str]) -> ColumnElement[Any]:
    place = literal(list(path), ARRAY(Text))
    kind = func.json_typeof(jobs.c.result.op("#>")(place))
    return case((kind == "number", cast(jobs.c.result.op("#>>", return_type=Text())(place), Numeric)))


def _with_numbers(connection: Connection, asked: Select[Any], paths: Paths) -> list[JobNumbers]:
    found = []
    for row in connection.execute(asked):
        values = {name: getattr(row, f"number_{name}") for name in paths}
        numbers = {name: None if value is None else int(value) for name, value in values.items()}
        found.append(JobNumbers(job=job_of(row), numbers=numbers))
    return found
