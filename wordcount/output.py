"""What the user sees: lines and tables on standard output; messages and progress on standard error.

Much of it is text from elsewhere: URLs and errors must not move the cursor or hide what they are.
"""

import json
import re
import signal
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TypeAlias

from rich.cells import cell_len
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

SECONDS_BETWEEN_LINES = 10.0
# DEL, the C1 controls, and what reorders or hides text (Unicode Bidi_Control and zero-width characters). JSON itself
# escapes only C0.
UNSAFE = re.compile("[\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff]")

Advance: TypeAlias = Callable[[int], None]
Gauge: TypeAlias = Callable[[int, int, str], None]
Cell: TypeAlias = str | int | None


def visible(text: str) -> str:
    """The text, with Python's escapes in place of characters that are not printable."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def json_line(value: object) -> str:
    """The value as one line of JSON that is safe to show on a terminal."""
    return UNSAFE.sub(lambda found: f"\\u{ord(found[0]):04x}", json.dumps(value, ensure_ascii=False)) + "\n"


def counted(number: int, noun: str) -> str:
    """`1 job`, `10,000 jobs`."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


@contextmanager
def _uninterrupted() -> Iterator[None]:
    """Put off Ctrl-C until the end of the block: in the middle of drawing, rich would keep what it is to show next."""
    came: list[int] = []
    before = signal.signal(signal.SIGINT, lambda number, _: came.append(number))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
        if came:
            signal.raise_signal(signal.SIGINT)


class Screen:
    """Messages and progress: a bar on a terminal; elsewhere a line now and then, without control codes."""

    def __init__(self) -> None:
        self._console = Console(stderr=True, markup=False, emoji=False, highlight=False)

    def say(self, line: str) -> None:
        """Show a line of visible characters, above the bar if there is one."""
        with _uninterrupted():
            self._console.print(line, soft_wrap=True)

    @contextmanager
    def progress(self, label: str, total: int) -> Iterator[Advance]:
        """Show how many of `total` are done. Call the result with how many more are."""
        done = 0

        def advance(more: int) -> None:
            nonlocal done
            done += more
            show(done, total, "")

        with self.gauge(label, total) as show:
            yield advance

    @contextmanager
    def gauge(self, label: str, total: int) -> Iterator[Gauge]:
        """Show how far something is. Call the result with how many are done, of how many, and what else to say."""
        if not sys.stderr.isatty():
            yield self._lines(label)
            return
        columns = (BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TextColumn("{task.fields[remark]}"))
        # rich would otherwise send standard output to this console, also what belongs in a file.
        redirect = sys.stdout.isatty()
        bar = Progress(TextColumn("{task.description}"), *columns, console=self._console, redirect_stdout=redirect)
        try:
            with _uninterrupted():
                bar.start()
                task = bar.add_task(label, total=total, remark="")
            yield lambda done, total, remark: bar.update(task, completed=done, total=total, remark=remark)
        finally:
            with _uninterrupted():
                bar.stop()

    def _lines(self, label: str) -> Gauge:
        shown_at = time.monotonic()

        def show(done: int, total: int, remark: str) -> None:
            nonlocal shown_at
            if time.monotonic() - shown_at > SECONDS_BETWEEN_LINES:
                shown_at = time.monotonic()
                self.say(f"{label}: {done:,} of {total:,}{remark and f', {remark}'}")

        return show


def write_table(headings: Sequence[str], rows: Iterable[Sequence[Cell]]) -> None:
    """One line per row, never wrapped; columns with numbers are right-aligned.

    Not by rich's Table, which takes 2.4 s of processor time for 10,000 rows.
    """
    table = [headings, *rows]
    columns = []
    for column in zip(*table, strict=True):
        cells = [_shown(cell) for cell in column]
        width = max(map(cell_len, cells))
        is_number = any(isinstance(cell, int) for cell in column)
        paddings = [" " * (width - cell_len(cell)) for cell in cells]
        columns.append([p + c if is_number else c + p for c, p in zip(cells, paddings, strict=True)])
    sys.stdout.writelines("  ".join(line).rstrip() + "\n" for line in zip(*columns, strict=True))


def _shown(cell: Cell) -> str:
    if cell is None:
        return ""
    return f"{cell:,}" if isinstance(cell, int) else visible(cell)
