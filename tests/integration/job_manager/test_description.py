"""The OpenAPI document and its page: complete, true, and with examples that work."""

import json
import re
import tomllib
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from uuid import UUID

import jsonschema_rs
import pytest
import schemathesis
from flask.testing import FlaskClient

from job_manager.openapi import examples
from job_manager.openapi.document import VERSION
from job_manager.security import CONTENT_SECURITY_POLICY
from job_tasks.api_keys import ApiKey, hash_key, make_key
from page_read.quote_text import normal_form
from quote_store.keep import KEEP, FoundQuote, keep_parameters
from tests.integration.job_manager.conftest import described
from tests.integration.job_manager.crawling import Crawl
from tests.integration.job_store import Store

PROJECT = Path(__file__).parents[3]
DOCUMENT = described()
OPERATIONS = [
    (path, method, operation) for path, methods in DOCUMENT["paths"].items() for method, operation in methods.items()
]
TIMES_OF_QUOTES = {"day", "found_at", "first_seen", "last_seen"}
VARYING = TIMES_OF_QUOTES | {"id", "job_id", "created_at", "started_at", "finished_at", "ended_at", "retry_of", "next"}


def varies(name: str, value: Any) -> bool:
    return name in VARYING or (name == "due_at" and value is not None)


def without_varying(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: without_varying(each) for name, each in value.items() if not varies(name, each)}
    return [without_varying(each) for each in value] if isinstance(value, list) else value


def keep_example(store: Store) -> UUID:
    """Keep the quote of the examples, as a lane does; gives the job that found it."""
    held = store.claimed(kind="quotes")
    quote = FoundQuote(
        **examples.FOUND,
        normal_form=normal_form(examples.QUOTE_TEXT),
        language="en",
    )
    parameters = keep_parameters(
        [quote], job_id=held.job_id, lane_id=held.job_id, attempt=held.attempt, url=examples.URL, site="example.com"
    )
    store.database.commit(KEEP, *parameters)
    return held.job_id


class TestTheDocument:
    """OpenAPI 3.1."""

    def test_is_what_the_manager_gives(self, client: FlaskClient) -> None:
        answer = client.get("/openapi.json")
        assert (answer.status_code, answer.content_type, answer.get_json()) == (200, "application/json", DOCUMENT)

    def test_is_valid(self) -> None:
        schemathesis.openapi.from_dict(DOCUMENT).validate()
        key = ApiKey(name="ci", sha256=hash_key(make_key()))
        schemathesis.openapi.from_dict(described(MANAGER_API_KEYS=str(key))).validate()

    def test_names_every_route_and_no_other(self, client: FlaskClient) -> None:
        routes = {
            (re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule), method.lower())
            for rule in client.application.url_map.iter_rules()
            if not rule.endpoint.startswith("web.")  # pages for people
            for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
        }
        assert {(path, method) for path, method, _ in OPERATIONS} == routes

    def test_has_the_version_of_the_project(self) -> None:
        project = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
        assert (DOCUMENT["info"]["version"], DOCUMENT["info"]["title"]) == (project["version"], project["name"])
        assert project["version"] == VERSION

    def test_refers_to_nothing_that_is_not_there(self) -> None:
        referred = set(re.findall(r"#/components/schemas/(\w+)", json.dumps(DOCUMENT)))
        assert referred <= DOCUMENT["components"]["schemas"].keys()


