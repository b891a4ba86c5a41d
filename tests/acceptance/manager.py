"""The manager as its callers see it."""

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import requests

from embedded.ports import LOOPBACK
from tests.acceptance.waiting import eventually
from tests.conformance import Description

ENDED = frozenset({"SUCCESS", "FAILURE", "REVOKED"})
ANSWER_SECONDS = 30.0
MOMENT_SECONDS = 10.0  # for what needs no repair
RECOVERY_SECONDS = 30.0  # the promise of design.md, section 4

JsonObject = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """All that tells how a job went. An attempt is its outcome, and the type of its error if it has one."""

    status: str
    attempts: list[str] = field(default_factory=list)
    attempts_used: int = 0
    crashes: int = 0
    error: str | None = None


@dataclass(frozen=True, kw_only=True)
class Answer:
    """An answer with a JSON body, and how long it took."""

    status: int
    headers: dict[str, str]
    body: JsonObject
    seconds: float


@dataclass(frozen=True, kw_only=True)
class Manager:
    """On a loopback port."""

    port: int

    @cached_property
    def description(self) -> Description:
        """What it says of itself; every answer is held against it."""
        return Description.of(f"http://{LOOPBACK}:{self.port}")

    def ask(self, method: str, path: str, body: JsonObject | None = None) -> Answer:
        """One request, of which a test wants to see everything."""
        description = self.description
        begun = time.monotonic()
        url = f"http://{LOOPBACK}:{self.port}{path}"
        with requests.request(method, url, json=body, timeout=ANSWER_SECONDS) as answer:
            seconds = time.monotonic() - begun
            description.check(answer)
            return Answer(
                status=answer.status_code, headers=dict(answer.headers), body=json.loads(answer.text), seconds=seconds
            )

    def submit(self, url: str, *, kind: str = "count", **fields: object) -> str:
        """Order a job; gives its id."""
        answer = self.ask("POST", f"/{kind}", {"url": url, **fields})
        assert answer.status == 202, answer
        return str(answer.body["id"])

    def submit_all(self, urls: Sequence[str]) -> list[str]:
        """Order a job for each URL in one request; gives their ids."""
        answer = self.ask("POST", "/count", {"urls": list(urls)})
        assert answer.status == 202, answer
        return [job["id"] for job in answer.body["jobs"]]

    def cancel(self, job_id: str) -> JsonObject:
        """Cancel a job; gives it as it is then."""
        answer = self.ask("DELETE", f"/result/{job_id}")
        assert answer.status == 200, answer
        return answer.body

    def job(self, job_id: str) -> JsonObject:
        """The whole job."""
        answer = self.ask("GET", f"/result/{job_id}")
        assert answer.status == 200, answer
        return answer.body

    def outcome(self, job_id: str) -> Outcome:
        """How the job went so far."""
        return outcome(self.job(job_id))

    def ended(self, job_id: str, *, within: float = MOMENT_SECONDS) -> Outcome:
        """How the job went, once it has ended."""

        def look() -> JsonObject | None:
            answer = self.ask("GET", f"/result/{job_id}?wait=1")
            return answer.body if answer.status == 200 and answer.body["status"] in ENDED else None

        return outcome(eventually(look, f"the end of {job_id}", seconds=within))

    def ended_all(self, job_ids: Sequence[str], *, within: float) -> list[Outcome]:
        """The same for many; `within` is for all of them together."""
        deadline = time.monotonic() + within
        return [self.ended(job_id, within=max(0.0, deadline - time.monotonic())) for job_id in job_ids]

    def reached(self, job_id: str, *attempts: str, within: float = MOMENT_SECONDS) -> JsonObject:
        """The job, once its attempts are these. One that runs is "STARTED"."""
        wanted = list(attempts)

        def look() -> JsonObject | None:
            answer = self.ask("GET", f"/result/{job_id}")
            return answer.body if answer.status == 200 and outcome(answer.body).attempts == wanted else None

        return eventually(look, f"attempts {wanted} of {job_id}", seconds=within)


SUCCESS = Outcome(status="SUCCESS", attempts=["SUCCESS"])


def outcome(job: JsonObject) -> Outcome:
    """What tells how a job went. Holds that it has a result if it succeeded, and only then."""
    assert (job["result"] is not None) == (job["status"] == "SUCCESS"), job
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
