"""What is measured, on systems that are up: in turns, so that a busy machine slows all of them alike."""

import os
import signal
import statistics
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from itertools import count, islice

from dev.bench.peers.measured import Measured, Rate
from dev.bench.peers.pages import host
from dev.bench.peers.processes import memory_megabytes, used_seconds
from dev.bench.peers.report import say
from dev.bench.peers.system import System

IDLE_SECONDS = 10.0
QUIET_SECONDS = 0.5  # for what comes after a job's end
RATE = 20.0
PACED_JOBS = 200
CALLERS = 4
ROUNDS = 3
SUBMITTED = {False: 300, True: 3_000}  # in a round: singles, or in batches


class Bench:
    """One run. `ways` are the systems, those that take batches twice."""

    def __init__(self, ways: Sequence[tuple[Measured, System]], pages: int, port: int) -> None:
        self._ways = ways
        self._systems = {system.name: system for _, system in ways}.values()
        self._pages = pages
        # The pages over and over, each time as another URL.
        self._urls = (f"http://{host(number % pages)}:{port}/?n={number}" for number in count())

    def measure(self, passes: int) -> None:
        """All but submissions."""
        for _, system in self._ways:
            system.run(self._take(self._pages))
        say("all are warm")
        self._measure_idle()
        self._count_requests()
        for number in range(1, passes + 1):
            for way, system in self._ways:
                self._measure_pass(way, system)
            say(f"pass {number}: {', '.join(f'{way.label} {way.turns[-1]:.1f}' for way, _ in self._ways)}")
        for way, system in self._ways:
            way.jobs, way.memory = system.jobs, memory_megabytes(system.groups())
        for way, system in self._ways:
            if not way.batch:
                self._measure_latency(way, system)

    def measure_submissions(self, forms: Sequence[tuple[str, System, bool]]) -> dict[str, Rate]:
        """Of each form (label, system, whether in batches); the median of some rounds."""
        rates: dict[str, list[Rate]] = {label: [] for label, _, _ in forms}
        with ExitStack() as stack:
            for _, system, _ in forms:
                stack.enter_context(_held(system))
            for _ in range(ROUNDS):
                for label, system, batch in forms:
                    rates[label].append(self._submit(system, batch=batch))
        middle = {label: sorted(each, key=lambda rate: rate.a_second)[ROUNDS // 2] for label, each in rates.items()}
        say("submissions are measured")
        return middle

    def _take(self, number: int) -> list[str]:
        return list(islice(self._urls, number))

    def _measure_idle(self) -> None:
        """All systems at once."""
        before = {system.name: used_seconds(system.groups()) for system in self._systems}
        time.sleep(IDLE_SECONDS)
        for way, system in self._ways:
            used = _minus(used_seconds(system.groups()), before[system.name])
            way.idle = {name: 1_000 * seconds / IDLE_SECONDS for name, seconds in used.items()}

    def _count_requests(self) -> None:
        """Those of one pass, less what the idle system does in that time."""
        with ExitStack() as stack:
            for system in self._systems:
                stack.enter_context(system.books.opened())
            time.sleep(QUIET_SECONDS)
            before = {system.name: system.books.tally() for system in self._systems}
            time.sleep(IDLE_SECONDS)
            idle = {
                system.name: system.books.tally().each(before[system.name], IDLE_SECONDS) for system in self._systems
            }
            for way, system in self._ways:
                first, began = system.books.tally(), time.monotonic()
                system.run(self._take(self._pages), batch=way.batch)
                time.sleep(QUIET_SECONDS)
                seconds = time.monotonic() - began
                total = system.books.tally().each(first, self._pages)
                way.tally = total.less(idle[system.name], seconds / self._pages)

    def _measure_pass(self, way: Measured, system: System) -> None:
        before = used_seconds(system.groups())
        sent = system.run(self._take(self._pages), batch=way.batch)
        time.sleep(QUIET_SECONDS)
        used = _minus(used_seconds(system.groups()), before) | {"caller": sent.processor}
        way.add({name: 1_000 * seconds / self._pages for name, seconds in used.items()})

    def _measure_latency(self, way: Measured, system: System) -> None:
        sent = system.run(self._take(PACED_JOBS), rate=RATE, callers=CALLERS).sent
        ended = system.ended()
        took = sorted(1_000 * (ended[key] - at) for key, at in sent.items())
        way.p50, way.p99 = statistics.median(took), took[round(0.99 * (len(took) - 1))]

    def _submit(self, system: System, *, batch: bool) -> Rate:
        urls = self._take(SUBMITTED[batch])
        before = used_seconds(system.groups())
        sent = system.submit(urls, batch=batch, callers=1 if batch else CALLERS)
        time.sleep(QUIET_SECONDS)
        used = sum(_minus(used_seconds(system.groups()), before).values()) + sent.processor
        return Rate(a_second=len(urls) / sent.seconds, milliseconds=1_000 * used / len(urls))


def _minus(after: dict[str, float], before: dict[str, float]) -> dict[str, float]:
    return {name: seconds - before.get(name, 0) for name, seconds in after.items()}


@contextmanager
def _held(system: System) -> Iterator[None]:
    """The system with its workers held still."""
    groups = system.groups()
    pids = [pid for name in ("mains", "children") for pid in groups.get(name, [])]
    _signal(pids, signal.SIGSTOP)
    try:
        yield
    finally:
        _signal(pids, signal.SIGCONT)


def _signal(pids: Sequence[int], number: signal.Signals) -> None:
    for pid in pids:
        os.kill(pid, number)
