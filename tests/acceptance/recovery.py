"""How long the stack takes to recover from faults: held to the promise, and shown at the end of the run."""

import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

import pytest

from dev.stack import RECOVERY_SECONDS

RECOVERY = "recovery"


class Recoveries:
    """The times measured in one test; they travel with its report, from whichever process ran it."""

    def __init__(self, item: pytest.Item) -> None:
        self._properties = item.user_properties

    @contextmanager
    def measure(self, fault: str) -> Iterator[None]:
        """The block begins when the fault ends, and ends when all is as if it had never been."""
        begun = time.monotonic()
        yield
        seconds = time.monotonic() - begun
        self._properties.append((RECOVERY, (fault, seconds)))
        assert seconds <= RECOVERY_SECONDS, f"{fault}: recovered in {seconds:.1f} s"


def measured_in(reports: Iterable[object]) -> Iterator[tuple[str, float]]:
    """Each fault that was measured, and its seconds."""
    for report in reports:
        if isinstance(report, pytest.TestReport) and report.when == "call":
            for name, value in report.user_properties:
                if name == RECOVERY:
                    fault, seconds = value
                    yield fault, seconds
