"""How many callers may hold a thread each, so that submissions always find one."""

import threading


class Places:
    """At most so many at once."""

    def __init__(self, many: int) -> None:
        self._free = threading.Semaphore(many)

    def take(self) -> bool:
        """Whether there was a place; whoever took one gives it back."""
        return self._free.acquire(blocking=False)

    def give_back(self) -> None:
        """Let the next one have it."""
        self._free.release()
