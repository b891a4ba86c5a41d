"""The OpenAPI 3.1 document of an app: its routes, and the models, kinds and errors that they work with."""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from http import HTTPStatus
from itertools import chain

from flask import Flask

from job_core.errors import CoreError, IdempotencyKeyReused, UnexpectedError
from job_core.job import JsonObject
from job_core.kinds import Kind
from job_manager.errors import (
    CrossSiteRequest,
    InvalidRequest,
    MalformedRequest,
    RequestTooLarge,
    Unauthenticated,
    UnsupportedBody,
)
from job_manager.openapi import examples
from job_manager.openapi.operation import Body, models_of, operation, operation_of, summary_and_description
from job_manager.openapi.schemas import component_schemas, ref, submission, without_null
from job_manager.problems import CHALLENGE, MEDIA_TYPE, UNEXPECTED, Problem, problem_of, status_of
from job_manager.requests import IDEMPOTENCY_KEY, MAX_BATCH_BYTES, MAX_BYTES, Query
from job_manager.security import SAFE_METHODS
from job_tasks.views import JobEnded

VERSION = "0.1.0"
FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")
DESCRIPTION = (
    "Counts the words that a person reads on a web page, in the background. A submission is answered with 202 once its "
    "job is stored; `Location` says where to find the job, its state and, in the end, its result. Every error response "
    "is a problem (RFC 9457)."
)
# Answered to a request that cannot be read, whatever it asks for. The status says it all (`about:blank`).
UNREADABLE = (
    HTTPStatus.BAD_REQUEST,
    HTTPStatus.REQUEST_TIMEOUT,
    HTTPStatus.REQUEST_URI_TOO_LONG,
    HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE,
)
KEY = {"type": "http", "scheme": "bearer", "description": "an API key; a job is visible to its owner only"}
PATH_PARAMETERS: dict[str, tuple[JsonObject, str]] = {
    "job_id": ({"type": "string", "format": "uuid"}, examples.ID),
    "quote_id": ({"type": "string", "format": "uuid"}, examples.QUOTE_ID),
    "word": ({"type": "string"}, "queue"),
    "day": ({"type": "string", "format": "date"}, "2026-11-29"),
}
RETRY_AFTER = {
    "description": "seconds after which to ask again",
    "required": True,
    "schema": {"type": "integer", "minimum": 1},
}
WEBHOOK = (
    "Sent when the job has ended, whatever its end, and again until it is answered with a success, up to 20 times "
    "within two days. It may arrive more than once, always with the same `webhook-id`. Verify the signature before you "
    "trust it (Standard Webhooks 1.0). Redirects are not followed, and the body of the answer is not read."
)
WEBHOOK_HEADERS: JsonObject = {
    "webhook-id": ("the job's id; the same whenever this webhook is sent", {"type": "string", "format": "uuid"}),
    "webhook-timestamp": ("when this attempt was made, in Unix time", {"type": "string", "pattern": "^[0-9]+$"}),
    "webhook-signature": (
        "HMAC-SHA256 of `id.timestamp.body` with each secret",
        {"type": "string", "pattern": "^v1,[A-Za-z0-9+/]{43}=( v1,[A-Za-z0-9+/]{43}=)*$"},
    ),
}
WEBHOOK_ANSWERS = {
    "2XX": "Accepted. It is not sent again, apart from an attempt that has already begun.",
    "410": "Unwanted. It is not sent again.",
    "default": "It is sent again later, after `Retry-After` (an hour at most) if that is given.",
}


