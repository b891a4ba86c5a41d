"""A caller of the manager, with a connection of its own that it keeps."""

import http.client
import json
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from embedded.ports import LOOPBACK

ANSWER_SECONDS = 30.0
SHOWN_BYTES = 300


class Unanswered(Exception):
    """The connection was refused, or broke before the answer was whole."""


@dataclass(frozen=True, kw_only=True)
class Asked:
    """One request. An Idempotency-Key makes it safe to ask again."""

    method: str
    path: str
    body: Mapping[str, Any] | None = None
    key: str | None = None


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What came back."""

    status: HTTPStatus
    body: dict[str, Any]

    def job_ids(self) -> tuple[str, ...]:
        """The ids that a 202 names, in the order of the request."""
        return tuple(job["id"] for job in self.body.get("jobs", [self.body]))


class Caller:
    """For one thread."""

    def __init__(self, port: int) -> None:
        self._connection = http.client.HTTPConnection(LOOPBACK, port, timeout=ANSWER_SECONDS)

    def ask(self, asked: Asked) -> Answer:
        """The answer; raises Unanswered."""
        headers = {"Content-Type": "application/json"} | ({"Idempotency-Key": asked.key} if asked.key else {})
        body = None if asked.body is None else json.dumps(asked.body)
        try:
            self._connection.request(asked.method, asked.path, body, headers)
            answer = self._connection.getresponse()
            raw = answer.read()
        except (OSError, http.client.HTTPException) as error:
            self._connection.close()  # the next request connects anew
            raise Unanswered from error
        return Answer(status=HTTPStatus(answer.status), body=_body(raw))

    def close(self) -> None:
        """Give the connection up."""
        self._connection.close()


def _body(raw: bytes) -> dict[str, Any]:
    try:
        body: dict[str, Any] = json.loads(raw)
    except ValueError:
        return {"not JSON": raw[:SHOWN_BYTES].decode(errors="replace")}
    return body
