"""More submissions than anyone works on: `make bench-surge`, with JOBS and MINUTES.

With both workers stopped, JOBS jobs are submitted one by one and JOBS more in batches of 1,000. They wait for MINUTES
while the queue is looked at; then the workers start, and everything must end. Printed are the manager's answers and
memory, the messages for each waiting job, and how long all took. Ends with 1 after any answer but 202, any job that did
not end well, and more than 1.1 messages for each waiting job at any look.
"""

import argparse
import shutil
import statistics
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import redis

from dev.chaos.caller import Asked, Caller, Unanswered
from dev.chaos.errors import ChaosError
from dev.chaos.process_stack import ProcessStack, process_stack
from dev.chaos.tables import Tables
from embedded.data_folder import DataFolder
from embedded.errors import StackError, StopRequested
from embedded.terminal import Terminal, wait_until
from job_core.queue import QUEUE

BATCH = 1_000
CALLERS = 8
LOOK_SECONDS = 0.5
MOST_MESSAGES = 1.1
DRAINED_A_SECOND = 5  # at the least, on any machine
MEGABYTE = 1_000_000


@dataclass(frozen=True, kw_only=True)
class Wave:
    """What came back of the submissions of one form."""

    form: str
    statuses: Counter[int]  # 0: no answer
    milliseconds: Sequence[float]
    seconds: float

    def line(self) -> str:
        """For the table."""
        median, most = statistics.median(self.milliseconds), max(self.milliseconds)
        nearly_all = sorted(self.milliseconds)[round(0.99 * (len(self.milliseconds) - 1))]
        answers = ", ".join(f"{number:,} times {status}" for status, number in sorted(self.statuses.items()))
        return (
            f"{self.form:<10} {answers}; {self.seconds:.1f} s in all; an answer took "
            f"{median:.0f} ms (median), {nearly_all:.0f} ms (99 of 100), {most:.0f} ms (longest)"
        )


class Surge:
    """One measurement on a stack that is ready."""

    def __init__(self, stack: ProcessStack, terminal: Terminal) -> None:
        self._stack = stack
        self._terminal = terminal
        self._tables = Tables(stack.database_url)
        self.findings: list[str] = []

    def measure(self, jobs: int, minutes: float) -> None:
        """Print every figure; what must not be is added to `findings`."""
        for worker in self._stack.workers:
            worker.stop()
        self._terminal.say(f"manager's memory: {self._memory()} at the start")
        urls = [f"{self._stack.site}/words/5/after/0/{number}" for number in range(2 * jobs)]
        self._submit("singles", [Asked(method="POST", path="/count", body={"url": url}) for url in urls[:jobs]])
        self._terminal.say(f"manager's memory: {self._memory()} after them")
        batches = [urls[first : min(first + BATCH, 2 * jobs)] for first in range(jobs, 2 * jobs, BATCH)]
        self._submit("batches", [Asked(method="POST", path="/count", body={"urls": batch}) for batch in batches])
        self._terminal.say(f"manager's memory: {self._memory()} after them")
        self._wait_and_look(minutes * 60)
        self._drain(2 * jobs)
        self._tables.close()

    def _submit(self, form: str, requests: Sequence[Asked]) -> None:
        begun = time.monotonic()
        results: list[tuple[int, float]] = []
        threads = [
            threading.Thread(target=self._ask, args=(requests[first::CALLERS], results)) for first in range(CALLERS)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        wave = Wave(
            form=form,
            statuses=Counter(status for status, _ in results),
            milliseconds=[1_000 * seconds for _, seconds in results],
            seconds=time.monotonic() - begun,
        )
        self._terminal.say(wave.line())
        if set(wave.statuses) != {202}:
            self.findings.append(f"{form}: answers other than 202")

    def _ask(self, requests: Sequence[Asked], results: list[tuple[int, float]]) -> None:
        with closing(Caller(self._stack.manager_port)) as caller:
            for request in requests:
                begun = time.perf_counter()
                try:
                    status = caller.ask(request).status.value
                except Unanswered:
                    status = 0
                results.append((status, time.perf_counter() - begun))

    def _wait_and_look(self, seconds: float) -> None:
        most, looks = 0.0, 0
        deadline = time.monotonic() + seconds
        with redis.Redis.from_url(self._stack.broker_url) as client:
            while looks == 0 or time.monotonic() < deadline:
                ((waiting,),) = self._tables.ask("SELECT count(*) FROM jobs WHERE state = 'PENDING'")
                most = max(most, client.llen(QUEUE) / max(1, waiting))
                looks += 1
                wait_until(lambda: False, seconds=LOOK_SECONDS, between=self._terminal.check)
        self._terminal.say(
            f"queue: {waiting:,} jobs waited {seconds:.0f} s; {most:.3f} messages a job at most in {looks} looks"
        )
        if most > MOST_MESSAGES:
            self.findings.append(f"{most:.3f} messages for each waiting job")

    def _drain(self, jobs: int) -> None:
        begun = time.monotonic()
        for worker in self._stack.workers:
            worker.start()
        patience = 120 + jobs / DRAINED_A_SECOND
        wait_until(lambda: not self._unfinished(), seconds=patience, between=self._terminal.check)
        seconds = time.monotonic() - begun
        ends = dict(self._tables.ask("SELECT state, count(*) FROM jobs GROUP BY state"))
        self._terminal.say(f"drained: {ends} in {seconds:.0f} s, workers' start included: {jobs / seconds:.0f} jobs/s")
        if ends != {"SUCCESS": jobs}:
            self.findings.append(f"not every one of {jobs:,} jobs ended well: {ends}")

    def _unfinished(self) -> bool:
        return bool(self._tables.ask("SELECT FROM jobs WHERE finished_at IS NULL LIMIT 1"))

    def _memory(self) -> str:
        """Of all processes of the manager, in MB that are resident; what they share counts for each."""
        family = self._stack.manager.family()
        return f"{sum(each.memory_info().rss for each in family) / MEGABYTE:.0f} MB in {len(family)} processes"


def main() -> int:
    """Gives the exit code."""
    parser = argparse.ArgumentParser(prog="python -m dev.bench.surge", description="More jobs than workers.")
    parser.add_argument("--jobs", type=int, default=20_000, help="as singles, and as many again in batches")
    parser.add_argument("--minutes", type=float, default=1.0, help="how long they wait for the workers")
    asked = parser.parse_args()
    terminal = Terminal()
    terminal.take_signals()
    folder = Path(tempfile.mkdtemp(prefix="wordcount-surge-"))
    try:
        with process_stack(DataFolder(folder)) as stack:
            surge = Surge(stack, terminal)
            surge.measure(asked.jobs, asked.minutes)
    except StopRequested:
        return 130
    except (StackError, ChaosError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    terminal.say("\n".join(surge.findings) or "nothing was lost")
    return 1 if surge.findings else 0


if __name__ == "__main__":
    raise SystemExit(main())
