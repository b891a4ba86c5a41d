"""What happens to jobs, recorded once it is committed: a line in the log, and a count in the figures.

The job store records it itself, whichever process makes the step. So no caller can forget it, and none does it twice.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from uuid import UUID

import structlog

from job_core import metrics
from job_core.errors import CoreError
from job_core.job import ENDED, Claim, Job, Message, State, Step

log = structlog.get_logger()


def record_accepted(jobs: Sequence[Job]) -> None:
    """Jobs were accepted. They may be a thousand, so whoever accepts them logs that, in one line."""
    for kind, count in Counter(job.kind for job in jobs).items():
        metrics.count_accepted(kind, count)


def record_claimed(held: Claim, wait_seconds: float) -> None:
    """An attempt began; `wait_seconds` is how long ago the job was accepted."""
    if held.attempt == 1:
        metrics.count_started(wait_seconds)
    log.info("claimed", job_id=str(held.job_id), attempt=held.attempt)


def record_steps(steps: Iterable[Step]) -> list[Message]:
    """Attempts and jobs ended, as the database says; what is left are the messages to send now."""
    messages = []
    for step in steps:
        if not step.is_message:
            _record(step)
        elif step.published_at is not None:
            messages.append(
                Message(
                    kind=step.kind,
                    job_id=step.job_id,
                    label=step.label or "",
                    published_at=step.published_at,
                    bulk=step.bulk,
                    requeued=step.requeued,
                )
            )
    return messages


def _record(step: Step) -> None:
    reason = str(step.error["type"]) if step.error else ""
    why = {"error": reason, "detail": step.error["detail"]} if step.error else {}
    ended = {"outcome": step.outcome} if step.outcome else {}
    if step.outcome:
        metrics.count_attempt(step.outcome, reason)
    event = "cancelled" if step.state == State.REVOKED else "attempt ended" if step.outcome else "ended"
    log.info(event, job_id=str(step.job_id), attempt=step.attempt, state=step.state, **ended, **why)
    if step.state in ENDED:
        metrics.count_ended(step.kind, step.state, reason, step.seconds or 0.0)


def record_due(job_ids: Iterable[UUID]) -> None:
    """The pause before the next attempt is over."""
    for job_id in job_ids:
        log.info("due", job_id=str(job_id))


def record_delivery_ended(job_id: UUID, attempt: int, outcome: str, error: CoreError | None) -> None:
    """An attempt to deliver the job's webhook ended: DELIVERED, RETRY or GIVEN UP."""
    reason = error.type if error else ""
    metrics.count_delivery(outcome, reason)
    why = {"error": reason, "detail": str(error)} if error else {}
    log.info("delivery ended", job_id=str(job_id), attempt=attempt, outcome=outcome, **why)