def describe(app: Flask, *, with_keys: bool) -> JsonObject:
    """The document of `app`, which asks for API keys or does not."""
    routes = list(_routes(app))
    bodies = [body for route in routes for body in route.said.answers.values()]
    schemas = component_schemas([Problem, JobEnded, *chain.from_iterable(map(models_of, bodies))])
    paths: JsonObject = {}
    for route in routes:
        paths.setdefault(route.path, {})[route.method] = _operation(route, with_keys=with_keys)
    document: JsonObject = {
        "openapi": "3.1.0",
        "info": {"title": "wordcount-stack", "version": VERSION, "description": DESCRIPTION},
        "servers": [{"url": "/"}],
        "paths": paths,
        "components": {"schemas": schemas},
    }
    if with_keys:
        document["components"]["securitySchemes"] = {"key": KEY}
        document["security"] = [{"key": []}]
    return document


@dataclass(frozen=True, kw_only=True)
class _Route:
    name: str
    method: str
    path: str
    view: Callable[..., object]
    said: operation


def _routes(app: Flask) -> Iterator[_Route]:
    for rule in app.url_map.iter_rules():
        view = app.view_functions[rule.endpoint]
        if (said := operation_of(view)) is not None:
            (method,) = (rule.methods or set()) - {"HEAD", "OPTIONS"}
            path = re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule)
            name = rule.endpoint.rpartition(".")[2]
            yield _Route(name=name, method=method.lower(), path=path, view=view, said=said)


def _operation(route: _Route, *, with_keys: bool) -> JsonObject:
    said = route.said
    errors: list[type[CoreError]] = [UnexpectedError, *said.errors, *_implied_errors(route)]
    if with_keys and not said.is_open:
        errors.append(Unauthenticated)
    summary, description = summary_and_description(route.view)
    described: JsonObject = {
        "operationId": route.name,
        "summary": summary,
        "description": description,
        "parameters": list(_parameters(route)),
        "responses": {str(status): _answer(route, status, body) for status, body in said.answers.items()}
        | dict(_problems(errors)),
    }
    if with_keys and said.is_open:
        described["security"] = []
    if said.takes:
        described["requestBody"] = _body(said.takes)
        described["callbacks"] = {"jobEnded": {"{$request.body#/callback_url}": {"post": _webhook()}}}
    return described


def _implied_errors(route: _Route) -> Iterator[type[CoreError]]:
    if route.method.upper() not in SAFE_METHODS:
        yield CrossSiteRequest
    if not route.said.is_open:
        yield InvalidRequest
    if route.said.repeatable:
        yield IdempotencyKeyReused
    if route.said.takes:
        yield from (MalformedRequest, RequestTooLarge, UnsupportedBody)


def _parameters(route: _Route) -> Iterator[JsonObject]:
    for name in re.findall(r"{(\w+)}", route.path):
        schema, example = PATH_PARAMETERS[name]
        yield {"name": name, "in": "path", "required": True, "schema": schema, "example": example}
    if route.said.query:
        yield from _query_parameters(route.said.query)
    if route.said.repeatable:
        meaning = "a repetition with the same key and request returns the same jobs, for 24 hours"
        yield _parameter("Idempotency-Key", "header", meaning, IDEMPOTENCY_KEY)


def _query_parameters(query: type[Query]) -> Iterator[JsonObject]:
    for name, field in query.model_json_schema(ref_template=ref("{model}")["$ref"])["properties"].items():
        schema = without_null(field)
        schema.pop("title", None)
        yield _parameter(name, "query", schema.pop("description"), schema)


def _parameter(name: str, place: str, meaning: str, schema: JsonObject, *, required: bool = False) -> JsonObject:
    return {"name": name, "in": place, "required": required, "description": meaning, "schema": schema}


def _body(kind: Kind) -> JsonObject:
    about_a_url = {"one page": {"url": examples.URL}} if "url" in kind.request.model_fields else {}
    shown = {name: {"value": value} for name, value in examples.REQUESTS.get(kind.name, about_a_url).items()}
    as_json = {"schema": submission(kind, ""), "examples": shown}
    as_form = {"schema": submission(kind, "Form"), "examples": shown}
    more = f", or {MAX_BATCH_BYTES:,} with `urls`" if about_a_url else ""
    return {
        "required": True,
        "description": f"At most {MAX_BYTES:,} bytes{more}.",
        "content": {"application/json": as_json} | dict.fromkeys(FORMS, as_form),
    }


