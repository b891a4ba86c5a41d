"""The steps of one attempt: claim, and whatever ends it. Each is one function of sql/functions.sql, and one round trip.

An attempt that lost its claim changes nothing, and its caller gets ClaimLost. The messages that a step returns are the
caller's to send; what is not sent, the reconciler finds.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from job_core.config import Limits
from job_core.errors import AttemptLost, CoreError, TransientError
from job_core.job import Claim, JsonObject, Message, NewJob, OnFailure, Outcome, Phase, State, Step
from job_core.kinds import GoOn
from job_core.store.database import Database
from job_core.store.events import record_claimed, record_steps
from job_core.store.limits import asked_pause
from job_core.store.submissions import as_rows

MAX_LOSSES = 10  # attempts that may be lost with their worker before the job ends: it may be what kills workers

_CLAIM = "SELECT * FROM claim_job(%s, %s, %s, %s, %s, %s)"
_END = """SELECT * FROM end_attempt(
    %s, %s, %s, %s, %s, new_result => %s, new_error => %s, used => %s, wait => %s, pause_key => %s, pause => %s,
    new_gap => %s, new_progress => %s, children => %s, at_once => %s
)"""


class ClaimLost(Exception):
    """The job is not this attempt's any more; nothing was written."""


@dataclass(frozen=True, kw_only=True)
class Claimant:
    """Who claims: one start of a worker, and which of its processes."""

    worker_id: UUID
    pid: int


@dataclass(frozen=True, kw_only=True)
class NotClaimed:
    """There is no claim: the job is parked, or does not wait. `state` is None if it does not exist."""

    is_parked: bool
    state: State | None


def claim(
    database: Database, job_id: UUID, claimant: Claimant, limits: Limits, time_limit_seconds: float
) -> Claim | NotClaimed:
    """Begin an attempt, within the limits. It is broken once it has taken `time_limit_seconds`."""
    gap, time_limit = timedelta(seconds=limits.gap_seconds), timedelta(seconds=time_limit_seconds)
    parameters = (job_id, claimant.worker_id, claimant.pid, limits.at_once, gap, time_limit)
    ((verdict, state, attempt, phase, request, progress, limit_key, parent_id, owner, used, most, policy, waited),) = (
        database.call(_CLAIM, *parameters)
    )
    if verdict != "CLAIMED":
        return NotClaimed(is_parked=verdict == "PARKED", state=State(state) if state else None)
    held = Claim(
        job_id=job_id,
        attempt=attempt,
        phase=Phase(phase),
        request=json.loads(request),
        progress=json.loads(progress) if progress else None,
        parent_id=parent_id,
        owner=owner,
        attempts_used=used,
        max_attempts=most,
        on_failure=OnFailure(policy),
        limit_key=limit_key,
    )
    record_claimed(held, waited)
    return held


def succeed(database: Database, held: Claim, result: str) -> list[Message]:
    """End the job with its result, in JSON."""
    return _end(database, held, Outcome.SUCCESS, result=result)


def fail(database: Database, held: Claim, error: CoreError) -> list[Message]:
    """End the job with its error. A transient one was its last attempt's."""
    return _end(database, held, Outcome.FAILURE, error=error, used=int(error.retryable))


def retry(database: Database, held: Claim, error: CoreError, wait_seconds: float) -> list[Message]:
    """Let the job wait `wait_seconds` for its next attempt; this one is used."""
    return _end(database, held, Outcome.RETRY, error=error, used=1, wait=timedelta(seconds=wait_seconds))


def crash(database: Database, held: Claim, error: CoreError) -> list[Message]:
    """Count a crash: the job waits again, or ends at `max_crashes` with `error`."""
    return _end(database, held, Outcome.CRASHED, error=error)


def go_on(database: Database, held: Claim, turn: GoOn, *, at_once: int) -> list[Message]:
    """Let the job wait for its next turn, with what it has done so far, and write its new children."""
    return _end(
        database,
        held,
        Outcome.CONTINUED,
        progress=json.dumps(turn.progress),
        wait=timedelta(seconds=turn.wait_seconds) if turn.wait_seconds else None,
        rest=timedelta(seconds=turn.rest_seconds) if turn.rest_seconds else None,
        gap=timedelta(seconds=turn.gap_seconds) if turn.gap_seconds else None,
        children=turn.children,
        at_once=at_once,
    )


def fan_out(database: Database, held: Claim, children: Sequence[NewJob], *, at_once: int) -> list[Message]:
    """Let the job wait until all its children have ended, these new ones among them; then it is joined."""
    return _end(database, held, Outcome.FANNED_OUT, children=children, at_once=at_once)


def _end(
    database: Database,
    held: Claim,
    outcome: Outcome,
    error: CoreError | None = None,
    *,
    children: Sequence[NewJob] = (),
    **more: object,
) -> list[Message]:
    pause, pause_key = more.get("rest"), held.limit_key
    if isinstance(error, TransientError) and (asked := asked_pause(error)):
        pause, pause_key = asked, error.limit_key
    rows = database.call(
        _END,
        held.job_id,
        held.attempt,
        held.limit_key,
        held.parent_id,
        outcome,
        more.get("result"),
        _described(error),
        more.get("used", 0),
        more.get("wait"),
        pause_key,
        pause,
        more.get("gap"),
        more.get("progress"),
        as_rows(children, owner=held.owner)[1] if children else None,
        more.get("at_once"),
    )
    if not rows:
        raise ClaimLost
    return record_steps(map(Step._make, rows))


def end_of_process(
    database: Database, job_id: UUID, claimant: Claimant, outcome: Outcome, error: CoreError | None = None
) -> list[Message]:
    """Write for a process that cannot any more that its attempt is GIVEN BACK or CRASHED.

    If it has no claim on the job, the job's message is noted as lost.
    """
    statement = "SELECT * FROM end_attempt_of_process(%s, %s, %s, %s, %s)"
    rows = database.call(statement, job_id, claimant.worker_id, claimant.pid, outcome, _described(error))
    return record_steps(map(Step._make, rows))


def describe(error: CoreError) -> JsonObject:
    """The error as it stands on the row and in answers."""
    return {"type": error.type, "title": error.title, "detail": str(error), "retryable": error.retryable}


def _described(error: CoreError | None) -> str | None:
    return None if error is None else json.dumps(describe(error))


LOSS_ERROR = AttemptLost(f"Each of {MAX_LOSSES} workers that ran the job was lost; the job may be what ended them.")
