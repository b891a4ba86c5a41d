"""The OpenAPI 3.1 document of the manager, made of what it works with: routes, models, kinds and errors."""

from collections.abc import Iterator
from http import HTTPStatus

from job_core.errors import CoreError, UnexpectedError
from job_core.job import JsonObject
from job_core.kinds import Kind
from job_manager import examples
from job_manager.describing_webhooks import webhook
from job_manager.errors import InvalidRequest, Unauthenticated
from job_manager.interface import Answer, Operation, operations
from job_manager.problems import CHALLENGE, MEDIA_TYPE, UNEXPECTED, status_of, urn
from job_manager.requests import MAX_BATCH_BYTES, MAX_BYTES
from job_manager.schemas import batch_name, component_schemas, form_name, ref, without_null
from job_manager.submitting import IDEMPOTENCY_KEY_PATTERN, MAX_KEY_LENGTH

VERSION = "0.1.0"
FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")
DESCRIPTION = (
    "Counts the words that a person reads on a web page, in the background. A submission is answered with 202 once its "
    "job is kept; the job's state, and its result in the end, are at the place that the answer names. Whatever is not "
    "done is answered by a problem (RFC 9457)."
)
# What is answered by the status alone (`about:blank`), whatever was asked, when the request cannot be read.
BARE = (
    HTTPStatus.BAD_REQUEST,
    HTTPStatus.REQUEST_TIMEOUT,
    HTTPStatus.REQUEST_URI_TOO_LONG,
    HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE,
)
KEY = {"type": "http", "scheme": "bearer", "description": "an API key; a job is visible to its owner only"}
RETRY_AFTER = {
    "description": "seconds after which it is worth asking again",
    "required": True,
    "schema": {"type": "integer", "minimum": 1},
}


def describe(*, with_keys: bool) -> JsonObject:
    """The document of a manager that asks for API keys, or of one that does not."""
    paths: JsonObject = {}
    for operation in operations():
        paths.setdefault(operation.path, {})[operation.method] = _operation(operation, with_keys=with_keys)
    document: JsonObject = {
        "openapi": "3.1.0",
        "info": {"title": "wordcount-stack", "version": VERSION, "description": DESCRIPTION},
        "servers": [{"url": "/"}],
        "paths": paths,
        "components": {"schemas": component_schemas()},
    }
    if with_keys:
        document["components"]["securitySchemes"] = {"key": KEY}
        document["security"] = [{"key": []}]
    return document


def _operation(operation: Operation, *, with_keys: bool) -> JsonObject:
    described: JsonObject = {
        "operationId": operation.name,
        "summary": operation.summary,
        "description": operation.detail,
        "parameters": list(_parameters(operation)),
        "responses": {str(answer.status): _answer(operation, answer) for answer in operation.answers}
        | dict(_problems(operation, with_keys=with_keys)),
    }
    if with_keys and operation.is_open:
        described["security"] = []
    if operation.takes:
        described["requestBody"] = _body(operation.takes)
        described["callbacks"] = {"jobEnded": {"{$request.body#/callback_url}": {"post": webhook()}}}
    return described


def _parameters(operation: Operation) -> Iterator[JsonObject]:
    if operation.names_a_job:
        schema = {"type": "string", "format": "uuid"}
        yield {"name": "job_id", "in": "path", "required": True, "schema": schema, "example": examples.ID}
    if operation.query:
        for name, schema in operation.query.model_json_schema(ref_template="{model}")["properties"].items():
            yield _query_parameter(name, schema)
    if operation.repeatable:
        yield {
            "name": "Idempotency-Key",
            "in": "header",
            "required": False,
            "description": "with the same key and request, the same jobs are named again, for 24 hours",
            "schema": {
                "type": "string",
                "pattern": IDEMPOTENCY_KEY_PATTERN,
                "minLength": 1,
                "maxLength": MAX_KEY_LENGTH,
            },
        }


def _query_parameter(name: str, schema: JsonObject) -> JsonObject:
    described = without_null(schema)
    described.pop("title", None)
    if described.get("$ref") == "State":
        described["$ref"] = ref("State")["$ref"]
    return {
        "name": name,
        "in": "query",
        "required": False,
        "description": described.pop("description"),
        "schema": described,
    }


