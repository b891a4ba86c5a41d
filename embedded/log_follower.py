"""Shows the logs of all services as one stream, each line under its service's name."""

import os
from itertools import cycle
from pathlib import Path
from typing import TextIO

COLOURS = cycle((36, 33, 32, 35, 34, 96, 93, 92, 95, 94))  # the terminal's, none of them red or grey
NAME_WIDTH = 13
LARGEST_LOG_BYTES = 20_000_000


class LogFollower:
    """Follows every `*.log` of a folder from where it ends at the start; coloured if `out` is a terminal."""

    def __init__(self, folder: Path, out: TextIO) -> None:
        self._folder = folder
        self._out = out
        self._shown = {log: log.stat().st_size for log in folder.glob("*.log")}
        self._colours: dict[Path, int] = {}

    def show(self) -> None:
        """Write the whole lines that came since the last call, and empty a log that has grown too large."""
        for log in sorted(self._folder.glob("*.log")):
            size = log.stat().st_size
            if size > self._shown.get(log, 0):
                self._show_new(log)
            if size > LARGEST_LOG_BYTES:
                os.truncate(log, 0)  # services append, so they go on at the start
                self._shown[log] = 0
        self._out.flush()

    def _show_new(self, log: Path) -> None:
        start = self._shown.get(log, 0)
        with log.open("rb") as file:
            file.seek(start)
            new = file.read()
        whole = new[: new.rfind(b"\n") + 1]
        self._shown[log] = start + len(whole)
        prefix = self._prefix(log)
        for line in whole.decode("utf-8", errors="replace").splitlines():
            self._out.write(f"{prefix} {line}\n")

    def _prefix(self, log: Path) -> str:
        name = f"{log.stem:<{NAME_WIDTH}} |"
        if not self._out.isatty():
            return name
        if log not in self._colours:
            self._colours[log] = next(COLOURS)
        return f"\x1b[{self._colours[log]}m{name}\x1b[0m"
