"""`/openapi.json` for machines, `/docs` for people: the same description, with nothing from elsewhere."""

import base64
import hashlib
import json
from pathlib import Path
from typing import Any

from flask import Blueprint, Response
from jinja2 import Environment, FileSystemLoader
from markupsafe import Markup

from job_core.job import JsonObject

TEMPLATES = Path(__file__).with_name("templates")
UNCHANGED = "no-cache"  # what is kept has to be asked for again


def describing(document: JsonObject) -> Blueprint:
    """The two routes that show `document`."""
    described = json.dumps(document) + "\n"
    style = (TEMPLATES / "docs.css").read_text(encoding="utf-8")
    page = _page(document, style)
    policy = f"default-src 'none'; style-src 'sha256-{_sha256(style)}'; base-uri 'none'; form-action 'none'"
    blueprint = Blueprint("describing", __name__)

    @blueprint.get("/openapi.json")
    def describe() -> Response:
        return Response(described, content_type="application/json", headers={"Cache-Control": UNCHANGED})

    @blueprint.get("/docs")
    def docs() -> Response:
        headers = {"Cache-Control": UNCHANGED, "Content-Security-Policy": f"{policy}; frame-ancestors 'none'"}
        return Response(page, content_type="text/html; charset=utf-8", headers=headers)

    return blueprint


def _sha256(style: str) -> str:
    """As CSP wants it of a style element's text (CSP level 3, 8.1)."""
    return base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()


def _page(document: JsonObject, style: str) -> str:
    environment = Environment(loader=FileSystemLoader(TEMPLATES), autoescape=True)
    environment.filters["value"] = value_text
    environment.filters["prose"] = prose
    environment.filters["resolved"] = lambda schema: document["components"]["schemas"][_name(schema)]
    environment.filters["json"] = lambda value: json.dumps(value, indent=2, ensure_ascii=False)
    operations = [
        {"path": path, "method": method} | operation
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    ]
    # The style is a file of ours, and its hash is that of the text as it is, unescaped.
    return environment.get_template("docs.html").render(document=document, operations=operations, style=Markup(style))  # noqa: S704


def _name(schema: JsonObject) -> str:
    return str(schema["$ref"]).rpartition("/")[2]


def prose(text: str) -> Markup:
    """HTML of a description, whose names stand between backticks."""
    parts = text.split("`")
    return Markup().join(Markup("<code>{}</code>").format(each) if odd % 2 else each for odd, each in enumerate(parts))


def value_text(schema: JsonObject) -> Markup:
    """What a JSON schema lets a value be, in a few words of HTML."""
    if "$ref" in schema:
        return Markup('<a href="#schema-{0}">{0}</a>').format(_name(schema))
    if "anyOf" in schema:
        return Markup(" or ").join(value_text(each) for each in schema["anyOf"])
    if "enum" in schema:
        return Markup(", ").join(Markup("<code>{}</code>").format(each) for each in schema["enum"])
    if schema.get("type") == "array":
        return _array_text(schema)
    return Markup("{}{}{}").format(
        schema.get("format") or schema.get("type", "anything"), _bounds(schema), _default(schema)
    )


def _array_text(schema: JsonObject) -> Markup:
    items = [value_text(each) for each in schema.get("prefixItems", [schema.get("items", {})])]
    return Markup("list{} of {}").format(_bounds(schema), Markup(" and ").join(items))


def _bounds(schema: JsonObject) -> str:
    for of, unit in (("imum", ""), ("Length", " characters"), ("Items", "")):
        low, high = schema.get(f"min{of}"), schema.get(f"max{of}")
        if high is not None:
            return f", {low or 0:,} to {high:,}{unit}"
        if low is not None:
            return f", {low:,} or more{unit}"
    return ""


def _default(schema: JsonObject) -> Any:  # noqa: ANN401 - text that may be marked as safe
    default = schema.get("default")
    return "" if default is None else Markup(" (<code>{}</code>)").format(default)
