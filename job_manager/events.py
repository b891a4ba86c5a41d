"""`GET /result/<id>/events`: the job as it goes on, as Server-Sent Events (HTML standard, section 9.2).

An event holds the whole job, as `GET /result/<id>` gives it, and its id is the job's step. So whoever comes back with
the id of the last event it saw, here or at another process, goes on from there; steps that passed meanwhile are in the
attempts of the next event.
"""

from collections.abc import Iterator
from uuid import UUID

from flask import Blueprint, Response, request

from job_core.job import ENDED, Step
from job_core.shown import in_json
from job_core.store.whole import WholeJob
from job_manager.errors import StreamsFull
from job_manager.representation import shown_whole
from job_manager.results import find_whole_job
from job_manager.services import services
from job_manager.watcher import Watcher

BEAT_SECONDS = 5.0  # a client that went is noticed at the second beat after
RECONNECT_MS = 1_000

events = Blueprint("events", __name__, url_prefix="/result")


@events.get("/<job_id>/events")
def stream(job_id: str) -> Response:
    """Every step of the job from now on, until its end. 204 for a client that has seen the end: it stops asking."""
    whole = find_whole_job(job_id)
    is_known = request.headers.get("Last-Event-ID") == str(whole.job.step)
    if is_known and whole.job.state in ENDED:
        return Response(status=204)
    first = "" if is_known else event(whole)
    places = services().streams
    if not places.take():
        raise StreamsFull("Ask for the job itself, or for its events later.")
    answer = Response(_events(services().watcher, whole, first), mimetype="text/event-stream")
    answer.call_on_close(places.give_back)
    answer.headers["Cache-Control"] = "no-store"
    answer.headers["X-Accel-Buffering"] = "no"  # nginx would keep events back
    return answer


def event(whole: WholeJob) -> str:
    """One event. JSON has no raw line breaks, so its data is one line."""
    return f"id: {whole.job.step}\ndata: {in_json(shown_whole(whole))}\n\n"


def _events(watcher: Watcher, whole: WholeJob, first: str) -> Iterator[str]:
    yield f"retry: {RECONNECT_MS}\n\n{first}"
    if whole.job.state not in ENDED:
        yield from _further_events(watcher, whole.job.id, whole.job.step)


def _further_events(watcher: Watcher, job_id: UUID, seen: Step) -> Iterator[str]:
    with watcher.watching(job_id, seen) as watch:
        while not watch.is_over:
            found = watch.take(BEAT_SECONDS)
            yield ": beat\n\n" if found is None else event(found)
            if found is not None and found.job.state in ENDED:
                return
