"""`/result/<id>` and `/jobs`: look at jobs, cancel one, try one again."""

import time
from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

from flask import Blueprint, Response, request

from job_core.errors import DatabaseUnavailable, JobNotEnded, UnknownJob
from job_core.job import ENDED, Job, NewJob
from job_core.store import submissions
from job_core.store.read import WholeJob, find, find_all, find_whole, newest
from job_manager.errors import StreamsFull
from job_manager.events import EVENT_STREAM, event, stream_of
from job_manager.openapi.operation import operation
from job_manager.requests import JobsQuery, WaitQuery, read_filter, read_ids, read_wait
from job_manager.security import owner
from job_manager.services import DATABASE_SECONDS, services
from job_manager.submitting import ACCEPTS, accept_and_publish, accepted_answer, idempotency_key
from job_manager.views import JobDetail, JobPage, answer, job_detail, next_path
from job_tasks.job_tasks import core
from job_tasks.views import JobView, job_view

ASKS = (UnknownJob, DatabaseUnavailable)  # how asking for a job may fail
NOT_FOUND = "It was never accepted here, or its result has been deleted."

blueprint = Blueprint("jobs", __name__)


@blueprint.get("/result/<job_id>")
@operation({200: JobDetail}, ASKS, query=WaitQuery)
def show(job_id: str) -> Response:
    """Look at a job.

    Whatever its state, the answer is the whole job. `wait` holds the answer until the job has ended.
    """
    wait = read_wait(request.args)
    whole = find_whole_job(job_id)
    seats = services().wait_seats
    if wait and whole.job.state not in ENDED and seats.acquire(blocking=False):
        try:
            whole = _wait_for_end(whole, wait)
        finally:
            seats.release()
    return answer(job_detail(whole))


@blueprint.get("/result/<job_id>/events")
@operation({200: EVENT_STREAM, 204: None}, (StreamsFull, *ASKS))
def events(job_id: str) -> Response:
    """Stream the job's progress.

    Server-Sent Events: each holds the whole job, and the stream ends with the job. `Last-Event-ID` resumes after the
    event with that id. The status is 204 if that event reported the end: there is nothing more to ask for.
    """
    whole = find_whole_job(job_id)
    is_known = request.headers.get("Last-Event-ID") == str(whole.job.step)
    if is_known and whole.job.state in ENDED:
        return Response(status=204)
    first = "" if is_known else event(whole)
    seats = services().stream_seats
    if not seats.acquire(blocking=False):
        raise StreamsFull("Request the job itself, or its events later.")
    streamed = Response(stream_of(services().watcher, whole, first), content_type=EVENT_STREAM)
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

    Accepts a new job with the same request, whose `retry_of` names the old one.
    """
    return accepted_answer(resubmit(job_id))


@blueprint.get("/jobs")
@operation({200: JobPage}, (DatabaseUnavailable,), query=JobsQuery)
def list_jobs() -> Response:
    """List jobs.

    The newest come first. `next` leads to the next page, and new jobs do not shift the pages. `id`, repeated up to 200
    times, lists these jobs instead, in the order asked, and takes no other filter beside it.
    """
    if "id" in request.args:
        return answer({"jobs": [job_view(job) for job in _own_jobs(read_ids(request.args))], "next": None})
    which, limit = read_filter(request.args)
    which = replace(which, owner=owner())
    with services().database.reading(DATABASE_SECONDS) as connection:
        page = newest(connection, which, limit + 1)
    following = next_path(str(page[limit - 1].id)) if len(page) > limit else None
    return answer({"jobs": [job_view(job) for job in page[:limit]], "next": following})


def find_whole_job(job_id: str) -> WholeJob:
    """The job with its attempts. Raises UnknownJob."""
    known = _read_id(job_id)
    with services().database.reading(DATABASE_SECONDS) as connection:
        found = find_whole(connection, [known])
    if known not in found or found[known].job.owner != owner():
        raise UnknownJob(NOT_FOUND)
    return found[known]


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
        owner=owner(),
        callback_url=old.callback_url,
    )
    return accept_and_publish([new], idempotency_key(["retry", str(old.id)])).jobs[0]


def _read_id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as error:
        raise UnknownJob("The id of a job is a UUID.") from error


def find_job(job_id: str) -> Job:
    """The job alone. Raises UnknownJob."""
    known = _read_id(job_id)
    with services().database.reading(DATABASE_SECONDS) as connection:
        job = find(connection, known)
    if job is None or job.owner != owner():
        raise UnknownJob(NOT_FOUND)
    return job


def _wait_for_end(whole: WholeJob, seconds: float) -> WholeJob:
    """The job at its end, or as it is when `seconds` are over."""
    deadline = time.monotonic() + seconds
    with services().watcher.watching(whole.job.id, whole.job.step) as watch:
        while not watch.is_over and whole.job.state not in ENDED and (left := deadline - time.monotonic()) > 0:
            whole = watch.take(left) or whole
    return whole


def _own_jobs(ids: Sequence[UUID]) -> list[Job]:
    with services().database.reading(DATABASE_SECONDS) as connection:
        found = find_all(connection, ids)
    return [job for job in found if job.owner == owner()]
