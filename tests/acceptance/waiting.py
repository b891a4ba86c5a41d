"""Waiting for what must come, but not for ever."""

import time
from collections.abc import Callable
from typing import TypeVar

LOOK_SECONDS = 0.05

Found = TypeVar("Found")


def eventually(look: Callable[[], Found | None], what: str, *, seconds: float) -> Found:
    """What `look` gives, once that is true; fails after `seconds` and says `what` did not come."""
    deadline = time.monotonic() + seconds
    while not (found := look()):
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {seconds:g} s: {what}")
        time.sleep(LOOK_SECONDS)
    return found
