"""Every answer that is no success, as `application/problem+json` (RFC 9457)."""

import json

import structlog
from flask import Flask, Response
from werkzeug.exceptions import HTTPException

from job_tasks.errors import (
    CrossSiteRequest,
    IdempotencyKeyReused,
    InvalidRequest,
    JobNotEnded,
    MalformedRequest,
    MendRequest,
    RequestTooLarge,
    ServiceError,
    TryLater,
    UnknownJob,
    UnsupportedBody,
)

RETRY_AFTER_SECONDS = 2
STATUS: dict[type[ServiceError], int] = {
    TryLater: 503,
    CrossSiteRequest: 403,
    UnknownJob: 404,
    JobNotEnded: 409,
    RequestTooLarge: 413,
    UnsupportedBody: 415,
    InvalidRequest: 422,
    IdempotencyKeyReused: 422,
    MalformedRequest: 400,
    MendRequest: 400,
    ServiceError: 500,
}

log = structlog.get_logger()


def answer_problems(app: Flask) -> None:
    """Let `app` answer every error as a problem."""
    app.register_error_handler(ServiceError, _service_error)
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(Exception, _unexpected)


def _service_error(error: ServiceError) -> Response:
    fields = [{"field": field, "detail": detail} for field, detail in getattr(error, "errors", ())]
    answer = problem(status_of(error), error.type, error.title, str(error), fields)
    if isinstance(error, TryLater):
        answer.headers["Retry-After"] = str(RETRY_AFTER_SECONDS)
    return answer


def status_of(error: ServiceError) -> int:
    """The HTTP status that says it."""
    return next(STATUS[kind] for kind in type(error).__mro__ if kind in STATUS)


def _http_error(error: HTTPException) -> Response:
    """An error that Flask found by itself: no such path, a method that is not allowed, a body that is too large."""
    if error.response is not None:
        return Response(error.get_body(), error.code, error.get_headers())
    answer = problem(error.code or 500, None, error.name, error.description or "", [])
    for name, value in error.get_headers():
        if name not in {"Content-Type", "Content-Length"}:
            answer.headers[name] = value
    return answer


def _unexpected(error: Exception) -> Response:
    log.error("the manager raised what nobody foresaw", exc_info=error)
    detail = "This is the service's fault, not yours. The same request may succeed later."
    return problem(500, "unexpected-error", "Something went wrong", detail, [])


def problem(status: int, kind: str | None, title: str, detail: str, fields: list[dict[str, str]]) -> Response:
    """One problem. `kind` None stands for what the status alone says."""
    body: dict[str, object] = {
        "type": f"urn:job-manager:{kind}" if kind else "about:blank",
        "title": title,
        "status": status,
        "detail": detail,
    }
    if fields:
        body["errors"] = fields
    return Response(json.dumps(body) + "\n", status, content_type="application/problem+json")
