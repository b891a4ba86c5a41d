"""How much memory large requests and answers may take at once, so that no number of callers uses up a process'."""

import threading
from dataclasses import dataclass, field

from job_manager.errors import MemoryFull

MAX_BYTES = 128_000_000  # of one process: the container's 512 MB hold two, each with as much again for all else
SMALL_BYTES = 16_384  # what is no larger counts as nothing: there are as many at once as threads
PARSED = 40  # bytes of memory for a byte of JSON, such as `[[[]]]`


class MemoryBudget:
    """So many bytes for what callers hold together."""

    def __init__(self, most: int = MAX_BYTES) -> None:
        self._free = most
        self._changed = threading.Condition()

    def take(self, wanted: int, seconds: float) -> "Taken":
        """Wait for that many bytes, to be given back. Raises MemoryFull when `seconds` are over."""
        with self._changed:
            if not self._changed.wait_for(lambda: wanted <= self._free, seconds):
                raise MemoryFull("Try again in a moment, or ask for less.")
            self._free -= wanted
        return Taken(self, wanted)

    def give_back(self, many: int) -> None:
        """Let others have these bytes."""
        with self._changed:
            self._free += many
            self._changed.notify_all()


@dataclass
class Taken:
    """Some bytes of a budget."""

    budget: MemoryBudget
    many: int
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def keep(self, many: int) -> None:
        """Give back all but `many`."""
        with self._lock:
            kept = min(many, self.many)
            self.budget.give_back(self.many - kept)
            self.many = kept

    def give_back(self) -> None:
        """Give back what is left; once more does nothing."""
        self.keep(0)
