"""Workers: one row for each start of a worker process, and its beat."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

import structlog

from job_core.errors import DatabaseLocked
from job_core.job import Step
from job_core.store.database import Database
from job_core.store.events import record_steps

BEAT_SECONDS = 3.0
LOST_AFTER = timedelta(seconds=9)  # three beats

log = structlog.get_logger()


@dataclass(frozen=True, kw_only=True)
class Beat:
    """What a worker learns from its beat: whether it still counts, and which of its jobs were cancelled."""

    is_alive: bool
    revoked: frozenset[UUID]


def register(database: Database, worker_id: UUID, name: str, *, seconds: float) -> None:
    """Note a worker's start. It may claim jobs from now on."""
    database.commit(
        "INSERT INTO workers (id, name) VALUES (%s, %s) ON CONFLICT DO NOTHING RETURNING id",
        worker_id,
        name,
        seconds=seconds,
    )


def beat(database: Database, worker_id: UUID, running: Sequence[UUID], *, seconds: float) -> Beat:
    """Note that the worker lives, and that its processes work on `running`.

    What else it holds, for longer than a process takes to report that it has begun, is given back: it is a claim whose
    answer never came.
    """
    statement = "SELECT * FROM worker_beat(%s, %s::uuid[], %s)"
    ((is_alive, revoked, idle),) = database.call(statement, worker_id, list(running), LOST_AFTER, seconds=seconds)
    if idle:
        log.warning("gives back claims that no process works on", job_ids=[str(job_id) for job_id in idle])
        with suppress(DatabaseLocked):  # the next beat finds them again
            rows = database.call("SELECT * FROM give_back_idle(%s, %s::uuid[])", worker_id, idle, seconds=seconds)
            record_steps(map(Step._make, rows))
    return Beat(is_alive=is_alive, revoked=frozenset(revoked))


def stop(database: Database, worker_id: UUID, *, seconds: float) -> int:
    """Deregister the worker: it claims no more, and what it holds is given back; returns how many jobs that is."""
    rows = database.call("SELECT * FROM stop_worker(%s)", worker_id, seconds=seconds)
    record_steps(map(Step._make, rows))
    return len(rows)
