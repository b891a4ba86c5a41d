"""Accepting jobs, once each, and cancelling them."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from sqlalchemy import Connection, func, select, text, update
from sqlalchemy.dialects.postgresql import insert as upsert
from uuid_utils.compat import uuid7

from job_core.errors import IdempotencyKeyReused, UnknownJob
from job_core.job import CANCELLABLE, Job, NewJob, State
from job_core.store.events import TOLD, tell_accepted, tell_cancelled
from job_core.store.lookup import find_all, job_of
from job_core.store.tables import attempts, idempotency_keys, jobs

IDEMPOTENCY_KEY_LIFETIME = timedelta(hours=24)

_HAS_EXPIRED = idempotency_keys.c.created_at < func.now() - IDEMPOTENCY_KEY_LIFETIME

# All in one statement of one array for each column: what the caller does between two statements of a transaction counts
# as time in which it is idle. Whether a host is full is asked once for each host.
_ACCEPT = text("""
    INSERT INTO jobs (
        id, kind, url, host, request, on_failure, max_attempts, max_crashes, retry_of, owner, callback_url,
        published_at, parked_at
    )
    WITH asked AS (
        SELECT *, row_number() OVER (PARTITION BY host ORDER BY place) AS place_at_host
        FROM unnest(
            CAST(:id AS uuid[]), CAST(:kind AS text[]), CAST(:url AS text[]), CAST(:host AS text[]),
            CAST(:request AS json[]), CAST(:on_failure AS text[]), CAST(:max_attempts AS smallint[]),
            CAST(:max_crashes AS smallint[]), CAST(:retry_of AS uuid[]), CAST(:owner AS text[]),
            CAST(:callback_url AS text[])
        ) WITH ORDINALITY AS one (
            id, kind, url, host, request, on_failure, max_attempts, max_crashes, retry_of, owner, callback_url, place
        )
    ), full_hosts AS (
        SELECT one.host
        FROM (SELECT DISTINCT host FROM asked) AS one
        WHERE EXISTS (SELECT FROM jobs WHERE jobs.host = one.host AND parked_at IS NOT NULL)
           OR (SELECT count(*)
               FROM (SELECT FROM jobs WHERE jobs.host = one.host AND state IN ('PENDING', 'STARTED')
                                        AND parked_at IS NULL LIMIT :at_once) AS under_way) >= :at_once
    )
    SELECT id, kind, url, host, request, on_failure, max_attempts, max_crashes, retry_of, owner, callback_url,
           clock_timestamp(),
           CASE WHEN place_at_host > :at_once OR host IN (SELECT host FROM full_hosts) THEN now() END
    FROM asked
    RETURNING *
""").columns(**{column.name: column.type for column in jobs.c})


@dataclass(frozen=True, kw_only=True)
class Accepted:
    """The jobs, in the order of the request. `is_new` is False where the request was a repetition."""

    jobs: tuple[Job, ...]
    is_new: bool


@dataclass(frozen=True, kw_only=True)
class IdempotencyKey:
    """The caller's key, and the SHA-256 of the request that came with it. Each owner has keys of its own."""

    key: str
    fingerprint: bytes
    owner: str | None = None


def accept(
    connection: Connection, new_jobs: Sequence[NewJob], key: IdempotencyKey | None = None, *, at_once_per_host: int
) -> Accepted:
    """Write a row for each of `new_jobs` in one statement; they are kept once `connection` commits.

    With a `key` that came within 24 hours, nothing is written and the jobs of that time are named again; raises
    IdempotencyKeyReused if it came with another request then, UnknownJob if a job of that time is not kept any more.

    A row's `published_at` says from the start that its message is sent: the caller sends it right after the commit.
    If it dies before, the reconciler finds the row by that time; if the broker refuses, `unpublish` says so.

    A job is parked at once if others of its host are, or if `at_once_per_host` of them are under way already, those
    before it in `new_jobs` included: it has no message, since all that workers could do about one is to park its job.
    """
    ids = tuple(uuid7() for _ in new_jobs)
    if key is not None and (known := _remember(connection, key, ids)) is not None:
        return Accepted(jobs=_jobs_of_key(connection, known), is_new=False)
    columns = _columns(ids, new_jobs) | {"at_once": at_once_per_host}
    written = {row.id: job_of(row) for row in connection.execute(_ACCEPT, columns)}
    tell_accepted(connection, written.values())
    return Accepted(jobs=tuple(written[job_id] for job_id in ids), is_new=True)