def _body(kind: Kind) -> JsonObject:
    given = examples.REQUESTS.get(kind.name, {"one page": {"url": examples.URL}})
    shown = {name: {"value": value} for name, value in given.items()}
    as_json = {"anyOf": [ref(kind.request.__name__), ref(batch_name(kind))]}
    as_form = {"anyOf": [ref(form_name(kind)), ref(batch_name(kind) + "Form")]}
    return {
        "required": True,
        "description": f"At most {MAX_BYTES:,} bytes, or {MAX_BATCH_BYTES:,} with `urls`.",
        "content": {
            "application/json": {"schema": as_json, "examples": shown},
            **{form: {"schema": as_form, "examples": shown} for form in FORMS},
        },
    }


def _answer(operation: Operation, answer: Answer) -> JsonObject:
    if answer.status == HTTPStatus.NO_CONTENT:
        return {"description": answer.meaning}
    content: JsonObject = {
        "schema": {"type": "string"} if answer.media_type.startswith("text/") else {"type": "object"}
    }
    if answer.models:
        schemas = [ref(model.__name__) for model in answer.models]
        content["schema"] = schemas[0] if len(schemas) == 1 else {"anyOf": schemas}
    if (operation.name, answer.status) in examples.ANSWERS:
        content["example"] = examples.ANSWERS[operation.name, answer.status]
    described: JsonObject = {"description": answer.meaning, "content": {answer.media_type: content}}
    if answer.locates:
        location = {"description": "where the job is; not with `urls`", "required": not operation.takes}
        described["headers"] = {
            "Location": location | {"schema": {"type": "string", "pattern": "^/result/"}},
            "Retry-After": RETRY_AFTER,
        }
    return described


def _problems(operation: Operation, *, with_keys: bool) -> Iterator[tuple[str, JsonObject]]:
    """One response for each status, with an example for each type of problem that it may carry."""
    by_status: dict[int, list[JsonObject]] = {status.value: [_bare(status)] for status in BARE}
    needs_key = with_keys and not operation.is_open
    errors: tuple[type[CoreError], ...] = (Unauthenticated,) if needs_key else ()
    for error in (*errors, *operation.errors):
        by_status.setdefault(status_of(error), []).append(_example(error))
    for status, problems in sorted(by_status.items()):
        yield str(status), _response(status, problems)


def _response(status: int, problems: list[JsonObject]) -> JsonObject:
    types = [problem["type"] for problem in problems]
    narrowed = {"properties": {"status": {"const": status}, "type": {"enum": types}}}
    described: JsonObject = {
        "description": "; or ".join(problem["title"].lower() for problem in problems),
        "content": {
            MEDIA_TYPE: {
                "schema": {"allOf": [ref("Problem"), narrowed]},
                "examples": {
                    kind.rpartition(":")[2]: {"value": shown} for kind, shown in zip(types, problems, strict=True)
                },
            }
        },
    }
    if status == HTTPStatus.SERVICE_UNAVAILABLE:
        described["headers"] = {"Retry-After": RETRY_AFTER}
    if status == HTTPStatus.UNAUTHORIZED:
        described["headers"] = {"WWW-Authenticate": {"required": True, "schema": {"const": CHALLENGE}}}
    return described


def _bare(status: HTTPStatus) -> JsonObject:
    detail = status.description or "The request could not be read as HTTP."
    return {"type": "about:blank", "title": status.phrase, "status": status.value, "detail": detail}


def _example(kind: type[CoreError]) -> JsonObject:
    """A problem as errors of this class make it."""
    if issubclass(kind, UnexpectedError):
        return UNEXPECTED.model_dump(exclude_none=True)
    wrong = ("url", "must begin with http:// or https://")
    is_invalid = issubclass(kind, InvalidRequest)
    error = kind(wrong) if is_invalid else kind((kind.__doc__ or "").partition("\n")[0])
    shown: JsonObject = {"type": urn(error.type), "title": error.title, "status": status_of(kind), "detail": str(error)}
    return shown | ({"errors": [{"field": field, "detail": detail} for field, detail in [wrong]]} if is_invalid else {})
