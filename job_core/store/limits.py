"""Limits on jobs of one key, across all workers: attempts at a time, the gap between two starts, and pauses.

A job whose key has no room is *parked*: it stays PENDING, has no message, and spends nothing. When an attempt on that
key ends, its oldest parked job is released: its message goes to the queue of those that have waited before, which
workers take from in turn with the other. What nobody released in time, the reconciler releases.
"""

from datetime import timedelta

from job_core.config import Limits
from job_core.errors import CoreError, TransientError
from job_core.job import Message, Step
from job_core.retrying import asked_wait
from job_core.store.database import Database
from job_core.store.events import record_steps

BATCH = 1_000


def release_all(database: Database, limits: Limits) -> list[Message]:
    """Release parked jobs of every key with room, as many as it has room for, up to BATCH keys; oldest first."""
    most = 1 if limits.gap_seconds > 0 else limits.at_once
    rows = database.call("SELECT * FROM release_all(%s, %s, %s)", limits.at_once, most, BATCH)
    return sorted(record_steps(map(Step._make, rows)), key=lambda message: message.job_id)


def seconds_to_next_pause_end(database: Database) -> float | None:
    """In how many seconds the first pause ends that parked jobs wait for; None if there is none."""
    ((seconds,),) = database.call("SELECT seconds_to_next_pause_end()")
    return None if seconds is None else float(seconds)


def asked_pause(error: CoreError | None) -> timedelta | None:
    """How long no job of the error's limit key may begin because of it; None if it asks for nothing."""
    if not isinstance(error, TransientError) or error.limit_key is None:
        return None
    return timedelta(seconds=asked_wait(error)) or None
