"""The JSON schemas of what comes in and goes out, out of the models that read and write it."""

from collections.abc import Iterator
from typing import Any, Literal

from pydantic import TypeAdapter

from job_core.job import JsonObject
from job_core.kinds import KINDS, Kind
from job_core.views import JobEnded
from job_manager.interface import operations
from job_manager.problems import Problem
from job_manager.requests import MAX_BATCH
from page_fetch.url import MAX_ENCODED_LENGTH

REF = "#/components/schemas/{model}"
Mode = Literal["validation", "serialization"]


def ref(name: str) -> JsonObject:
    """A reference to one of `component_schemas`."""
    return {"$ref": REF.format(model=name)}


def component_schemas() -> JsonObject:
    """Every schema by its name, those of the known kinds among them."""
    _, definitions = TypeAdapter.json_schemas(list(_described()), ref_template=REF)
    schemas: JsonObject = _untitled(definitions["$defs"])
    for kind in KINDS.values():
        single = schemas[kind.request.__name__]
        schemas[batch_name(kind)] = _batch_of(single)
        schemas[form_name(kind)] = _as_form(single)
        schemas[kept_name(kind)] = _as_kept(single)
        schemas[batch_name(kind) + "Form"] = _as_form(schemas[batch_name(kind)])
    for name in ("JobView", "JobDetail"):
        _name_kinds(schemas[name]["properties"])
    return schemas


def batch_name(kind: Kind) -> str:
    """The name of the schema of its requests with `urls`."""
    return f"{kind.request.__name__}Batch"


def form_name(kind: Kind) -> str:
    """The name of the schema of its requests as a form."""
    return f"{kind.request.__name__}Form"


def kept_name(kind: Kind) -> str:
    """The name of the schema of its requests as jobs show them."""
    return f"{kind.request.__name__}Kept"


def _described() -> Iterator[tuple[str, Mode, TypeAdapter[Any]]]:
    yield "Problem", "serialization", TypeAdapter(Problem)
    yield "webhook", "serialization", TypeAdapter(JobEnded)
    for operation in operations():
        for answer in operation.answers:
            for model in answer.models:
                yield model.__name__, "serialization", TypeAdapter(model)
    for kind in KINDS.values():
        yield f"{kind.name} request", "validation", TypeAdapter(kind.request)
        yield f"{kind.name} result", "serialization", TypeAdapter(kind.result)


def _untitled(schema: Any) -> Any:  # noqa: ANN401 - a JSON value
    """Without the titles that pydantic makes of the names of fields, which say nothing more."""
    if isinstance(schema, dict):
        return {
            key: _untitled(value) for key, value in schema.items() if not (key == "title" and isinstance(value, str))
        }
    return [_untitled(each) for each in schema] if isinstance(schema, list) else schema


def _batch_of(single: JsonObject) -> JsonObject:
    """The same request with `urls` instead of `url`."""
    properties = dict(single["properties"])
    urls = {
        "type": "array",
        "items": properties.pop("url"),
        "minItems": 1,
        "maxItems": MAX_BATCH,
        "description": "each is a job of its own",
    }
    required = ["urls", *(name for name in single["required"] if name != "url")]
    return single | {"properties": {"urls": urls} | properties, "required": required}


def _as_form(request: JsonObject) -> JsonObject:
    """The same request as a form, whose values are text: what would be null is left out."""
    return request | {"properties": {name: without_null(each) for name, each in request["properties"].items()}}


def _as_kept(request: JsonObject) -> JsonObject:
    """The same request of a job that was accepted: a URL that credentials were taken out of is percent-encoded."""
    url = request["properties"]["url"] | {"maxLength": MAX_ENCODED_LENGTH}
    return request | {"properties": request["properties"] | {"url": url}}


def without_null(schema: JsonObject) -> JsonObject:
    """The same for a value that may be left out, and is never null."""
    if "anyOf" not in schema:
        return dict(schema)
    (kept,) = (each for each in schema["anyOf"] if each != {"type": "null"})
    others = {key: value for key, value in schema.items() if key != "anyOf" and (key, value) != ("default", None)}
    return {**others, **kept}


def _name_kinds(properties: JsonObject) -> None:
    """Say of `request` and `result` what each kind has there."""
    requests = [ref(kept_name(kind)) for kind in KINDS.values()]
    results = [TypeAdapter(kind.result).json_schema(ref_template=REF) for kind in KINDS.values()]
    named = [ref(result["title"]) if "properties" in result else result for result in results]
    properties["kind"]["enum"] = list(KINDS)
    properties["request"] = {"anyOf": requests, "description": properties["request"]["description"]}
    properties["result"] = {
        "anyOf": [*named, {"type": "null"}],
        "description": properties["result"]["description"],
    }
