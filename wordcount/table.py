"""Tables on standard output, as wide as what they hold.

Widths are those of a terminal's cells, by rich. Its own tables are not used: 10,000 rows take them seconds.
"""

import sys
from collections.abc import Iterable, Sequence

from wordcount.text import visible

BETWEEN = "  "

Cell = str | int | None


def write_table(headings: Sequence[str], rows: Iterable[Sequence[Cell]]) -> None:
    """One line for each row; columns of numbers stand on the right."""
    from rich.cells import cell_len  # noqa: PLC0415 - slow to load, and not every command shows a table

    values = list(rows)
    is_number = [any(isinstance(row[column], int) for row in values) for column in range(len(headings))]
    lines = [[_shown(cell) for cell in row] for row in (headings, *values)]
    widths = [max(map(cell_len, column)) for column in zip(*lines, strict=True)]
    for line in lines:
        cells = zip(line, widths, is_number, strict=True)
        padded = (_padded(cell, width - cell_len(cell), on_the_right) for cell, width, on_the_right in cells)
        sys.stdout.write(BETWEEN.join(padded).rstrip() + "\n")


def _shown(cell: Cell) -> str:
    if cell is None:
        return ""
    return f"{cell:,}" if isinstance(cell, int) else visible(cell)


def _padded(cell: str, missing: int, on_the_right: bool) -> str:  # noqa: FBT001 - a column's own property
    padding = " " * missing
    return padding + cell if on_the_right else cell + padding
