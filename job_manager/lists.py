"""Lists: page by page as JSON, or all of a list as CSV (RFC 4180), streamed piece by piece."""

import csv
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from io import StringIO
from typing import Annotated, Any, Literal, TypeVar

from flask import Response, request, stream_with_context
from pydantic import BeforeValidator, Field

from job_manager.requests import DEFAULT_LIMIT, MAX_LIMIT, NUMBER, Query, only_digits
from job_manager.views import answer, next_path

CSV = "text/csv; charset=utf-8"
PIECE = 1_000

Format = Literal["json", "csv"]
Row = TypeVar("Row")


class FormatQuery(Query):
    """In which format a list is answered."""

    format: Format | None = Field(default=None, description="csv: all of it as CSV")


class ListQuery(FormatQuery):
    """Which part of a list. A list says by `cursor` what its cursors look like."""

    limit: Annotated[int, BeforeValidator(only_digits)] = Field(
        default=DEFAULT_LIMIT, ge=1, le=MAX_LIMIT, description="entries on a page of JSON"
    )
    cursor: str | None = Field(
        default=None, max_length=300, pattern=NUMBER, description="from `next` of the previous page"
    )


def answer_list(
    name: str,
    columns: Sequence[str],
    asked: ListQuery,
    find: Callable[[str | None, int], Sequence[Row]],
    cursor: Callable[[Row], str],
    values: Callable[[Row], Mapping[str, Any]] = vars,
    *,
    beside: Callable[[], Mapping[str, Any]] = dict,
) -> Response:
    """The part of the list that is asked for: `find` gives rows, at most so many, from after a cursor on.

    `cursor` is that of a row, and `values` is what it holds: the columns, and what else the cursor needs. `beside` is
    what the JSON has besides the list.
    """
    if wants_csv(asked.format):
        return stream_csv(columns, find, cursor, values)
    rows = find(asked.cursor, asked.limit + 1)
    shown = rows[: asked.limit]
    page = [{column: row[column] for column in columns} for row in map(values, shown)]
    return answer({name: page, **beside(), "next": next_path(cursor(shown[-1])) if len(rows) > len(shown) else None})


def wants_csv(asked: Format | None) -> bool:
    """Whether the caller wants CSV: by `format`, or else by the header Accept."""
    if asked is not None:
        return asked == "csv"
    best = request.accept_mimetypes.best_match(["application/json", "text/csv"], default="application/json")
    return best == "text/csv"


def csv_lines(columns: Sequence[str], rows: Iterable[Mapping[str, Any]], *, with_head: bool = False) -> str:
    """Lines with the values of `columns`, after a line with these names."""
    written = StringIO()
    writer = csv.writer(written)
    if with_head:
        writer.writerow(columns)
    writer.writerows([_cell(row[column]) for column in columns] for row in rows)
    return written.getvalue()


def stream_csv(
    columns: Sequence[str],
    find: Callable[[str | None, int], Sequence[Row]],
    cursor: Callable[[Row], str],
    values: Callable[[Row], Mapping[str, Any]],
) -> Response:
    """All rows. The first piece is read before the answer begins, which may be an error."""
    first = find(None, PIECE)

    def lines() -> Iterator[str]:
        rows = first
        yield csv_lines(columns, map(values, rows), with_head=True)
        while len(rows) == PIECE:
            rows = find(cursor(rows[-1]), PIECE)
            yield csv_lines(columns, map(values, rows))

    return Response(stream_with_context(lines()), content_type=CSV)


def _cell(value: object) -> object:
    """A text that spreadsheets would take for a formula is marked as text; true and false are as in JSON."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return f"'{value}" if isinstance(value, str) and re.match(r"[=+\-@\t\r]", value) else value
