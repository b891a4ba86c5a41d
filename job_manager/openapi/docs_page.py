"""`/openapi.json` for machines, `/docs` for people: the same description, which loads nothing from elsewhere."""

import json
from functools import cache
from pathlib import Path

from flask import Blueprint, Flask, Response, render_template
from jinja2 import Environment, FileSystemLoader
from markupsafe import Markup

from job_core.job import JsonObject
from job_manager.openapi.document import describe
from job_manager.openapi.operation import operation
from job_manager.security import harden

TEMPLATES = Path(__file__).with_name("templates")
REVALIDATED = {"Cache-Control": "no-cache"}  # a copy may be kept, and is asked for again
HTML = "text/html; charset=utf-8"


def docs(app: Flask, *, with_keys: bool) -> Blueprint:
    """The two routes that show the description of `app`, made when it is first asked for."""
    blueprint = Blueprint("docs", __name__, template_folder="templates")

    @cache
    def document() -> JsonObject:
        return describe(app, with_keys=with_keys)

    @cache
    def description() -> Markup:
        return _described(document())

    @blueprint.get("/openapi.json")
    @operation({200: "application/json"}, is_open=True)
    def openapi() -> Response:
        """The interface's description, for machines.

        OpenAPI 3.1.
        """
        return Response(json.dumps(document()) + "\n", content_type="application/json", headers=REVALIDATED)

    @blueprint.get("/docs")
    @operation({200: HTML}, is_open=True)
    def docs() -> Response:
        """The interface's description, for people.

        A page that loads nothing from elsewhere.
        """
        page = render_template("docs.html", description=description())
        return harden(Response(page, content_type=HTML, headers=REVALIDATED | {"Vary": "Cookie"}))

    return blueprint


def _described(document: JsonObject) -> Markup:
    environment = Environment(loader=FileSystemLoader(TEMPLATES), autoescape=True)
    schemas = document["components"]["schemas"]
    environment.filters |= {
        "value": value_text,
        "prose": prose,
        "resolved": lambda schema: schemas[_name(schema)],
        "json": lambda value: json.dumps(value, indent=2, ensure_ascii=False),
    }
    operations = [
        {"path": path, "method": method} | operation
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    ]
    html = environment.get_template("description.html").render(document=document, operations=operations)
    return Markup(html)  # noqa: S704 - the template has escaped what is in it


def _name(schema: JsonObject) -> str:
    return str(schema["$ref"]).rpartition("/")[2]


def prose(text: str) -> Markup:
    """Convert a description, where backticks enclose names, to HTML."""
    parts = text.split("`")
    return Markup().join(Markup("<code>{}</code>").format(each) if odd % 2 else each for odd, each in enumerate(parts))


def value_text(schema: JsonObject) -> Markup:
    """The values that a JSON schema allows, in a few words of HTML."""
    if "$ref" in schema:
        return Markup('<a href="#schema-{0}">{0}</a>').format(_name(schema))
    if "anyOf" in schema:
        return Markup(" or ").join(map(value_text, schema["anyOf"]))
    if "enum" in schema:
        return Markup(", ").join(Markup("<code>{}</code>").format(each) for each in schema["enum"])
    if schema.get("type") == "array":
        items = schema.get("prefixItems", [schema.get("items", {})])
        return Markup("list{} of {}").format(_bounds(schema), Markup(" and ").join(map(value_text, items)))
    name = schema.get("format") or schema.get("type", "anything")
    default = Markup(" (<code>{}</code>)").format(schema["default"]) if schema.get("default") is not None else ""
    return Markup("{}{}{}").format(name, _bounds(schema), default)


def _bounds(schema: JsonObject) -> str:
    for of, unit in (("imum", ""), ("Length", " characters"), ("Items", "")):
        low, high = schema.get(f"min{of}"), schema.get(f"max{of}")
        if high is not None:
            return f", {low or 0:,} to {high:,}{unit}"
        if low is not None:
            return f", {low:,} or more{unit}"
    return ""
