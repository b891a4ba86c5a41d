"""`/result/<id>` and `/jobs`: look at jobs, cancel one, try one again."""

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import TypeVar
from urllib.parse import urlencode
from uuid import UUID

from flask import Blueprint, Response, request

from job_core.errors import DatabaseUnavailable, JobNotEnded, UnknownJob
from job_core.job import ENDED, Job, NewJob
from job_core.kinds import Kind
from job_core.store import submissions
from job_core.store.read import (
    PAGE_BYTES,
    JobFilter,
    Page,
    WholeJob,
    find_portion,
    find_requests,
    find_whole,
    page_of,
    size_of,
)
from job_manager.errors import InvalidRequest, MemoryFull, StreamsFull
from job_manager.events import EVENT_STREAM, event, stream_of
from job_manager.memory import SMALL_BYTES
from job_manager.openapi.operation import operation
from job_manager.requests import NO_KIND, JobsQuery, WaitQuery, read_filter, read_ids, read_wait
from job_manager.security import owner
from job_manager.services import DATABASE_SECONDS, services, take_memory
from job_manager.submitting import ACCEPTS, accept_and_publish, accepted_answer, idempotency_key
from job_manager.views import JobDetail, JobPage, answer, job_detail
from job_tasks.job_tasks import core
from job_tasks.views import JobView, job_view

ASKS = (UnknownJob, MemoryFull, DatabaseUnavailable)  # how asking for a job may fail
NOT_FOUND = "It was never accepted here, or its result has been deleted."
MAX_JOB_BYTES = 1_100_000  # of the result, and of the rest of one job

Jobs = TypeVar("Jobs")

blueprint = Blueprint("jobs", __name__)


@blueprint.get("/result/<job_id>")
@operation({200: JobDetail}, ASKS, query=WaitQuery)
def show(job_id: str) -> Response:
    """Look at a job.

    Whatever its state, the answer is the whole job. `wait` holds the answer until the job has ended.
    """
    wait = read_wait(request.args)
    seats = services().wait_seats
    if wait and (job := find_job(job_id)).state not in ENDED and seats.acquire(blocking=False):
        try:
            _wait_for_end(job, wait)
        finally:
            seats.release()
    return answer(job_detail(find_whole_job(job_id)))


@blueprint.get("/result/<job_id>/events")
@operation({200: EVENT_STREAM, 204: None}, (StreamsFull, *ASKS))
def events(job_id: str) -> Response:
    """Stream the job's progress.

    Server-Sent Events: each holds the whole job, and the stream ends with the job. There is one for each step, and at
    most one a second when the job's `progress` has changed. `Last-Event-ID` resumes after the step with that id. The
    status is 204 if that step was the end: there is nothing more to ask for.
    """
    whole = _find_whole(_read_id(job_id), SMALL_BYTES)
    job = whole.job if whole else find_job(job_id)
    is_known = request.headers.get("Last-Event-ID") == str(job.step)
    if is_known and job.state in ENDED:
        return Response(status=204)
    first = event(whole) if whole and not is_known else ""  # a large job is the watcher's
    seats = services().stream_seats
    if not seats.acquire(blocking=False):
        raise StreamsFull("Request the job itself, or its events later.")
    progress = whole.progress if whole and first else None
    events = stream_of(services().watcher, job, first, is_known=bool(first) or is_known, progress=progress)
    streamed = Response(events, content_type=EVENT_STREAM)
    streamed.call_on_close(seats.release)
    streamed.headers["X-Accel-Buffering"] = "no"  # nginx would keep events back
    return streamed


@blueprint.delete("/result/<job_id>")
@operation({200: JobDetail}, ASKS)
def cancel(job_id: str) -> Response:
    """Cancel a job.

    May be repeated. A job that has ended stays as it is; a cancelled job never shows a result.
    """
    cancel_job(job_id)
    return answer(job_detail(find_whole_job(job_id)))


@blueprint.post("/result/<job_id>/retry")
@operation({202: JobView}, (JobNotEnded, *ACCEPTS), repeatable=True)
def retry(job_id: str) -> Response:
    """Try an ended job again.

    Accepts a new job with the same request, whose `retry_of` names the old one. It takes its place in its batch.
    """
    return accepted_answer(resubmit(job_id))


@blueprint.get("/jobs")
@operation({200: JobPage}, (MemoryFull, DatabaseUnavailable), query=JobsQuery)
def list_jobs() -> Response:
    """List jobs.

    The newest come first. `next` leads to the next page, and new jobs do not shift the pages. A page of large jobs ends
    before its `limit`. `id`, repeated up to 200 times, lists these jobs instead, in the order asked, and takes no other
    filter beside it.
    """
    if "id" in request.args:
        portion = read_jobs(partial(find_portion, job_ids=read_ids(request.args), owner=owner()))
        following = urlencode([("id", job_id) for job_id in portion.left])
        return _page(portion.jobs, following)
    page = read_page(*read_filter(request.args))
    asked = request.args.to_dict() | {"cursor": str(page.before)}
    return _page(page.jobs, urlencode(asked) if page.before else "")


