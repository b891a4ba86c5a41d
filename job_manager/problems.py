"""Every answer that is no success, as `application/problem+json` (RFC 9457)."""

from collections.abc import Sequence

import structlog
from flask import Flask, Response
from pydantic import BaseModel, ConfigDict, Field
from werkzeug.exceptions import HTTPException

from job_core.errors import ClientError, CoreError, IdempotencyKeyReused, JobNotEnded, TransientError, UnknownJob
from job_manager.errors import (
    CrossSiteRequest,
    InvalidRequest,
    MalformedRequest,
    RequestTooLarge,
    Unauthenticated,
    UnsupportedBody,
)
from job_manager.outages import Unavailable
from job_manager.services import services

RETRY_AFTER_SECONDS = 2
STATUS: dict[type[CoreError], int] = {
    TransientError: 503,
    Unauthenticated: 401,
    CrossSiteRequest: 403,
    UnknownJob: 404,
    JobNotEnded: 409,
    RequestTooLarge: 413,
    UnsupportedBody: 415,
    InvalidRequest: 422,
    IdempotencyKeyReused: 422,
    MalformedRequest: 400,
    ClientError: 400,
    CoreError: 500,
}

# RFC 6750, section 3, for programs; RFC 7617, for browsers, which then ask the person for the key as a password.
CHALLENGE = 'Bearer realm="job_manager", Basic realm="job_manager", charset="UTF-8"'
MEDIA_TYPE = "application/problem+json"

log = structlog.get_logger()


class WrongField(BaseModel):
    """One field of the request, and what is wrong about it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    field: str
    detail: str


class Problem(BaseModel):
    """Why a request was not done (RFC 9457)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    type: str = Field(description="about:blank where the status says it all")
    title: str = Field(description="one fixed phrase for the type")
    status: int = Field(description="the same as that of the answer")
    detail: str = Field(description="what was wrong this time, and what to do")
    errors: tuple[WrongField, ...] | None = Field(default=None, description="each field that is wrong, if any")


def urn(kind: str) -> str:
    """The `type` of a problem of ours."""
    return f"urn:job-manager:{kind}"


UNEXPECTED = Problem(
    type=urn("unexpected-error"),
    title=CoreError.title,
    status=500,
    detail="This is the service's fault, not yours. The same request may succeed later.",
)


def answer_problems(app: Flask) -> None:
    """Let `app` answer every error as a problem."""
    app.register_error_handler(CoreError, _service_error)
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(Exception, _unexpected)


def _service_error(error: CoreError) -> Response:
    if isinstance(error, Unavailable):
        services().outages.report(error)
    fields = [WrongField(field=field, detail=detail) for field, detail in getattr(error, "errors", ())]
    answer = problem(status_of(type(error)), error.type, error.title, str(error), fields)
    if isinstance(error, TransientError):
        answer.headers["Retry-After"] = str(RETRY_AFTER_SECONDS)
    if isinstance(error, Unauthenticated):
        answer.headers["WWW-Authenticate"] = CHALLENGE
    return answer


def status_of(kind: type[CoreError]) -> int:
    """The status that answers errors of this class."""
    return next(STATUS[each] for each in kind.__mro__ if each in STATUS)


def _http_error(error: HTTPException) -> Response:
    """An error that Flask found by itself: no such path, a method that is not allowed, a body that is too large."""
    if error.response is not None:
        return Response(error.get_body(), error.code, error.get_headers())
    answer = problem(error.code or 500, None, error.name, error.description or "")
    for name, value in error.get_headers():
        if name not in {"Content-Type", "Content-Length"}:
            answer.headers[name] = value
    return answer


def _unexpected(error: Exception) -> Response:
    log.error("the manager raised what nobody foresaw", exc_info=error)
    return _answer(UNEXPECTED)


def problem(status: int, kind: str | None, title: str, detail: str, fields: Sequence[WrongField] = ()) -> Response:
    """One problem. `kind` None stands for what the status alone says."""
    found = Problem(
        type=urn(kind) if kind else "about:blank",
        title=title,
        status=status,
        detail=detail,
        errors=tuple(fields) or None,
    )
    return _answer(found)


def _answer(found: Problem) -> Response:
    return Response(problem_json(found), found.status, content_type=MEDIA_TYPE)


def problem_json(found: Problem) -> str:
    """The body of an answer."""
    return found.model_dump_json(exclude_none=True) + "\n"
