"""`wordcount show`: all about one job."""

import argparse
import sys
from collections.abc import Iterator

from wordcount.job import JsonObject, job_of
from wordcount.options import add_manager_options, job_id, manager_of
from wordcount.screen import Screen
from wordcount.text import json_line, visible

TIMES = ("created_at", "started_at", "due_at", "finished_at")
LABEL_WIDTH = 16


def add_show_command(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Adds the command."""
    command = commands.add_parser(
        "show",
        help="show one job: its state, its attempts, its result or its error",
        description="Shows one job: its state, its attempts, its result or its error. Exit status 0 in any state.",
    )
    command.add_argument("id", metavar="ID", help="the job's id")
    command.add_argument("--json", action="store_true", help="print the whole job as one line of JSON")
    add_manager_options(command)
    command.set_defaults(run=show)


def show(parsed: argparse.Namespace) -> int:
    """Prints the job; gives the exit status."""
    answer = manager_of(parsed, Screen()).ask("GET", f"/result/{job_id(parsed.id)}")
    if parsed.json:
        sys.stdout.write(json_line(answer))
    else:
        sys.stdout.writelines(f"{label + ':':<{LABEL_WIDTH}}{visible(value)}\n" for label, value in described(answer))
    return 0


def described(answer: JsonObject) -> Iterator[tuple[str, str]]:
    """Label and text of each line."""
    job = job_of(answer)
    yield from (("id", str(job.id)), ("kind", job.kind), ("url", job.url), ("status", job.status))
    for name in TIMES:
        if answer.get(name):
            yield name.removesuffix("_at"), str(answer[name])
    for attempt in answer.get("attempts") or ():
        yield f"attempt {attempt['number']}", f"{attempt['outcome'] or 'STARTED'} on {attempt['worker']}{_why(attempt)}"
    if job.reason:
        yield "error", job.reason
    yield from (_counts if job.kind == "count" else _fields)(answer["result"] or {})


def _why(attempt: JsonObject) -> str:
    return f": {attempt['error']['detail']}" if attempt.get("error") else ""


def _counts(result: JsonObject) -> Iterator[tuple[str, str]]:
    """The fields of a result of the kind `count`, with the most frequent words on one line."""
    for name, value in result.items():
        if name == "top":
            yield name, ", ".join(f"{word} {count:,}" for word, count in value)
        elif name == "word" and value:
            yield name, f"{value['word']} {value['count']:,}"
        else:
            yield from _fields({name: value})


def _fields(result: JsonObject) -> Iterator[tuple[str, str]]:
    """The result's fields, whatever the kind of job: numbers and texts."""
    for name, value in result.items():
        if value is not None:
            yield name.replace("_", " "), f"{value:,}" if isinstance(value, int) else str(value)
