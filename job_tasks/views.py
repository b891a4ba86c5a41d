"""Views of jobs, as answers of the manager and webhooks show them, and the models that describe them."""

import json
from datetime import UTC, datetime
from operator import attrgetter
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, WithJsonSchema

from job_core.job import Job, JsonObject, State


def timestamp(time: datetime | None) -> str | None:
    """RFC 3339 in UTC, to the millisecond."""
    if time is None:
        return None
    return time.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


Time = Annotated[
    datetime,
    WithJsonSchema({"type": "string", "format": "date-time", "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$"}),
]


class ApiModel(BaseModel):
    """A part of an answer. Every field is always present, unless its description says otherwise."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class ErrorView(ApiModel):
    """Why an attempt, or the job, ended as it did."""

    type: str = Field(pattern="^[a-z][a-z0-9]*(-[a-z0-9]+)*$", description="the kind of error, such as fetch-timed-out")
    title: str = Field(description="a fixed phrase for each type")
    detail: str = Field(description="the cause of this error; never names an internal address")
    retryable: bool = Field(description="whether the same request may succeed later")


class JobView(ApiModel):
    """A job: one accepted request, its state and its outcome."""

    id: UUID = Field(description="a UUIDv7, so that ids sort by time; also the id of the Celery task in Flower")
    kind: str = Field(description="what it does; also one that was removed, while jobs of it are kept")
    label: str = Field(description="the name of the job for people; for a page, its URL")
    url: str | None = Field(description="the URL of the page, if the job is about one")
    status: State = Field(description="SUCCESS, FAILURE and REVOKED are final")
    request: JsonObject = Field(description="the request as submitted, with defaults filled in")
    attempt: int = Field(ge=0, description="the number of the latest attempt; 0 before the first")
    attempts_used: int = Field(ge=0, description="how many of `max_attempts` ended in a transient error")
    max_attempts: int = Field(ge=1)
    crashes: int = Field(ge=0, description="attempts, up to `max_crashes`, whose process died or ran out of time")
    max_crashes: int = Field(ge=1)
    on_failure: Literal["retry", "discard"]
    retry_of: UUID | None = Field(description="the ended job whose request this one repeats")
    batch_id: UUID | None = Field(
        description="the same for all jobs that were submitted together, and their repetitions; null if it came alone"
    )
    parent_id: UUID | None = Field(description="the job that created this one")
    created_at: Time
    parked_at: Time | None = Field(
        description="since when it has been waiting for room under its limit (for a page, that of its host)"
    )
    due_at: Time | None = Field(description="when the next attempt may begin, while the status is RETRY")
    started_at: Time | None = Field(description="when the latest attempt began")
    finished_at: Time | None = Field(description="when the job ended")
    result: JsonObject | None = Field(
        description="the result of the task, if the status is SUCCESS; null in answers to submissions"
    )
    error: ErrorView | None = Field(description="the latest error; the final one, if the status is FAILURE")


class JobEnded(ApiModel):
    """The body of the webhook that is sent when a job has ended."""

    type: Literal["job.ended"]
    timestamp: Time = Field(description="when the job ended; the same in every attempt to deliver")
    data: JobView


_NAMES = tuple(JobView.model_fields)
_COLUMNS = {"status": "state", "url": "label"}
_values = attrgetter(*(_COLUMNS.get(name, name) for name in _NAMES))


def job_view(job: Job) -> JsonObject:
    """The job as JobView describes it. Made without a model, since a batch is a thousand of them."""
    view = dict(zip(_NAMES, _values(job), strict=True))
    view["url"] = job.request.get("url")
    return view


def to_json(view: JsonObject) -> str:
    """Serialise to one line of JSON."""
    return json.dumps(view, default=_plain, separators=(",", ":"))


def webhook_body(job: Job) -> bytes:
    """The content of a webhook, as JobEnded describes it. It stays the same, since a job that has ended does."""
    return to_json({"type": "job.ended", "timestamp": job.finished_at, "data": job_view(job)}).encode()


def _plain(value: object) -> str | None:
    return timestamp(value) if isinstance(value, datetime) else str(value)
