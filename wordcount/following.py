"""Waiting for jobs, showing how they end, and the way back for whoever stops waiting."""

import sys
from collections.abc import Callable, Sequence
from uuid import UUID

from wordcount.coming_back import command_back
from wordcount.errors import CommandError
from wordcount.job import Job, job_of, summary
from wordcount.manager import Manager
from wordcount.screen import Screen
from wordcount.table import write_table
from wordcount.text import counted, json_line
from wordcount.waiting import Waiting


def follow(manager: Manager, screen: Screen, job_ids: Sequence[UUID], *, as_json: bool, server: str | None) -> int:
    """Wait for all of `job_ids`; gives the exit status: 1 if one of them has not ended as SUCCESS.

    With `as_json` each job is a line as soon as it has ended, else there is a table at the end, in the order of
    `job_ids`. Whatever ends the waiting early (CommandError, KeyboardInterrupt) passes through.
    """
    ended: dict[UUID, Job] = {}
    try:
        with screen.progress("ended", len(job_ids)) as advance:
            for answer in Waiting(manager, job_ids).ended():
                job = job_of(answer)
                ended[job.id] = job
                advance(1)
                if as_json:
                    sys.stdout.write(json_line(answer))
                    sys.stdout.flush()
    except (CommandError, KeyboardInterrupt):
        _say_how_to_come_back(screen, job_ids, len(ended), server)
        raise
    jobs = [ended[job_id] for job_id in job_ids]
    if not as_json:
        write_results(jobs)
        sys.stdout.flush()  # the summary comes after the table, also where both go to one file
    screen.say(summary(jobs))
    return 0 if all(job.status == "SUCCESS" for job in jobs) else 1


def write_results(jobs: Sequence[Job]) -> None:
    """The table of jobs that have ended; columns that would be empty are left out."""
    asked_for = {job.word for job in jobs if job.word is not None}
    columns: list[tuple[str, Callable[[Job], str | int | None]]] = [
        ("STATUS", lambda job: job.status),
        ("WORDS", lambda job: job.words),
        ("UNIQUE", lambda job: job.unique_words),
    ]
    if asked_for:
        columns.append((f'"{asked_for.pop()}"' if len(asked_for) == 1 else "COUNT", lambda job: job.word_count))
    columns.append(("URL", lambda job: job.url or str(job.id)))
    if any(job.reason for job in jobs):
        columns.append(("ERROR", lambda job: job.reason))
    write_table([heading for heading, _ in columns], [[cell(job) for _, cell in columns] for job in jobs])


def _say_how_to_come_back(screen: Screen, job_ids: Sequence[UUID], ended: int, server: str | None) -> None:
    try:
        command = command_back(job_ids, server)
    except OSError as error:
        screen.say(f"The jobs go on; `wordcount jobs` lists them. Their ids could not be kept in a file: {error}")
        return
    screen.say(f"Of {counted(len(job_ids), 'job')}, {ended:,} ended so far; the others go on. To wait for them again:")
    screen.say(f"  {command}")
