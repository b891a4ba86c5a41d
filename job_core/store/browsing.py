"""What a person's list of jobs asks for. Every question reads a bounded number of rows, however many jobs there are."""

from dataclasses import dataclass, replace
from uuid import UUID

from sqlalchemy import Connection, Text, func, literal, select

from job_core.job import Job, State
from job_core.store.lookup import JobFilter, job_of, newest, newest_query
from job_core.store.tables import jobs

MOST_SEARCHED = 10_000


@dataclass(frozen=True, kw_only=True)
class Page:
    """Some jobs, the newest first. The next page holds those `before`; None after the last one."""

    jobs: tuple[Job, ...]
    before: UUID | None


def page_of(connection: Connection, which: JobFilter, text: str | None, limit: int) -> Page:
    """Up to `limit` jobs, those only whose URL holds `text`, in whatever case.

    No index helps with a text, so a page looks through the newest 10,000 jobs of `which` at most. It may hold few or
    none, and the next one looks on from there.
    """
    if text is None:
        return _cut(newest(connection, which, limit + 1), limit)
    looked_through = newest_query(which).limit(MOST_SEARCHED).subquery()
    place = func.strpos(func.lower(looked_through.c.url), literal(text.lower(), Text))
    asked = select(looked_through).where(place > 0).order_by(looked_through.c.id.desc()).limit(limit + 1)
    found = [job_of(row) for row in connection.execute(asked)]
    if len(found) > limit:
        return _cut(found, limit)
    return replace(_cut(found, limit), before=_last_looked_at(connection, which))


def _cut(found: list[Job], limit: int) -> Page:
    return Page(jobs=tuple(found[:limit]), before=found[limit - 1].id if len(found) > limit else None)


def _last_looked_at(connection: Connection, which: JobFilter) -> UUID | None:
    """The oldest of the jobs that a search looked through, if there may be older ones."""
    ids = newest_query(which).with_only_columns(jobs.c.id).offset(MOST_SEARCHED - 1).limit(1)
    return connection.execute(ids).scalar_one_or_none()


def count_by_state(connection: Connection, *, owner: str | None, at_most: int) -> dict[State, int]:
    """How many jobs of `owner` are in each state; None means jobs that came without a key.

    Counting stops at `at_most`.
    """
    whose = jobs.c.owner.is_(None) if owner is None else jobs.c.owner == owner
    counts = []
    for state in State:
        some = select(jobs.c.state).where(jobs.c.state == state, whose).limit(at_most)
        counts.append(select(func.count()).select_from(some.subquery()).scalar_subquery().label(state.name))
    found = connection.execute(select(*counts)).one()
    return {State(name): count for name, count in found._mapping.items()}  # noqa: SLF001 - SQLAlchemy's documented name
