"""Limits per host, across all workers: attempts at a time, the gap between two starts, and pauses that a site asks for.

A job whose host has no room is *parked*: it stays PENDING, has no message, and spends nothing. When an attempt on that
host ends, the oldest parked job is released. What nobody released in time, the reconciler releases.

A released job goes to the queue's front if it is older than the job that is next there: it has waited already, or would
have been there before. Else it goes to the end: if all went to the front, hosts with many jobs would keep it to
themselves, and jobs already there would never have their turn.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    Uuid,
    bindparam,
    case,
    exists,
    func,
    literal,
    or_,
    select,
    text,
    update,
)
from sqlalchemy.dialects.postgresql import insert as upsert

from job_core.errors import CoreError, TransientError
from job_core.job import Message, State
from job_core.store.retrying import asked_pause
from job_core.store.tables import host_pauses, jobs

_LOCKS = 0x686F7374  # the first half of each lock's key; any number that nobody else locks
BATCH = 1_000

# Hosts are found by one step in an index for each, however many jobs are parked on them. A host whose gap begins with
# each start has room for one at a time.
_RELEASE_ALL = text("""
    WITH RECURSIVE parked (host) AS (
        (SELECT host FROM jobs WHERE parked_at IS NOT NULL ORDER BY host LIMIT 1)
        UNION ALL
        SELECT (SELECT jobs.host FROM jobs WHERE parked_at IS NOT NULL AND jobs.host > parked.host
                ORDER BY jobs.host LIMIT 1)
        FROM parked WHERE parked.host IS NOT NULL
    ), chosen AS (
        SELECT oldest.id
        FROM parked,
             LATERAL (SELECT count(*) AS under_way
                      FROM (SELECT FROM jobs WHERE jobs.host = parked.host AND state IN ('PENDING', 'STARTED')
                                               AND parked_at IS NULL AND kind = ANY(:kinds)
                            LIMIT :at_once) AS few) AS busy,
             LATERAL (SELECT id FROM jobs WHERE jobs.host = parked.host AND parked_at IS NOT NULL ORDER BY id
                      LIMIT least(:at_once - busy.under_way, :most) FOR UPDATE SKIP LOCKED) AS oldest
        WHERE NOT EXISTS (SELECT FROM host_pauses WHERE host_pauses.host = parked.host AND until > clock_timestamp())
        LIMIT :batch
    )
    UPDATE jobs
    SET parked_at = NULL, published_at = CASE WHEN id > :next_in_queue THEN clock_timestamp() ELSE published_at END
    WHERE id IN (SELECT id FROM chosen)
    RETURNING id, kind, published_at
