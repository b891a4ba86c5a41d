"""The page's addresses. Forms redirect to what they made (303), so that a reload sends nothing twice."""

import re
from contextlib import nullcontext
from http import HTTPStatus
from itertools import chain

from flask import Blueprint, Response, make_response, render_template, request, stream_with_context, url_for
from werkzeug.exceptions import NotFound
from werkzeug.urls import iri_to_uri

from job_core.job import ENDED, State
from job_core.kinds import Kind, counted
from job_core.store.read import WholeJob
from job_manager.errors import InvalidRequest
from job_manager.jobs import cancel_job, find_whole_job, resubmit
from job_manager.lists import CSV
from job_manager.openapi.docs_page import prose
from job_manager.problems import explain, headers_of
from job_manager.quotes import find_quote
from job_manager.requests import arriving_body
from job_manager.security import harden, owner
from job_manager.services import services
from job_manager.submitting import accept_and_publish
from job_manager.web import wording
from job_manager.web.batch_view import batch_csv, batch_values
from job_manager.web.form import EXAMPLE, Form
from job_manager.web.kind_form import KindForm
from job_manager.web.kind_views import VIEWS, KindView, view_of
from job_manager.web.listing import read_listing
from job_manager.web.quote_view import QuoteForm, quote_values
from job_tasks.job_tasks import core, count

THEMES = ("system", "light", "dark")  # the first one is that of the device
YEAR_SECONDS = 365 * 24 * 3_600

web = Blueprint("web", __name__, template_folder="templates", static_folder="static", static_url_path="/static")
web.after_request(harden)
for words in (
    *(wording.about, wording.capped, wording.duration, wording.summary, wording.milliseconds, wording.moment),
    *(counted, wording.asked, wording.pretty, wording.size, wording.elapsed, wording.seconds, prose),
):
    web.add_app_template_filter(words)


@web.get("/")
def index() -> Response:
    """The form, and the jobs."""
    return _index(Form(), [])


@web.post("/")
def submit() -> Response:
    """Accept a job for each address, and redirect to it, or to the batch of them."""
    with arriving_body():
        form = Form.read(request.form)
    with services().batch_queue.turn() if form.is_batch else nullcontext():
        jobs, wrong = form.check(max_crashes=services().settings.job_max_crashes, owner=owner())
        accepted = () if wrong else accept_and_publish(jobs, None).jobs
    if wrong:
        return _index(form, wrong, HTTPStatus.UNPROCESSABLE_ENTITY)
    if len(accepted) == 1:
        return _see(url_for("web.show", job_id=accepted[0].id))
    return _see(url_for("web.batch", batch_id=accepted[0].batch_id))


@web.get("/job/<job_id>")
def show(job_id: str) -> Response:
    """One job, as it is."""
    whole = find_whole_job(job_id)
    job = whole.job
    view = view_of(job.kind)
    values = view.values(whole, request.args) if job.result is not None or whole.progress else {}
    return _page("job.html", job=job, whole=whole, view=view, says=_says(whole, view), **values)


@web.post("/job/<job_id>/cancel")
def cancel(job_id: str) -> Response:
    """Cancel the job."""
    back = _back()
    cancel_job(job_id)
    return _see(back or url_for("web.show", job_id=job_id))


@web.post("/job/<job_id>/retry")
def retry(job_id: str) -> Response:
    """Accept a new job with the same request, and redirect to it, or back to the list."""
    back = _back()
    new = resubmit(job_id)
    return _see(back or url_for("web.show", job_id=new.id))


@web.get("/batch/<batch_id>")
def batch(batch_id: str) -> Response:
    """Jobs that were submitted together."""
    return _page("batch.html", **batch_values(batch_id, request.args))


@web.get("/batch/<batch_id>/jobs.csv")
def batch_as_csv(batch_id: str) -> Response:
    """The same as CSV."""
    pieces = batch_csv(batch_id)
    first = next(pieces)  # which may be an error
    answer = Response(stream_with_context(chain([first], pieces)), content_type=CSV)
    answer.headers["Content-Disposition"] = 'attachment; filename="jobs.csv"'
    return answer


@web.post("/theme")
def choose_theme() -> Response:
    """Keep the colours that a person chose for a year, or forget them."""
    answer = _see(_back() or url_for("web.index"))
    if (theme := request.form.get("theme")) in THEMES[1:]:
        answer.set_cookie("theme", theme, max_age=YEAR_SECONDS, httponly=True, samesite="Lax")
    else:
        answer.delete_cookie("theme", httponly=True, samesite="Lax")
    return answer


