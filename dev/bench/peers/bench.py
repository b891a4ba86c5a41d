"""Measures systems that are up. They take turns, so that a busy machine slows all of them alike."""

import os
import signal
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from itertools import count, islice
from statistics import fmean, median

from dev.bench.peers.pages import host
from dev.bench.peers.processes import CHILDREN, MAINS
from dev.bench.peers.report import Results, say
from dev.bench.peers.system import System

IDLE_SECONDS = 10.0
QUIET_SECONDS = 0.5  # the work that follows the end of a job
RATE = 20.0
PACED_JOBS = 200
CALLERS = 4
BATCH = 1_000
ROUNDS = 3
ROUND_JOBS = {False: 300, True: 3 * BATCH}  # submissions in a round: singles, or in batches


@dataclass(frozen=True, kw_only=True)
class Way:
    """A way in which a system receives jobs."""

    label: str
    system: System
    batch: bool = False


class Bench:
    """One run; it collects its figures in `results`."""

    def __init__(self, ways: Sequence[Way], pages: int, port: int) -> None:
        self.results = Results()
        self._ways = ways
        self._alone = [way for way in ways if not way.batch]  # each system once
        self._pages = pages
        # The pages over and over, each time as another URL.
        self._urls = (f"http://{host(number % pages)}:{port}/?n={number}" for number in count())

    def measure(self, passes: int) -> None:
        """Measure everything except submissions."""
        for way in self._ways:
            way.system.run(self._submissions(way))
        say("all are warm")
        self._measure_requests()
        self._measure_cost(passes)
        for way in self._alone:
            self.results.memory[way.label] = {"jobs": way.system.jobs, **_with_sum(way.system.memory())}
        for way in self._alone:
            self._measure_latency(way)

    def measure_submissions(self, ways: Sequence[Way]) -> None:
        """Measure submissions with all workers paused; the median of several rounds."""
        rounds: dict[str, list[dict[str, float]]] = {way.label: [] for way in ways}
        with ExitStack() as stack:
            for way in ways:
                groups = way.system.groups()
                stack.enter_context(_paused(groups[MAINS] + groups[CHILDREN]))
            for _ in range(ROUNDS):
                for way in ways:
                    rounds[way.label].append(self._submit(way))
        for label, each in rounds.items():
            self.results.submissions[label] = sorted(each, key=lambda figures: figures["a second"])[ROUNDS // 2]

    def _submissions(self, way: Way, jobs: int = 0) -> list[list[str]]:
        """Submissions of the next URLs: one pass over the pages, or so many `jobs`."""
        urls = list(islice(self._urls, jobs or self._pages))
        size = BATCH if way.batch else 1
        return [urls[first : first + size] for first in range(0, len(urls), size)]

    def _measure_requests(self) -> None:
        """Count the requests of one pass, less those of the idle system in that time; and measure its idle cost."""
        with ExitStack() as stack:
            for way in self._alone:
                stack.enter_context(way.system.counted_statements())
            time.sleep(QUIET_SECONDS)
            used = {way.label: way.system.used() for way in self._alone}
            asked = {way.system: way.system.requests() for way in self._alone}
            time.sleep(IDLE_SECONDS)
            for way in self._alone:
                self.results.idle[way.label] = _with_sum(_per(IDLE_SECONDS, used[way.label], way.system.used()))
            idle = {system: _per(IDLE_SECONDS, before, system.requests()) for system, before in asked.items()}
            for way in self._ways:
                before, began = way.system.requests(), time.monotonic()
                way.system.run(self._submissions(way))
                time.sleep(QUIET_SECONDS)
                seconds = (time.monotonic() - began) / self._pages
                of_a_job = _per(self._pages, before, way.system.requests())
                self.results.requests[way.label] = {
                    name: number - seconds * idle[way.system][name] for name, number in of_a_job.items()
                }

    def _measure_cost(self, passes: int) -> None:
        used: dict[str, list[dict[str, float]]] = {way.label: [] for way in self._ways}
        for number in range(1, passes + 1):
            for way in self._ways:
                before = way.system.used()
                caller = 1_000 * way.system.run(self._submissions(way)).processor
                time.sleep(QUIET_SECONDS)
                cost = {"caller": caller / self._pages, **_per(self._pages, before, way.system.used())}
                used[way.label].append(cost)
            say(f"pass {number}: {', '.join(f'{label} {sum(each[-1].values()):.1f}' for label, each in used.items())}")
        for label, each in used.items():
            sums = [sum(cost.values()) for cost in each]
            names = {name: fmean(cost.get(name, 0) for cost in each) for name in each[-1]}
            self.results.cost[label] = {"all": fmean(sums), "least": min(sums), "most": max(sums), **names}

    def _measure_latency(self, way: Way) -> None:
        sent = way.system.run(self._submissions(way, PACED_JOBS), rate=RATE, callers=CALLERS).sent
        ended = way.system.ended()
        took = sorted(1_000 * (ended[key] - at) for key, at in sent.items())
        self.results.latency[way.label] = {"p50": median(took), "p99": took[round(0.99 * (len(took) - 1))]}

    def _submit(self, way: Way) -> dict[str, float]:
        jobs = ROUND_JOBS[way.batch]
        before = way.system.used()
        sent = way.system.submit(self._submissions(way, jobs), callers=1 if way.batch else CALLERS)
        time.sleep(QUIET_SECONDS)
        used = sum(_per(jobs, before, way.system.used()).values())
        return {"a second": jobs / sent.seconds, "ms each": used + 1_000 * sent.processor / jobs}


def _per(divisor: float, before: Mapping[str, float], after: Mapping[str, float]) -> dict[str, float]:
    return {name: (number - before.get(name, 0)) / divisor for name, number in after.items()}


def _with_sum(figures: Mapping[str, float]) -> dict[str, float]:
    return {"all": sum(figures.values()), **figures}


@contextmanager
def _paused(pids: Sequence[int]) -> Iterator[None]:
    """The processes are stopped within the block."""
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in pids:
            os.kill(pid, signal.SIGCONT)