def repetition(connection: Connection, key: IdempotencyKey) -> Accepted | None:
    """The jobs of the earlier request with `key`, or None if `accept` would make new ones. Raises as it does."""
    known = _known(connection, key)
    return None if known is None else Accepted(jobs=_jobs_of_key(connection, known), is_new=False)


def _columns(ids: Sequence[UUID], new_jobs: Sequence[NewJob]) -> dict[str, object]:
    """The values of each column, in the order of `new_jobs`."""
    names = ("kind", "url", "host", "on_failure", "max_attempts", "max_crashes", "owner", "callback_url")
    columns: dict[str, object] = {name: [getattr(job, name) for job in new_jobs] for name in names}
    return columns | {
        "id": [str(job_id) for job_id in ids],
        "request": [json.dumps(job.request) for job in new_jobs],
        "retry_of": [None if job.retry_of is None else str(job.retry_of) for job in new_jobs],
    }


def _remember(connection: Connection, key: IdempotencyKey, ids: tuple[UUID, ...]) -> tuple[UUID, ...] | None:
    """The jobs that `key` made earlier, or None now that it stands for `ids`.

    A second request with the same key waits in the INSERT until the first has committed.
    """
    fresh = {"fingerprint": key.fingerprint, "job_ids": list(ids), "created_at": func.now()}
    statement = upsert(idempotency_keys).values(key=key.key, owner=key.owner, **fresh)
    statement = statement.on_conflict_do_update(index_elements=["key", "owner"], set_=fresh, where=_HAS_EXPIRED)
    if connection.execute(statement.returning(idempotency_keys.c.key)).first() is not None:
        return None
    return _known(connection, key)


def _known(connection: Connection, key: IdempotencyKey) -> tuple[UUID, ...] | None:
    """The jobs that `key` stands for, or None if it came with no request, or came too long ago."""
    same = (idempotency_keys.c.key == key.key, idempotency_keys.c.owner.is_not_distinct_from(key.owner))
    known = connection.execute(select(idempotency_keys).where(*same, ~_HAS_EXPIRED)).one_or_none()
    if known is None:
        return None
    if bytes(known.fingerprint) != key.fingerprint:
        raise IdempotencyKeyReused("Use a new key for a new request, or repeat the first request unchanged.")
    return tuple(known.job_ids)


def _jobs_of_key(connection: Connection, job_ids: tuple[UUID, ...]) -> tuple[Job, ...]:
    found = tuple(find_all(connection, job_ids))
    if len(found) < len(job_ids):
        raise UnknownJob("What this Idempotency-Key made ended longer ago than results are kept. Use a new key.")
    return found


def unpublish(connection: Connection, job_ids: Sequence[UUID]) -> None:
    """Note that the broker has no messages for `job_ids`, so that the reconciler sends them in its next round."""
    waiting = (jobs.c.id.in_(job_ids), jobs.c.state == State.PENDING)
    connection.execute(update(jobs).where(*waiting).values(published_at=None))


def cancel(connection: Connection, job_id: UUID) -> bool:
    """Make the job REVOKED, whatever it is doing. False if there is none that could be cancelled."""
    cancelled = (
        update(jobs)
        .where(jobs.c.id == job_id, jobs.c.state.in_(CANCELLABLE))
        .values(state=State.REVOKED, finished_at=func.now(), worker_id=None, due_at=None, parked_at=None)
        .returning(*TOLD)
    )
    row = connection.execute(cancelled).one_or_none()
    if row is None:
        return False
    running = (attempts.c.job_id == job_id, attempts.c.ended_at.is_(None))
    ended = connection.execute(
        update(attempts).where(*running).values(ended_at=func.now(), outcome=State.REVOKED)
    ).rowcount
    tell_cancelled(connection, row, was_running=ended > 0)
    return True
