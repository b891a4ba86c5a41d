"""Accepting jobs, once each, and cancelling them."""

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from uuid_utils.compat import uuid7

from job_core.errors import IdempotencyKeyReused, UnknownJob
from job_core.job import Job, NewJob, State, Step
from job_core.store.database import TRANSACTION_SECONDS, Database
from job_core.store.events import record_accepted, record_steps
from job_core.store.read import find_requests

IDEMPOTENCY_KEY_LIFETIME = timedelta(hours=24)
FEW = 12  # jobs that come together wait with those that come alone: a crawl's lanes, say. More are in bulk

_ACCEPT = "SELECT * FROM accept_jobs(%s, %s, %s, %s, %s, %s)"
_UNPUBLISH = """
    WITH waiting AS MATERIALIZED (
        SELECT id FROM jobs WHERE id = ANY(%s::uuid[]) AND state = 'PENDING' FOR NO KEY UPDATE SKIP LOCKED
    )
    UPDATE jobs SET published_at = NULL WHERE id IN (SELECT id FROM waiting) RETURNING id
"""


@dataclass(frozen=True, kw_only=True)
class Accepted:
    """The jobs, in the order of the request. `is_new` is False where the request was a repetition.

    Those of a repetition may have ended, and are without their results: a thousand results may be large.
    """

    jobs: tuple[Job, ...]
    is_new: bool


@dataclass(frozen=True, kw_only=True)
class IdempotencyKey:
    """The caller's key, and the SHA-256 of the request that came with it. Each owner has keys of its own."""

    key: str
    fingerprint: bytes
    owner: str | None = None


def accept(
    database: Database,
    new_jobs: Sequence[NewJob],
    key: IdempotencyKey | None = None,
    *,
    at_once: int,
    seconds: float = TRANSACTION_SECONDS,
    first_answer_seconds: float = math.inf,
) -> Accepted:
    """Write and commit a row for each of `new_jobs`. A job is parked, and has no message, if its limit key is full.

    Several jobs are a batch, but for those that join an earlier one.

    With a `key` that came within 24 hours, nothing is written and the jobs of that time are named again; raises
    IdempotencyKeyReused if it came with another request then, UnknownJob if a job of that time is not kept any more,
    and DatabaseUnavailable as `Database.commit` does.
    """
    if len(new_jobs) > 1:
        batch_id = uuid7()
        new_jobs = [replace(new, batch_id=new.batch_id or batch_id) for new in new_jobs]
    ids, rows = as_rows(new_jobs)
    stands_for = (key.key, key.owner, key.fingerprint, IDEMPOTENCY_KEY_LIFETIME) if key else (None,) * 4
    written = database.commit(
        _ACCEPT, rows, at_once, *stands_for, seconds=seconds, first_answer_seconds=first_answer_seconds
    )
    if written and written[0][-1] is not None:
        return _repeated(database, [row[0] for row in written], is_same=written[0][-1])
    times = {job_id: times for job_id, *times in written}
    jobs = tuple(
        _job(job_id, new, *times[job_id], bulk=len(ids) > FEW) for job_id, new in zip(ids, new_jobs, strict=True)
    )
    record_accepted(jobs)
    return Accepted(jobs=jobs, is_new=True)


def repetition(database: Database, key: IdempotencyKey, *, seconds: float = TRANSACTION_SECONDS) -> Accepted | None:
    """The jobs of the earlier request with `key`, or None if `accept` would make new ones. Raises as it does."""
    known = database.call(
        "SELECT job_ids, fingerprint = %s FROM idempotency_keys"
        " WHERE key = %s AND owner IS NOT DISTINCT FROM %s AND created_at >= now() - %s",
        key.fingerprint,
        key.key,
        key.owner,
        IDEMPOTENCY_KEY_LIFETIME,
        seconds=seconds,
    )
    return _repeated(database, known[0][0], is_same=known[0][1]) if known else None


def as_rows(new_jobs: Sequence[NewJob], *, owner: str | None = None) -> tuple[list[UUID], str]:
    """Their new ids, and `new_jobs` as `insert_jobs` takes them. Those of no owner become `owner`'s."""
    ids = [uuid7() for _ in new_jobs]
    rows = [
        {"id": str(job_id), **vars(new), "owner": new.owner or owner, "bulk": len(new_jobs) > FEW}
        for job_id, new in zip(ids, new_jobs, strict=True)
    ]
    return ids, json.dumps(rows, default=str)


def unpublish(database: Database, job_ids: Sequence[UUID], *, seconds: float = TRANSACTION_SECONDS) -> None:
    """Note that the broker has no messages for `job_ids`, so that the reconciler sends them in its next round.

    For a row that is locked now, it finds that out by itself.
    """
    database.call(_UNPUBLISH, list(job_ids), seconds=seconds)


def cancel(database: Database, job_id: UUID, *, seconds: float = TRANSACTION_SECONDS) -> bool:
    """Make the job REVOKED, whatever it is doing, and its open children. False if it has ended, or does not exist."""
    rows = database.commit("SELECT * FROM cancel_job(%s)", job_id, seconds=seconds)
    record_steps(map(Step._make, rows))
    return bool(rows)


def _repeated(database: Database, job_ids: Sequence[UUID], *, is_same: bool) -> Accepted:
    if not is_same:
        raise IdempotencyKeyReused("Use a new key for a new request, or repeat the first request unchanged.")
    with database.reading() as connection:
        found = find_requests(connection, job_ids)
    if len(found) < len(job_ids):
        raise UnknownJob("The jobs created with this Idempotency-Key have been deleted. Use a new key.")
    return Accepted(jobs=tuple(found), is_new=False)


def _job(
    job_id: UUID,
    new: NewJob,
    created_at: datetime,
    published_at: datetime,
    parked_at: datetime | None,
    _: object,
    *,
    bulk: bool,
) -> Job:
    """The row that was just written."""
    return Job(
        id=job_id,
        state=State.PENDING,
        created_at=created_at,
        published_at=published_at,
        parked_at=parked_at,
        bulk=bulk,
        **vars(new),
    )
