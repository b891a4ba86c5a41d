"""`wordcount file`: counts local files, without any service."""

import argparse
import gzip
import json
import sys
import zlib
from pathlib import Path

from page_read.errors import ReadError

_STANDARD_INPUT = "-"
_GZIP_START = b"\x1f\x8b"
_CONTENT_TYPES = {".txt": "text/plain", ".xhtml": "application/xhtml+xml", ".html": "text/html", ".htm": "text/html"}


def add_file_command(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Adds `wordcount file`, which counts local files and needs no service."""
    command = commands.add_parser(
        "file", help="count the words of files", description="Prints one JSON object for each file, a line each."
    )
    command.add_argument("files", nargs="+", metavar="FILE", help="an HTML or text file, also .gz; - is standard input")
    command.add_argument("--content-type", metavar="TYPE", help="what the files were served as, like text/html")
    command.add_argument("--tokenizer", choices=["words", "treebank"], default="words", help="default: words")
    command.add_argument("--top", type=_count, default=25, metavar="N", help="how many frequent words (default: 25)")
    command.add_argument("--frequencies", action="store_true", help="print every word and its count, too")
    command.set_defaults(run=count_files)


def count_files(parsed: argparse.Namespace) -> int:
    """Prints a line for each file; gives the exit status: 1 if a file could not be counted."""
    return max([_count_file(name, parsed) for name in parsed.files])


def _count(value: str) -> int:
    if not value.isdecimal():
        raise argparse.ArgumentTypeError(f"{value!r} is no number of words; give one like 25")
    return int(value)


def _count_file(name: str, parsed: argparse.Namespace) -> int:
    try:
        line = _describe(name, parsed)
    except (OSError, EOFError, zlib.error, ReadError) as error:
        sys.stderr.write(f"wordcount: {name}: {_reason(error)}\n")
        return 1
    sys.stdout.write(f"{line}\n")
    return 0


def _describe(name: str, parsed: argparse.Namespace) -> str:
    from page_fetch.media_type import check_untyped  # noqa: PLC0415 - the same
    from page_read.counting import page_frequencies  # noqa: PLC0415 - only this command needs parser and tokenizer
    from page_read.words.count import most_frequent  # noqa: PLC0415 - the same

    content_type = parsed.content_type or _CONTENT_TYPES.get(Path(name.removesuffix(".gz")).suffix.lower())
    body = _read(name)
    if content_type is None:
        check_untyped(body)
    page = page_frequencies(body, content_type, tokenizer=parsed.tokenizer)
    result: dict[str, object] = {
        "file": name,
        "words": page.frequencies.total(),
        "unique_words": len(page.frequencies),
        "top": most_frequent(page.frequencies, parsed.top),
        "charset": page.charset,
        "language": page.language,
    }
    if parsed.frequencies:
        result["frequencies"] = dict(most_frequent(page.frequencies, len(page.frequencies)))
    # A lone surrogate cannot be written as UTF-8; text has none, a file's name may.
    return json.dumps(result, ensure_ascii=False).encode("utf-8", "backslashreplace").decode()


def _read(name: str) -> bytes:
    body = sys.stdin.buffer.read() if name == _STANDARD_INPUT else Path(name).read_bytes()
    return gzip.decompress(body) if body.startswith(_GZIP_START) else body


def _reason(error: Exception) -> str:
    return (error.strerror if isinstance(error, OSError) else None) or str(error)
