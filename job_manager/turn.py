"""One batch after the other, so that the first ones are done soon instead of all of them late."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

WAIT_SECONDS = 3.0


class Turn:
    """What one caller of a process has at a time."""

    def __init__(self) -> None:
        self._lock = threading.Lock()

    @contextmanager
    def taken(self) -> Iterator[None]:
        """Wait for the turn, and have it for the block; after WAIT_SECONDS, go on without it.

        Batches that share the processor are as slow as all of them together, and so are their transactions, whose time
        is bounded.
        """
        had = self._lock.acquire(timeout=WAIT_SECONDS)
        try:
            yield
        finally:
            if had:
                self._lock.release()
