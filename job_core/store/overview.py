"""How things stand in the job store right now, in one question that stays cheap however many jobs there are."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Column, Connection, ScalarSelect, Select, any_, func, literal, select
from sqlalchemy.dialects.postgresql import array

from job_core.job import State
from job_core.store.tables import jobs, workers

COUNTED = 10_000  # jobs of a state at which counting stops
OLDEST = 200  # waiting jobs among which the one that waits longest is looked for


@dataclass(frozen=True, kw_only=True)
class Overview:
    """Jobs that have not ended, by state; how long the longest has waited; and the workers that live."""

    waiting: int
    started: int
    retrying: int
    longest_wait_seconds: float
    workers: int


def overview(connection: Connection, *, at_most: int = COUNTED) -> Overview:
    """How things stand; counting the jobs of a state stops at `at_most`.

    The wait is that since a job was accepted, of jobs that no transient error has made wait: those wait on purpose.
    """
    alive = select(func.count()).where(workers.c.stopped_at.is_(None), workers.c.lost_at.is_(None))
    row = connection.execute(
        select(
            _count(State.PENDING, at_most).label("waiting"),
            _count(State.STARTED, at_most).label("started"),
            _count(State.RETRY, at_most).label("retrying"),
            _longest_wait().label("longest_wait_seconds"),
            alive.scalar_subquery().label("workers"),
        )
    ).one()
    return Overview(
        waiting=row.waiting,
        started=row.started,
        retrying=row.retrying,
        longest_wait_seconds=float(row.longest_wait_seconds or 0),
        workers=row.workers,
    )


def _count(state: State, at_most: int) -> ScalarSelect[int]:
    counted = _oldest(state, at_most, jobs.c.id).subquery()
    return select(func.count()).select_from(counted).scalar_subquery()


def _longest_wait() -> ScalarSelect[float]:
    oldest = _oldest(State.PENDING, OLDEST, jobs.c.created_at, jobs.c.attempts_used).subquery()
    wait = func.extract("epoch", func.now() - func.min(oldest.c.created_at))
    return select(wait).where(oldest.c.attempts_used == 0).scalar_subquery()


def _oldest(state: State, at_most: int, *columns: Column[Any]) -> Select[Any]:
    """The first accepted jobs of a state, in the order of the index `jobs_by_state`.

    Asked like this, PostgreSQL has no other way: see `lookup.newest_query`. It would read the whole table for jobs of a
    state that it takes to be frequent.
    """
    of_state = jobs.c.state == any_(array([literal(state.value)]))
    return select(*columns).where(of_state).order_by(jobs.c.state, jobs.c.id).limit(at_most)
