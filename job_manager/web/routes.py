"""The page's addresses. Forms redirect to what they made (303), so that a reload sends nothing twice."""

from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from flask import Blueprint, Response, make_response, render_template, request, url_for
from werkzeug.datastructures import MultiDict
from werkzeug.exceptions import NotFound

from job_core.job import ENDED, State
from job_core.kinds import Kind
from job_core.store.read import MAX_SEARCHED, Page, WholeJob, count_parked, live_workers
from job_manager.admission import MAX_COUNTED
from job_manager.errors import InvalidRequest
from job_manager.jobs import cancel_job, find_whole_job, read_page, resubmit
from job_manager.openapi.docs_page import prose
from job_manager.problems import explain, headers_of
from job_manager.quotes import find_quote
from job_manager.requests import DEFAULT_LIMIT, arriving_body, read_filter
from job_manager.security import harden, owner
from job_manager.services import DATABASE_SECONDS, services
from job_manager.submitting import accept_and_publish
from job_manager.web import wording
from job_manager.web.form import Form
from job_manager.web.kind_form import KindForm
from job_manager.web.kind_views import VIEWS, KindView, view_of
from job_manager.web.quote_view import QuoteForm, quote_values
from job_tasks.job_tasks import core, count

web = Blueprint("web", __name__, template_folder="templates", static_folder="static", static_url_path="/static")
web.after_request(harden)
for words in (
    *(wording.about, wording.capped, wording.duration, wording.summary, wording.milliseconds, wording.moment),
    *(wording.pretty, wording.size, prose),
):
    web.add_app_template_filter(words)


@dataclass(frozen=True, kw_only=True)
class Listing:
    """A page of the list, how many jobs (parked ones among them) and live workers there are, and the filters."""

    page: Page
    is_first: bool
    totals: Mapping[State, int]
    parked: int
    workers: int
    filters: Mapping[str, str]

    def url(self, **changes: object) -> str:
        """The address of a list with the same filters, but for `changes`; None takes a filter away."""
        asked: dict[str, Any] = {**self.filters, **changes}
        return url_for("web.index", _anchor="jobs", **asked)


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
    view = view_of(job.kind)
    values = view.values(whole, request.args) if job.result is not None or whole.progress else {}
    return _page("job.html", job=job, whole=whole, view=view, says=_says(whole, view), **values)


@web.post("/job/<job_id>/cancel")
def cancel(job_id: str) -> Response:
    """Cancel the job."""
    cancel_job(job_id)
    return _see(url_for("web.show", job_id=job_id))


@web.post("/job/<job_id>/retry")
def retry(job_id: str) -> Response:
    """Accept a new job with the same request, and redirect to it."""
    return _see(url_for("web.show", job_id=resubmit(job_id).id))


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
def _explain(error: Exception) -> Response:
    problem = explain(error)
    page = _page("error.html", problem.status, title=problem.title, detail=problem.detail)
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
        accepted=request.args.get("accepted", type=int),
        listing=_read_listing(request.args),
        kinds=[*core.offered, *({request.args.get("kind", "")} - {"", *core.offered})],
        usual_kind=count.name,
        most_searched=MAX_SEARCHED,
    )


def _read_listing(query: MultiDict[str, str]) -> Listing:
    """The list that a query string asks for. Raises InvalidRequest, DatabaseUnavailable."""
    asked = {name: query.get(name, "").strip() for name in ("status", "kind", "text", "cursor")}
    asked = {name: value for name, value in asked.items() if value}
    text = asked.get("text")
    if text is not None and "\0" in text:
        raise InvalidRequest(("text", "holds a NUL character"))
    which, _ = read_filter(MultiDict({name: value for name, value in asked.items() if name != "text"}))
    totals = services().state_counts.of(owner())
    page = read_page(which, DEFAULT_LIMIT, text)
    with services().database.reading(DATABASE_SECONDS) as connection:
        parked = count_parked(connection, owner=owner(), at_most=MAX_COUNTED + 1)
        workers = live_workers(connection)
    cursor = asked.pop("cursor", None)
    is_first = cursor is None
    return Listing(page=page, is_first=is_first, totals=totals, parked=parked, workers=workers, filters=asked)


def _page(template: str, status: int = HTTPStatus.OK, **values: object) -> Response:
    """A page of these values, and of those that every page needs."""
    html = render_template(
        template,
        State=State,
        ENDED=ENDED,
        KINDS=core.kinds,
        VIEWS=VIEWS,
        STATE_LABELS=wording.STATE_LABELS,
        OUTCOME_LABELS=wording.OUTCOME_LABELS,
        flower_url=services().settings.flower_url.rstrip("/"),
        **values,
    )
    # The result of any task may hold half a surrogate pair, which UTF-8 cannot encode.
    return make_response(html.encode("utf-8", "backslashreplace"), status)


def _see(url: str) -> Response:
    return Response(status=HTTPStatus.SEE_OTHER, headers={"Location": url})
