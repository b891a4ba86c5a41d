"""The user's input: options, and URLs or ids from arguments and standard input."""

import re
import sys
from argparse import ArgumentTypeError
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit
from uuid import UUID

from wordcount.errors import InvalidInput

DEFAULT_SERVER = "http://localhost:5050"
STANDARD_INPUT = "-"
MAX_SUBMISSION_LENGTH = 100


def local_server(environment: Mapping[str, str], settings_file: Path) -> str:
    """The address of the manager on this machine, at MANAGER_PORT if `environment` or the file of settings sets it."""
    port = environment.get("MANAGER_PORT")
    if not port:
        with suppress(OSError, UnicodeDecodeError):
            lines = settings_file.read_text("utf-8")
            port = next(iter(re.findall(r"(?m)^\s*MANAGER_PORT\s*=\s*[\"']?(\d+)", lines)[-1:]), None)
    return f"http://localhost:{port}" if port else DEFAULT_SERVER


def server_address(text: str) -> str:
    """The address of a manager, as an option's type."""
    try:
        parts = urlsplit(text)
        is_usable = parts.scheme in {"http", "https"} and parts.hostname and "@" not in parts.netloc and parts.port != 0
    except ValueError:
        is_usable = False
    if not is_usable or parts.query or parts.fragment or not text.isprintable():
        raise ArgumentTypeError(f"--server or WORDCOUNT_SERVER must look like {DEFAULT_SERVER}; pass a key with --key")
    return text.rstrip("/")


def api_key(text: str) -> str:
    """An API key, as an option's type."""
    key = text.strip()
    if not (key.isascii() and key.isprintable()):
        raise ArgumentTypeError("--key or WORDCOUNT_KEY must be printable ASCII")
    return key


def submission_name(text: str) -> str:
    """A name for a submission, as an option's type."""
    if not (1 <= len(text) <= MAX_SUBMISSION_LENGTH and text.isascii() and text.isprintable()):
        raise ArgumentTypeError(f"must be 1 to {MAX_SUBMISSION_LENGTH} printable ASCII characters")
    return text


def number_from(minimum: int) -> Callable[[str], int]:
    """A whole number of at least `minimum`, as an option's type."""

    def number(text: str) -> int:
        if not (text.isascii() and text.isdigit() and int(text) >= minimum):
            raise ArgumentTypeError(f"must be a whole number, at least {minimum}")
        return int(text)

    return number


def read_lines(arguments: Sequence[str]) -> list[str]:
    """The arguments, with the lines of standard input in place of `-`. Raises InvalidInput if there is none."""
    lines: list[str] = []
    for argument in arguments:
        lines.extend(_standard_input() if argument == STANDARD_INPUT else [argument.strip()])
    if not lines:
        raise InvalidInput("Standard input is empty.")
    return lines


def _standard_input() -> list[str]:
    try:
        text = sys.stdin.buffer.read().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InvalidInput("Standard input is not UTF-8 text.") from error
    return [line.strip() for line in text.splitlines() if line.strip()]


def read_ids(arguments: Sequence[str]) -> list[UUID]:
    """The ids of jobs, each once, in their order; of a line, the first word counts. Raises InvalidInput."""
    return list(dict.fromkeys(read_id(line.split()[0] if line else "") for line in read_lines(arguments)))


def job_id(text: str) -> UUID:
    """The id of a job, as an option's type."""
    try:
        return read_id(text)
    except InvalidInput as error:
        raise ArgumentTypeError(str(error)) from error


def read_id(text: str) -> UUID:
    """The id of a job. Raises InvalidInput."""
    try:
        return UUID(text)
    except ValueError as error:
        example = "01a20c9c-c451-726f-a7db-dc9eca01d34e"
        raise InvalidInput(f"An id looks like {example}; `wordcount count` and `wordcount jobs` print ids.") from error
