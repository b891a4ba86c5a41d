"""Tables on standard output: as wide as the terminal, or, for a file or a pipe, as wide as what they hold."""

import sys
from collections.abc import Iterable, Sequence

from wordcount.text import visible

_UNLIMITED = 100_000


def write_table(headings: Sequence[str], rows: Iterable[Sequence[str | int | None]]) -> None:
    """One line for each row; columns of numbers stand on the right. Nothing is cut off: a long URL goes on below."""
    from rich.console import Console  # noqa: PLC0415 - slow to load, and not every command shows a table
    from rich.table import Table  # noqa: PLC0415 - the same
    from rich.text import Text  # noqa: PLC0415 - the same

    shown = list(rows)
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for number, heading in enumerate(headings):
        is_number = any(isinstance(row[number], int) for row in shown)
        table.add_column(Text(visible(heading)), justify="right" if is_number else "left", overflow="fold")
    for row in shown:
        table.add_row(*(Text(_cell(value)) for value in row))
    console = Console(width=None if sys.stdout.isatty() else _UNLIMITED)
    with console.capture() as captured:
        console.print(table)
    sys.stdout.writelines(f"{line.rstrip()}\n" for line in captured.get().splitlines())


def _cell(value: str | int | None) -> str:
    if value is None:
        return ""
    return f"{value:,}" if isinstance(value, int) else visible(value)
