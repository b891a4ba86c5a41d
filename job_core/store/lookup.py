"""Answering questions about jobs; nothing here writes."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, Row, Select, Text, Uuid, any_, func, literal, select
from sqlalchemy.dialects.postgresql import ARRAY, array

from job_core.job import Attempt, Job, OnFailure, State, Step
from job_core.store.tables import attempts, jobs, workers


@dataclass(frozen=True, kw_only=True)
class JobFilter:
    """Which jobs a list holds. None means any, save that `owner` None means jobs that came without a key.

    `before` is the id of the last job of the page before.
    """

    owner: str | None = None
    state: State | None = None
    kind: str | None = None
    url: str | None = None
    before: UUID | None = None


def find(connection: Connection, job_id: UUID) -> Job | None:
    """The whole row."""
    row = connection.execute(select(jobs).where(jobs.c.id == job_id)).one_or_none()
    return None if row is None else job_of(row)


def find_all(connection: Connection, job_ids: Sequence[UUID]) -> list[Job]:
    """The rows of `job_ids`, in their order; unknown ones are left out."""
    found = {row.id: job_of(row) for row in connection.execute(select(jobs).where(jobs.c.id.in_(job_ids)))}
    return [found[job_id] for job_id in job_ids if job_id in found]


def attempts_by_job(connection: Connection, job_ids: Sequence[UUID]) -> Mapping[UUID, list[Attempt]]:
    """Every attempt of each of the jobs, the first one first."""
    asked = (
        select(attempts, workers.c.name.label("worker"))
        .join(workers, workers.c.id == attempts.c.worker_id)
        .where(attempts.c.job_id.in_(job_ids))
        .order_by(attempts.c.job_id, attempts.c.number)
    )
    found: defaultdict[UUID, list[Attempt]] = defaultdict(list)
    for row in connection.execute(asked):
        attempt = Attempt(
            number=row.number,
            worker=row.worker,
            started_at=row.started_at,
            ended_at=row.ended_at,
            outcome=row.outcome,
            error=row.error,
        )
        found[row.job_id].append(attempt)
    return found


def newest(connection: Connection, which: JobFilter, limit: int) -> list[Job]:
    """Up to `limit` jobs, the newest first."""
    return [job_of(row) for row in connection.execute(newest_query(which).limit(limit))]


def newest_query(which: JobFilter) -> Select[Any]:
    """What asks for the jobs, the newest first. Ids are UUIDv7, so their order is that of time.

    Each kind of filter has an index that holds its jobs in this order, and the query is such that no other index
    gives that order. Else PostgreSQL likes to walk over all jobs from the newest on and to pass over those that do not
    match, which is slow when they are many, as after a surge of waiting ones.
    """
    leading = _leading(which)
    asked = select(jobs).order_by(*(column.desc() for column, _ in leading), jobs.c.id.desc())
    for column, value in leading:
        # For a plain equality, PostgreSQL would drop the column from the order.
        asked = asked.where(column == any_(array([value])))
    if which.owner is None:
        asked = asked.where(jobs.c.owner.is_(None))
    if which.url is not None:
        asked = asked.where(jobs.c.url == which.url, *_kind_and_state(which))
    if which.before is not None:
        asked = asked.where(jobs.c.id < which.before)
    return asked


def count_waiting(connection: Connection, *, at_most: int) -> int:
    """How many jobs wait for a worker; counting stops at `at_most`."""
    waiting = select(jobs.c.id).where(jobs.c.state == State.PENDING).limit(at_most).subquery()
    return connection.execute(select(func.count()).select_from(waiting)).scalar_one()


def _leading(which: JobFilter) -> list[tuple[ColumnElement[str], ColumnElement[str]]]:
    """The columns before `id` in the index for this filter, each with its value."""
    owner = [(jobs.c.owner, which.owner)]
    if which.url is not None:
        return [*_given(owner), (func.md5(jobs.c.url), func.md5(which.url))]
    return _given([*owner, (jobs.c.kind, which.kind), (jobs.c.state, which.state)])


def _given(
    asked: Sequence[tuple[ColumnElement[str], str | None]],
) -> list[tuple[ColumnElement[str], ColumnElement[str]]]:
    return [(column, literal(value, Text)) for column, value in asked if value is not None]


def _kind_and_state(which: JobFilter) -> list[ColumnElement[bool]]:
    asked = ((jobs.c.kind, which.kind), (jobs.c.state, which.state))
    return [column == value for column, value in asked if value is not None]


def steps_of(connection: Connection, job_ids: Collection[UUID]) -> dict[UUID, Step]:
    """Where each of `job_ids` is on its way; those that do not exist any more are left out."""
    columns = (jobs.c.id, jobs.c.attempt, jobs.c.state, jobs.c.parked_at)
    asked = select(*columns).where(jobs.c.id == any_(literal(job_ids, ARRAY(Uuid))))
    return {
        row.id: Step(attempt=row.attempt, state=State(row.state), parked_at=row.parked_at)
        for row in connection.execute(asked)
    }


def job_of(row: Row[Any]) -> Job:
    """The row as a value."""
    columns = dict(row._mapping)  # noqa: SLF001 - SQLAlchemy's documented name
    del columns["worker_id"]
    return Job(**columns | {"state": State(row.state), "on_failure": OnFailure(row.on_failure)})
