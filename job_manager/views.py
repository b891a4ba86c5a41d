"""The models that the manager answers with. The answers and the OpenAPI document are both made of them."""

from typing import Literal

from flask import Response
from pydantic import Field

from job_core.store.deliveries import Delivery, DeliveryState
from job_core.store.whole import WholeJob
from job_core.views import ApiModel, ErrorView, JobView, Time, job_fields, to_json


class AttemptView(ApiModel):
    """One claim of the job by a worker."""

    number: int = Field(ge=1)
    worker: str
    started_at: Time
    ended_at: Time | None = Field(description="null while it runs")
    outcome: Literal["SUCCESS", "FAILURE", "RETRY", "REVOKED", "CRASHED", "GIVEN BACK", "LOST"] | None
    error: ErrorView | None


class CallbackView(ApiModel):
    """The webhook that tells of the job's end."""

    url: str = Field(description="as it was read: without credentials and fragment")
    state: DeliveryState | None = Field(
        description="null until the job ends; then PENDING, until it is DELIVERED or GIVEN UP"
    )
    attempts: int = Field(ge=0, description="attempts that have begun")
    due_at: Time | None = Field(description="when the next attempt may begin, while it is PENDING")
    delivered_at: Time | None
    last_error: str | None = Field(description="why the latest attempt failed; null once it is DELIVERED")


class JobDetail(JobView):
    """A job with its attempts and its callback."""

    attempts: list[AttemptView] = Field(description="the first one first")
    callback: CallbackView | None = Field(description="null if none was asked for")


class JobBatch(ApiModel):
    """The jobs of a submission with `urls`, in its order."""

    jobs: list[JobView]


class JobPage(ApiModel):
    """One page of a list, the newest job first."""

    jobs: list[JobView]
    next: str | None = Field(description="path and query of the next page; null after the last one")


def job_detail(whole: WholeJob) -> JobDetail:
    """The view of a job with its attempts, the first one first, and its callback."""
    job = whole.job
    callback = None if job.callback_url is None else _callback(job.callback_url, whole.delivery)
    return JobDetail.model_validate(job_fields(job) | {"attempts": whole.attempts, "callback": callback})


def _callback(url: str, delivery: Delivery | None) -> CallbackView:
    if delivery is None:
        return CallbackView(url=url, state=None, attempts=0, due_at=None, delivered_at=None, last_error=None)
    return CallbackView(
        url=url,
        state=delivery.state,
        attempts=delivery.attempts,
        due_at=delivery.due_at,
        delivered_at=delivery.delivered_at,
        last_error=delivery.last_error,
    )


def answer(body: ApiModel, status: int = 200) -> Response:
    """An answer in JSON."""
    return Response(f"{to_json(body)}\n", status, content_type="application/json")
