"""How long a block waits for the database."""

import math
import time


class Patience:
    """Until its time is over; and less, as long as the database has answered nothing at all.

    A database that is away or hangs is known by its silence, and soon. One that has answered is busy at worst.
    """

    def __init__(self, seconds: float, first_answer_seconds: float = math.inf) -> None:
        now = time.monotonic()
        self._ends = now + seconds
        self._waiting_ends = min(self._ends, now + first_answer_seconds)

    def left(self) -> float:
        """Seconds until the time is over."""
        return self._ends - time.monotonic()

    def left_to_wait(self) -> float:
        """Seconds for which an answer is worth waiting."""
        return self._waiting_ends - time.monotonic()

    def answered(self) -> None:
        """The database has answered."""
        self._waiting_ends = self._ends
