"""`wordcount jobs`, `show` and `cancel`: look at jobs that were submitted, and cancel them."""

import argparse
import json
import sys
from collections.abc import Callable, Iterator, Sequence
from http import HTTPStatus
from uuid import UUID

from page_fetch.url import meant_url
from wordcount.errors import RequestRefused
from wordcount.inputs import read_id, read_ids
from wordcount.job import COUNTING, Job, JsonObject, job_of, jobs_in, unknown_job
from wordcount.manager import Manager
from wordcount.output import Cell, Screen, json_line, visible, write_table

MAX_PAGE = 200  # jobs on a page of `GET /jobs`
OWN_COMMANDS = frozenset({"count", "crawl", "quotes"})  # what was asked, whoever asked knows
TIMES = ("created_at", "started_at", "due_at", "finished_at")
LABEL_WIDTH = 16


def jobs(parsed: argparse.Namespace) -> int:
    """List jobs, newest first; return the exit status."""
    listed = _newest(_manager(parsed), parsed)
    if parsed.json:
        sys.stdout.writelines(map(json_line, listed))
    else:
        _write_jobs([job_of(each) for each in listed])
    return 0


def _write_jobs(jobs: Sequence[Job]) -> None:
    """The table of jobs. Where some are of other kinds than those that count, it says which, and what came out."""
    columns: list[tuple[str, Callable[[Job], Cell]]] = [
        ("ID", lambda job: str(job.id)),
        ("CREATED", lambda job: job.created_at),
        ("STATUS", lambda job: job.status),
    ]
    are_others = any(job.kind not in COUNTING for job in jobs)
    if are_others:
        columns.append(("KIND", lambda job: job.kind))
    if not are_others or any(job.kind in COUNTING for job in jobs):
        columns.append(("WORDS", lambda job: job.words))
    columns.append(("URL" if any(job.url for job in jobs) or not jobs else "JOB", lambda job: job.label))
    if are_others:
        columns.append(("RESULT", lambda job: job.said))
    write_table([heading for heading, _ in columns], [[cell(job) for _, cell in columns] for job in jobs])


def show(parsed: argparse.Namespace) -> int:
    """Show one job; return the exit status."""
    job = _manager(parsed).ask("GET", f"/result/{read_id(parsed.id)}")
    if parsed.json:
        sys.stdout.write(json_line(job))
    else:
        sys.stdout.writelines(f"{label + ':':<{LABEL_WIDTH}}{visible(value)}\n" for label, value in _described(job))
    return 0


def cancel(parsed: argparse.Namespace) -> int:
    """Cancel jobs; return the exit status, which is 1 unless all are now cancelled."""
    ids = read_ids(parsed.ids)
    manager = _manager(parsed)
    cancelled = [_cancel(manager, job_id) for job_id in ids]
    return 0 if all(job.status == "REVOKED" for job in cancelled) else 1


def _manager(parsed: argparse.Namespace) -> Manager:
    return Manager(parsed.server, parsed.key, Screen().say)


def _newest(manager: Manager, parsed: argparse.Namespace) -> Iterator[JsonObject]:
    query = {name: value for name in ("status", "kind", "url") if (value := getattr(parsed, name)) is not None}
    if parsed.url is not None:
        query["url"] = meant_url(parsed.url)
    left = parsed.limit
    while left > 0:
        answer = manager.ask("GET", "/jobs", query=query | {"limit": str(min(left, MAX_PAGE))})
        page = jobs_in(answer)
        yield from page
        left -= len(page)
        if not page or not answer.get("next"):
            return
        query["cursor"] = str(job_of(page[-1]).id)


def _cancel(manager: Manager, job_id: UUID) -> Job:
    try:
        job = job_of(manager.ask("DELETE", f"/result/{job_id}"))
    except RequestRefused as error:
        if error.status != HTTPStatus.NOT_FOUND:
            raise
        job = job_of(unknown_job(job_id))
    sys.stdout.write(f"{job.id}  {job.status}  {visible(job.label)}".rstrip() + "\n")
    return job


def _described(answer: JsonObject) -> Iterator[tuple[str, str]]:
    """Label and text of each line."""
    job = job_of(answer)
    yield from (("id", str(job.id)), ("kind", job.kind))
    if named := job.url or job.label:
        yield "url" if job.url else "label", named
    yield "status", job.status
    for name in TIMES:
        if answer.get(name):
            yield name.removesuffix("_at"), str(answer[name])
    if job.kind not in OWN_COMMANDS:
        yield from _named("asked ", {**(answer.get("request") or {}), "url": None})
    for attempt in answer.get("attempts") or ():
        reason = f": {attempt['error']['detail']}" if attempt.get("error") else ""
        yield f"attempt {attempt['number']}", f"{attempt['outcome'] or 'STARTED'} on {attempt['worker']}{reason}"
    if job.reason:
        yield "error", job.reason
    yield from _named("", answer["result"] or {})


def _named(before: str, values: JsonObject) -> Iterator[tuple[str, str]]:
    for name, value in values.items():
        if value is not None:
            yield before + name.replace("_", " "), _text(value)


def _text(value: object) -> str:
    """A field of a result, whatever the kind of the job: numbers with commas, and words with their counts."""
    match value:
        case int() if not isinstance(value, bool):
            return f"{value:,}"
        case [str() as word, int() as count] | {"word": str() as word, "count": int() as count}:
            return f"{word} {count:,}"
        case list():
            return ", ".join(map(_text, value))
        case dict() | bool():
            return json.dumps(value, ensure_ascii=False)
    return str(value)
