"""Lists as CSV (RFC 4180), streamed piece by piece."""

import csv
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from io import StringIO
from typing import Any, Literal, TypeVar

from flask import Response, request, stream_with_context

CSV = "text/csv; charset=utf-8"
PIECE = 1_000

Format = Literal["json", "csv"]
Row = TypeVar("Row")
After = TypeVar("After")


def wants_csv(asked: Format | None) -> bool:
    """Whether the caller wants CSV: by `format`, or else by the header Accept."""
    if asked is not None:
        return asked == "csv"
    best = request.accept_mimetypes.best_match(["application/json", "text/csv"], default="application/json")
    return best == "text/csv"


def streamed(
    names: Sequence[str],
    find: Callable[[After | None, int], Sequence[Row]],
    after: Callable[[Row], After],
    values: Callable[[Row], Mapping[str, Any]] = vars,
) -> Response:
    """All rows that `find` gives. The first piece is read before the answer begins, which may be an error."""
    first = find(None, PIECE)

    def lines() -> Iterator[str]:
        rows = first
        yield csv_lines(names, map(values, rows), with_head=True)
        while len(rows) == PIECE:
            rows = find(after(rows[-1]), PIECE)
            yield csv_lines(names, map(values, rows))

    return Response(stream_with_context(lines()), content_type=CSV)


def csv_lines(names: Sequence[str], rows: Iterator[Mapping[str, Any]], *, with_head: bool = False) -> str:
    """Lines with the values of `names`, after a line with these names."""
    written = StringIO()
    writer = csv.writer(written)
    if with_head:
        writer.writerow(names)
    writer.writerows([_cell(row[name]) for name in names] for row in rows)
    return written.getvalue()


def _cell(value: object) -> object:
    """A text that spreadsheets would take for a formula is marked as text."""
    return f"'{value}" if isinstance(value, str) and re.match(r"[=+\-@\t\r]", value) else value
