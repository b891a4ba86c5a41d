"""`wordcount count`: submit pages, and wait for the counts if asked."""

import argparse
import sys
import uuid
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from wordcount.errors import CommandError, NobodyAnswers, Refused, WrongInput
from wordcount.job import JsonObject, job_of, jobs_in
from wordcount.options import add_manager_options, manager_of
from wordcount.screen import Screen
from wordcount.text import counted, json_line, visible
from wordcount.urls import batches, check_urls, read_lines

if TYPE_CHECKING:
    from wordcount.manager import Manager

MAX_SUBMISSION_LENGTH = 100


def add_count_command(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Adds the command."""
    command = commands.add_parser(
        "count",
        help="count the words of pages",
        description="Submits pages and prints a job's id and URL for each, a line each; with --wait, waits for the "
        "counts and prints a table, in the order of the URLs. Of a list with a wrong URL none is submitted.",
        epilog="Ctrl-C while waiting leaves the jobs running, and says how to wait for them again.",
    )
    command.add_argument("urls", nargs="+", metavar="URL", help="a page; - reads URLs from standard input, a line each")
    command.add_argument("--word", metavar="W", help="a word to count on each page")
    command.add_argument("--wait", action="store_true", help="wait for the counts")
    command.add_argument(
        "--json",
        action="store_true",
        help="print each job as a line of JSON: as submitted; with --wait, as soon as it has ended",
    )
    command.add_argument(
        "--submission",
        metavar="NAME",
        type=_submission,
        help="the same command with the same name submits nothing twice, for 24 hours",
    )
    add_manager_options(command)
    command.set_defaults(run=count)


def count(parsed: argparse.Namespace) -> int:
    """Submits, and waits if asked; gives the exit status."""
    from wordcount.following import follow  # noqa: PLC0415 - slow to load, and --help needs none

    urls = read_lines(parsed.urls)
    if not urls:
        raise WrongInput("Standard input holds no URLs.")
    check_urls(urls)
    screen = Screen()
    manager = manager_of(parsed, screen)
    jobs = []
    for answer in _submit(manager, screen, urls, parsed):
        job = job_of(answer)
        jobs.append(job.id)
        if not parsed.wait:
            sys.stdout.write(json_line(answer) if parsed.json else f"{job.id}  {visible(job.url)}\n")
    if parsed.wait:
        return follow(manager, screen, jobs, as_json=parsed.json, server=parsed.server)
    return 0


def _submit(
    manager: "Manager", screen: Screen, urls: Sequence[str], parsed: argparse.Namespace
) -> Iterator[JsonObject]:
    """The accepted jobs, in the order of `urls`."""
    submission = parsed.submission or uuid.uuid4().hex
    word = {} if parsed.word is None else {"word": parsed.word}
    submitted = 0
    try:
        with screen.progress("submitted", len(urls)) as advance:
            for number, batch in enumerate(batches(urls)):
                body = {"urls": batch, **word}
                answer = manager.ask("POST", "/count", body=body, idempotency_key=f"{submission}-{number}")
                submitted += len(batch)
                advance(len(batch))
                yield from jobs_in(answer)
    except (CommandError, KeyboardInterrupt) as stopped:
        if submitted or not isinstance(stopped, NobodyAnswers | Refused):
            screen.say(
                f"{submitted:,} of {counted(len(urls), 'URL')} are known to be submitted. The same command with "
                f"--submission {submission} goes on from there, and submits none twice."
            )
        raise


def _submission(text: str) -> str:
    if not (1 <= len(text) <= MAX_SUBMISSION_LENGTH and text.isascii() and text.isprintable()):
        raise argparse.ArgumentTypeError(f"must be 1 to {MAX_SUBMISSION_LENGTH} printable ASCII characters")
    return text
