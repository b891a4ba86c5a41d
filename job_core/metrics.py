"""What the services count, for Prometheus to collect: every figure, and the one place where its name stands.

Each process counts what it did itself, once that is certain: a step of a job when its transaction is committed. So a
sum over all processes tells of each step once. What merely is (how many jobs wait) nobody counts: the manager asks
database and broker for it when it is scraped (`job_manager/health.py`).

Names follow https://prometheus.io/docs/practices/naming. Counters begin anew with the service, as `rate()` expects.
"""

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from prometheus_client import CollectorRegistry, Counter, Histogram, values
from prometheus_client.multiprocess import MultiProcessCollector

OUTCOMES = (  # those without an error, and those for which the first one already counts
    ("SUCCESS", ""),
    ("REVOKED", ""),
    ("GIVEN BACK", ""),
    ("LOST", ""),
    ("CRASHED", "attempt-crashed"),
    ("CRASHED", "attempt-out-of-memory"),
    ("CRASHED", "attempt-out-of-time"),
    ("FAILURE", "unexpected-error"),
)
REPAIRS = ("workers_lost", "taken_back", "overdue", "due", "released", "published")
METHODS = ("GET", "HEAD", "POST", "DELETE", "OPTIONS")
OTHER_METHOD = "other"  # a caller may send any, and each would be a series of its own

WORK_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)
JOB_SECONDS = (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900, 3_600, 21_600, 86_400)

FOLDER = "PROMETHEUS_MULTIPROC_DIR"  # the library's own variable


class _Figures:
    """Every figure. Labels that are known beforehand begin at zero, so that a rate sees the first event."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.accepted = self._counter("wordcount_jobs_accepted", "Jobs accepted.", "kind")
        self.ended = self._counter(
            "wordcount_jobs_ended",
            "Jobs ended, by state; the reason is the type of the error.",
            "kind",
            "state",
            "reason",
        )
        self.attempts = self._counter(
            "wordcount_attempts",
            "Attempts ended, by outcome; the reason is the type of the error.",
            "outcome",
            "reason",
        )
        self.start = self._histogram(
            "wordcount_job_start_seconds", "From accepting a job to its first claim.", JOB_SECONDS
        )
        self.end = self._histogram(
            "wordcount_job_end_seconds", "From accepting a job to its end.", JOB_SECONDS, "state"
        )
        self.fetch = self._histogram(
            "wordcount_fetch_seconds", "Fetching a page, failed fetches among them.", WORK_SECONDS
        )
        self.count = self._histogram("wordcount_count_seconds", "Counting the words of a page.", WORK_SECONDS)
        self.bytes = self._counter("wordcount_fetched_bytes", "Bytes of fetched pages, as they were sent.")
        self.refused = self._counter("wordcount_refused_addresses", "Fetches that the address guard refused.")
        self.repairs = self._counter(
            "wordcount_repairs", "What the reconciler repaired: jobs, or workers where it says so.", "repair"
        )
        self.requests = self._counter("wordcount_http_requests", "Answers of the manager.", "method", "route", "status")
        self.deliveries = self._counter(
            "wordcount_deliveries",
            "Attempts to deliver a webhook, by outcome; the reason is the type of the error.",
            "outcome",
            "reason",
        )
        self.deliveries.labels("DELIVERED", "")
        for outcome, reason in OUTCOMES:
            self.attempts.labels(outcome, reason)
        for repair in REPAIRS:
            self.repairs.labels(repair)

    def _counter(self, name: str, tells: str, *labels: str) -> Counter:
        return Counter(name, tells, labels, registry=self.registry)

    def _histogram(self, name: str, tells: str, buckets: tuple[float, ...], *labels: str) -> Histogram:
        return Histogram(name, tells, labels, buckets=buckets, registry=self.registry)


@cache
def _figures() -> _Figures:
    """Made at the first use, since it depends on `share_between_processes` where the values lie."""
    return _Figures()


# The library's locks do not survive a fork while another thread holds one: the child would wait for it for ever. So
# everything that counts holds this lock as well, and a fork waits for it.
_counting = threading.RLock()
os.register_at_fork(before=_counting.acquire, after_in_parent=_counting.release, after_in_child=_counting.release)


@contextmanager
def _counted() -> Iterator[_Figures]:
    with _counting:
        yield _figures()


def share_between_processes(folder: Path, identify: Callable[[], object] = os.getpid) -> None:
    """Let this process and all that fork from it count into files of `folder`, which outlive a process that is killed.

    Call it before anything is counted. What an earlier run left in `folder` is removed. `identify` names the calling
    process; one that takes the place of another may take its name too, and counts on.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for left in folder.glob("*.db"):
        left.unlink()
    os.environ[FOLDER] = str(folder)
    values.ValueClass = values.MultiProcessValue(identify)  # type: ignore[no-untyped-call]
    _figures.cache_clear()


def registry() -> CollectorRegistry:
    """The figures of this process, or of all that share a folder with it, to be scraped."""
    with _counted() as figures:
        scraped = CollectorRegistry()
        if FOLDER in os.environ:
            MultiProcessCollector(scraped)  # type: ignore[no-untyped-call]
        else:
            scraped.register(figures.registry)
        return scraped


def count_accepted(kind: str, jobs: int = 1) -> None:
    """Jobs were accepted."""
    with _counted() as figures:
        figures.accepted.labels(kind).inc(jobs)


def count_started(seconds: float) -> None:
    """A job was claimed for the first time, `seconds` after it was accepted."""
    with _counted() as figures:
        figures.start.observe(seconds)


def count_attempt(outcome: str, reason: str) -> None:
    """An attempt ended; `reason` is the type of its error, if it has one."""
    with _counted() as figures:
        figures.attempts.labels(outcome, reason).inc()


def count_delivery(outcome: str, reason: str) -> None:
    """An attempt to deliver a webhook ended: DELIVERED, RETRY or GIVEN UP; `reason` is the type of its error."""
    with _counted() as figures:
        figures.deliveries.labels(outcome, reason).inc()


def count_ended(kind: str, state: str, reason: str, seconds: float) -> None:
    """A job ended, `seconds` after it was accepted."""
    with _counted() as figures:
        figures.ended.labels(kind, state, reason).inc()
        figures.end.labels(state).observe(seconds)


def count_fetch(seconds: float) -> None:
    """A page was fetched, or it failed."""
    with _counted() as figures:
        figures.fetch.observe(seconds)


def count_bytes(sent: int) -> None:
    """A page was fetched."""
    with _counted() as figures:
        figures.bytes.inc(sent)


def count_refused_address() -> None:
    """The address guard refused where a URL led."""
    with _counted() as figures:
        figures.refused.inc()


def count_words_counted(seconds: float) -> None:
    """The words of a page were counted."""
    with _counted() as figures:
        figures.count.observe(seconds)


def count_repairs(**repairs: int) -> None:
    """The reconciler repaired something: how many, by the names in REPAIRS."""
    with _counted() as figures:
        for repair, many in repairs.items():
            figures.repairs.labels(repair).inc(many)


def count_answer(method: str, route: str, status: int) -> None:
    """The manager answered a request; `route` is the rule that matched, never the path."""
    with _counted() as figures:
        figures.requests.labels(method if method in METHODS else OTHER_METHOD, route, str(status)).inc()
