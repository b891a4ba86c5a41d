"""Holds each answer of a manager against the OpenAPI document that it gives of itself."""

import json
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Self
from urllib.parse import urlsplit

import jsonschema_rs
import requests
import schemathesis
from requests import PreparedRequest
from schemathesis.schemas import APIOperation, BaseSchema
from werkzeug.test import TestResponse

PROBLEM = "application/problem+json"
STREAM = "text/event-stream; charset=utf-8"
NO_CONTENT = {204, 304}
NOT_OF_AN_OPERATION = {401, 404, 405, 408}  # no such path, or no such method of it
METHODS_WITHOUT_A_BODY = {"HEAD", "OPTIONS"}


@dataclass(frozen=True)
class Description:
    """An OpenAPI document."""

    document: dict[str, Any]

    @classmethod
    def of(cls, manager_url: str) -> Self:
        """That of a running manager."""
        return cls(requests.get(f"{manager_url}/openapi.json", timeout=20).json())

    @cached_property
    def schema(self) -> BaseSchema:
        return schemathesis.openapi.from_dict(self.document)

    @cached_property
    def problem(self) -> jsonschema_rs.Validator:
        return jsonschema_rs.validator_for(
            self.document | {"$ref": "#/components/schemas/Problem"}, validate_formats=True
        )

    def check(self, answer: requests.Response | TestResponse) -> None:
        """Fails if the document does not say that there may be such an answer to such a request."""
        method, path = _asked(answer)
        if method in METHODS_WITHOUT_A_BODY or is_for_people(path):
            return
        operation = self.operation(method, path)
        if operation is None:
            assert answer.status_code in NOT_OF_AN_OPERATION, (method, path, answer.status_code)
            self._check_problem(answer)
            return
        said = operation.definition.raw["responses"]
        assert str(answer.status_code) in said, (method, path, answer.status_code, answer.text)
        if answer.status_code in NO_CONTENT:
            return
        assert answer.headers["Content-Type"] in said[str(answer.status_code)]["content"]
        if answer.headers["Content-Type"] == STREAM:
            return  # it has no end to wait for
        operation.validate_response(answer)
        if answer.status_code >= 400 and answer.headers["Content-Type"] == PROBLEM:
            self._check_problem(answer)

    def operation(self, method: str, path: str) -> APIOperation | None:
        """The one that a request meets. A path without parameters goes before one with (OpenAPI 3.1, section 4.8.8)."""
        path = path.removesuffix("/") or "/"
        if method.lower() not in self.document["paths"].get(path, {method.lower(): None}):
            return None
        return self.schema.find_operation_by_path(method, path)

    def _check_problem(self, answer: requests.Response | TestResponse) -> None:
        assert answer.headers["Content-Type"] == PROBLEM
        problem = json.loads(answer.text)
        self.problem.validate(problem)
        assert problem["status"] == answer.status_code


class Conformance:
    """Holds each answer of one running manager against the document that it had at its first answer."""

    def __init__(self) -> None:
        self._description: Description | None = None

    def __call__(self, answer: requests.Response) -> None:
        """Fails as `Description.check` does."""
        if self._description is None:
            asked = urlsplit(answer.url)
            self._description = Description.of(f"{asked.scheme}://{asked.netloc}")
        self._description.check(answer)


def is_for_people(path: str) -> bool:
    """Whether it is the page's, which no description is of."""
    return path in {"/", "/theme", "/kinds"} or path.startswith(("/job/", "/batch/", "/kinds/", "/static/"))


def _asked(answer: requests.Response | TestResponse) -> tuple[str, str]:
    asked = answer.request
    if isinstance(asked, PreparedRequest):
        return asked.method or "", urlsplit(asked.url or "").path
    return asked.method, urlsplit(asked.environ["REQUEST_URI"]).path  # a slash in a segment is `%2F` still
