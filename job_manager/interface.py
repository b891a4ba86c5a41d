"""Every route of the manager as data: what it takes, what it answers, and by which errors it may refuse."""

from collections.abc import Iterator
from dataclasses import dataclass

from pydantic import BaseModel

from job_core.errors import (
    CoreError,
    DatabaseUnavailable,
    IdempotencyKeyReused,
    JobNotEnded,
    UnexpectedError,
    UnknownJob,
)
from job_core.kinds import KINDS, Kind
from job_core.views import JobView
from job_manager.errors import (
    BacklogFull,
    CrossSiteRequest,
    InvalidRequest,
    MalformedRequest,
    RequestTooLarge,
    StreamsFull,
    UnsupportedBody,
)
from job_manager.health import Alive, Readiness
from job_manager.requests import JobsQuery, Query, WaitQuery
from job_manager.views import JobBatch, JobDetail, JobPage

LOOKS_UP = (UnknownJob, DatabaseUnavailable, UnexpectedError)
ACCEPTS = (BacklogFull, CrossSiteRequest, IdempotencyKeyReused, InvalidRequest, *LOOKS_UP)
READS_A_BODY = (MalformedRequest, RequestTooLarge, UnsupportedBody)


@dataclass(frozen=True, kw_only=True)
class Answer:
    """An answer that is no problem. It has the body of one of `models`; none stands for `media_type` alone."""

    status: int
    meaning: str
    models: tuple[type[BaseModel], ...] = ()
    media_type: str = "application/json"
    locates: bool = False  # whether it names the new job's place in Location


@dataclass(frozen=True, kw_only=True)
class Operation:
    """One method of one path."""

    name: str
    method: str
    path: str
    summary: str
    detail: str
    answers: tuple[Answer, ...]
    errors: tuple[type[CoreError], ...] = (UnexpectedError,)
    query: type[Query] | None = None
    takes: Kind | None = None  # the kind whose requests it takes as its body
    repeatable: bool = False  # whether it honours an Idempotency-Key
    is_open: bool = False  # whether it needs no API key where others do

    @property
    def names_a_job(self) -> bool:
        """Whether a job's id is part of the path."""
        return "{job_id}" in self.path


def operations() -> Iterator[Operation]:
    """All of them, those of the known kinds first."""
    yield from map(_submission, KINDS.values())
    yield from OF_JOBS
    yield from OF_THE_SERVICE


def _submission(kind: Kind) -> Operation:
    return Operation(
        name=kind.name,
        method="post",
        path=f"/{kind.name}",
        summary=(kind.work.__doc__ or kind.name).strip().partition("\n")[0],
        detail="The answer is sent once the jobs are kept. With `urls` instead of `url`, each is a job of its own.",
        answers=(
            Answer(status=202, meaning="accepted: one job, or all of `urls`", models=(JobView, JobBatch), locates=True),
        ),
        errors=(*ACCEPTS, *READS_A_BODY),
        takes=kind,
        repeatable=True,
    )


OF_JOBS = (
    Operation(
        name="show",
        method="get",
        path="/result/{job_id}",
        summary="Look at a job.",
        detail="Whatever its state, the answer is the whole job.",
        answers=(Answer(status=200, meaning="the whole job", models=(JobDetail,)),),
        errors=(InvalidRequest, *LOOKS_UP),
        query=WaitQuery,
    ),
    Operation(
        name="events",
        method="get",
        path="/result/{job_id}/events",
        summary="Be told each step of a job.",
        detail="Server-Sent Events, each with the whole job as its data; the stream ends with the job. `Last-Event-ID` "
        "goes on from the event with that id.",
        answers=(
            Answer(status=200, meaning="a stream of events", media_type="text/event-stream; charset=utf-8"),
            Answer(status=204, meaning="the job has ended, and the event that told so was the last one seen"),
        ),
        errors=(StreamsFull, *LOOKS_UP),
    ),
    Operation(
        name="cancel",
        method="delete",
        path="/result/{job_id}",
        summary="Cancel a job.",
        detail="May be repeated. A job that has ended stays as it is; one that is cancelled never shows a result.",
        answers=(Answer(status=200, meaning="the whole job, as it is now", models=(JobDetail,)),),
        errors=(CrossSiteRequest, *LOOKS_UP),
    ),
    Operation(
        name="retry",
        method="post",
        path="/result/{job_id}/retry",
        summary="Try an ended job again.",
        detail="Accepts a new job with the same request, which names the old one in `retry_of`.",
        answers=(Answer(status=202, meaning="accepted", models=(JobView,), locates=True),),
        errors=(JobNotEnded, *ACCEPTS),
        repeatable=True,
    ),
    Operation(
        name="list",
        method="get",
        path="/jobs",
        summary="List jobs.",
        detail="The newest first. `next` leads to the next page, and new jobs do not shift the pages. "
        "`id`, repeated up to 200 times, lists these jobs instead, in the order asked; no other filter goes with it.",
        answers=(Answer(status=200, meaning="one page", models=(JobPage,)),),
        errors=(InvalidRequest, DatabaseUnavailable, UnexpectedError),
        query=JobsQuery,
    ),
)
OF_THE_SERVICE = (
    Operation(
        name="alive",
        method="get",
        path="/healthz",
        summary="Does the process live?",
        detail="Restart it if there is no answer; never because broker or database are away.",
        answers=(Answer(status=200, meaning="it does", models=(Alive,)),),
        is_open=True,
    ),
    Operation(
        name="ready",
        method="get",
        path="/readyz",
        summary="Can what it needs be reached?",
        detail="With the broker away, jobs are still accepted; with the database away they are not.",
        answers=(
            Answer(status=200, meaning="all can be reached", models=(Readiness,)),
            Answer(status=503, meaning="not all can be reached", models=(Readiness,)),
        ),
        is_open=True,
    ),
    Operation(
        name="metrics",
        method="get",
        path="/metrics",
        summary="Figures for Prometheus.",
        detail="They name no job and no URL. A scraper that asks for OpenMetrics gets that format.",
        answers=(Answer(status=200, meaning="the figures", media_type="text/plain; version=0.0.4; charset=utf-8"),),
        is_open=True,
    ),
    Operation(
        name="describe",
        method="get",
        path="/openapi.json",
        summary="This description, for machines.",
        detail="OpenAPI 3.1.",
        answers=(Answer(status=200, meaning="an OpenAPI document"),),
        is_open=True,
    ),
    Operation(
        name="docs",
        method="get",
        path="/docs",
        summary="This description, for people.",
        detail="A page that needs nothing from elsewhere.",
        answers=(Answer(status=200, meaning="a page", media_type="text/html; charset=utf-8"),),
        is_open=True,
    ),
)
