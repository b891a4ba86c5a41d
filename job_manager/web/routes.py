"""The page's addresses. Forms redirect to what they made (303), so that a reload sends nothing twice."""

from collections.abc import Callable, Mapping
from contextlib import nullcontext
from http import HTTPStatus

from flask import Blueprint, Response, make_response, render_template, request, url_for

from job_core.job import ENDED, JsonObject, State
from job_core.kinds import KINDS
from job_core.store.browsing import MOST_SEARCHED
from job_manager.jobs import cancel_job, find_whole_job, resubmit
from job_manager.problems import explain, headers_of
from job_manager.requests import arriving_body
from job_manager.security import harden, owner
from job_manager.services import services
from job_manager.submitting import accept_and_publish
from job_manager.web import wording
from job_manager.web.count_view import count_values
from job_manager.web.form import Form
from job_manager.web.listing import read_listing

web = Blueprint("web", __name__, template_folder="templates", static_folder="static", static_url_path="/static")
web.after_request(harden)
# By kind: the values of the template of its name, which shows a result. Results of other kinds are shown as JSON.
RESULT_VALUES: Mapping[str, Callable[[JsonObject, Mapping[str, str]], JsonObject]] = {"count": count_values}

for words in (
    *(wording.capped, wording.duration, wording.summary, wording.milliseconds, wording.moment),
    *(wording.pretty, wording.sentence, wording.size),
):
    web.add_app_template_filter(words)


@web.get("/")
def index() -> Response:
    """The form, and the jobs."""
    return _index(Form(), [])


@web.post("/")
def submit() -> Response:
    """Accept a job for each address, and redirect to it, or to the list."""
    with arriving_body():
        form = Form.read(request.form)
    with services().batch_queue.turn() if form.is_batch else nullcontext():
        jobs, wrong = form.check(max_crashes=services().settings.job_max_crashes, owner=owner())
        accepted = () if wrong else accept_and_publish(jobs, None).jobs
    if wrong:
        return _index(form, wrong, HTTPStatus.UNPROCESSABLE_ENTITY)
    if len(accepted) == 1:
        return _see(url_for("web.show", job_id=accepted[0].id))
    return _see(url_for("web.index", accepted=len(accepted)))


@web.get("/job/<job_id>")
def show(job_id: str) -> Response:
    """One job, as it is."""
    whole = find_whole_job(job_id)
    job = whole.job
    values = RESULT_VALUES[job.kind](job.result, request.args) if job.kind in RESULT_VALUES and job.result else {}
    template = f"{job.kind}.html" if job.kind in RESULT_VALUES else "result.html"
    return _page("job.html", job=job, attempts=whole.attempts, result_template=template, **values)


@web.post("/job/<job_id>/cancel")
def cancel(job_id: str) -> Response:
    """Cancel the job."""
    cancel_job(job_id)
    return _see(url_for("web.show", job_id=job_id))


@web.post("/job/<job_id>/retry")
def retry(job_id: str) -> Response:
    """Accept a new job with the same request, and redirect to it."""
    return _see(url_for("web.show", job_id=resubmit(job_id).id))


@web.errorhandler(Exception)
def _explain(error: Exception) -> Response:
    problem = explain(error)
    page = _page("error.html", problem.status, title=problem.title, detail=problem.detail)
    page.headers.extend(headers_of(error))
    return page


def _index(form: Form, wrong: list[str], status: int = HTTPStatus.OK) -> Response:
    return _page(
        "index.html",
        status,
        form=form,
        wrong=wrong,
        accepted=request.args.get("accepted", type=int),
        listing=read_listing(request.args),
        kinds=list(KINDS),
        most_searched=MOST_SEARCHED,
    )


def _page(template: str, status: int = HTTPStatus.OK, **values: object) -> Response:
    """A page of these values, and of those that every page needs."""
    html = render_template(
        template,
        State=State,
        ENDED=ENDED,
        KINDS=KINDS,
        STATE_LABELS=wording.STATE_LABELS,
        OUTCOME_LABELS=wording.OUTCOME_LABELS,
        flower_url=services().settings.flower_url.rstrip("/"),
        **values,
    )
    # The result of any task may hold half a surrogate pair, which UTF-8 cannot encode.
    return make_response(html.encode("utf-8", "backslashreplace"), status)


def _see(url: str) -> Response:
    return Response(status=HTTPStatus.SEE_OTHER, headers={"Location": url})
