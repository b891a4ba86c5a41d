"""The stack in its containers, as its callers see it."""

import http.client
import json
import time
from collections import Counter
from dataclasses import dataclass
from typing import Any

from dev.chaos.engine import Compose

WORKERS = ("job_worker_01", "job_worker_02")
ANSWER_SECONDS = 30.0
LONG_POLL_SECONDS = 20
ALL_DONE_SECONDS = 90.0


@dataclass(frozen=True, kw_only=True)
class Stack:
    """Its manager answers at `manager_port` and its viewer at `viewer_port` of this machine."""

    compose: Compose
    manager_port: int
    viewer_port: int

    def submit(self, url: str) -> str:
        """The id of a new job."""
        status, job = self.ask("POST", "/count", {"url": url})
        assert status == 202, job
        return str(job["id"])

    def submit_pages(self, number: int, *, seconds: float) -> list[str]:
        """The ids of `number` new jobs in one batch, each of another page that takes `seconds`."""
        status, answer = self.ask("POST", "/count", {"urls": [page(seconds, name) for name in range(number)]})
        assert status == 202, answer
        return [job["id"] for job in answer["jobs"]]

    def job(self, job_id: str, *, wait: int = 0) -> dict[str, Any]:
        """The job as it is, or as soon as it has ended."""
        status, job = self.ask("GET", f"/result/{job_id}?wait={wait}")
        assert status == 200, job
        return job

    def ended(self, job_id: str, *, within: float = ALL_DONE_SECONDS) -> dict[str, Any]:
        """The job once it has ended."""
        deadline = time.monotonic() + within
        while (job := self.job(job_id, wait=LONG_POLL_SECONDS))["status"] not in {"SUCCESS", "FAILURE", "REVOKED"}:
            assert time.monotonic() < deadline, f"not ended within {within:g} s: {job}"
        return job

    def outcomes(self, job_ids: list[str]) -> "Outcomes":
        """How all of the jobs ended."""
        deadline = time.monotonic() + ALL_DONE_SECONDS
        jobs = [self.ended(job_id, within=deadline - time.monotonic()) for job_id in job_ids]
        successes = [sum(attempt["outcome"] == "SUCCESS" for attempt in job["attempts"]) for job in jobs]
        return Outcomes(
            states=Counter(job["status"] for job in jobs),
            words=Counter(job["result"] and job["result"]["words"] for job in jobs),
            successes=Counter(successes),
            attempts_used=Counter(job["attempts_used"] for job in jobs),
        )

    def ask(self, method: str, path: str, body: object = None) -> tuple[int, dict[str, Any]]:
        """The manager's answer."""
        connection = http.client.HTTPConnection("127.0.0.1", self.manager_port, timeout=ANSWER_SECONDS)
        try:
            connection.request(method, path, body and json.dumps(body), {"Content-Type": "application/json"})
            answer = connection.getresponse()
            return answer.status, json.load(answer)
        finally:
            connection.close()


@dataclass(frozen=True, kw_only=True)
class Outcomes:
    """How many jobs ended in which state, with how many words, how many successful attempts, and how many spent."""

    states: Counter[str]
    words: Counter[int | None]
    successes: Counter[int]
    attempts_used: Counter[int]


def all_counted_once(number: int) -> Outcomes:
    """What becomes of `number` good jobs, whatever is killed meanwhile."""
    return Outcomes(
        states=Counter({"SUCCESS": number}),
        words=Counter({5: number}),
        successes=Counter({1: number}),
        attempts_used=Counter({0: number}),
    )


def page(seconds: float, name: object = "page") -> str:
    """A page of five words that takes `seconds`."""
    return f"http://pages:8000/after/{seconds}/{name}"
