"""Jobs in words and figures, for the page."""

import json
from datetime import UTC, datetime, timedelta

from job_core.job import Job, JsonObject, Outcome, Phase, State
from job_core.kinds import Kind, plain_summary
from job_manager.admission import MAX_COUNTED
from job_tasks.job_tasks import core, count, crawl

STATE_LABELS = {
    State.PENDING: "waiting",
    State.STARTED: "running",
    State.RETRY: "waiting to retry",
    State.SUCCESS: "done",
    State.FAILURE: "failed",
    State.REVOKED: "cancelled",
}
OUTCOME_LABELS = {
    Outcome.SUCCESS: "done",
    Outcome.FAILURE: "failed",
    Outcome.RETRY: "failed, will be retried",
    Outcome.REVOKED: "cancelled",
    Outcome.CRASHED: "process died or ran out of time",
    Outcome.GIVEN_BACK: "returned by a worker that was stopping",
    Outcome.LOST: "worker lost",
    Outcome.CONTINUED: "to be continued in the next turn",
    Outcome.FANNED_OUT: "created child jobs",
}
KILO = 1_000
MAX_PRETTY = 20_000


def sentence(job: Job) -> str:
    """The state of the job, in one sentence without its full stop."""
    last = last_attempt(job)
    match job.state:
        case State.PENDING if job.parked_at is not None:
            said = "Waiting until its site has room" if "url" in job.request else "Waiting for room under its limit"
        case State.PENDING if job.attempt:
            said = f"Waiting for a worker for attempt {job.attempt + 1} of {last}"
        case State.PENDING:
            said = "Waiting for a worker"
        case State.STARTED if job.phase is Phase.AWAIT:
            said = "Waiting for its children"
        case State.STARTED:
            said = f"Attempt {job.attempt} of {last} is running"
        case State.RETRY:
            failed = f"Attempt {job.attempt} of {last} failed; the next is due"
            said = failed if job.error else "Waiting for its next turn"
        case State.SUCCESS:
            said = f"Done in attempt {job.attempt}" if job.attempt > 1 else "Done"
        case State.FAILURE:
            is_last = job.attempts_used >= job.max_attempts or job.crashes >= job.max_crashes
            said = f"Failed in attempt {job.attempt}{', the last' if is_last else ''}"
        case State.REVOKED:
            said = "Cancelled"
    return said


def last_attempt(job: Job) -> int:
    """The highest number that an attempt can get: those that a lost worker or a deploy ended do not count."""
    counted = job.attempts_used + (1 if job.state in {State.STARTED, State.SUCCESS} else 0)
    return max(job.max_attempts + job.attempt - counted, job.attempt)


def summary(job: Job) -> str:
    """The job in a few words, for a line of the list."""
    match job.state:
        case State.SUCCESS if job.result is not None:
            return kind.line(job.result) if (kind := core.kinds.get(job.kind)) else plain_summary(job.result)
        case State.FAILURE if job.error is not None:
            return str(job.error.get("title") or job.error.get("type"))
        case State.STARTED if job.phase is Phase.AWAIT:
            return "waits for its children"
        case State.STARTED | State.RETRY:
            return f"attempt {job.attempt} of {last_attempt(job)}"
        case _:
            return ""


def about(kind: Kind) -> str:
    """What jobs of a kind do: the first line of its function's docstring."""
    return (kind.work.__doc__ or "").strip().partition("\n")[0]


def asked(job: Job) -> JsonObject | None:
    """The word that was asked for with its count, of a job that succeeded."""
    found: JsonObject | None = (job.result or {}).get("word") if job.kind in {count.name, crawl.name} else None
    return found


def elapsed(start: datetime) -> float:
    """Seconds since a job or an attempt began, by the clock of this machine; 0 if that is behind the database's."""
    return max((datetime.now(UTC) - start).total_seconds(), 0.0)


def seconds(length: float) -> str:
    """A length in seconds as a duration."""
    return duration(timedelta(seconds=length))


def capped(number: int) -> str:
    """A count that stops at MAX_COUNTED."""
    return f"{MAX_COUNTED:,}+" if number > MAX_COUNTED else f"{number:,}"


def duration(length: timedelta) -> str:
    """A length of time, rounded for people: 8 ms, 1.4 s, 12 s, 3 min 5 s."""
    seconds = max(length.total_seconds(), 0.0)
    if seconds < 1:
        return f"{round(seconds * KILO)} ms"
    if seconds < 10:  # noqa: PLR2004 - from here on, tenths are noise
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours:,} h {minutes} min"
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


def milliseconds(length: float) -> str:
    """A length in milliseconds as a duration."""
    return duration(timedelta(milliseconds=length))


def size(length: int) -> str:
    """Bytes, in decimal units."""
    if length < KILO:
        return f"{length} bytes"
    return f"{length / KILO:.1f} kB" if length < KILO * KILO else f"{length / KILO / KILO:.1f} MB"


def pretty(value: JsonObject) -> str:
    """JSON for people. What is longer than they read is cut, and not indented: deep, it would be far longer still."""
    text = json.dumps(value, ensure_ascii=False)
    if len(text) > MAX_PRETTY:
        return f"{text[:MAX_PRETTY]} ... and {len(text) - MAX_PRETTY:,} more characters: see the job as JSON"
    return json.dumps(value, indent=2, ensure_ascii=False)


def moment(time: datetime) -> str:
    """A time for browsers without script: 24 Nov, 08:12:10 UTC."""
    return time.astimezone(UTC).strftime("%-d %b, %H:%M:%S UTC")
