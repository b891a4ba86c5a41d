"""What services count, for Prometheus to collect: the figures of jobs, and what a service's own figures are made of.

Each process counts what it did itself, once that is certain: a step of a job when its transaction is committed. So a
sum over all processes tells of each step once. What merely is (how many jobs wait) nobody counts: it is asked for when
it is collected.

Names follow https://prometheus.io/docs/practices/naming, but for the service's prefix, which `registry` puts before
them. Counters start from zero with the service, as `rate()` expects.
"""

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar, cast

from prometheus_client import CollectorRegistry, Counter, Histogram, Metric, values
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

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
REPAIRS = ("workers_lost", "taken_back", "overdue", "due", "unknown", "released", "published")
JOB_SECONDS = (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900, 3_600, 21_600, 86_400)

FOLDER = "PROMETHEUS_MULTIPROC_DIR"  # the library's own variable


class Figures:
    """Figures that belong together; a subclass makes them. `counting` has the one instance of each process.

    Labels that are known beforehand should begin at zero, so that a rate sees the first event.
    """

    def __init__(self) -> None:
        self.registry = CollectorRegistry()

    def counter(self, name: str, tells: str, *labels: str) -> Counter:
        """A new counter; `tells` is its help."""
        return Counter(name, tells, labels, registry=self.registry)

    def histogram(self, name: str, tells: str, buckets: tuple[float, ...], *labels: str) -> Histogram:
        """A new histogram; `tells` is its help, and `buckets` are upper bounds."""
        return Histogram(name, tells, labels, buckets=buckets, registry=self.registry)


Part = TypeVar("Part", bound=Figures)


_made: dict[type[Figures], Figures] = {}


def _figures(part: type[Part]) -> Part:
    """Made at the first use, since it depends on `share_between_processes` where the values lie."""
    if part not in _made:
        _made[part] = part()
    return cast("Part", _made[part])


# The library's locks do not survive a fork while another thread holds one: the child would wait for it for ever. So
# everything that counts holds this lock as well, and a fork waits for it.
_counting = threading.RLock()
os.register_at_fork(before=_counting.acquire, after_in_parent=_counting.release, after_in_child=_counting.release)


@contextmanager
def counting(part: type[Part]) -> Iterator[Part]:
    """The figures of this process, to be counted in the block."""
    with _counting:
        yield _figures(part)


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
    _made.clear()


class _Prefixed(Collector):
    """What `collector` collects, with a prefix before each name."""

    def __init__(self, prefix: str, collector: Collector) -> None:
        self._prefix = prefix
        self._collector = collector

    def collect(self) -> Iterator[Metric]:
        for metric in self._collector.collect():
            metric.name = self._prefix + metric.name
            metric.samples = [sample._replace(name=self._prefix + sample.name) for sample in metric.samples]
            yield metric


def registry(prefix: str, *parts: type[Figures]) -> CollectorRegistry:
    """The figures of jobs, and those of `parts`, to be scraped, each with `prefix` before its name.

    They are those of this process, or of all that share a folder with it.
    """
    wanted: list[type[Figures]] = [JobFigures, *parts]
    with _counting:
        made: list[Collector] = [_figures(part).registry for part in wanted]
        if FOLDER in os.environ:
            made = [MultiProcessCollector(None)]  # type: ignore[no-untyped-call]
        scraped = CollectorRegistry()
        for collector in made:
            scraped.register(_Prefixed(prefix, collector))
        return scraped


class JobFigures(Figures):
    """The figures of jobs."""

    def __init__(self) -> None:
        super().__init__()
        self.accepted = self.counter("jobs_accepted", "Jobs accepted.", "kind")
        self.ended = self.counter(
            "jobs_ended", "Jobs ended, by state; the reason is the type of the error.", "kind", "state", "reason"
        )
        self.attempts = self.counter(
            "attempts", "Attempts ended, by outcome; the reason is the type of the error.", "outcome", "reason"
        )
        self.start = self.histogram("job_start_seconds", "From accepting a job to its first claim.", JOB_SECONDS)
        self.end = self.histogram("job_end_seconds", "From accepting a job to its end.", JOB_SECONDS, "state")
        self.repairs = self.counter(
            "repairs", "What the reconciler repaired: jobs, or workers where it says so.", "repair"
        )
        self.set_aside = self.counter(
            "messages_set_aside", "What was found in a queue, or in its place, and was no message of ours."
        )
        self.deliveries = self.counter(
            "deliveries",
            "Attempts to deliver a webhook, by outcome; the reason is the type of the error.",
            "outcome",
            "reason",
        )
        self.deliveries.labels("DELIVERED", "")
        for outcome, reason in OUTCOMES:
            self.attempts.labels(outcome, reason)
        for repair in REPAIRS:
            self.repairs.labels(repair)


def count_accepted(kind: str, jobs: int = 1) -> None:
    """Jobs were accepted."""
    with counting(JobFigures) as figures:
        figures.accepted.labels(kind).inc(jobs)


def count_started(seconds: float) -> None:
    """A job was claimed for the first time, `seconds` after it was accepted."""
    with counting(JobFigures) as figures:
        figures.start.observe(seconds)


def count_attempt(outcome: str, reason: str) -> None:
    """An attempt ended; `reason` is the type of its error, if it has one."""
    with counting(JobFigures) as figures:
        figures.attempts.labels(outcome, reason).inc()


def count_delivery(outcome: str, reason: str) -> None:
    """An attempt to deliver a webhook ended: DELIVERED, RETRY or GIVEN UP; `reason` is the type of its error."""
    with counting(JobFigures) as figures:
        figures.deliveries.labels(outcome, reason).inc()


def count_ended(kind: str, state: str, reason: str, seconds: float) -> None:
    """A job ended, `seconds` after it was accepted."""
    with counting(JobFigures) as figures:
        figures.ended.labels(kind, state, reason).inc()
        figures.end.labels(state).observe(seconds)


def count_repairs(**repairs: int) -> None:
    """The reconciler repaired something: how many, by the names in REPAIRS."""
    with counting(JobFigures) as figures:
        for repair, many in repairs.items():
            figures.repairs.labels(repair).inc(many)


def count_set_aside() -> None:
    """What is no message or no queue of ours was set aside."""
    with counting(JobFigures) as figures:
        figures.set_aside.inc()
