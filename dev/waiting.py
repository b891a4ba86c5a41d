"""Waiting for an event elsewhere, with a time limit, and an error that names the event."""

from collections.abc import Callable
from typing import TypeVar

from embedded.terminal import wait_until

Found = TypeVar("Found")


class NotInTime(AssertionError):
    """It did not happen."""


def eventually(look: Callable[[], Found | None], what: str = "it came true", *, seconds: float = 10.0) -> Found:
    """The first true value that `look` returns; raises NotInTime, which names `what`, after `seconds`."""
    if not (found := wait_until(look, seconds=seconds)):
        raise NotInTime(f"not within {seconds:g} s: {what}")
    return found
