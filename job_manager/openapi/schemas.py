"""The JSON schemas of requests and answers, derived from the models that read and write them."""

from collections.abc import Callable, Iterable
from typing import Any, Literal

from pydantic import BaseModel, TypeAdapter

from job_core.job import JsonObject
from job_core.kinds import JobOptions, Kind
from job_manager.requests import MAX_BATCH
from job_tasks.job_tasks import core

REF = "#/components/schemas/{model}"
Mode = Literal["validation", "serialization"]


def ref(name: str) -> JsonObject:
    """A reference to one of `component_schemas`."""
    return {"$ref": REF.format(model=name)}


def component_schemas(answers: Iterable[type[BaseModel]]) -> JsonObject:
    """The schemas of these models, and of the requests and results of all kinds, by name."""
    described: list[tuple[str, Mode, TypeAdapter[Any]]] = [
        (model.__name__, "serialization", TypeAdapter(model)) for model in answers
    ]
    for kind in core.kinds.values():
        described.append((f"{kind.name} request", "validation", TypeAdapter(kind.submission)))
        described.append((f"{kind.name} result", "serialization", TypeAdapter(kind.result)))
        if kind.progress is not None:
            described.append((f"{kind.name} progress", "serialization", TypeAdapter(kind.progress_type)))
    _, definitions = TypeAdapter.json_schemas(described, ref_template=REF)
    schemas: JsonObject = _without_titles(definitions["$defs"])
    for name in [kind.submission.__name__ for kind in core.kinds.values()]:
        schemas[f"{name}Kept"] = _kept(schemas[name])
        schemas[f"{name}Form"] = _each_property(schemas[name], without_null)
        if "url" in schemas[name]["properties"]:
            schemas[f"{name}Batch"] = _batch(schemas[name])
            schemas[f"{name}BatchForm"] = _each_property(schemas[f"{name}Batch"], without_null)
    for name in ("JobView", "JobDetail"):
        _name_kinds(schemas[name])
    return schemas


def submission(kind: Kind, form: Literal["", "Form"]) -> JsonObject:
    """A submission of this kind, of one job or a batch: in JSON, or as a form, where nothing is null."""
    batches = ("", "Batch") if "url" in kind.request.model_fields else ("",)
    return {"anyOf": [ref(f"{kind.submission.__name__}{batch}{form}") for batch in batches]}


def without_null(schema: JsonObject) -> JsonObject:
    """The schema of a value that may be left out, and is never null."""
    if "anyOf" not in schema:
        return dict(schema)
    (kept,) = (each for each in schema["anyOf"] if each != {"type": "null"})
    return {**{name: value for name, value in schema.items() if name not in {"anyOf", "default"}}, **kept}


def _each_property(schema: JsonObject, change: Callable[[JsonObject], JsonObject]) -> JsonObject:
    properties = {name: change(each) for name, each in schema["properties"].items()}
    return {**schema, "properties": properties}


def _without_titles(schema: Any) -> Any:  # noqa: ANN401 - a JSON value
    """Drop what pydantic makes of the names of fields, which says nothing more."""
    if isinstance(schema, dict):
        return {
            name: _without_titles(value)
            for name, value in schema.items()
            if not (name == "title" and isinstance(value, str))
        }
    return [_without_titles(each) for each in schema] if isinstance(schema, list) else schema


def _batch(single: JsonObject) -> JsonObject:
    """The same request with `urls` instead of `url`."""
    properties = dict(single["properties"])
    items = properties.pop("url")
    urls = {"type": "array", "items": items, "minItems": 1, "maxItems": MAX_BATCH, "description": "one job for each"}
    required = ["urls", *(name for name in single["required"] if name != "url")]
    return single | {"properties": {"urls": urls} | properties, "required": required}


def _name_kinds(schema: JsonObject) -> None:
    """Say what `request` and `result` of a job are, by kind. A job may be of one that was removed: then any object."""
    properties: JsonObject = {}
    properties["request"] = {"anyOf": [ref(f"{kind.submission.__name__}Kept") for kind in core.kinds.values()]}
    of_kinds = {"result": "result", "progress": "progress_type"}
    for name in schema["properties"].keys() & of_kinds.keys():
        types = [getattr(kind, of_kinds[name]) for kind in core.kinds.values()]
        named = [_named(each) for each in types if each is not None]
        properties[name] = {"anyOf": [*named, {"type": "null"}]}
    for name, of_known in properties.items():
        of_any = {"anyOf": [*of_known["anyOf"], {"type": "object"}]}
        schema["properties"][name] = of_any | {"description": schema["properties"][name]["description"]}
    schema["if"] = {"properties": {"kind": {"enum": list(core.kinds)}}}
    schema["then"] = {"properties": properties}


def _named(kept: Any) -> JsonObject:  # noqa: ANN401 - a type
    schema = TypeAdapter(kept).json_schema(ref_template=REF)
    return ref(schema["title"]) if "properties" in schema else schema


def _kept(submitted: JsonObject) -> JsonObject:
    """The request as jobs show it: what every kind may be asked for is beside it."""
    properties = {
        name: _unbounded(each) for name, each in submitted["properties"].items() if name not in JobOptions.model_fields
    }
    return {**submitted, "properties": properties}


def _unbounded(schema: JsonObject) -> JsonObject:
    """Without the bound on what is submitted: a URL that credentials were removed from is percent-encoded."""
    return {name: value for name, value in schema.items() if name != "maxLength"}
