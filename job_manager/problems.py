"""Every error response, as `application/problem+json` (RFC 9457)."""

from collections.abc import Callable, Mapping
from http import HTTPStatus

import structlog
from flask import Flask, Response, request
from pydantic import BaseModel, ConfigDict, Field
from werkzeug.exceptions import HTTPException

from job_core.errors import (
    ClientError,
    CoreError,
    IdempotencyKeyReused,
    JobNotEnded,
    ServiceUnavailable,
    TransientError,
    UnexpectedError,
    UnknownJob,
)
from job_manager.errors import (
    CrossSiteRequest,
    InvalidRequest,
    MalformedRequest,
    RequestTooLarge,
    Unauthenticated,
    UnknownBatch,
    UnknownQuote,
    UnsupportedBody,
    WordsNotTogether,
)
from job_manager.services import services
from job_tasks.views import to_json

RETRY_AFTER_SECONDS = 2
STATUS: dict[type[CoreError], int] = {
    TransientError: 503,
    Unauthenticated: 401,
    CrossSiteRequest: 403,
    UnknownJob: 404,
    UnknownBatch: 404,
    UnknownQuote: 404,
    JobNotEnded: 409,
    WordsNotTogether: 409,
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
URN = "urn:job-manager:"
UNEXPECTED = UnexpectedError(
    "This is the service's fault, not yours. The same request may succeed later.", title=CoreError.title
)

log = structlog.get_logger()


class WrongField(BaseModel):
    """One invalid field of the request, and the reason."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    field: str
    detail: str


class Problem(BaseModel):
    """Why a request failed (RFC 9457)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    type: str = Field(description="`about:blank` where the status says it all")
    title: str = Field(description="a fixed phrase for each type")
    status: int = Field(description="the HTTP status")
    detail: str = Field(description="the cause of this error, and what to do about it")
    errors: tuple[WrongField, ...] | None = Field(default=None, description="the invalid fields, if any")


def register_error_handlers(app: Flask, page_of: Callable[[Exception], Response]) -> None:
    """Let `app` answer every error by a problem; where a browser asked for an unknown page, by a page."""

    @app.errorhandler(Exception)
    def _answer(error: Exception) -> Response:
        if request.endpoint is None and request.accept_mimetypes.best_match((MEDIA_TYPE, "text/html")) == "text/html":
            return page_of(error)
        problem = explain(error)
        return Response(problem_json(problem), problem.status, headers_of(error), content_type=MEDIA_TYPE)


def explain(error: Exception) -> Problem:
    """The problem that answers `error`. An unexpected error is logged with its trace, an outage with its cause."""
    if isinstance(error, HTTPException):  # Flask's own: no such path, or a method that is not allowed
        status = error.code or HTTPStatus.INTERNAL_SERVER_ERROR
        return Problem(type="about:blank", title=error.name, status=status, detail=error.description or "")
    if isinstance(error, ServiceUnavailable):
        services().outages.report(error)
    if isinstance(error, CoreError):
        return problem_of(error)
    log.error("unhandled exception in request", exc_info=error)
    return problem_of(UNEXPECTED)


def problem_of(error: CoreError) -> Problem:
    """`error` as a problem."""
    fields = tuple(WrongField(field=field, detail=detail) for field, detail in getattr(error, "errors", ()))
    status = status_of(type(error))
    return Problem(type=URN + error.type, title=error.title, status=status, detail=str(error), errors=fields or None)


def status_of(kind: type[CoreError]) -> int:
    """The status that answers errors of this class."""
    return next(STATUS[each] for each in kind.__mro__ if each in STATUS)


def headers_of(error: Exception) -> Mapping[str, str]:
    """The headers that go with the problem."""
    if isinstance(error, HTTPException):
        return {name: value for name, value in error.get_headers() if name != "Content-Type"}
    if isinstance(error, TransientError | WordsNotTogether):
        return {"Retry-After": str(RETRY_AFTER_SECONDS)}
    return {"WWW-Authenticate": CHALLENGE} if isinstance(error, Unauthenticated) else {}


def problem_json(problem: Problem) -> str:
    """The body of an answer, in ASCII like every other: some clients guess the encoding."""
    return to_json(problem.model_dump(exclude_none=True)) + "\n"
