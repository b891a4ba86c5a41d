"""What several commands take."""

import argparse
import os
from typing import TYPE_CHECKING
from urllib.parse import urlsplit
from uuid import UUID

from wordcount.errors import WrongInput
from wordcount.screen import Screen
from wordcount.urls import read_lines

if TYPE_CHECKING:
    from wordcount.manager import Manager

DEFAULT_SERVER = "http://localhost:5050"


def add_manager_options(command: argparse.ArgumentParser) -> None:
    """Where the manager is, and the key it wants."""
    group = command.add_argument_group("the manager")
    group.add_argument(
        "--server", metavar="URL", type=_server, help=f"its address (else WORDCOUNT_SERVER, else {DEFAULT_SERVER})"
    )
    group.add_argument(
        "--key",
        metavar="KEY",
        type=_key,
        help="an API key, if it wants one (else WORDCOUNT_KEY, which `ps` does not show)",
    )


def manager_of(parsed: argparse.Namespace, screen: Screen) -> "Manager":
    """The manager that options or environment name. Raises WrongInput if the environment's cannot be used."""
    from wordcount.manager import Manager  # noqa: PLC0415 - slow to load, and --help needs none

    try:
        server = parsed.server or _server(os.environ.get("WORDCOUNT_SERVER") or DEFAULT_SERVER)
        key = parsed.key or _key(os.environ.get("WORDCOUNT_KEY", "")) or None
    except argparse.ArgumentTypeError as error:
        raise WrongInput(f"WORDCOUNT_SERVER or WORDCOUNT_KEY: {error}") from error
    return Manager(server, key, screen.say)


def _server(text: str) -> str:
    try:
        parts = urlsplit(text)
        is_usable = parts.scheme in {"http", "https"} and parts.hostname and "@" not in parts.netloc and parts.port != 0
    except ValueError:
        is_usable = False
    if not is_usable or parts.query or parts.fragment or not text.isprintable():
        raise argparse.ArgumentTypeError(f"an address looks like {DEFAULT_SERVER}; keys go to --key")
    return text.rstrip("/")


def _key(text: str) -> str:
    key = text.strip()
    if not (key.isascii() and key.isprintable()):
        raise argparse.ArgumentTypeError("a key is printable ASCII")
    return key


def add_ids(command: argparse.ArgumentParser) -> None:
    """The jobs that a command is about."""
    command.add_argument(
        "ids", nargs="+", metavar="ID", help="a job's id; - reads ids from standard input, the first word of each line"
    )


def ids_of(parsed: argparse.Namespace) -> list[UUID]:
    """The jobs asked for, each once, in their order. Raises WrongInput."""
    lines = read_lines(parsed.ids)
    if not lines:
        raise WrongInput("Standard input holds no ids.")
    return list(dict.fromkeys(job_id(line.split()[0] if line else "") for line in lines))


def job_id(text: str) -> UUID:
    """The id that was given. Raises WrongInput."""
    try:
        return UUID(text)
    except ValueError as error:
        raise WrongInput(
            "An id looks like 01a20c9c-c451-726f-a7db-dc9eca01d34e, as `wordcount count` gives it."
        ) from error


def positive(text: str) -> int:
    """A number from 1."""
    if not (text.isascii() and text.isdigit() and int(text) > 0):
        raise argparse.ArgumentTypeError("must be a number from 1")
    return int(text)
