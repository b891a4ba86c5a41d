"""`wordcount file`: count local files, or find their quotes, without a manager."""

import argparse
import gzip
import json
import sys
import zlib
from pathlib import Path

from page_read.errors import ReadError
from page_read.page import PageText, read_page
from page_read.words import frequencies, most_frequent
from wordcount.inputs import STANDARD_INPUT

GZIP_MAGIC = b"\x1f\x8b"
CONTENT_TYPES = {".txt": "text/plain", ".xhtml": "application/xhtml+xml", ".html": "text/html", ".htm": "text/html"}
QUOTE_FIELDS = ("text", "author", "source", "kind", "rule", "confidence")


def file(parsed: argparse.Namespace) -> int:
    """Print a line for each file; return the exit status, which is 1 if a file could not be read."""
    return max([_write_line(name, parsed) for name in parsed.files])


def _write_line(name: str, parsed: argparse.Namespace) -> int:
    try:
        page = _read(name, parsed.content_type)
        result = _quotes(page) if parsed.quotes else _counts(page, parsed)
    except (OSError, EOFError, zlib.error, ReadError) as error:
        sys.stderr.write(f"wordcount: {name}: {getattr(error, 'strerror', None) or error}\n")
        return 1
    # A lone surrogate cannot be written as UTF-8; text has none, a file's name may.
    line = json.dumps({"file": name, **result}, ensure_ascii=False).encode("utf-8", "backslashreplace").decode()
    sys.stdout.write(f"{line}\n")
    return 0


def _read(name: str, content_type: str | None) -> PageText:
    content_type = content_type or CONTENT_TYPES.get(Path(name.removesuffix(".gz")).suffix.lower())
    body = sys.stdin.buffer.read() if name == STANDARD_INPUT else Path(name).read_bytes()
    if body.startswith(GZIP_MAGIC):
        body = gzip.decompress(body)
    return read_page(body, content_type)


def _counts(page: PageText, parsed: argparse.Namespace) -> dict[str, object]:
    counts = frequencies(page.text, parsed.tokenizer)
    result: dict[str, object] = {
        "words": counts.total(),
        "unique_words": len(counts),
        "top": most_frequent(counts, parsed.top),
        "charset": page.charset,
        "language": page.language,
    }
    if parsed.frequencies:
        result["frequencies"] = dict(most_frequent(counts, len(counts)))
    return result


def _quotes(page: PageText) -> dict[str, object]:
    from page_read.quotes import find_quotes  # noqa: PLC0415 - counting does without its word lists

    return {"quotes": [{field: getattr(quote, field) for field in QUOTE_FIELDS} for quote in find_quotes(page)]}
