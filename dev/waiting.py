"""Waiting for what happens elsewhere: with a bound, and an error that names what did not come."""

from collections.abc import Callable
from typing import TypeVar

from embedded.terminal import wait_until

Found = TypeVar("Found")


class NotInTime(AssertionError):
    """It did not come."""


def eventually(look: Callable[[], Found | None], what: str = "it came true", *, seconds: float = 10.0) -> Found:
    """The first true value of `look`; raises NotInTime with `what` after `seconds`."""
    if not (found := wait_until(look, seconds=seconds)):
        raise NotInTime(f"not within {seconds:g} s: {what}")
    return found
