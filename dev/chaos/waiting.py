"""Waiting for what must come, but not for ever."""

from collections.abc import Callable

from dev.chaos.errors import ChaosError
from embedded.terminal import wait_until


def wait_for(condition: Callable[[], bool], what: str, *, seconds: float) -> None:
    """Return once `condition` holds; raises ChaosError that names `what` if it does not within `seconds`."""
    if not wait_until(condition, seconds=seconds, between=lambda: None):
        raise ChaosError(f"not within {seconds:g} s: {what}")
