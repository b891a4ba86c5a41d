"""Waiting for an event elsewhere, with a time limit, and an error that names the event."""

import time
from collections.abc import Callable
from typing import TypeVar

PATIENCE_SECONDS = 60.0  # where no time is promised: a process may take ten to start on a busy, slow machine
FIRST_TICK_SECONDS, LAST_TICK_SECONDS = 0.02, 0.25
SHARE = 0.05  # of what was waited already: a look costs processor time here and in what is looked at

Found = TypeVar("Found")


class NotInTime(AssertionError):
    """It did not happen."""


def eventually(
    look: Callable[[], Found | None], what: str = "it came true", *, seconds: float = PATIENCE_SECONDS
) -> Found:
    """The first true value that `look` returns; raises NotInTime, which names `what`, after `seconds`.

    The longer it takes, the rarer are the looks.
    """
    begun = time.monotonic()
    while not (found := look()):
        waited = time.monotonic() - begun
        if waited >= seconds:
            raise NotInTime(f"not within {seconds:g} s: {what}")
        time.sleep(min(max(FIRST_TICK_SECONDS, SHARE * waited), LAST_TICK_SECONDS))
    return found
