"""`wordcount run`: submit a job of any kind, by the fields that the manager says it has."""

import argparse
import json
import sys
import uuid
from collections.abc import Callable, Mapping

from page_fetch.url import meant_url
from wordcount.errors import CommandError, InvalidInput
from wordcount.job import JsonObject, job_of
from wordcount.manager import Manager
from wordcount.output import Screen, json_line, visible
from wordcount.watch import watch

URL_FORMAT = "web-url"  # as the manager names it


def run(parsed: argparse.Namespace) -> int:
    """Submit, and wait if asked; return the exit status."""
    # What stands after the kind are its fields, and options of the command as well.
    parsed, said = parsed.options.parse_known_args(parsed.fields, parsed)
    screen = Screen()
    manager = Manager(parsed.server, parsed.key, screen.say)
    fields = fields_of(manager.ask("GET", "/openapi.json"), parsed.kind)
    given = _parser(parsed.kind, fields, parsed.options).parse_args(said)
    body = {name: value for name, value in vars(given).items() if value is not None}
    answer = manager.ask("POST", f"/{parsed.kind}", body=body, idempotency_key=uuid.uuid4().hex)
    job = job_of(answer)
    if parsed.wait:
        return watch(manager, screen, [job.id], as_json=parsed.json)
    sys.stdout.write(json_line(answer) if parsed.json else f"{job.id}  {visible(job.label)}\n")
    return 0


def fields_of(document: JsonObject, kind: str) -> dict[str, JsonObject]:
    """The fields of a kind by their names, each a schema without null, which says if it is `required`.

    `document` is the manager's OpenAPI document. Raises InvalidInput if the manager offers no such kind, CommandError
    if it is not a manager's.
    """
    try:
        offered = {
            path.removeprefix("/"): methods["post"]["requestBody"]["content"]["application/json"]["schema"]
            for path, methods in document["paths"].items()
            if "requestBody" in methods.get("post", {})
        }
        if kind not in offered:
            raise InvalidInput(f"There is no kind {visible(kind)!r}; this manager offers {', '.join(sorted(offered))}.")
        schemas = document["components"]["schemas"]
        single = _resolved(offered[kind]["anyOf"][0], schemas)
        required = single.get("required", ())
        return {
            name: _resolved(_not_null(schema), schemas) | {"required": name in required}
            for name, schema in single["properties"].items()
        }
    except (AttributeError, IndexError, KeyError, TypeError) as error:
        raise CommandError("The server's description is not a manager's. Is --server its address?") from error


def _resolved(schema: JsonObject, schemas: Mapping[str, JsonObject]) -> JsonObject:
    name = schema.get("$ref", "").rpartition("/")[2]
    return {**schemas[name], **schema} if name else schema


def _not_null(schema: JsonObject) -> JsonObject:
    types = [each for each in schema.get("anyOf", ()) if each != {"type": "null"}]
    return (
        {**types[0], **{key: value for key, value in schema.items() if key != "anyOf"}} if len(types) == 1 else schema
    )


def _parser(kind: str, fields: Mapping[str, JsonObject], options: argparse.ArgumentParser) -> argparse.ArgumentParser:
    """What reads the fields of a kind. One that is called like an option of the command is `--field-<name>`."""
    taken = {"--help", *options._option_string_actions}  # noqa: SLF001 - argparse has no other way to ask
    parser = argparse.ArgumentParser(prog=f"wordcount run {kind}", allow_abbrev=False, argument_default=None)
    for name, schema in fields.items():
        option = f"--{name.replace('_', '-')}"
        parser.add_argument(
            f"--field-{name}" if option in taken else option,
            *({f"--{name}"} - {option} - taken),
            dest=name,
            required=schema["required"],
            metavar=_metavar(schema),
            help=_help(schema),
            type=_reader(schema),
            action="extend" if _is_list(schema) else "store",
            nargs="+" if _is_list(schema) else None,
        )
    return parser


def _is_list(schema: JsonObject) -> bool:
    return schema.get("type") == "array" and schema.get("items", {}).get("type") == "string"


def _choices(schema: JsonObject) -> dict[str, object]:
    """The values of a field by what a person writes, if there are few."""
    if schema.get("type") == "boolean":
        return {"true": True, "false": False}
    values = [schema["const"]] if "const" in schema else schema.get("enum", ())
    return {value if isinstance(value, str) else json.dumps(value): value for value in values}


def _metavar(schema: JsonObject) -> str:
    if choices := _choices(schema):
        return f"{{{','.join(choices)}}}"
    named = {"integer": "N", "number": "N", "string": "URL" if schema.get("format") == URL_FORMAT else "TEXT"}
    return "TEXT" if _is_list(schema) else named.get(schema.get("type", ""), "JSON")


def _help(schema: JsonObject) -> str:
    default = schema.get("default")
    ending = "" if default is None or default == [] else f" (default: {json.dumps(default, ensure_ascii=False)})"
    return f"{schema.get('description', '')}{ending}".strip().replace("%", "%%")


def _reader(schema: JsonObject) -> Callable[[str], object]:
    """What reads the value of a field; argparse says what it raises."""
    if choices := _choices(schema):

        def read(text: str) -> object:
            if text not in choices:
                raise argparse.ArgumentTypeError(f"must be one of {', '.join(choices)}")
            return choices[text]

        return read
    kind = schema.get("type")
    if kind == "string":
        return meant_url if schema.get("format") == URL_FORMAT else str
    return str if _is_list(schema) else _number if kind in {"integer", "number"} else _json


def _number(text: str) -> object:
    value = _json(text)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise argparse.ArgumentTypeError("must be a number")
    return value


def _json(text: str) -> object:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise argparse.ArgumentTypeError("is not valid JSON") from error
