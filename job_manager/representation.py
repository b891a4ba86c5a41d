"""Jobs as the HTTP interface shows them."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from job_tasks.jobs.job import Attempt, Job, WholeJob

JsonObject = dict[str, Any]


def job_json(job: Job) -> JsonObject:
    """The whole job, as its row has it."""
    return {
        "id": str(job.id),
        "kind": job.kind,
        "url": job.url,
        "status": job.state,
        "request": job.request,
        "attempt": job.attempt,
        "attempts_used": job.attempts_used,
        "max_attempts": job.max_attempts,
        "crashes": job.crashes,
        "max_crashes": job.max_crashes,
        "on_failure": job.on_failure,
        "retry_of": None if job.retry_of is None else str(job.retry_of),
        "created_at": timestamp(job.created_at),
        "due_at": timestamp(job.due_at),
        "started_at": timestamp(job.started_at),
        "finished_at": timestamp(job.finished_at),
        "result": job.result,
        "error": job.error,
    }


def whole_json(whole: WholeJob) -> JsonObject:
    """The whole job with all its attempts."""
    return job_json(whole.job) | {"attempts": attempts_json(whole.attempts)}


def attempts_json(attempts: Sequence[Attempt]) -> list[JsonObject]:
    """Every attempt, the first one first."""
    return [
        {
            "number": attempt.number,
            "worker": attempt.worker,
            "started_at": timestamp(attempt.started_at),
            "ended_at": timestamp(attempt.ended_at),
            "outcome": attempt.outcome,
            "error": attempt.error,
        }
        for attempt in attempts
    ]


def timestamp(time: datetime | None) -> str | None:
    """RFC 3339 in UTC, to the millisecond."""
    if time is None:
        return None
    return time.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
