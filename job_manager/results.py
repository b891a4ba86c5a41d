"""`/result/<id>`: look at a job, cancel it, try it again."""

import time
from uuid import UUID

from flask import Blueprint, Response, request

from job_core.errors import JobNotEnded, UnknownJob
from job_core.job import ENDED, Job, NewJob
from job_core.kinds import KINDS
from job_core.store.lookup import find
from job_core.store.submissions import cancel
from job_core.store.whole import WholeJob, find_whole
from job_manager.owners import owner
from job_manager.query import read_wait
from job_manager.representation import answer, shown_whole
from job_manager.services import DATABASE_SECONDS, services
from job_manager.submitting import accept_and_publish, accepted_answer, idempotency_key
from page_fetch.url import MAX_ENCODED_LENGTH, parse_url

results = Blueprint("results", __name__, url_prefix="/result")


@results.get("/<job_id>")
def show(job_id: str) -> Response:
    """The whole job, at once or, with `?wait=20`, when it has ended or the time is up."""
    wait = read_wait(request.args)
    whole = find_whole_job(job_id)
    if wait and whole.job.state not in ENDED and services().wait_places.take():
        try:
            whole = _wait_for_end(whole, wait)
        finally:
            services().wait_places.give_back()
    return answer(shown_whole(whole))


@results.delete("/<job_id>")
def revoke(job_id: str) -> Response:
    """Cancel the job. One that has ended stays as it is."""
    cancel_job(job_id)
    return answer(shown_whole(find_whole_job(job_id)))


@results.post("/<job_id>/retry")
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