def _answer(route: _Route, status: int, body: Body) -> JsonObject:
    described: JsonObject = {"description": HTTPStatus(status).phrase}
    models = models_of(body)
    if models:
        described["description"] = " Or: ".join((model.__doc__ or "").partition("\n")[0] for model in models)
        content: JsonObject = {"schema": _one_of([ref(model.__name__) for model in models])}
    else:
        content = {"schema": {"type": "object" if body == "application/json" else "string"}}
    if (route.name, status) in examples.ANSWERS:
        content["example"] = examples.ANSWERS[route.name, status]
    if body is not None:
        described["content"] = {body if isinstance(body, str) else "application/json": content}
        described["content"] |= {media_type: {"schema": {"type": "string"}} for media_type in route.said.as_text}
    if status == HTTPStatus.ACCEPTED:
        location = {"description": "the place of the job; absent for a batch", "required": len(models) == 1}
        described["headers"] = {
            "Location": location | {"schema": {"type": "string", "pattern": "^/result/"}},
            "Retry-After": RETRY_AFTER,
        }
    return described


def _one_of(schemas: list[JsonObject]) -> JsonObject:
    return schemas[0] if len(schemas) == 1 else {"anyOf": schemas}


def _problems(errors: Iterable[type[CoreError]]) -> Iterator[tuple[str, JsonObject]]:
    """A response for each status, with an example of each type of problem that it may carry."""
    by_status: dict[int, list[Problem]] = {status.value: [_unreadable(status)] for status in UNREADABLE}
    for error in errors:
        by_status.setdefault(status_of(error), []).append(problem_of(_example(error)))
    for status, problems in sorted(by_status.items()):
        yield str(status), _response(status, problems)


def _response(status: int, problems: list[Problem]) -> JsonObject:
    narrowed = {"properties": {"status": {"const": status}, "type": {"enum": [each.type for each in problems]}}}
    shown = {each.type.rpartition(":")[2]: {"value": each.model_dump(exclude_none=True)} for each in problems}
    described: JsonObject = {
        "description": "; or ".join(problem.title.lower() for problem in problems),
        "content": {MEDIA_TYPE: {"schema": {"allOf": [ref("Problem"), narrowed]}, "examples": shown}},
    }
    if status == HTTPStatus.SERVICE_UNAVAILABLE:
        described["headers"] = {"Retry-After": RETRY_AFTER}
    if status == HTTPStatus.UNAUTHORIZED:
        described["headers"] = {"WWW-Authenticate": {"required": True, "schema": {"const": CHALLENGE}}}
    return described


def _unreadable(status: HTTPStatus) -> Problem:
    detail = status.description or "The request could not be read as HTTP."
    return Problem(type="about:blank", title=status.phrase, status=status.value, detail=detail)


def _example(kind: type[CoreError]) -> CoreError:
    if issubclass(kind, UnexpectedError):
        return UNEXPECTED
    if issubclass(kind, InvalidRequest):
        return kind(("url", "must begin with http:// or https://"))
    return kind((kind.__doc__ or "").partition("\n")[0])


def _webhook() -> JsonObject:
    """The operation that a receiver of webhooks offers."""
    content = {"schema": ref(JobEnded.__name__), "example": examples.WEBHOOK}
    return {
        "operationId": "jobEnded",
        "summary": "Job-ended webhook.",
        "description": WEBHOOK,
        "parameters": [
            _parameter(name, "header", meaning, schema, required=True)
            for name, (meaning, schema) in WEBHOOK_HEADERS.items()
        ],
        "requestBody": {"required": True, "content": {"application/json": content}},
        "responses": {status: {"description": meaning} for status, meaning in WEBHOOK_ANSWERS.items()},
    }
