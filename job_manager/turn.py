"""One batch after the other, so that the first ones are done soon instead of all of them late."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from job_core.errors import DatabaseUnavailable
from job_manager.errors import BacklogFull
from job_manager.places import Places


class Turn:
    """What one caller of a process has at a time.

    Batches that share the processor are as slow as all of them together, and so are their transactions, whose time is
    bounded. Who waits holds a thread, so only `places` do; the others are to come again.
    """

    def __init__(self, places: Places) -> None:
        self._places = places
        self._lock = threading.Lock()
        self._failures = 0

    @contextmanager
    def taken(self) -> Iterator[None]:
        """Wait for the turn, and have it for the block.

        Raises BacklogFull if there is no place to wait, and DatabaseUnavailable if somebody before got no answer from
        the database meanwhile: those behind need not find out one by one.
        """
        failures = self._failures
        with self._place(), self._lock:
            if self._failures != failures:
                raise DatabaseUnavailable("The job store did not answer those before.")
            try:
                yield
            except DatabaseUnavailable:
                self._failures += 1
                raise

    @contextmanager
    def _place(self) -> Iterator[None]:
        if not self._places.take():
            raise BacklogFull("As many batches wait to be accepted as may; submit it again soon.")
        try:
            yield
        finally:
            self._places.give_back()
