"""Requests: query strings and bodies, and the jobs of a submission."""

import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Annotated, Any, Final, TypeVar, get_args, get_origin
from uuid import UUID

from flask import Request
from gunicorn.http.errors import ParseException
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, field_validator
from pydantic.config import JsonDict
from werkzeug.datastructures import MultiDict
from werkzeug.exceptions import ClientDisconnected, RequestEntityTooLarge

from job_core.job import JsonObject, NewJob, State
from job_core.kinds import NO_NUL, READ_CALLBACK_URL, Kind, wrong_fields
from job_core.store.read import JobFilter
from job_manager.errors import InvalidRequest, MalformedRequest, RequestTooLarge, UnsupportedBody
from job_tasks.job_tasks import core
from job_tasks.settings import Settings
from job_tasks.site import Glob
from page_fetch.errors import AddressRefused, InvalidUrl
from page_fetch.guard import check_unresolved
from page_fetch.url import MAX_ENCODED_LENGTH, parse_url

MAX_WAIT_SECONDS = 30.0
DEFAULT_LIMIT = 20
MAX_LIMIT = 200
NO_KIND = f"must be one of {', '.join(core.offered)}"
MAX_LIMIT_DIGITS = len(str(MAX_LIMIT))
REPEATABLE = {"id"}

NUMBER: Final = "^[0-9]{1,18}$"
NUMBER_AND_ID: Final = r"^[0-9]{1,18}\.[0-9]{1,18}$"
NUMBER_AND_WORD: Final = r"^[0-9]{1,18}\.[^\u0000]+$"
LANGUAGE: Final = "^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$"
IN_WORDS: Final = {
    **dict.fromkeys((NUMBER, NUMBER_AND_ID, NUMBER_AND_WORD), "must be as in `next` of the previous page"),
    LANGUAGE: "must be a language tag, such as en or pt-BR",
    get_args(Glob)[1].pattern: "must begin with / or *, and hold neither ? nor # nor control characters",
}


def only_digits(text: object) -> object:
    """Refuse +5, 5.0 and 1_0, which pydantic would read as numbers, too."""
    if isinstance(text, str) and not (text.isascii() and text.isdigit() and len(text) <= MAX_LIMIT_DIGITS):
        raise ValueError(f"must be a number from 1 to {MAX_LIMIT}")
    return text


def _name_kinds(schema: JsonDict) -> None:
    schema["enum"] = list(core.offered)


