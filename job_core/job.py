"""What a job is: its states, its request, its claim and its whole row, as frozen values."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

JsonObject = dict[str, Any]


class State(StrEnum):
    """Celery's own names, so that Flower, logs and the HTTP interface agree."""

    PENDING = "PENDING"  # accepted; waits for a worker
    STARTED = "STARTED"  # claimed by a worker
    RETRY = "RETRY"  # a transient error; becomes PENDING when due
    SUCCESS = "SUCCESS"  # ended: the result is written
    FAILURE = "FAILURE"  # ended: the error says why
    REVOKED = "REVOKED"  # ended: cancelled


ENDED = (State.SUCCESS, State.FAILURE, State.REVOKED)
CANCELLABLE = (State.PENDING, State.STARTED, State.RETRY)


class OnFailure(StrEnum):
    """What a transient error does to a job."""

    RETRY = "retry"  # try again, up to max_attempts
    DISCARD = "discard"  # end at once: the lecture's "silently discard"


@dataclass(frozen=True, kw_only=True)
class Step:
    """Where a job is on its way. Rows of a job that say different things are at different steps."""

    attempt: int
    state: State
    parked_at: datetime | None

    def __str__(self) -> str:
        parked = "" if self.parked_at is None else f"-parked-{self.parked_at.timestamp():.3f}"
        return f"{self.attempt}-{self.state}{parked}"


@dataclass(frozen=True, kw_only=True)
class NewJob:
    """A request that was checked and now wants to be accepted."""

    kind: str
    url: str
    host: str  # of the URL, by which limits per host know it
    request: JsonObject  # what the task gets, as checked: url, word, top, ...
    max_attempts: int
    max_crashes: int
    on_failure: OnFailure
    retry_of: UUID | None = None  # the ended job whose request this one repeats
    owner: str | None = None  # name of the API key that it came with; None where there are no keys
    callback_url: str | None = None  # where a webhook tells of the job's end


@dataclass(frozen=True, kw_only=True)
class Claim:
    """The right of one attempt to work on a job and to write its outcome."""

    job_id: UUID
    attempt: int
    worker_id: UUID
    kind: str
    host: str | None
    request: JsonObject
    attempts_used: int
    max_attempts: int
    on_failure: OnFailure


@dataclass(frozen=True, kw_only=True)
class Message:
    """What goes to the broker: the task's name and the job's id, and when, for the reconciler to see what is lost."""

    kind: str
    job_id: UUID
    published_at: datetime | None  # None where the message jumps the queue, and so says nothing about its neighbours


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
    """The whole row."""

    id: UUID
    kind: str
    url: str
    request: JsonObject
    state: State
    on_failure: OnFailure
    attempt: int  # number of the latest claim, 0 before the first
    attempts_used: int  # attempts that ended in a transient error
    max_attempts: int
    crashes: int  # attempts whose process died or ran out of time
    max_crashes: int
    retry_of: UUID | None
    created_at: datetime
    published_at: datetime | None  # when its latest message went to the broker; None: it has none there
    due_at: datetime | None  # when a RETRY becomes PENDING
    started_at: datetime | None  # when the latest attempt began
    finished_at: datetime | None
    result: JsonObject | None
    error: JsonObject | None
    host: str | None  # None: accepted before hosts were limited, so no limit holds
    parked_at: datetime | None  # since when it waits, without a message, for room at its host
    owner: str | None = None  # only who has a key of this name gets to see the job
    callback_url: str | None = None  # where a webhook tells of its end

    @property
    def step(self) -> Step:
        """Where it is on its way."""
        return Step(attempt=self.attempt, state=self.state, parked_at=self.parked_at)
