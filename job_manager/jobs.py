"""`/result/<id>` and `/jobs`: look at jobs, cancel one, try one again."""

import time
from collections.abc import Sequence
from dataclasses import replace
from urllib.parse import urlencode
from uuid import UUID

from flask import Blueprint, Response, request

from job_core.errors import JobNotEnded, UnknownJob
from job_core.job import ENDED, Job, NewJob
from job_core.kinds import KINDS
from job_core.store.lookup import find, find_all, newest
from job_core.store.submissions import cancel
from job_core.store.whole import WholeJob, find_whole
from job_core.views import job_view
from job_manager.errors import StreamsFull
from job_manager.events import event, stream_of
from job_manager.requests import read_filter, read_ids, read_wait
from job_manager.security import owner
from job_manager.services import DATABASE_SECONDS, services
from job_manager.submitting import accept_and_publish, accepted_answer, idempotency_key
from job_manager.views import JobPage, answer, job_detail
from page_fetch.url import MAX_ENCODED_LENGTH, parse_url

blueprint = Blueprint("jobs", __name__)


@blueprint.get("/result/<job_id>")
def show(job_id: str) -> Response:
    """The whole job, at once or, with `?wait=20`, when it has ended or the time is up."""
    wait = read_wait(request.args)
    whole = find_whole_job(job_id)
    if wait and whole.job.state not in ENDED and services().wait_seats.acquire(blocking=False):
        try:
            whole = _wait_for_end(whole, wait)
        finally:
            services().wait_seats.release()
    return answer(job_detail(whole))


@blueprint.get("/result/<job_id>/events")
def stream(job_id: str) -> Response:
    """Every step of the job from now on, until its end. 204 for a client that has seen the end: it stops asking."""
    whole = find_whole_job(job_id)
    is_known = request.headers.get("Last-Event-ID") == str(whole.job.step)
    if is_known and whole.job.state in ENDED:
        return Response(status=204)
    first = "" if is_known else event(whole)
    seats = services().stream_seats
    if not seats.acquire(blocking=False):
        raise StreamsFull("Ask for the job itself, or for its events later.")
    streamed = Response(stream_of(services().watcher, whole, first), mimetype="text/event-stream")
    streamed.call_on_close(seats.release)
    streamed.headers["Cache-Control"] = "no-store"
    streamed.headers["X-Accel-Buffering"] = "no"  # nginx would keep events back
    return streamed


@blueprint.delete("/result/<job_id>")
def revoke(job_id: str) -> Response:
    """Cancel the job. One that has ended stays as it is."""
    cancel_job(job_id)
    return answer(job_detail(find_whole_job(job_id)))


@blueprint.post("/result/<job_id>/retry")
def retry(job_id: str) -> Response:
    """Accept a new job with the same request, which names the old one."""
    return accepted_answer(try_again(job_id))


def find_whole_job(job_id: str) -> WholeJob:
    """The job with its attempts. Raises UnknownJob."""
    known = _read_id(job_id)
    with services().database.reading(DATABASE_SECONDS) as connection:
        found = find_whole(connection, [known])
    if known not in found or found[known].job.owner != owner():
        raise UnknownJob("It was never accepted here, or it ended longer ago than results are kept.")
    return found[known]


def cancel_job(job_id: str) -> None:
    """Cancel the job, unless it has ended. Raises UnknownJob."""
    known = _find(_read_id(job_id))
    with services().database.transaction(DATABASE_SECONDS) as connection:
        cancel(connection, known.id)


def try_again(job_id: str) -> Job:
    """A new job with the request of an old one. Raises UnknownJob, JobNotEnded."""
    old = _find(_read_id(job_id))
    if old.state not in ENDED:
        raise JobNotEnded(f"It is {old.state}; wait for its end, or cancel it first.")
    if old.kind not in KINDS:
        raise UnknownJob(f"Nothing does jobs of the kind `{old.kind}` any more.")
    new = NewJob(
        kind=old.kind,
        url=old.url,
        host=parse_url(old.url, max_length=MAX_ENCODED_LENGTH).host_name,
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
        raise UnknownJob("An id is a UUID, as the submission's answer gave it.") from error


def _find(job_id: UUID) -> Job:
    with services().database.reading(DATABASE_SECONDS) as connection:
        job = find(connection, job_id)
    if job is None or job.owner != owner():
        raise UnknownJob("It was never accepted here, or it ended longer ago than results are kept.")
    return job


def _wait_for_end(whole: WholeJob, seconds: float) -> WholeJob:
    """The job at its end, or as it is when `seconds` are over."""
    deadline = time.monotonic() + seconds
    with services().watcher.watching(whole.job.id, whole.job.step) as watch:
        while not watch.is_over and whole.job.state not in ENDED and (left := deadline - time.monotonic()) > 0:
            whole = watch.take(left) or whole
    return whole


@blueprint.get("/jobs")
def list_jobs() -> Response:
    """One page, and the way to the next, or null after the last one. With `id`, those jobs."""
    if "id" in request.args:
        return answer(JobPage(jobs=[job_view(job) for job in _own_jobs(read_ids(request.args))], next=None))
    which, limit = read_filter(request.args)
    which = replace(which, owner=owner())
    with services().database.reading(DATABASE_SECONDS) as connection:
        page = newest(connection, which, limit + 1)
    following = None
    if len(page) > limit:
        asked = request.args.to_dict() | {"cursor": str(page[limit - 1].id)}
        following = f"{request.path}?{urlencode(asked)}"
    return answer(JobPage(jobs=[job_view(job) for job in page[:limit]], next=following))


def _own_jobs(ids: Sequence[UUID]) -> list[Job]:
    with services().database.reading(DATABASE_SECONDS) as connection:
        found = find_all(connection, ids)
    return [job for job in found if job.owner == owner()]