class Query(BaseModel):
    """Unknown names are refused, so that a misspelled filter does not show every job."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class WaitQuery(Query):
    """Of `GET /result/<id>`."""

    wait: float = Field(
        default=0,
        ge=0,
        le=MAX_WAIT_SECONDS,
        description="seconds to wait for the job to end before answering",
    )


class JobsQuery(Query):
    """Of `GET /jobs`."""

    id: Annotated[list[UUID], Field(max_length=MAX_LIMIT)] | None = Field(
        default=None,
        description="only these jobs, in this order; repeatable, and without other filters",
    )
    status: State | None = Field(default=None, description="only jobs in this state")
    kind: str | None = Field(
        default=None,
        description="only jobs of this kind; or of one that was removed, while jobs of it are kept",
        json_schema_extra=_name_kinds,
    )
    url: str | None = Field(
        default=None,
        description="only jobs of exactly this URL, as it was submitted",
        json_schema_extra={"pattern": NO_NUL},
    )
    parent: UUID | None = Field(default=None, description="only children of this job, which are in no other list")
    limit: Annotated[int, BeforeValidator(only_digits)] = Field(
        default=DEFAULT_LIMIT, ge=1, le=MAX_LIMIT, description="jobs on a page"
    )
    cursor: UUID | None = Field(default=None, description="the start of the page, from `next` of the previous page")

    @field_validator("kind")
    @classmethod
    def _check_kind(cls, kind: str | None) -> str | None:
        if kind in core.kinds and kind not in core.offered:
            raise ValueError(NO_KIND)
        return kind


Asked = TypeVar("Asked", bound=Query)


def read_wait(query: MultiDict[str, str]) -> float:
    """Seconds to wait for the end of a job; 0 by default."""
    return read_query(WaitQuery, query).wait


def read_filter(query: MultiDict[str, str]) -> tuple[JobFilter, int]:
    """The filter of a list, and how many jobs are on a page."""
    asked = read_query(JobsQuery, query)
    return JobFilter(
        state=asked.status, kind=asked.kind, label=asked.url, parent=asked.parent, before=asked.cursor
    ), asked.limit


def read_ids(query: MultiDict[str, str]) -> list[UUID]:
    """The jobs to list by `id`, each once. Raises InvalidRequest if there are other filters as well."""
    asked = read_query(JobsQuery, query)
    if others := sorted(asked.model_fields_set - {"id"}):
        raise InvalidRequest(("id", f"cannot be combined with {', '.join(others)}"))
    return list(dict.fromkeys(asked.id or ()))


def read_query(model: type[Asked], query: MultiDict[str, str]) -> Asked:
    """The query string as its model. Raises InvalidRequest."""
    try:
        return model.model_validate(_values(query))
    except ValidationError as error:
        raise InvalidRequest(*wrong_fields(error, IN_WORDS)) from error


def _values(query: MultiDict[str, str]) -> Mapping[str, str | list[str]]:
    for name, values in query.lists():
        if len(values) > 1 and name not in REPEATABLE:
            raise InvalidRequest((name, "is given more than once"))
        if any("\0" in value for value in values):
            raise InvalidRequest((name, "holds a NUL character"))
    return {name: values if name in REPEATABLE else values[0] for name, values in query.lists()}


MAX_BYTES = 64 * 1_024
MAX_BATCH_BYTES = 1_024 * 1_024
MAX_BATCH = 1_000
MAX_SHARED_BYTES = (
    4 * MAX_BATCH_BYTES
)  # of what all jobs of a batch have in common, times the jobs, each of which keeps it
# Printable ASCII, as a JSON schema; HTTP strips spaces at either end.
IDEMPOTENCY_KEY: JsonObject = {"type": "string", "pattern": "^[!-~]([ -~]*[!-~])?$", "minLength": 1, "maxLength": 255}


def read_body(request: Request) -> tuple[JsonObject, bool]:
    """The fields of the body, and whether their values are typed (JSON) or all text (a form).

    Raises MalformedRequest, InvalidRequest, UnsupportedBody, RequestTooLarge.
    """
    try:
        with arriving_body():
            raw = request.get_data()
            # A body in chunks has no length until it is read, and one byte more than is allowed is read of it at most.
            if len(raw) > MAX_BATCH_BYTES:
                raise _too_large()
            fields = _read_fields(request, raw)
    except RequestEntityTooLarge as error:
        raise _too_large() from error
    if len(raw) > MAX_BYTES and "urls" not in fields:
        raise _too_large()
    return fields, request.is_json


@contextmanager
def arriving_body() -> Iterator[None]:
    """Raise MalformedRequest if the body that the block reads does not arrive whole."""
    try:
        yield
    except (ClientDisconnected, ParseException, OSError) as error:  # the latter two are gunicorn's, about chunks
        raise MalformedRequest("The body ends too early, or its chunks are malformed.") from error


def _too_large() -> RequestTooLarge:
    return RequestTooLarge(f"A body may have {MAX_BYTES:,} bytes, or {MAX_BATCH_BYTES:,} with `urls`.")


def _read_fields(request: Request, raw: bytes) -> JsonObject:
    if request.is_json:
        return _read_json(raw)
    if request.mimetype in {"application/x-www-form-urlencoded", "multipart/form-data"}:
        return _read_form(request)
    raise UnsupportedBody("Send JSON (Content-Type: application/json) or a form.")


def _read_json(raw: bytes) -> JsonObject:
    try:
        # UTF-8 and nothing else (RFC 8259, section 8.1); bytes, Python would take for UTF-16 if they look like it.
        fields = json.loads(raw.decode("utf-8-sig"), parse_constant=_refuse_constant, object_pairs_hook=_object)
    except (ValueError, RecursionError) as error:
        raise MalformedRequest("The body is not valid JSON.") from error
    if not isinstance(fields, dict):
        raise MalformedRequest("The body must be a JSON object.")
    return fields


def _refuse_constant(name: str) -> None:
    raise ValueError(name)


def _object(pairs: list[tuple[str, Any]]) -> JsonObject:
    """Refuse a name that occurs twice: parsers differ in which value they take (RFC 8259, section 4)."""
    fields: JsonObject = {}
    for name, value in pairs:
        if name in fields:
            raise InvalidRequest((name, "is given more than once"))
        fields[name] = value
    return fields


def _read_form(request: Request) -> JsonObject:
    fields: JsonObject = {}
    lists = {"urls", *_list_fields()}
    for name, values in request.form.lists():
        if name.startswith("{"):
            raise MalformedRequest("The body looks like JSON; send it with Content-Type: application/json.")
        if name not in lists and len(values) > 1:
            raise InvalidRequest((name, "is given more than once"))
        fields[name] = values if name in lists else values[0]
    for name in request.files:
        raise InvalidRequest((name, "is a file, which no field accepts"))
    return fields


def _list_fields() -> Iterator[str]:
    """The fields of all kinds that hold several values, which a form gives one by one."""
    for kind in core.offered.values():
        for name, field in kind.request.model_fields.items():
            if get_origin(field.annotation) is list:
                yield name


def new_jobs(
    kind: Kind, fields: JsonObject, *, typed: bool, max_crashes: int, owner: str | None = None
) -> list[NewJob]:
    """The jobs that `fields` ask for: one for `url`, or one for each of `urls`. Raises InvalidRequest."""
    submitted = [_checked(kind, each, typed, name) for each, name in _each(kind, fields)]
    return [kind.new_job(each, max_crashes=max_crashes, owner=owner) for each in submitted]


def _read_callback_url(text: str) -> str:
    """The URL as the parser writes it, so that the part before its path is the receiver. Raises ValueError."""
    try:
        return str(parse_url(text))
    except InvalidUrl as error:
        raise ValueError(str(error)) from error


def check_callbacks(jobs: Iterable[NewJob], settings: Settings) -> None:
    """Raise InvalidRequest if a callback of `jobs` could not be signed, or leads where nothing is sent.

    A name is looked up when the webhook is sent, each time again: until then it may lead elsewhere.
    """
    urls = {job.callback_url for job in jobs if job.callback_url is not None}
    if urls and not settings.webhook_secrets:
        raise InvalidRequest(("callback_url", "is not offered here: no WEBHOOK_SECRETS are set to sign webhooks with"))
    for url in urls:
        try:
            check_unresolved(parse_url(url, max_length=MAX_ENCODED_LENGTH), settings.fetch_limits)
        except AddressRefused as error:
            raise InvalidRequest(("callback_url", "leads to an address or port that no webhook is sent to")) from error


def is_batch(kind: Kind, fields: JsonObject) -> bool:
    """Whether the fields ask for a job for each of `urls`: a kind that is not about a URL may have such a field."""
    return "urls" in fields and "url" in kind.request.model_fields


def _each(kind: Kind, fields: JsonObject) -> Iterator[tuple[JsonObject, str]]:
    """The fields of each single request, and the name that its URL has in the body."""
    if not is_batch(kind, fields):
        yield fields, "url"
        return
    shared = dict(fields)
    urls = shared.pop("urls")
    if "url" in shared:
        raise InvalidRequest(("urls", "cannot be combined with url"))
    if not isinstance(urls, list) or not 1 <= len(urls) <= MAX_BATCH:
        raise InvalidRequest(("urls", f"must be a list of 1 to {MAX_BATCH:,} URLs"))
    if len(json.dumps(shared)) * len(urls) > MAX_SHARED_BYTES:
        raise RequestTooLarge(
            f"Each job keeps the fields beside `urls`, which may come to {MAX_SHARED_BYTES:,} bytes. Send fewer URLs."
        )
    for index, url in enumerate(urls):
        yield shared | {"url": url}, f"urls[{index}]"


def _checked(kind: Kind, fields: JsonObject, typed: bool, url_name: str) -> BaseModel:  # noqa: FBT001 - passed on
    context = {READ_CALLBACK_URL: _read_callback_url}
    try:
        return kind.submission.model_validate(fields, strict=typed, context=context)
    except ValidationError as error:
        wrong = wrong_fields(error, IN_WORDS)
        raise InvalidRequest(
            *((url_name if field == "url" else field or "body", detail) for field, detail in wrong)
        ) from error
