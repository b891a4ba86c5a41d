"""The terminal of the person who started the stack: shows them what happens, and notes when they want to stop."""

import os
import signal
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from itertools import cycle
from pathlib import Path
from types import FrameType
from typing import TextIO, TypeVar

from embedded.errors import StopRequested

TICK_SECONDS = 0.05
COLOURS = (36, 33, 32, 35, 34, 96, 93, 92, 95, 94)  # the terminal's, none of them red or grey
NAME_WIDTH = 13
MAX_LOG_BYTES = 20_000_000

Found = TypeVar("Found")


class Terminal:
    """Writes to `out`, including new lines of the logs in the folder `logs`, if there is one.

    SIGINT, SIGTERM and SIGHUP are only counted; the code checks for them where it can stop.
    """

    def __init__(self, out: TextIO = sys.stdout, *, logs: Path | None = None) -> None:
        self.stop_requests = 0
        self._started = time.monotonic()
        self._out = out
        self._follower = LogFollower(logs, out) if logs else None

    def take_signals(self) -> None:
        """Count the signals from now on; only the main thread can do so."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._count)

    def say(self, line: str) -> None:
        """Show one line. A closed terminal is not an error: the stack must still stop in good order."""
        with suppress(OSError):
            self._out.write(f"{line}\n")
            self._out.flush()

    def progress(self, line: str) -> None:
        """Show one line, with the seconds since the start before it."""
        self.say(f"{time.monotonic() - self._started:6.1f} s  {line}")

    def check(self) -> None:
        """Show new lines of the logs; raises StopRequested once the person wants to stop."""
        self.show_logs()
        if self.stop_requests:
            raise StopRequested

    def show_logs(self) -> None:
        """Show new lines of the logs."""
        if self._follower is not None:
            with suppress(OSError):
                self._follower.show()

    def _count(self, _number: int, _frame: FrameType | None) -> None:
        self.stop_requests += 1


class LogFollower:
    """Shows lines that are added to the `*.log` files of a folder, each after its service's name.

    The names are coloured if `out` is a terminal.
    """

    def __init__(self, folder: Path, out: TextIO) -> None:
        self._folder = folder
        self._out = out
        self._shown = dict(self._sizes())
        self._prefixes: dict[str, str] = {}
        self._colours = cycle(COLOURS)

    def show(self) -> None:
        """Write the lines that were completed since the last call, and empty a log that has grown too large."""
        for log, size in self._sizes():
            if size > self._shown.get(log, 0):
                self._show_new(log)
            if size > MAX_LOG_BYTES:
                os.truncate(self._folder / log, 0)  # services append, so they continue at the start
                self._shown[log] = 0
        self._out.flush()

    def _sizes(self) -> list[tuple[str, int]]:
        """The logs by name, and how long each is. It is asked all the time, and pathlib takes ten times as long."""
        with os.scandir(self._folder) as files:
            return sorted((file.name, file.stat().st_size) for file in files if file.name.endswith(".log"))

    def _show_new(self, log: str) -> None:
        start = self._shown.get(log, 0)
        with (self._folder / log).open("rb") as file:
            file.seek(start)
            new = file.read()
        whole = new[: new.rfind(b"\n") + 1]
        self._shown[log] = start + len(whole)
        if log not in self._prefixes:
            name = f"{log.removesuffix('.log'):<{NAME_WIDTH}} |"
            self._prefixes[log] = f"\x1b[{next(self._colours)}m{name}\x1b[0m" if self._out.isatty() else name
        for line in whole.decode("utf-8", errors="replace").splitlines():
            self._out.write(f"{self._prefixes[log]} {line}\n")


def wait_until(look: Callable[[], Found], *, seconds: float, between: Callable[[], None] = lambda: None) -> Found:
    """Call `look` until it returns something true, for `seconds` at most; returns its last result.

    `between` runs before each look; it can raise to end the wait.
    """
    deadline = time.monotonic() + seconds
    while True:
        between()
        found = look()
        if found or time.monotonic() >= deadline:
            return found
        time.sleep(TICK_SECONDS)
