"""What the manager answers, and the models that describe it in the OpenAPI document."""

from operator import attrgetter
from urllib.parse import urlencode

from flask import Response, request
from pydantic import Field

from job_core.job import JsonObject, Outcome, State
from job_core.store.deliveries import DeliveryState
from job_core.store.read import WholeJob
from job_tasks.views import ApiModel, ErrorView, JobView, Time, job_view, to_json


class AttemptView(ApiModel):
    """One claim of the job by a worker."""

    number: int = Field(ge=1)
    worker: str
    started_at: Time
    ended_at: Time | None = Field(description="null while it runs")
    outcome: Outcome | None
    error: ErrorView | None


class CallbackView(ApiModel):
    """The webhook that reports the job's end."""

    url: str = Field(description="as stored: without credentials and fragment")
    state: DeliveryState | None = Field(
        description="null until the job ends; then PENDING, until it is DELIVERED or GIVEN UP"
    )
    attempts: int = Field(ge=0, description="attempts begun so far")
    due_at: Time | None = Field(description="when the next attempt may begin, while it is PENDING")
    delivered_at: Time | None
    last_error: str | None = Field(description="why the latest attempt failed; null once it is DELIVERED")


class JobDetail(JobView):
    """A job with its attempts, its children, its progress and its callback."""

    attempts: list[AttemptView] = Field(description="the first one first")
    children: dict[State, int] = Field(description="how many of its children are in each state; empty without any")
    progress: JsonObject | None = Field(
        description="how far it is, for kinds that say so; null before it has begun, and for other kinds"
    )
    callback: CallbackView | None = Field(description="null if none was requested")


class JobBatch(ApiModel):
    """The jobs of a submission with `urls`, in its order."""

    jobs: list[JobView]


class JobPage(ApiModel):
    """One page of a list, the newest job first."""

    jobs: list[JobView]
    next: str | None = Field(description="path and query of the next page; null on the last page")


_ATTEMPT, _CALLBACK = tuple(AttemptView.model_fields), tuple(CallbackView.model_fields)
_attempt_values, _delivery_values = attrgetter(*_ATTEMPT), attrgetter(*_CALLBACK[1:])
_NO_DELIVERY = (None, 0, None, None, None)


def job_detail(whole: WholeJob) -> JsonObject:
    """The job as JobDetail describes it."""
    attempts = [dict(zip(_ATTEMPT, _attempt_values(attempt), strict=True)) for attempt in whole.attempts]
    return job_view(whole.job) | {
        "attempts": attempts,
        "children": whole.children,
        "progress": whole.progress,
        "callback": _callback(whole),
    }


def _callback(whole: WholeJob) -> JsonObject | None:
    if whole.job.callback_url is None:
        return None
    delivery = _NO_DELIVERY if whole.delivery is None else _delivery_values(whole.delivery)
    return dict(zip(_CALLBACK, (whole.job.callback_url, *delivery), strict=True))


def next_path(cursor: str) -> str:
    """Path and query of the same list from `cursor` on."""
    return f"{request.path}?{urlencode(request.args.to_dict() | {'cursor': cursor})}"


def answer(body: JsonObject, status: int = 200) -> Response:
    """An answer in JSON."""
    return Response(f"{to_json(body)}\n", status, content_type="application/json")
