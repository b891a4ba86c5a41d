"""A job, as the command line shows it."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from wordcount.errors import CommandError

JsonObject = dict[str, Any]

STATES = ("PENDING", "STARTED", "RETRY", "SUCCESS", "FAILURE", "REVOKED")
ENDED = frozenset({"SUCCESS", "FAILURE", "REVOKED"})
COUNTING = frozenset({"count", "crawl"})  # kinds whose results have words
MAX_SAID = 3  # values in a line
UNKNOWN = "unknown"  # in place of a state, where the manager has no such job


@dataclass(frozen=True, kw_only=True, slots=True)
class Job:
    """A row of a table. The counts are those of a page or a site that was counted."""

    id: UUID
    kind: str
    url: str
    label: str
    status: str
    created_at: str
    words: int | None
    unique_words: int | None
    word: str | None
    word_count: int | None
    said: str  # of a result without words, by its first plain values
    reason: str

    @property
    def has_ended(self) -> bool:
        """Whether there is nothing to wait for."""
        return self.status in ENDED or self.status == UNKNOWN


def job_of(answer: JsonObject) -> Job:
    """The job in the manager's answer. Raises CommandError if it is not a job."""
    try:
        result, error = answer["result"] or {}, answer["error"] or {}
        counts = result if answer["kind"] in COUNTING else {}
        word = counts.get("word") or {}
        return Job(
            id=UUID(answer["id"]),
            kind=answer["kind"],
            url=answer.get("url") or "",  # not every kind of job is about one
            label=answer.get("label") or answer.get("url") or "",
            status=answer["status"],
            created_at=answer["created_at"],
            words=counts.get("words"),
            unique_words=counts.get("unique_words"),
            word=word.get("word"),
            word_count=word.get("count"),
            said="" if counts else _said(result),
            reason=": ".join(str(error[name]) for name in ("title", "detail") if error.get(name)),
        )
    except (AttributeError, KeyError, TypeError, ValueError) as wrong:
        raise CommandError("The server's answer is not a job. Is --server the address of a manager?") from wrong


def _said(result: JsonObject) -> str:
    plain = [(name, value) for name, value in result.items() if isinstance(value, str | int | float)]
    return ", ".join(f"{name}: {value}" for name, value in plain[:MAX_SAID])


def jobs_in(answer: JsonObject) -> list[JsonObject]:
    """The jobs of a list or a batch. Raises CommandError if it is neither."""
    jobs = answer.get("jobs")
    if not isinstance(jobs, list):
        raise CommandError("The server's answer is not a list of jobs. Is --server the address of a manager?")
    return jobs


def unknown_job(job_id: UUID) -> JsonObject:
    """In place of a job that the manager does not have."""
    detail = "It was never accepted here, or its result has been deleted."
    return {
        "id": str(job_id),
        "kind": "",
        "url": "",
        "status": UNKNOWN,
        "created_at": "",
        "result": None,
        "error": {"type": "unknown-job", "title": "No such job", "detail": detail},
    }
