"""The URLs to count: from the command line or standard input, checked, and in batches that the manager takes."""

import json
import sys
from collections.abc import Iterator, Sequence

from wordcount.errors import WrongInput
from wordcount.text import counted, visible

STANDARD_INPUT = "-"
MAX_BATCH = 1_000  # as many URLs as one submission may hold
MAX_BATCH_BYTES = 1_000_000  # below the manager's 1 MiB, with room for the other fields
_SHOWN = 10


def read_lines(given: Sequence[str]) -> list[str]:
    """What was given, with the lines of standard input in place of `-`. Raises WrongInput if that is not UTF-8."""
    lines: list[str] = []
    for each in given:
        lines.extend(_standard_input() if each == STANDARD_INPUT else [each.strip()])
    return lines


def _standard_input() -> list[str]:
    try:
        text = sys.stdin.buffer.read().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise WrongInput("Standard input is not UTF-8 text.") from error
    return [line.strip() for line in text.splitlines() if line.strip()]


def check_urls(urls: Sequence[str]) -> None:
    """Raises WrongInput that names what the manager would refuse, so that of a list with an error none is submitted."""
    from page_fetch.errors import InvalidUrl  # noqa: PLC0415 - only this command needs the parser of URLs
    from page_fetch.url import parse_url  # noqa: PLC0415 - the same

    wrong: list[str] = []
    for number, url in enumerate(urls, start=1):
        try:
            parse_url(url)
        except InvalidUrl as error:
            wrong.append(f"URL {number:,} ({_short(url)}) {error}")
    if wrong:
        more = [f"and {len(wrong) - _SHOWN:,} more"] if len(wrong) > _SHOWN else []
        what = f"{counted(len(wrong), 'URL')} of {len(urls):,} cannot be counted; nothing was submitted."
        raise WrongInput("\n".join((what, *wrong[:_SHOWN], *more)))


def _short(url: str) -> str:
    """Enough to find it by; not what stands before an @, which may be a password."""
    shown = f"…@{url.rpartition('@')[2]}" if "@" in url else url
    return visible(shown if len(shown) <= 80 else f"{shown[:79]}…")  # noqa: PLR2004 - a line of a terminal


def batches(urls: Sequence[str]) -> Iterator[list[str]]:
    """The URLs in their order, as many at a time as one submission may hold."""
    batch: list[str] = []
    size = 0
    for url in urls:
        length = len(json.dumps(url)) + len(", ")
        if batch and (len(batch) == MAX_BATCH or size + length > MAX_BATCH_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(url)
        size += length
    if batch:
        yield batch
