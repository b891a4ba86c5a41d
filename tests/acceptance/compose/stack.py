"""What became of many jobs of the stack in its containers."""

import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from dev.containers import ContainerStack
from dev.manager import Manager

ALL_DONE_SECONDS = 90.0
WORDS = 5


@dataclass(frozen=True, kw_only=True)
class Outcomes:
    """How many jobs ended in which state, with how many words, how many successful attempts, and how many spent."""

    states: Counter[str]
    words: Counter[int | None]
    successes: Counter[int]
    attempts_used: Counter[int]


def page(stack: ContainerStack, seconds: float = 0, name: object = "page") -> str:
    """A page of five words that takes `seconds`."""
    return f"{stack.site}/words/{WORDS}/{name}?seconds={seconds}"


def submit_pages(stack: ContainerStack, number: int, *, seconds: float) -> list[str]:
    """The ids of `number` new jobs in one batch, each of another page that takes `seconds`."""
    return stack.manager.submit_all([page(stack, seconds, name) for name in range(number)])


def outcomes(manager: Manager, job_ids: Sequence[str]) -> Outcomes:
    """How all of the jobs ended."""
    deadline = time.monotonic() + ALL_DONE_SECONDS
    jobs = [manager.ended_job(job_id, within=deadline - time.monotonic()) for job_id in job_ids]
    successes = [sum(attempt["outcome"] == "SUCCESS" for attempt in job["attempts"]) for job in jobs]
    return Outcomes(
        states=Counter(job["status"] for job in jobs),
        words=Counter(job["result"] and job["result"]["words"] for job in jobs),
        successes=Counter(successes),
        attempts_used=Counter(job["attempts_used"] for job in jobs),
    )


def all_counted_once(number: int) -> Outcomes:
    """What becomes of `number` good jobs, whatever is killed meanwhile."""
    return Outcomes(
        states=Counter({"SUCCESS": number}),
        words=Counter({WORDS: number}),
        successes=Counter({1: number}),
        attempts_used=Counter({0: number}),
    )
