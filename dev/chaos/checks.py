"""What the promises of the design say of a job, checked on what was kept of it. Nothing here asks anyone.

`check` is given what the manager promised, what callers saw on the way, and what the tables and the HTTP interface hold
when all is over. Each difference is a Breach.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from http import HTTPStatus
from urllib.parse import urlsplit

from dev.chaos.pages import page_at

ENDED = frozenset({"SUCCESS", "FAILURE", "REVOKED"})
ERRORS = {HTTPStatus.SERVICE_UNAVAILABLE: "server-busy", HTTPStatus.NOT_FOUND: "page-refused"}


class Kind(StrEnum):
    """What can be wrong."""

    LOST = "lost"  # accepted, but gone or without an end
    DOUBLED = "doubled"  # two successes, or two jobs for one order
    WRONG = "wrong"  # an end, a count or a result that the page and the callers do not account for
    FENCE = "fence"  # an attempt that wrote after it had lost its claim
    CHANGED = "changed"  # an end that became another, or that HTTP shows otherwise
    ANSWER = "answer"  # an answer that the manager must not give
    DIED = "died"  # a service that another one's fault took down
    QUEUE = "queue"  # more messages than waiting jobs account for
    SLOW = "slow"  # a recovery beyond the bound


@dataclass(frozen=True, kw_only=True)
class Breach:
    """A promise that was not kept. `job_id` is empty where it is about no single job."""

    kind: Kind
    detail: str
    job_id: str = ""

    def __str__(self) -> str:
        return f"{self.kind}: {self.job_id + ': ' if self.job_id else ''}{self.detail}"


@dataclass(frozen=True, kw_only=True)
class Attempt:
    """A row of `attempts`."""

    number: int
    outcome: str | None
    started_ms: int  # Unix time


@dataclass(frozen=True, kw_only=True)
class Shown:
    """What the HTTP interface shows of a job."""

    state: str
    words: int | None  # None without a result


@dataclass(frozen=True, kw_only=True)
class Job:
    """A row of `jobs`, with its attempts in their order."""

    id: str
    url: str
    state: str
    attempt: int
    words: int | None  # None without a result
    asked_ms: int | None  # when the page was asked for that the result comes from, Unix time; None without a result
    error: str | None
    retry_of: str | None
    attempts: tuple[Attempt, ...]


@dataclass(frozen=True, kw_only=True)
class Known:
    """What the callers know of all jobs."""

    promised: Mapping[str, str]  # the URL of each id that a 202 named
    # How many orders without a key got no answer, by the job retried (or None) and the URL: each made one job, or none.
    unanswered: Mapping[tuple[str | None, str], int] = field(default_factory=dict)
    cancelled: frozenset[str] = frozenset()  # ids that someone asked to cancel, whatever the answer was
    ends_seen: Mapping[str, frozenset[str]] = field(default_factory=dict)  # the ends that answers named, by id


def check(known: Known, jobs: Sequence[Job], shown: Mapping[str, Shown]) -> list[Breach]:
    """Every breach there is, those of one job together."""
    rows = {job.id: job for job in jobs}
    breaches = [
        Breach(kind=Kind.LOST, job_id=job_id, detail=f"accepted for {url}, and not in the table")
        for job_id, url in known.promised.items()
        if job_id not in rows
    ]
    breaches += _unaccounted(known, jobs)
    for job in jobs:
        breaches += [Breach(kind=kind, job_id=job.id, detail=detail) for kind, detail in _of_job(known, job)]
        if shown.get(job.id) != Shown(state=job.state, words=job.words):
            detail = f"the table says {job.state}, {job.words} words; HTTP shows {shown.get(job.id)}"
            breaches.append(Breach(kind=Kind.CHANGED, job_id=job.id, detail=detail))
    return breaches


def _unaccounted(known: Known, jobs: Sequence[Job]) -> Iterator[Breach]:
    """Every job was promised, or is the only one of an order without an answer."""
    unpromised = [job for job in jobs if job.id not in known.promised]
    made = Counter((job.retry_of, job.url) for job in unpromised)
    for job in unpromised:
        order = job.retry_of, job.url
        if made[order] > known.unanswered.get(order, 0):
            detail = (
                f"{made[order]} jobs that no answer named, for {known.unanswered.get(order, 0)} orders of {job.url}"
            )
            yield Breach(kind=Kind.DOUBLED, job_id=job.id, detail=detail)


def _of_job(known: Known, job: Job) -> Iterator[tuple[Kind, str]]:
    if job.state not in ENDED:
        yield Kind.LOST, f"still {job.state}"
    else:
        yield from _of_end(known, job)
    yield from _of_attempts(job)
    if job.words is not None and job.state != "SUCCESS":
        yield Kind.WRONG, f"{job.state}, and shows a result"
    if other := known.ends_seen.get(job.id, frozenset()) - {job.state}:
        yield Kind.CHANGED, f"was shown as {', '.join(sorted(other))}, and is {job.state}"


def _of_end(known: Known, job: Job) -> Iterator[tuple[Kind, str]]:
    if job.state == "REVOKED":
        if job.id not in known.cancelled:
            yield Kind.WRONG, "REVOKED, and nobody cancelled it"
        return
    page = page_at(urlsplit(job.url).path)
    if page.error is None:
        if (job.state, job.words) != ("SUCCESS", page.words):
            yield Kind.WRONG, f"{job.state} with {job.words} words, error {job.error}; the page has {page.words} words"
    elif (job.state, job.error) != ("FAILURE", ERRORS[page.error]):
        yield Kind.WRONG, f"{job.state}, error {job.error}; the page answers {page.error.value}"


def _of_attempts(job: Job) -> Iterator[tuple[Kind, str]]:
    outcomes = [attempt.outcome for attempt in job.attempts]
    if [attempt.number for attempt in job.attempts] != list(range(1, job.attempt + 1)):
        yield Kind.FENCE, f"attempt is {job.attempt}, and its attempts are {[a.number for a in job.attempts]}"
    if outcomes.count("SUCCESS") > 1:
        yield Kind.DOUBLED, f"succeeded {outcomes.count('SUCCESS')} times: {outcomes}"
    if job.state == "SUCCESS" and outcomes[-1:] != ["SUCCESS"]:
        yield Kind.FENCE, f"SUCCESS, and its last attempt ended otherwise: {outcomes}"
    if job.state == "SUCCESS" and job.attempts and (job.asked_ms or 0) < job.attempts[-1].started_ms:
        yield (
            Kind.FENCE,
            f"its result is not its last attempt's, but comes from a page of before: {job.asked_ms}, {job.attempts}",
        )
    if ended := ENDED.intersection(filter(None, outcomes[:-1])):
        yield Kind.FENCE, f"went on after an attempt that ended in {', '.join(sorted(ended))}: {outcomes}"
    if outcomes and outcomes[-1] in ENDED - {job.state}:
        yield Kind.FENCE, f"is {job.state}, and its last attempt wrote {outcomes[-1]}"
    if job.state in ENDED and None in outcomes:
        yield Kind.FENCE, f"has ended, and an attempt of it has not: {outcomes}"
