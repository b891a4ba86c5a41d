"""`wordcount cancel`: cancel jobs."""

import argparse
import sys
from http import HTTPStatus
from typing import TYPE_CHECKING
from uuid import UUID

from wordcount.errors import Refused
from wordcount.job import Job, job_of, unknown
from wordcount.options import add_ids, add_manager_options, ids_of, manager_of
from wordcount.screen import Screen
from wordcount.text import visible

if TYPE_CHECKING:
    from wordcount.manager import Manager

REVOKED = "REVOKED"


def add_cancel_command(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Adds the command."""
    command = commands.add_parser(
        "cancel",
        help="cancel jobs",
        description="Cancels jobs, and prints the state of each afterwards. One that has ended stays as it is.",
        epilog="Exit status 1 if one of them ended before it could be cancelled, or is not there.",
    )
    add_ids(command)
    add_manager_options(command)
    command.set_defaults(run=cancel)


def cancel(parsed: argparse.Namespace) -> int:
    """Cancels; gives the exit status."""
    job_ids = ids_of(parsed)
    manager = manager_of(parsed, Screen())
    jobs = [_cancel(manager, job_id) for job_id in job_ids]
    return 0 if all(job.status == REVOKED for job in jobs) else 1


def _cancel(manager: "Manager", job_id: UUID) -> Job:
    try:
        job = job_of(manager.ask("DELETE", f"/result/{job_id}"))
    except Refused as error:
        if error.status != HTTPStatus.NOT_FOUND:
            raise
        job = job_of(unknown(job_id))
    sys.stdout.write(f"{job.id}  {job.status}  {visible(job.url)}".rstrip() + "\n")
    return job
