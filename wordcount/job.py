"""A job, as far as the command line shows it."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from wordcount.errors import CommandError
from wordcount.text import counted

JsonObject = dict[str, Any]

STATES = ("PENDING", "STARTED", "RETRY", "SUCCESS", "FAILURE", "REVOKED")
ENDED = frozenset({"SUCCESS", "FAILURE", "REVOKED"})
UNKNOWN = "unknown"  # no state: the manager has no such job


@dataclass(frozen=True, kw_only=True, slots=True)
class Job:
    """One row of a list. After SUCCESS, one of the kind `count` has its counts, and those of the `word` asked for."""

    id: UUID
    kind: str
    url: str
    status: str
    created_at: str
    words: int | None
    unique_words: int | None
    word: str | None
    word_count: int | None
    reason: str


def job_of(answer: JsonObject) -> Job:
    """The job that the manager's JSON describes. Raises CommandError if it describes none."""
    try:
        result, error = answer["result"] or {}, answer["error"] or {}
        counts = result if answer["kind"] == "count" else {}
        asked_for = counts.get("word") or {}
        return Job(
            id=UUID(answer["id"]),
            kind=answer["kind"],
            url=answer["url"],
            status=answer["status"],
            created_at=answer["created_at"],
            words=counts.get("words"),
            unique_words=counts.get("unique_words"),
            word=asked_for.get("word"),
            word_count=asked_for.get("count"),
            reason=": ".join(str(error[name]) for name in ("title", "detail") if error.get(name)),
        )
    except (AttributeError, KeyError, TypeError, ValueError) as wrong:
        raise CommandError("The server's answer describes no job; is --server the address of a manager?") from wrong


def jobs_in(answer: JsonObject) -> list[JsonObject]:
    """The jobs of an answer that holds many. Raises CommandError if it holds none."""
    jobs = answer.get("jobs")
    if not isinstance(jobs, list):
        raise CommandError("The server's answer holds no jobs; is --server the address of a manager?")
    return jobs


def unknown(job_id: UUID) -> JsonObject:
    """In place of a job that the manager does not have."""
    detail = "It was never accepted here, or it ended longer ago than results are kept."
    return {
        "id": str(job_id),
        "kind": "",
        "url": "",
        "status": UNKNOWN,
        "created_at": "",
        "result": None,
        "error": {"type": "unknown-job", "title": "There is no such job", "detail": detail},
    }


def summary(jobs: Iterable[Job]) -> str:
    """How many are in which state: `3 jobs: 2 SUCCESS, 1 FAILURE`."""
    counts = Counter(job.status for job in jobs)
    parts = ", ".join(f"{counts[state]:,} {state}" for state in (*STATES, UNKNOWN) if state in counts)
    return f"{counted(sum(counts.values()), 'job')}: {parts}"
