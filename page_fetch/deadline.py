"""The one deadline of a fetch."""

from time import monotonic

from page_fetch.errors import FetchTimedOut


class Deadline:
    """A moment on the monotonic clock, `seconds` from now, that no slow peer can move."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._end = monotonic() + seconds

    def remaining(self) -> float:
        """Seconds left, always more than 0; raises FetchTimedOut once there are none."""
        left = self._end - monotonic()
        if left <= 0:
            raise FetchTimedOut(f"The page could not be fetched within {self._seconds:g} seconds.")
        return left

    def at_most(self, seconds: float) -> float:
        """`seconds`, or what is left if that is less."""
        return min(seconds, self.remaining())
