"""The client of the manager that tests, chaos and benchmarks use."""

import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

import requests

from dev.waiting import eventually
from embedded.ports import LOOPBACK
from job_core.job import ENDED

ANSWER_SECONDS = 30.0
MOMENT_SECONDS = 30.0  # for jobs that need no repair, on a busy machine
LONG_POLL_SECONDS = 1
SHOWN_CHARACTERS = 300

JsonObject = dict[str, Any]


class Unanswered(Exception):
    """The connection was refused, or broke off before the answer was complete."""


class Unexpected(AssertionError):
    """The manager gave an answer that it must not give."""


@dataclass(frozen=True, kw_only=True)
class Answer:
    """An answer with a JSON body, and how long it took."""

    status: int
    headers: Mapping[str, str]
    body: JsonObject
    seconds: float

    def expect(self, status: int) -> JsonObject:
        """The body of an answer with that status; raises Unexpected for any other."""
        if self.status != status:
            raise Unexpected(self)
        return self.body

    def job_ids(self) -> list[str]:
        """The ids that a 202 names, in the order of the request."""
        return [str(job["id"]) for job in self.body.get("jobs", [self.body])]


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """How a job went. An attempt is its outcome, and the type of its error if it has one."""

    status: str
    attempts: list[str] = field(default_factory=list)
    attempts_used: int = 0
    crashes: int = 0
    error: str | None = None


SUCCESS = Outcome(status="SUCCESS", attempts=["SUCCESS"])


@dataclass(frozen=True, kw_only=True)
class Manager:
    """The manager at a port of some machine, for any number of threads. `check` is called with every answer."""

    port: int
    host: str = LOOPBACK
    check: Callable[[requests.Response], None] = lambda _: None

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://{self.host}:{self.port}"

    def ask(self, method: str, path: str, body: object = None, *, key: str | None = None) -> Answer:
        """One request, on a connection of its own; `key` is its Idempotency-Key. Raises Unanswered."""
        headers = {"Idempotency-Key": key} if key else {}
        begun = time.monotonic()
        try:
            answer = requests.request(method, self.url + path, json=body, headers=headers, timeout=ANSWER_SECONDS)
        except requests.RequestException as error:
            raise Unanswered(f"{method} {path}: {error}") from error
        seconds = time.monotonic() - begun
        self.check(answer)
        return Answer(status=answer.status_code, headers=dict(answer.headers), body=_body(answer.text), seconds=seconds)

    def is_ready(self) -> bool:
        """Whether it reaches everything that it needs."""
        try:
            return self.ask("GET", "/readyz").status == HTTPStatus.OK
        except Unanswered:
            return False

    def submit(self, url: str, *, kind: str = "count", **fields: object) -> str:
        """Submit a job; returns its id."""
        return str(self.ask("POST", f"/{kind}", {"url": url, **fields}).expect(HTTPStatus.ACCEPTED)["id"])

    def submit_all(self, urls: Sequence[str], **fields: object) -> list[str]:
        """Submit a job for each URL in one request; returns their ids."""
        answer = self.ask("POST", "/count", {"urls": list(urls), **fields})
        answer.expect(HTTPStatus.ACCEPTED)
        return answer.job_ids()

    def cancel(self, job_id: str) -> JsonObject:
        """Cancel a job; returns the job."""
        return self.ask("DELETE", f"/result/{job_id}").expect(HTTPStatus.OK)

    def job(self, job_id: str) -> JsonObject:
        """The whole job."""
        return self.ask("GET", f"/result/{job_id}").expect(HTTPStatus.OK)

    def outcome(self, job_id: str) -> Outcome:
        """How the job has gone so far."""
        return outcome_of(self.job(job_id))

    def ended_job(self, job_id: str, *, within: float = MOMENT_SECONDS) -> JsonObject:
        """The whole job, once it has ended."""

        def look() -> JsonObject | None:
            answer = self.ask("GET", f"/result/{job_id}?wait={LONG_POLL_SECONDS}")
            return answer.body if answer.status == HTTPStatus.OK and answer.body["status"] in ENDED else None

        return eventually(look, f"the end of {job_id}", seconds=within)

    def ended(self, job_id: str, *, within: float = MOMENT_SECONDS) -> Outcome:
        """How the job went, once it has ended."""
        return outcome_of(self.ended_job(job_id, within=within))

    def ended_all(self, job_ids: Sequence[str], *, within: float) -> list[Outcome]:
        """The same for many; `within` is for all of them together."""
        deadline = time.monotonic() + within
        return [self.ended(job_id, within=max(0.0, deadline - time.monotonic())) for job_id in job_ids]

    def reached(self, job_id: str, *attempts: str, within: float = MOMENT_SECONDS) -> JsonObject:
        """The job, once its attempts are these. An attempt that runs is "STARTED"."""

        def look() -> JsonObject | None:
            answer = self.ask("GET", f"/result/{job_id}")
            is_there = answer.status == HTTPStatus.OK and outcome_of(answer.body).attempts == list(attempts)
            return answer.body if is_there else None

        return eventually(look, f"attempts {attempts} of {job_id}", seconds=within)


def outcome_of(job: JsonObject) -> Outcome:
    """How a job went; raises Unexpected if it has a result without success, or success without a result."""
    if (job["result"] is not None) != (job["status"] == "SUCCESS"):
        raise Unexpected(job)
    return Outcome(
        status=job["status"],
        attempts=[_attempt(attempt) for attempt in job["attempts"]],
        attempts_used=job["attempts_used"],
        crashes=job["crashes"],
        error=job["error"] and job["error"]["type"],
    )


def _attempt(attempt: JsonObject) -> str:
    outcome = attempt["outcome"] or "STARTED"
    return f"{outcome}: {attempt['error']['type']}" if attempt["error"] else outcome


def _body(text: str) -> JsonObject:
    try:
        body: JsonObject = json.loads(text)
    except ValueError:
        return {"not JSON": text[:SHOWN_CHARACTERS]}
    return body
