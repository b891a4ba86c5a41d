"""The promises of the design, checked for every job of a chaos run. Pure functions: nothing here asks the stack.

`check` compares what the manager promised and what callers saw during the run with the tables and the HTTP interface at
its end. Each difference is a Breach. How a job must end depends on its kind: see END_OF_KIND.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from http import HTTPStatus
from typing import Any

from dev.chaos.family import CHILDREN, FAILED, FAILING
from dev.pages import behaviour_at
from job_core.job import ENDED, JsonObject

ERRORS = {HTTPStatus.SERVICE_UNAVAILABLE: "server-busy", HTTPStatus.NOT_FOUND: "page-refused"}

# Every job with its attempts.
JOBS = """
    SELECT id::text, kind, label, state, attempt, result, error ->> 'type' AS error, retry_of::text, parent_id::text,
           coalesce((SELECT json_agg(json_build_array(
                                number, outcome, floor(1000 * extract(epoch FROM started_at))::bigint) ORDER BY number)
                     FROM attempts WHERE job_id = jobs.id), '[]') AS attempts
    FROM jobs ORDER BY id
"""


class Flaw(StrEnum):
    """The ways to break a promise."""

    LOST = "lost"  # accepted, but the row is gone, or the job has not ended
    DOUBLED = "doubled"  # two successes, or two jobs for one submission
    WRONG = "wrong"  # an end, a count or a result that neither the page nor the callers explain
    FENCE = "fence"  # an attempt that wrote after it had lost its claim
    CHANGED = "changed"  # an end that became another, or that HTTP shows otherwise
    ANSWER = "answer"  # an answer that the manager must never give
    DIED = "died"  # a service that died of a fault in another one
    QUEUE = "queue"  # more messages than the waiting jobs explain
    SLOW = "slow"  # a recovery that took too long


Found = Iterator[tuple[Flaw, str]]


@dataclass(frozen=True, kw_only=True)
class Breach:
    """A broken promise. `job_id` is empty if it is not about a single job."""

    flaw: Flaw
    detail: str
    job_id: str = ""

    def __str__(self) -> str:
        return f"{self.flaw}: {self.job_id + ': ' if self.job_id else ''}{self.detail}"


@dataclass(frozen=True, kw_only=True)
class AttemptRow:
    """A row of `attempts`."""

    number: int
    outcome: str | None
    started_ms: int  # Unix time


@dataclass(frozen=True, kw_only=True)
class JobRow:
    """A row of `jobs`, with its attempts in their order."""

    id: str
    kind: str
    label: str
    state: str
    attempt: int
    result: JsonObject | None
    error: str | None
    retry_of: str | None
    parent: str | None
    attempts: tuple[AttemptRow, ...]

    @property
    def outcomes(self) -> list[str | None]:
        """Of its attempts."""
        return [attempt.outcome for attempt in self.attempts]


@dataclass(frozen=True, kw_only=True)
class Shown:
    """A job as the HTTP interface shows it."""

    state: str
    result: JsonObject | None


@dataclass(frozen=True, kw_only=True)
class Known:
    """What the callers know about the jobs."""

    promised: Mapping[str, str]  # the label of each id that a 202 named
    # Submissions without a key that got no answer, by the retried job (or None) and label: each made one job or none.
    unanswered: Mapping[tuple[str | None, str], int] = field(default_factory=dict)
    cancelled: frozenset[str] = frozenset()  # ids in requests to cancel, whatever the answer was
    ends_seen: Mapping[str, frozenset[str]] = field(default_factory=dict)  # by id, the ends in answers


def job_of(row: tuple[Any, ...]) -> JobRow:
    """A row of JOBS."""
    *columns, attempts = row
    names = ("id", "kind", "label", "state", "attempt", "result", "error", "retry_of", "parent")
    kept = tuple(AttemptRow(number=number, outcome=outcome, started_ms=ms) for number, outcome, ms in attempts)
    return JobRow(**dict(zip(names, columns, strict=True)), attempts=kept)


def check(known: Known, jobs: Sequence[JobRow], shown: Mapping[str, Shown]) -> list[Breach]:
    """All breaches, those of one job together."""
    rows = {job.id: job for job in jobs}
    children: defaultdict[str | None, list[JobRow]] = defaultdict(list)
    for job in jobs:
        children[job.parent].append(job)
    breaches = [
        Breach(flaw=Flaw.LOST, job_id=job_id, detail=f"accepted for {label}, and not in the table")
        for job_id, label in known.promised.items()
        if job_id not in rows
    ]
    breaches += _unaccounted(known, children[None])
    for job in jobs:
        found = [
            *_of_state(known, job, children[job.id]),
            *_of_attempts(job),
            *_of_what_is_shown(job, shown.get(job.id)),
        ]
        breaches += [Breach(flaw=flaw, job_id=job.id, detail=detail) for flaw, detail in found]
    return breaches


def _unaccounted(known: Known, jobs: Sequence[JobRow]) -> Iterator[Breach]:
    """Every job was promised, or belongs to a submission without an answer."""
    unpromised = [job for job in jobs if job.id not in known.promised]
    made = Counter((job.retry_of, job.label) for job in unpromised)
    for job in unpromised:
        submitted = known.unanswered.get((job.retry_of, job.label), 0)
        if (number := made[job.retry_of, job.label]) > submitted:
            detail = f"{number} jobs that no answer named, for {submitted} unanswered submissions of {job.label}"
            yield Breach(flaw=Flaw.DOUBLED, job_id=job.id, detail=detail)


def _of_state(known: Known, job: JobRow, children: Sequence[JobRow]) -> Found:
    if job.state not in ENDED:
        yield Flaw.LOST, f"still {job.state}"
    elif job.state != "REVOKED":
        yield from END_OF_KIND[job.kind](job, children)
    elif known.cancelled.isdisjoint({job.id, job.parent}):
        yield Flaw.WRONG, "REVOKED, and nobody cancelled it"
    if job.result is not None and job.state != "SUCCESS":
        yield Flaw.WRONG, f"{job.state}, and shows a result"
    if other := known.ends_seen.get(job.id, frozenset()) - {job.state}:
        yield Flaw.CHANGED, f"was shown as {', '.join(sorted(other))}, and is {job.state}"


def _end_of_count(job: JobRow, _children: Sequence[JobRow]) -> Found:
    page, words = behaviour_at(job.label), job.result and job.result["words"]
    if page.error is not None:
        if (job.state, job.error) != ("FAILURE", ERRORS[page.error]):
            yield Flaw.WRONG, f"{job.state}, error {job.error}; the page answers {page.error.value}"
    elif job.result is None or words != page.words:
        yield Flaw.WRONG, f"{job.state} with {words} words, error {job.error}; the page has {page.words} words"
    elif job.attempts and _asked_ms(job.result) < job.attempts[-1].started_ms:
        yield Flaw.FENCE, f"its result is older than its last attempt: {job.result}, {job.attempts}"


def _asked_ms(result: JsonObject) -> int:
    """When the page that was counted was requested, in Unix time: one of its words says so."""
    return max((int(word[2:]) for word, _ in result["top"] if word.startswith("at")), default=0)


def _end_of_scatter(job: JobRow, children: Sequence[JobRow]) -> Found:
    """All children were made once, and joined once, when all had ended."""
    ended = Counter(child.state for child in children)
    if job.result is None or job.result["ended"] != ended:
        yield Flaw.WRONG, f"{job.state}, error {job.error}, result {job.result}; its children: {dict(ended)}"
    if len(children) != CHILDREN or len({child.label for child in children}) != CHILDREN:
        yield Flaw.DOUBLED, f"{len(children)} children, {len({child.label for child in children})} of them different"
    if (joins := job.outcomes.count("FANNED OUT")) != 1:
        yield Flaw.DOUBLED, f"waited {joins} times for its children: {job.outcomes}"


def _end_of_piece(job: JobRow, _children: Sequence[JobRow]) -> Found:
    number = int(job.label.rpartition("/")[2])
    expected = ("FAILURE", None, FAILED) if number % FAILING == 0 else ("SUCCESS", {"number": number}, None)
    if (job.state, job.result, job.error) != expected:
        yield Flaw.WRONG, f"{job.state}, result {job.result}, error {job.error}; expected {expected}"


def _end_of_crawl(job: JobRow, _children: Sequence[JobRow]) -> Found:
    """What it found is looked at in dev.chaos.crawls."""
    if job.state != "SUCCESS":
        yield Flaw.WRONG, f"{job.state}, error {job.error}"


END_OF_KIND = {
    "count": _end_of_count,
    "scatter": _end_of_scatter,
    "piece": _end_of_piece,
    "crawl": _end_of_crawl,
    "crawl_lane": _end_of_crawl,
}


def _of_attempts(job: JobRow) -> Found:
    outcomes = job.outcomes
    if [attempt.number for attempt in job.attempts] != list(range(1, job.attempt + 1)):
        yield Flaw.FENCE, f"attempt is {job.attempt}, and its attempts are {[a.number for a in job.attempts]}"
    if outcomes.count("SUCCESS") > 1:
        yield Flaw.DOUBLED, f"succeeded {outcomes.count('SUCCESS')} times: {outcomes}"
    if job.state == "SUCCESS" and outcomes[-1:] != ["SUCCESS"]:
        yield Flaw.FENCE, f"SUCCESS, and its last attempt ended otherwise: {outcomes}"
    if ended := set(ENDED).intersection(filter(None, outcomes[:-1])):
        yield Flaw.FENCE, f"went on after an attempt that ended in {', '.join(sorted(ended))}: {outcomes}"
    if outcomes and outcomes[-1] in set(ENDED) - {job.state}:
        yield Flaw.FENCE, f"is {job.state}, and its last attempt wrote {outcomes[-1]}"
    if job.state in ENDED and None in outcomes:
        yield Flaw.FENCE, f"has ended, and an attempt of it has not: {outcomes}"


def _of_what_is_shown(job: JobRow, shown: Shown | None) -> Found:
    if shown != Shown(state=job.state, result=job.result):
        yield Flaw.CHANGED, f"the table says {job.state}, {job.result}; HTTP shows {shown}"