""").bindparams(bindparam("next_in_queue", type_=Uuid))


@dataclass(frozen=True, kw_only=True)
class HostLimits:
    """What one host is spared: more than `at_once` attempts at a time, and starts less than `gap_seconds` apart."""

    at_once: int
    gap_seconds: float


def park_if_full(connection: Connection, job_id: UUID, limits: HostLimits) -> bool:
    """Park the job if it waits and its host has no room now. If not, a claim in this transaction keeps the limits.

    One transaction at a time parks, claims or releases for a host, by a lock that it holds to its end.
    """
    waiting = (jobs.c.id == job_id, jobs.c.state == State.PENDING)
    host = connection.execute(select(jobs.c.host, _lock_of(jobs.c.host)).where(*waiting)).scalar()
    if host is None:
        return False
    # A statement of its own: it sees what was committed until the lock was had.
    running = select(func.count()).where(jobs.c.host == host, jobs.c.state == State.STARTED).scalar_subquery()
    full = or_(running >= limits.at_once, _is_paused(host))
    if connection.execute(update(jobs).where(*waiting, full).values(parked_at=func.now())).rowcount == 1:
        return True
    if limits.gap_seconds > 0:
        _pause_until(connection, host, func.clock_timestamp() + timedelta(seconds=limits.gap_seconds))
    return False


def lock(connection: Connection, host: str | None) -> None:
    """Let no other transaction park, claim or release for `host` before this one ends. Comes first in a transaction."""
    if host is not None:
        connection.execute(select(_lock_of(literal(host))))


def pause_as_asked(connection: Connection, error: CoreError | None) -> None:
    """Let no attempt begin on a host that answered by a Retry-After, for as long; a longer pause stays as it is."""
    seconds = asked_pause(error)
    if seconds > 0 and isinstance(error, TransientError) and error.limit_key is not None:
        _pause_until(connection, error.limit_key, func.now() + timedelta(seconds=seconds))


def release_next(connection: Connection, host: str | None, next_in_queue: UUID | None) -> Sequence[Message]:
    """Release the host's oldest parked job, now that an attempt on it has ended. Its message is the caller's to send.

    The caller holds the host's lock (`lock`). A job that goes to the front of the queue keeps the `published_at` of the
    message that it was parked with. So if the caller dies, the reconciler sees by its usual rule that there is no
    message.
    """
    if host is None:
        return []
    oldest = (
        select(jobs.c.id)
        .where(jobs.c.host == host, jobs.c.parked_at.is_not(None), ~_is_paused(host))
        .order_by(jobs.c.id)
        .limit(1)
        .with_for_update(skip_locked=True)
        .cte("oldest")  # as a subquery it may run more than once, each time with another row
    )
    is_younger = jobs.c.id > literal(next_in_queue, Uuid)  # not so if there is none
    sent = case((is_younger, func.clock_timestamp()), else_=jobs.c.published_at)
    released = update(jobs).where(jobs.c.id.in_(select(oldest.c.id))).values(parked_at=None, published_at=sent)
    rows = connection.execute(released.returning(jobs.c.id, jobs.c.kind, jobs.c.published_at)).all()
    return _messages(rows, next_in_queue)


def release_all(
    connection: Connection, limits: HostLimits, next_in_queue: UUID | None, kinds: Collection[str]
) -> Sequence[Message]:
    """The same for every host with room, with as many jobs as it has room for; up to BATCH in all.

    Jobs that lie in the queue take up room as well: else each round would send more to wait there. Those of other than
    `kinds` do not: no worker knows them, so they would keep their hosts from the others without end.
    """
    most = 1 if limits.gap_seconds > 0 else limits.at_once
    bounds = {"at_once": limits.at_once, "most": most, "batch": BATCH}
    known = {"next_in_queue": next_in_queue, "kinds": list(kinds)}
    rows = connection.execute(_RELEASE_ALL, bounds | known).all()
    return _messages(sorted(rows, key=lambda row: row.id), next_in_queue)


def seconds_to_next_end(connection: Connection) -> float | None:
    """In how many seconds the first pause ends for which jobs are parked; None if there is none."""
    parked = exists().where(jobs.c.host == host_pauses.c.host, jobs.c.parked_at.is_not(None))
    left = func.extract("epoch", func.min(host_pauses.c.until) - func.clock_timestamp())
    seconds = connection.execute(select(left).where(host_pauses.c.until > func.clock_timestamp(), parked)).scalar()
    return None if seconds is None else float(seconds)


def _lock_of(host: ColumnElement[str]) -> ColumnElement[object]:
    """Waits for the lock of `host`; the lock of no host is had at once, and is none."""
    return func.pg_advisory_xact_lock(_LOCKS, func.hashtext(host))


def _is_paused(host: str) -> ColumnElement[bool]:
    return exists().where(host_pauses.c.host == literal(host), host_pauses.c.until > func.clock_timestamp())


def _pause_until(connection: Connection, host: str, until: ColumnElement[datetime]) -> None:
    paused = upsert(host_pauses).values(host=host, until=until)
    later = func.greatest(host_pauses.c.until, paused.excluded.until)
    connection.execute(paused.on_conflict_do_update(index_elements=["host"], set_={"until": later}))


def _messages(released: Iterable[Row[Any]], next_in_queue: UUID | None) -> list[Message]:
    return [
        Message(
            kind=row.kind,
            job_id=row.id,
            published_at=row.published_at if next_in_queue is not None and row.id > next_in_queue else None,
        )
        for row in released
    ]
