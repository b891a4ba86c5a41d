"""`GET /jobs`: the newest jobs, page by page."""

from dataclasses import replace
from urllib.parse import urlencode

from flask import Blueprint, Response, request

from job_core.shown import shown
from job_core.store.lookup import newest
from job_manager.owners import owner
from job_manager.query import read_filter
from job_manager.representation import Page, answer
from job_manager.services import DATABASE_SECONDS, services

listing = Blueprint("listing", __name__)


@listing.get("/jobs")
def jobs() -> Response:
    """One page, and the way to the next, or null after the last one."""
    which, limit = read_filter(request.args)
    which = replace(which, owner=owner())
    with services().database.reading(DATABASE_SECONDS) as connection:
        page = newest(connection, which, limit + 1)
    following = None
    if len(page) > limit:
        asked = request.args.to_dict() | {"cursor": str(page[limit - 1].id)}
        following = f"{request.path}?{urlencode(asked)}"
    return answer(Page(jobs=[shown(job) for job in page[:limit]], next=following))
