"""How long the stack takes to recover from faults, held to the promise and shown at the end of the run."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from tests.acceptance.manager import RECOVERY_SECONDS


class Recoveries:
    """The times measured in this run."""

    def __init__(self) -> None:
        self.measured: list[tuple[str, float]] = []

    @contextmanager
    def measure(self, fault: str) -> Iterator[None]:
        """The block begins when the fault ends, and ends when all is as if it had never been."""
        begun = time.monotonic()
        yield
        seconds = time.monotonic() - begun
        self.measured.append((fault, seconds))
        assert seconds <= RECOVERY_SECONDS, f"{fault}: recovered in {seconds:.1f} s"
