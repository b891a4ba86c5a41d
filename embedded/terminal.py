"""The person who started the stack: what they are shown, and their wish to stop."""

import signal
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from types import FrameType
from typing import TextIO, TypeVar

from embedded.errors import StopRequested
from embedded.log_follower import LogFollower

TICK_SECONDS = 0.05

Found = TypeVar("Found")


class Terminal:
    """Lines to the person on `out`, those of the logs among them if `logs` names their folder.

    SIGINT, SIGTERM and SIGHUP are only counted. The code decides where it can stop, so none breaks off half a step.
    """

    def __init__(self, out: TextIO = sys.stdout, *, logs: Path | None = None) -> None:
        self.stop_requests = 0
        self._started = time.monotonic()
        self._out = out
        self._follower = LogFollower(logs, out) if logs else None

    def take_signals(self) -> None:
        """Count the signals from now on; only the main thread can."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._count)

    def say(self, line: str) -> None:
        """Show one line. A terminal that was closed is no reason to break off, least of all while stopping."""
        with suppress(OSError):
            self._out.write(f"{line}\n")
            self._out.flush()

    def progress(self, line: str) -> None:
        """Show one line after the seconds since the start."""
        self.say(f"{time.monotonic() - self._started:6.1f} s  {line}")

    def check(self) -> None:
        """Show what is new in the logs; raises StopRequested once the person wants to stop."""
        self.show_logs()
        if self.stop_requests:
            raise StopRequested

    def show_logs(self) -> None:
        """Show what is new in the logs."""
        if self._follower is not None:
            with suppress(OSError):
                self._follower.show()

    def _count(self, _number: int, _frame: FrameType | None) -> None:
        self.stop_requests += 1


def wait_until(look: Callable[[], Found], *, seconds: float, between: Callable[[], None] = lambda: None) -> Found:
    """What `look` returns once that is true, or at its last look within `seconds`.

    `between` runs before each look, and ends the wait by raising.
    """
    deadline = time.monotonic() + seconds
    while True:
        between()
        found = look()
        if found or time.monotonic() >= deadline:
            return found
        time.sleep(TICK_SECONDS)
