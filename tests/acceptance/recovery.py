"""How long the stack takes to recover from faults: held to the promise, and shown at the end of the run."""

import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

import pytest

from dev.service import ServiceProcess
from dev.stack import RECOVERY_SECONDS, Stack
from dev.waiting import eventually

RECOVERY = "recovery"
ALIVE = "SELECT id FROM workers WHERE lost_at IS NULL AND stopped_at IS NULL ORDER BY id"
DRAIN_SECONDS = 120.0  # for jobs that wait for nothing but their turn: no promise, and the machine may be slow


class Recoveries:
    """The times measured in one test; they travel with its report, from whichever process ran it."""

    def __init__(self, item: pytest.Item) -> None:
        self._properties = item.user_properties

    @contextmanager
    def measure(self, fault: str, promised: float = RECOVERY_SECONDS) -> Iterator[None]:
        """The block begins when the fault ends, and ends when all is as if it had never been."""
        begun = time.monotonic()
        yield
        seconds = time.monotonic() - begun
        self._properties.append((RECOVERY, (fault, seconds)))
        assert seconds <= promised, f"{fault}: recovered in {seconds:.1f} s"


class Claims:
    """The jobs that a worker holds, but for those that it claims once it is started again."""

    def __init__(self, stack: Stack, worker: ServiceProcess) -> None:
        self._stack = stack
        self._starts = stack.query("SELECT array_agg(id) FROM workers WHERE name LIKE %s", f"{worker.name}@%")[0][0]

    def held(self) -> int:
        """How many they are."""
        held = "SELECT count(*) FROM jobs WHERE state = 'STARTED' AND worker_id = ANY(%s::uuid[])"
        return int(self._stack.query(held, self._starts)[0][0])

    def wait_until_taken_back(self) -> None:
        """Wait until the worker, which is dead, holds none."""
        eventually(lambda: not self.held(), "no job is held by a dead worker", seconds=RECOVERY_SECONDS)


def measured_in(reports: Iterable[object]) -> Iterator[tuple[str, float]]:
    """Each fault that was measured, and its seconds."""
    for report in reports:
        if isinstance(report, pytest.TestReport) and report.when == "call":
            for name, value in report.user_properties:
                if name == RECOVERY:
                    fault, seconds = value
                    yield fault, seconds
