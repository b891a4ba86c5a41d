"""What the page says about a job, in words and figures."""

import json
from datetime import UTC, datetime, timedelta

from job_core.job import Job, JsonObject, State
from job_manager.admission import MAX_COUNTED

SAYS = {
    State.PENDING: "waiting",
    State.STARTED: "running",
    State.RETRY: "to be tried again",
    State.SUCCESS: "done",
    State.FAILURE: "failed",
    State.REVOKED: "cancelled",
}
OUTCOMES = {
    "SUCCESS": "done",
    "FAILURE": "failed",
    "RETRY": "failed, to be tried again",
    "REVOKED": "cancelled",
    "CRASHED": "its process died or ran out of time",
    "GIVEN BACK": "given back by a worker that stopped",
    "LOST": "its worker was lost",
}
KILO = 1_000


def sentence(job: Job) -> str:
    """Where the job is, in one sentence without its full stop."""
    last = last_attempt(job)
    match job.state:
        case State.PENDING if job.parked_at is not None:
            said = "Waits for room at its host"
        case State.PENDING if job.attempt:
            said = f"Waits for a worker to make attempt {job.attempt + 1} of {last}"
        case State.PENDING:
            said = "Waits for a worker"
        case State.STARTED:
            said = f"Attempt {job.attempt} of {last} is running"
        case State.RETRY:
            said = f"Attempt {job.attempt} of {last} did not work; the next is due"
        case State.SUCCESS:
            said = f"Done in attempt {job.attempt}" if job.attempt > 1 else "Done"
        case State.FAILURE:
            is_last = job.attempts_used >= job.max_attempts or job.crashes >= job.max_crashes
            said = f"Failed in attempt {job.attempt}{', the last' if is_last else ''}"
        case State.REVOKED:
            said = "Cancelled"
    return said


def last_attempt(job: Job) -> int:
    """The number that the last attempt can have: those that a lost worker or a deploy ended do not count."""
    counted = job.attempts_used + (1 if job.state in {State.STARTED, State.SUCCESS} else 0)
    return max(job.max_attempts + job.attempt - counted, job.attempt)


def gist(job: Job) -> str:
    """The same for a line of the list, in a few words."""
    match job.state:
        case State.SUCCESS if job.result is not None and isinstance(job.result.get("words"), int):
            return f"{job.result['words']:,} words"
        case State.FAILURE if job.error is not None:
            return str(job.error.get("title") or job.error.get("type"))
        case State.STARTED | State.RETRY:
            return f"attempt {job.attempt} of {last_attempt(job)}"
        case _:
            return ""


def bounded(count: int) -> str:
    """A count that stops at MAX_COUNTED."""
    return f"{MAX_COUNTED:,}+" if count > MAX_COUNTED else f"{count:,}"


def duration(length: timedelta) -> str:
    """Rounded to what a person wants to know: 8 ms, 1.4 s, 12 s, 3 min 5 s."""
    seconds = max(length.total_seconds(), 0.0)
    if seconds < 1:
        return f"{round(seconds * KILO)} ms"
    if seconds < 10:  # noqa: PLR2004 - from here on a tenth is not worth its place
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours:,} h {minutes} min"
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


def milliseconds(length: float) -> str:
    """A length in milliseconds as a duration."""
    return duration(timedelta(milliseconds=length))


def size(count: int) -> str:
    """Bytes, in decimal units."""
    if count < KILO:
        return f"{count} bytes"
    return f"{count / KILO:.1f} kB" if count < KILO * KILO else f"{count / KILO / KILO:.1f} MB"


def pretty(value: JsonObject) -> str:
    """JSON for people."""
    return json.dumps(value, indent=2, ensure_ascii=False)


def moment(time: datetime) -> str:
    """A time for browsers without script, which show it as it is: 24 Nov, 08:12:10 UTC."""
    return time.astimezone(UTC).strftime("%-d %b, %H:%M:%S UTC")
