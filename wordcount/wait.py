"""`wordcount wait`: come back to jobs that were submitted earlier."""

import argparse

from wordcount.options import add_ids, add_manager_options, ids_of, manager_of
from wordcount.screen import Screen


def add_wait_command(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Adds the command."""
    command = commands.add_parser(
        "wait",
        help="wait for jobs that were submitted earlier",
        description="Waits for jobs and prints a table of how they ended, in the order of the ids.",
        epilog="`wordcount count - < urls > ids; wordcount wait - < ids` waits for what the first submits.",
    )
    add_ids(command)
    command.add_argument(
        "--json", action="store_true", help="print each job as a line of JSON, as soon as it has ended"
    )
    add_manager_options(command)
    command.set_defaults(run=wait)


def wait(parsed: argparse.Namespace) -> int:
    """Waits; gives the exit status."""
    from wordcount.following import follow  # noqa: PLC0415 - slow to load, and --help needs none

    job_ids = ids_of(parsed)
    screen = Screen()
    return follow(manager_of(parsed, screen), screen, job_ids, as_json=parsed.json, server=parsed.server)