@web.app_context_processor
def _dress() -> dict[str, object]:
    """What every page needs."""
    theme = request.cookies.get("theme")
    return {
        "State": State,
        "ENDED": ENDED,
        "KINDS": core.kinds,
        "VIEWS": VIEWS,
        "STATE_LABELS": wording.STATE_LABELS,
        "OUTCOME_LABELS": wording.OUTCOME_LABELS,
        "THEMES": THEMES,
        "theme": theme if theme in THEMES[1:] else None,
        "here": iri_to_uri(request.full_path.rstrip("?")) if request.method == "GET" else "/",
        "flower_url": services().settings.flower_url.rstrip("/"),
    }


@web.get("/quote")
def quote() -> Response:
    """The quote of the day, a search among all, and the form to look for more."""
    return _page("quote.html", form=QuoteForm(), wrong=[], **quote_values(request.args))


@web.post("/quote")
def look_for_quotes() -> Response:
    """Accept a job that looks for quotes, and redirect to it."""
    with arriving_body():
        form = QuoteForm.read(request.form)
    jobs, wrong = form.check(max_crashes=services().settings.job_max_crashes, owner=owner())
    if wrong:
        return _page("quote.html", HTTPStatus.UNPROCESSABLE_ENTITY, form=form, wrong=wrong, **quote_values({}))
    (job,) = accept_and_publish(jobs, None).jobs
    return _see(url_for("web.show", job_id=job.id))


@web.get("/kinds")
def kinds() -> Response:
    """Every kind of job that can be submitted."""
    return _page("kinds.html", offered=core.offered.values())


@web.get("/kinds/<name>")
def kind_form(name: str) -> Response:
    """The form for a job of a kind."""
    return _page("kind.html", form=KindForm.read(_offered(name), {}))


@web.post("/kinds/<name>")
def submit_kind(name: str) -> Response:
    """Accept a job of the kind, and redirect to it."""
    kind = _offered(name)
    with arriving_body():
        form = KindForm.read(kind, request.form)
    jobs, form = form.check(max_crashes=services().settings.job_max_crashes, owner=owner())
    if jobs:
        try:
            return _see(url_for("web.show", job_id=accept_and_publish(jobs, None).jobs[0].id))
        except InvalidRequest as error:  # of its callback
            form = form.with_wrong(error.errors)
    return _page("kind.html", HTTPStatus.UNPROCESSABLE_ENTITY, form=form)


@web.get("/quote/<quote_id>")
def show_quote(quote_id: str) -> Response:
    """One quote, with all pages where it was seen."""
    return _page("one_quote.html", quote=find_quote(quote_id))


@web.errorhandler(Exception)
def error_page(error: Exception) -> Response:
    """The page that explains `error`."""
    problem = explain(error)
    page = harden(_page("error.html", problem.status, title=problem.title, detail=problem.detail))
    page.headers.extend(headers_of(error))
    return page


def _offered(name: str) -> Kind:
    if (kind := core.offered.get(name)) is None:
        raise NotFound
    return kind


def _says(whole: WholeJob, view: KindView) -> str:
    """The state of the job, in one sentence without its full stop."""
    if view.underway and whole.job.state is State.SUCCESS:
        return "Done"  # its attempts are its rounds
    if view.underway and whole.progress and whole.job.state not in ENDED:
        return view.underway
    return wording.sentence(whole.job)


def _index(form: Form, wrong: list[str], status: int = HTTPStatus.OK) -> Response:
    return _page(
        "index.html",
        status,
        form=form,
        wrong=wrong,
        listing=read_listing(request.args),
        kinds=[*core.offered, *({request.args.get("kind", "")} - {"", *core.offered})],
        usual_kind=count.name,
        EXAMPLE=EXAMPLE,
    )


def _page(template: str, status: int = HTTPStatus.OK, **values: object) -> Response:
    html = render_template(template, **values)
    # The result of any task may hold half a surrogate pair, which UTF-8 cannot encode.
    return make_response(html.encode("utf-8", "backslashreplace"), status)


def _back() -> str | None:
    """The page that a form was sent from, if it says so: a path here, since a form may come from anywhere."""
    with arriving_body():
        back = request.form.get("back", "")
    return back if re.fullmatch(r"/(?![/\\])[!-~]*", back) else None


def _see(url: str) -> Response:
    return Response(status=HTTPStatus.SEE_OTHER, headers={"Location": url})