def _page(jobs: Sequence[Job], following: str) -> Response:
    """A page of the list; `following` is the query of the next one."""
    return answer(
        {
            "jobs": [job_view(job) for job in jobs],
            "next": f"{request.path}?{following}" if following else None,
        }
    )


def read_page(which: JobFilter, limit: int, text: str | None = None) -> Page:
    """A page of the caller's jobs. Raises InvalidRequest for a kind that there is not, nor a job of it; MemoryFull."""
    which = replace(which, owner=owner())
    page = read_jobs(partial(page_of, which=which, text=text, limit=limit))
    if not page.jobs and which.kind not in {None, *core.offered}:
        of_it = JobFilter(kind=which.kind, owner=which.owner)
        if not read_jobs(partial(page_of, which=of_it, text=None, limit=1)).jobs:
            raise InvalidRequest(("kind", NO_KIND))
    return page


def read_jobs(ask: Callable[..., Jobs]) -> Jobs:
    """What `ask` reads by a connection: a page at most, and few at the same time. Raises MemoryFull."""
    deadline = time.monotonic() + DATABASE_SECONDS
    take_memory(PAGE_BYTES + MAX_JOB_BYTES, DATABASE_SECONDS)
    with services().database.reading(deadline - time.monotonic()) as connection:
        return ask(connection)


def find_whole_job(job_id: str) -> WholeJob:
    """The job with its attempts. Raises UnknownJob, MemoryFull."""
    known, size = _read_id(job_id), SMALL_BYTES
    while not (found := _find_whole(known, size)):
        find_job(job_id)  # raises UnknownJob
        with services().database.reading(DATABASE_SECONDS) as connection:
            size = size_of(connection, known)
        take_memory(size)
    return found


def cancel_job(job_id: str) -> None:
    """Cancel the job, unless it has ended. Raises UnknownJob."""
    known = find_job(job_id)
    submissions.cancel(services().database, known.id, seconds=DATABASE_SECONDS)


def resubmit(job_id: str) -> Job:
    """A new job with the request of an old one. Raises UnknownJob, JobNotEnded."""
    old = find_job(job_id)
    if old.state not in ENDED:
        raise JobNotEnded(f"Its status is {old.state}. Wait for its end, or cancel it first.")
    if old.kind not in core.kinds:
        raise UnknownJob(f"Jobs of the kind `{old.kind}` are not supported any more.")
    new = NewJob(
        kind=old.kind,
        label=old.label,
        limit_key=old.limit_key,
        request=old.request,
        max_attempts=old.max_attempts,
        max_crashes=old.max_crashes,
        on_failure=old.on_failure,
        retry_of=old.id,
        batch_id=old.batch_id,
        owner=owner(),
        callback_url=old.callback_url,
    )
    return accept_and_publish([new], idempotency_key(["retry", str(old.id)])).jobs[0]


def _read_id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as error:
        raise UnknownJob("The id of a job is a UUID.") from error


def _find_whole(job_id: UUID, at_most: int) -> WholeJob | None:
    """The job, unless it is of more bytes."""
    with services().database.reading(DATABASE_SECONDS) as connection:
        found = find_whole(connection, [job_id], core.kinds, at_most=at_most).get(job_id)
    return found if found and found.job.owner == owner() else None


def find_job(job_id: str) -> Job:
    """The job without its result. Raises UnknownJob."""
    known = _read_id(job_id)
    with services().database.reading(DATABASE_SECONDS) as connection:
        found = find_requests(connection, [known])
    if not found or found[0].owner != owner():
        raise UnknownJob(NOT_FOUND)
    return found[0]


def find_job_of(job_id: str, *kinds: Kind) -> Job:
    """The job without its result, if it is of one of these kinds. Raises UnknownJob."""
    job = find_job(job_id)
    if job.kind not in {kind.name for kind in kinds}:
        wanted = " or ".join([f"`{kind.name}`" for kind in kinds])
        raise UnknownJob(f"The job is of the kind `{job.kind}`; this can be asked of {wanted} only.")
    return job


def _wait_for_end(job: Job, seconds: float) -> None:
    """Wait until the job has ended, or `seconds` are over."""
    deadline = time.monotonic() + seconds
    state = job.state
    with services().watcher.watching(job.id, job.step) as watch:
        while not watch.is_over and state not in ENDED and (left := deadline - time.monotonic()) > 0:
            step = watch.step(left)
            state = step.state if step else state
