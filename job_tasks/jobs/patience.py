"""How long somebody waits for a service: the whole time, and the time in which it says nothing."""

import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager


class Patience:
    """How long a block waits for the database: until its time is over, or until the database has been silent too long.

    Its caller's own time between two answers is not silence of the database.
    """

    def __init__(self, seconds: float, silent_seconds: float = math.inf) -> None:
        self._ends = time.monotonic() + seconds
        self._silent_seconds = self._silence_left = silent_seconds

    def left(self) -> float:
        """Seconds until the time is over."""
        return self._ends - time.monotonic()

    @contextmanager
    def waiting(self) -> Iterator[Callable[[], float]]:
        """Gives how many seconds are left to wait. The block is silence of the database, up to its answer."""
        silence_ends = time.monotonic() + self._silence_left
        try:
            yield lambda: min(self._ends, silence_ends) - time.monotonic()
        finally:
            self._silence_left = silence_ends - time.monotonic()

    def answered(self) -> None:
        """The database has answered."""
        self._silence_left = self._silent_seconds
