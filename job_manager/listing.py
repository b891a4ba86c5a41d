"""`GET /jobs`: the newest jobs, page by page."""

from collections.abc import Sequence
from dataclasses import replace
from urllib.parse import urlencode
from uuid import UUID

from flask import Blueprint, Response, request

from job_core.job import Job
from job_core.shown import shown
from job_core.store.lookup import find_all, newest
from job_manager.owners import owner
from job_manager.query import read_filter, read_ids
from job_manager.representation import Page, answer
from job_manager.services import DATABASE_SECONDS, services

listing = Blueprint("listing", __name__)


@listing.get("/jobs")
def jobs() -> Response:
    """One page, and the way to the next, or null after the last one. With `id`, those jobs."""
    if "id" in request.args:
        return answer(Page(jobs=[shown(job) for job in _own_jobs(read_ids(request.args))], next=None))
    which, limit = read_filter(request.args)
    which = replace(which, owner=owner())
    with services().database.reading(DATABASE_SECONDS) as connection:
        page = newest(connection, which, limit + 1)
    following = None
    if len(page) > limit:
        asked = request.args.to_dict() | {"cursor": str(page[limit - 1].id)}
        following = f"{request.path}?{urlencode(asked)}"
    return answer(Page(jobs=[shown(job) for job in page[:limit]], next=following))


def _own_jobs(ids: Sequence[UUID]) -> list[Job]:
    with services().database.reading(DATABASE_SECONDS) as connection:
        found = find_all(connection, ids)
    return [job for job in found if job.owner == owner()]
