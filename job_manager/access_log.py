"""The access log: one event for each answer, with the ids of its request and its job.

Only the path is logged, never the query or the body, since those can hold a URL with a password in it.
"""

import re
import time
from uuid import uuid4

import structlog
from flask import Flask, Response, g, request

from job_manager.metrics import count_answer

REQUEST_ID = "X-Request-ID"
ACCEPTABLE_ID = re.compile(r"[A-Za-z0-9._-]{1,64}", re.ASCII)
ROUTINE = {"health.alive", "health.ready", "health.metrics"}  # requested every few seconds, by machines
NO_ROUTE = "none"
FAULT = 500

log = structlog.get_logger()


def log_access(app: Flask) -> None:
    """Let `app` log every answer, and give each request an id: the caller's `X-Request-ID`, or a new one."""
    app.before_request(_begin)
    app.after_request(_end)


def _begin() -> None:
    given = request.headers.get(REQUEST_ID, "")
    g.request_id = given if ACCEPTABLE_ID.fullmatch(given) else str(uuid4())
    g.began = time.perf_counter()
    structlog.contextvars.clear_contextvars()  # the thread has served others before
    structlog.contextvars.bind_contextvars(request_id=g.request_id)
    if job_id := (request.view_args or {}).get("job_id"):
        structlog.contextvars.bind_contextvars(job_id=job_id)


def _end(answer: Response) -> Response:
    answer.headers[REQUEST_ID] = g.request_id
    count_answer(request.method, request.url_rule.rule if request.url_rule else NO_ROUTE, answer.status_code)
    is_routine = request.endpoint in ROUTINE and answer.status_code < FAULT
    (log.debug if is_routine else log.info)(
        "answered",
        method=request.method,
        path=request.path,
        status=answer.status_code,
        seconds=round(time.perf_counter() - g.began, 4),
        caller=request.remote_addr,
    )
    return answer
