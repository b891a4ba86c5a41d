"""`wordcount jobs`: list jobs, the newest first."""

import argparse
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING

from wordcount.job import STATES, JsonObject, job_of, jobs_in
from wordcount.options import add_manager_options, manager_of, positive
from wordcount.screen import Screen
from wordcount.table import write_table
from wordcount.text import json_line

if TYPE_CHECKING:
    from wordcount.manager import Manager

PAGE = 200  # the longest page of GET /jobs
DEFAULT_LIMIT = 20
HEADINGS = ("ID", "CREATED", "STATUS", "WORDS", "URL")


def add_jobs_command(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Adds the command."""
    command = commands.add_parser(
        "jobs", help="list jobs, the newest first", description="Lists jobs, the newest first. Filters go together."
    )
    command.add_argument("--status", type=str.upper, choices=STATES, help="only jobs in this state")
    command.add_argument("--kind", metavar="KIND", help="only jobs of this kind, like count")
    command.add_argument("--url", metavar="URL", help="only jobs for exactly this URL")
    command.add_argument(
        "--limit", type=positive, default=DEFAULT_LIMIT, metavar="N", help="at most so many (default: %(default)s)"
    )
    command.add_argument("--json", action="store_true", help="print each job as a line of JSON")
    add_manager_options(command)
    command.set_defaults(run=jobs)


def jobs(parsed: argparse.Namespace) -> int:
    """Prints the list; gives the exit status."""
    found = _newest(manager_of(parsed, Screen()), parsed)
    if parsed.json:
        sys.stdout.writelines(map(json_line, found))
        return 0
    listed = [job_of(job) for job in found]
    write_table(HEADINGS, ((str(job.id), job.created_at, job.status, job.words, job.url) for job in listed))
    return 0


def _newest(manager: "Manager", parsed: argparse.Namespace) -> Iterator[JsonObject]:
    asked = {name: value for name in ("status", "kind", "url") if (value := getattr(parsed, name)) is not None}
    left = parsed.limit
    cursor: dict[str, str] = {}
    while left > 0:
        answer = manager.ask("GET", "/jobs", query={**asked, **cursor, "limit": min(left, PAGE)})
        page = jobs_in(answer)
        yield from page
        left -= len(page)
        if not answer.get("next"):
            return
        cursor = {"cursor": str(job_of(page[-1]).id)}