class TestExamples:
    """Each is what the manager takes, or what it answers."""

    @pytest.mark.parametrize(("path", "method", "operation"), OPERATIONS, ids=lambda value: str(value)[:12])
    def test_every_example_fits_its_schema(self, path: str, method: str, operation: dict[str, Any]) -> None:
        del path, method
        contents = [each for answer in operation["responses"].values() for each in answer.get("content", {}).values()]
        contents += operation.get("requestBody", {}).get("content", {}).values()
        for callback in operation.get("callbacks", {}).get("jobEnded", {}).values():
            contents += callback["post"]["requestBody"]["content"].values()
        for content in contents:
            validator = jsonschema_rs.validator_for(DOCUMENT | content["schema"], validate_formats=True)
            for example in [each["value"] for each in content.get("examples", {}).values()]:
                validator.validate(example)
            if "example" in content:
                validator.validate(content["example"])

    @pytest.mark.parametrize(("kind", "name"), [(kind, name) for kind, of in examples.REQUESTS.items() for name in of])
    @pytest.mark.parametrize("form", [None, "application/x-www-form-urlencoded", "multipart/form-data"])
    def test_every_request_is_accepted(self, client: FlaskClient, kind: str, name: str, form: str | None) -> None:
        body = examples.REQUESTS[kind][name]
        sent = {"data": body, "content_type": form} if form else {"json": body}
        assert client.post(f"/{kind}", **sent).status_code == 202

    def test_every_answer_is_had(self, client: FlaskClient, store: Store) -> None:
        had: dict[tuple[str, int], Any] = {}

        def note(name: str, answer: Any) -> Any:
            had[name, answer.status_code] = answer.get_json()
            return answer.get_json()

        body = examples.REQUESTS["count"]["one page, with every option"]
        first = note("count", client.post("/count", json=body))
        held = store.claim(store.job(UUID(first["id"])), store.worker("job_worker_01"))
        assert held is not None
        store.succeed(held, examples.RESULT)
        note("show", client.get(f"/result/{first['id']}"))
        note("list_jobs", client.get("/jobs?limit=1"))
        again = note("retry", client.post(f"/result/{first['id']}/retry"))
        note("cancel", client.delete(f"/result/{again['id']}"))
        asked = examples.REQUESTS["crawl"]["a part of it, and a word"]
        note("crawl", client.post("/crawl", json=asked))
        crawl = Crawl(store, **asked)
        crawl.begin()
        crawl.count({"queue": 2, "tree": 1}, "/missing")
        crawl.fail("page-refused", "The site answered 404 Not Found.")
        crawl.finish()
        note("pages", client.get(f"/result/{crawl.id}/pages"))
        note("words", client.get(f"/result/{crawl.id}/words?limit=1"))
        note("word", client.get(f"/result/{crawl.id}/words/queue"))
        job_id = keep_example(store)
        (quote,) = note("list_quotes", client.get("/quotes?min_confidence=0.9"))["quotes"]
        note("random_quote", client.get("/quotes/random?min_confidence=0.9"))
        day = note("quote_of_today", client.get("/quotes/today"))["day"]
        note("quote_of_day", client.get(f"/quotes/day/{day}"))
        note("show_quote", client.get(f"/quotes/{quote['id']}"))
        note("list_authors", client.get("/authors"))
        note("list_found_quotes", client.get(f"/result/{job_id}/quotes"))
        note("alive", client.get("/healthz"))
        store.sql("UPDATE workers SET stopped_at = now()")
        for name in ("job_worker_01", "job_worker_02"):
            store.worker(name)
        note("ready", client.get("/readyz"))
        shown = {key: value for key, value in examples.ANSWERS.items() if key != ("ready", 503)}
        assert without_varying(list(had.values())) == without_varying([shown[key] for key in had])
        assert had.keys() == shown.keys()


class Page(HTMLParser):
    """The elements of a page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs


class TestThePage:
    """For people, and with no network."""

    @pytest.fixture
    def html(self, client: FlaskClient) -> str:
        answer = client.get("/docs")
        assert (answer.status_code, answer.content_type) == (200, "text/html; charset=utf-8")
        return answer.text

    def test_shows_every_route_field_and_problem(self, html: str) -> None:
        for path, _, operation in OPERATIONS:
            assert f"</span> {path}</code></h2>" in html
            assert all(parameter["name"] in html for parameter in operation["parameters"])
            assert all(f"<dt>{status}</dt>" in html for status in operation["responses"])
        for schema in DOCUMENT["components"]["schemas"].values():
            assert all(f"<code>{name}</code>" in html for name in schema.get("properties", ()))

    def test_loads_nothing_from_elsewhere_and_has_no_script_or_style_in_its_markup(self, html: str) -> None:
        page = Page(html)
        assert not {"img", "iframe", "object", "style"} & set(page.tags)
        assert {value for name, value in page.attributes if name == "src"} == {"/static/page.js"}
        assert page.tags.count("script") == 1
        assert not any(name.startswith("on") or name == "style" for name, _ in page.attributes)
        links = [value or "" for name, value in page.attributes if name == "href"]
        elsewhere = [link for link in links if not link.startswith(("#", "/")) or link.startswith("//")]
        assert elsewhere == ["http://localhost:8888"]  # Flower
        ids = [value for name, value in page.attributes if name == "id"]
        assert len(set(ids)) == len(ids)
        assert {link[1:] for link in links if link.startswith("#")} <= set(ids)

    def test_has_the_policy_of_every_page(self, client: FlaskClient, html: str) -> None:
        assert html.startswith("<!doctype html>")
        assert client.get("/docs").headers["Content-Security-Policy"] == CONTENT_SECURITY_POLICY
