"""What a person sees meanwhile, on standard error: standard output is for results alone."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console

BETWEEN_LINES_SECONDS = 10.0

Advance = Callable[[int], None]


class Screen:
    """Lines and progress bars on a terminal; elsewhere lines alone, without control codes."""

    def __init__(self) -> None:
        self._is_terminal = sys.stderr.isatty()

    @cached_property
    def _console(self) -> "Console":
        from rich.console import Console  # noqa: PLC0415 - slow to load, and not every command shows something

        return Console(stderr=True, highlight=False)

    def say(self, line: str) -> None:
        """Show a line, which holds nothing but visible characters, above the bar if there is one."""
        if self._is_terminal:
            self._console.print(line, markup=False, soft_wrap=True)
        else:
            sys.stderr.write(f"{line}\n")
            sys.stderr.flush()

    @contextmanager
    def progress(self, what: str, total: int) -> Iterator[Advance]:
        """Show how many of `total` are done; what is given says that so many more are."""
        with self._bar(what, total) if self._is_terminal else self._lines(what, total) as advance:
            yield advance

    @contextmanager
    def _bar(self, what: str, total: int) -> Iterator[Advance]:
        from rich import progress  # noqa: PLC0415 - slow to load, and only for terminals

        columns = (
            progress.TextColumn("{task.description}"),
            progress.BarColumn(),
            progress.MofNCompleteColumn(),
            progress.TimeElapsedColumn(),
        )
        # rich would otherwise send standard output to this console, also what belongs in a file.
        redirect = sys.stdout.isatty()
        with progress.Progress(*columns, console=self._console, redirect_stdout=redirect) as bar:
            task = bar.add_task(what, total=total)
            yield lambda more: bar.advance(task, more)

    @contextmanager
    def _lines(self, what: str, total: int) -> Iterator[Advance]:
        done = 0
        shown_at = time.monotonic()

        def advance(more: int) -> None:
            nonlocal done, shown_at
            done += more
            if time.monotonic() - shown_at > BETWEEN_LINES_SECONDS:
                shown_at = time.monotonic()
                self.say(f"{what}: {done:,} of {total:,}")

        yield advance
