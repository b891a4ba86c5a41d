"""`POST /<kind>`: accept jobs. The answer is sent after the rows are committed, never before."""

import hashlib
import json
import re
from collections.abc import Callable
from contextlib import nullcontext

import structlog
from flask import Blueprint, Response, request

from job_core import submitting as core_submitting
from job_core.errors import DatabaseUnavailable, ServiceUnavailable, UnknownJob
from job_core.job import Job, JsonObject, NewJob
from job_core.kinds import Kind
from job_core.store.submissions import Accepted, IdempotencyKey, repetition
from job_manager.errors import BacklogFull, InvalidRequest, MemoryFull
from job_manager.openapi.operation import operation
from job_manager.requests import IDEMPOTENCY_KEY, MAX_BATCH_BYTES, check_callbacks, is_batch, new_jobs, read_body
from job_manager.security import owner
from job_manager.services import BATCH_SECONDS, DATABASE_SECONDS, services, take_memory
from job_manager.views import JobBatch, answer
from job_tasks.job_tasks import core
from job_tasks.views import JobView, job_view

ACCEPTS = (BacklogFull, MemoryFull, UnknownJob, DatabaseUnavailable)  # how accepting a job may fail
SUBMISSION = (
    "The answer is sent once the jobs are stored. A repetition shows each job as it is now, but for its `result`, which"
    " is null there."
)
OF_URLS = " With `urls` instead of `url`, each URL is a job."
FIRST_LOOK_SECONDS = 1  # Retry-After of an accepted job: when a first look makes sense


def submitting() -> Blueprint:
    """One route for each kind of job."""
    blueprint = Blueprint("submitting", __name__)
    for kind in core.offered.values():
        blueprint.add_url_rule(f"/{kind.name}", kind.name, _route_of(kind), methods=["POST"])
    return blueprint


def _route_of(kind: Kind) -> Callable[[], Response]:
    def submit() -> Response:
        fields, typed = read_body(request)
        with services().batch_queue.turn() if "urls" in fields else nullcontext():
            if "urls" in fields:
                take_memory(MAX_BATCH_BYTES)
            max_crashes = services().settings.job_max_crashes
            jobs = new_jobs(kind, fields, typed=typed, max_crashes=max_crashes, owner=owner())
            accepted = accept_and_publish(jobs, idempotency_key([kind.name, fields])).jobs
            if is_batch(kind, fields):
                return _accepted({"jobs": [job_view(job) for job in accepted]})
            return accepted_answer(accepted[0])

    summary = (kind.work.__doc__ or kind.name).strip().partition("\n")[0]
    of_urls = OF_URLS if "url" in kind.request.model_fields else ""
    submit.__doc__ = f"{summary}\n\n{SUBMISSION}{of_urls}"
    return operation({202: JobView | JobBatch}, ACCEPTS, takes=kind, repeatable=True)(submit)


def accepted_answer(job: Job) -> Response:
    """202 for one job, with its place and the time for a first look."""
    accepted = _accepted(job_view(job))
    accepted.headers["Location"] = f"/result/{job.id}"
    return accepted


def _accepted(body: JsonObject) -> Response:
    accepted = answer(body, 202)
    accepted.headers["Retry-After"] = str(FIRST_LOOK_SECONDS)
    return accepted


def accept_and_publish(jobs: list[NewJob], key: IdempotencyKey | None) -> Accepted:
    """Commit the rows, then send their messages. A broker that is away keeps no job from being accepted."""
    check_callbacks(jobs, services().settings)
    # Asked before anything else, since a repetition needs no room in the backlog.
    accepted = repetition(services().database, key, seconds=DATABASE_SECONDS) if key else None
    accepted = accepted or _accept(jobs, key)
    # The access log's line is the only one: with a thousand jobs, a line for each would cost more than accepting them.
    ids = [str(job.id) for job in accepted.jobs]
    structlog.contextvars.bind_contextvars(**{"job_id": ids[0]} if len(ids) == 1 else {"job_ids": ids})
    return accepted


def _accept(jobs: list[NewJob], key: IdempotencyKey | None) -> Accepted:
    def report(error: ServiceUnavailable) -> None:
        services().outages.report(error)
        structlog.contextvars.bind_contextvars(published=False)  # by us: the reconciler will do it

    with services().backlog.room_for(len(jobs)):
        return core_submitting.accept_and_publish(
            jobs,
            key,
            services().database,
            services().queue,
            at_once=services().settings.fetch_max_per_host,
            seconds=DATABASE_SECONDS if len(jobs) == 1 else BATCH_SECONDS,
            first_answer_seconds=DATABASE_SECONDS,
            report=report,
        )


def idempotency_key(asked: object) -> IdempotencyKey | None:
    """The caller's Idempotency-Key, with a fingerprint of what is `asked`."""
    key = request.headers.get("Idempotency-Key")
    if key is None:
        return None
    if len(key) > IDEMPOTENCY_KEY["maxLength"] or not re.search(IDEMPOTENCY_KEY["pattern"], key):
        raise InvalidRequest(("Idempotency-Key", "must be 1 to 255 printable ASCII characters"))
    fingerprint = hashlib.sha256(json.dumps(asked, sort_keys=True).encode()).digest()
    return IdempotencyKey(key=key, fingerprint=fingerprint, owner=owner())
