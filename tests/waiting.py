"""Waiting for what happens elsewhere: always with a time-out, never by a fixed pause."""

import time
from collections.abc import Callable

BETWEEN_SECONDS = 0.01


def eventually(condition: Callable[[], object], seconds: float = 10.0) -> None:
    """Return once `condition` holds; fail if it does not within `seconds`."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"did not happen within {seconds:g} s"
        time.sleep(BETWEEN_SECONDS)
