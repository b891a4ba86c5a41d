"""What a job is: its states, its request, its claim and its whole row, as frozen values."""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple
from uuid import UUID

JsonObject = dict[str, Any]


class State(StrEnum):
    """Celery's own names, so that Flower, logs and tables agree."""

    PENDING = "PENDING"  # accepted; waits for a worker
    STARTED = "STARTED"  # claimed by a worker, or waits for its children
    RETRY = "RETRY"  # a transient error, or a wait of its own choice; becomes PENDING when due
    SUCCESS = "SUCCESS"  # ended: the result is written
    FAILURE = "FAILURE"  # ended: the error says why
    REVOKED = "REVOKED"  # ended: cancelled


ENDED = (State.SUCCESS, State.FAILURE, State.REVOKED)


class Phase(StrEnum):
    """Which part of its kind's work a job is at."""

    WORK = "WORK"  # its function
    AWAIT = "AWAIT"  # no function: its children have not all ended
    JOIN = "JOIN"  # its second function, which gets what its children ended with


class OnFailure(StrEnum):
    """What a transient error does to a job."""

    RETRY = "retry"  # try again, up to max_attempts
    DISCARD = "discard"  # end at once: the lecture's "silently discard"


class Outcome(StrEnum):
    """How an attempt ended."""

    SUCCESS = "SUCCESS"
    FAILURE = "FAILURE"
    RETRY = "RETRY"
    REVOKED = "REVOKED"
    CRASHED = "CRASHED"  # its process died or ran out of time
    GIVEN_BACK = "GIVEN BACK"  # as if it had never been: a worker that stops, say
    LOST = "LOST"  # with its worker
    CONTINUED = "CONTINUED"  # not done yet: the job has left its progress, and waits for its next turn
    FANNED_OUT = "FANNED OUT"  # the job waits for its children


@dataclass(frozen=True, kw_only=True)
class JobStep:
    """Where a job is on its way. Rows of a job that say different things are at different steps."""

    attempt: int
    state: State
    parked_at: datetime | None

    def __str__(self) -> str:
        parked = "" if self.parked_at is None else f"-parked-{self.parked_at.timestamp():.3f}"
        return f"{self.attempt}-{self.state}{parked}"


@dataclass(frozen=True, kw_only=True)
class NewJob:
    """A request that was checked and is to be accepted."""

    kind: str
    label: str  # what people know the job by
    request: JsonObject  # what the task gets, as checked
    max_attempts: int
    max_crashes: int | None  # None: as many as the core's config says
    on_failure: OnFailure
    limit_key: str | None = None  # jobs of one key are limited together
    retry_of: UUID | None = None  # the ended job whose request this one repeats
    batch_id: UUID | None = None  # of the batch that it joins; jobs that are accepted together become one
    owner: str | None = None  # name of the API key that it came with; None where there are no keys
    callback_url: str | None = None  # where a webhook reports the job's end

    def with_max_crashes(self, max_crashes: int) -> "NewJob":
        """The job, which may crash so often unless it says otherwise."""
        return self if self.max_crashes is not None else replace(self, max_crashes=max_crashes)


@dataclass(frozen=True, kw_only=True)
class Claim:
    """The right of one attempt to work on a job and to write its outcome."""

    job_id: UUID
    attempt: int
    phase: Phase
    request: JsonObject
    progress: JsonObject | None  # what the attempt before left, if it was CONTINUED
    parent_id: UUID | None
    owner: str | None
    attempts_used: int
    max_attempts: int
    on_failure: OnFailure
    limit_key: str | None = None


@dataclass(frozen=True, kw_only=True)
class Message:
    """What goes to the broker: the task's name and the job's id, and when, for the reconciler to see what is lost.

    `label` is for people who look at messages; nothing is done by it.
    """

    kind: str
    job_id: UUID
    label: str
    published_at: datetime
    bulk: bool = False  # goes to the queue of jobs that came with many others
    requeued: bool = False  # goes to the queue of jobs that have waited before


class Step(NamedTuple):
    """What the database has made of a job, or a message to send now; the type `step` of functions.sql."""

    is_message: bool
    job_id: UUID
    kind: str
    state: State
    attempt: int
    bulk: bool
    requeued: bool
    published_at: datetime | None
    seconds: float | None  # since the job was accepted, if it has ended
    outcome: str | None
    error: JsonObject | None
    label: str | None  # of a message


@dataclass(frozen=True, kw_only=True)
class Attempt:
    """One claim of a job by a worker, as kept for whoever asks why."""

    number: int
    worker: str
    started_at: datetime
    ended_at: datetime | None
    outcome: str | None
    error: JsonObject | None


@dataclass(frozen=True, kw_only=True)
class Job:
    """The whole row, but for what only its worker asks."""

    id: UUID
    kind: str
    label: str
    request: JsonObject
    state: State
    on_failure: OnFailure
    max_attempts: int
    max_crashes: int
    created_at: datetime
    published_at: datetime | None  # when its latest message was sent; None: it has none in the queue
    phase: Phase = Phase.WORK
    attempt: int = 0  # number of the latest claim
    attempts_used: int = 0  # attempts that ended in a transient error
    crashes: int = 0  # attempts whose process died or ran out of time
    losses: int = 0  # attempts that were lost with their worker
    bulk: bool = False  # it came with many others, and was never begun
    requeued: bool = False  # its latest message went to the queue of jobs that have waited before
    retry_of: UUID | None = None
    batch_id: UUID | None = None  # the same for all jobs that were accepted together
    parent_id: UUID | None = None
    open_children: int = 0
    parked_at: datetime | None = None  # since when it waits, without a message, for room under its limit
    due_at: datetime | None = None  # when a RETRY becomes PENDING
    started_at: datetime | None = None  # when the latest attempt began
    finished_at: datetime | None = None
    result: JsonObject | None = None
    error: JsonObject | None = None
    limit_key: str | None = None
    owner: str | None = None  # only who has a key of this name gets to see the job
    callback_url: str | None = None  # where a webhook reports its end

    @property
    def step(self) -> JobStep:
        """Where it is on its way."""
        return JobStep(attempt=self.attempt, state=self.state, parked_at=self.parked_at)
