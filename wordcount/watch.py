"""`wordcount wait`: wait for jobs, show their results, and say how to resume an interrupted wait."""

import argparse
import os
import shlex
import shutil
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

from wordcount.errors import CommandError
from wordcount.inputs import DEFAULT_SERVER, read_ids
from wordcount.job import COUNTING, STATES, UNKNOWN, Job, JsonObject, job_of, jobs_in, unknown_job
from wordcount.manager import Manager
from wordcount.output import Cell, Screen, counted, json_line, write_table

HALF = 100  # `GET /jobs` takes 200 ids
MAX_IDS_ON_A_LINE = 3
LOOK_SECONDS = 0.5  # between two looks at the same job
MIN_PAUSE_SECONDS, MAX_PAUSE_SECONDS = 0.25, 1.0


def wait(parsed: argparse.Namespace) -> int:
    """Wait; return the exit status."""
    ids = read_ids(parsed.ids)
    screen = Screen()
    return watch(Manager(parsed.server, parsed.key, screen.say), screen, ids, as_json=parsed.json)


def watch(manager: Manager, screen: Screen, ids: Sequence[UUID], *, as_json: bool) -> int:
    """Wait for the jobs and show them; return the exit status, which is 1 unless all ended as SUCCESS.

    With `as_json`, each job is a line once it has ended; without, all are rows of a table, in the order of `ids`. If
    CommandError or KeyboardInterrupt ends the waiting early, it passes through.
    """
    ended: dict[UUID, Job] = {}
    try:
        with screen.progress("ended", len(ids)) as advance:
            for answer in ended_jobs(manager, ids):
                job = job_of(answer)
                ended[job.id] = job
                advance(1)
                if as_json:
                    sys.stdout.write(json_line(answer))
                    sys.stdout.flush()
    except (CommandError, KeyboardInterrupt):
        say_how_to_resume(screen, manager.server, ids, len(ended))
        raise
    jobs = [ended[job_id] for job_id in ids]
    if not as_json:
        write_results(jobs)
        sys.stdout.flush()  # so that the summary follows the table where both go to one file
    screen.say(_summary(jobs))
    return 0 if all(job.status == "SUCCESS" for job in jobs) else 1


def ended_jobs(manager: Manager, ids: Sequence[UUID]) -> Iterator[JsonObject]:
    """Each job once it has ended, or `unknown_job` if there is none.

    Workers take the oldest jobs first, so each request asks for the oldest ones, and for some of the others in turn.
    """
    waiting = sorted(set(ids))
    turn, pause = 0, MIN_PAUSE_SECONDS
    while waiting:
        begun = time.monotonic()
        turn = turn + HALF if turn + HALF < len(waiting) else HALF
        asked = waiting[:HALF] + waiting[turn : turn + HALF]
        ended = [job for job in _jobs_by_ids(manager, asked) if job_of(job).has_ended]
        yield from ended
        gone = {UUID(job["id"]) for job in ended}
        waiting = [job_id for job_id in waiting if job_id not in gone]
        pause = MIN_PAUSE_SECONDS if ended else min(1.5 * pause, MAX_PAUSE_SECONDS)
        if len(ended) < len(asked):
            # At most a fifth of the time is spent on asking, however busy the manager is.
            time.sleep(max(pause, 4 * (time.monotonic() - begun)))


def _jobs_by_ids(manager: Manager, ids: Sequence[UUID]) -> list[JsonObject]:
    asked = [str(job_id) for job_id in ids]
    found: dict[UUID, JsonObject] = {}
    while asked:  # a page of large jobs ends early
        answer = manager.ask("GET", "/jobs", query={"id": asked})
        found |= {job_of(job).id: job for job in jobs_in(answer)}
        asked = parse_qs(urlsplit(answer.get("next") or "").query).get("id", [])
    return [found.get(job_id) or unknown_job(job_id) for job_id in ids]


def ended_site_job(
    manager: Manager, screen: Screen, job_id: UUID, remark: Callable[[JsonObject], str] = lambda _progress: ""
) -> JsonObject:
    """The job about a site once it has ended; until then a bar shows its pages, and what `remark` says of them."""
    with screen.gauge("pages", 1) as show:
        while True:
            answer = manager.ask("GET", f"/result/{job_id}")
            if progress := answer.get("progress"):
                done = progress["asked_for"] - progress["running"]
                known = min(progress["asked_for"] + progress["waiting"], answer["request"]["max_pages"])
                speed = f"{done / max(progress['seconds'], 0.1):.1f} pages/s"
                show(max(done, 0), known, ", ".join(filter(None, (speed, remark(progress)))))
            if job_of(answer).has_ended:
                return answer
            time.sleep(LOOK_SECONDS)


def write_results(jobs: Sequence[Job]) -> None:
    """Write the table of jobs that have ended; columns that would be empty are left out."""
    words = {job.word for job in jobs if job.word is not None}
    columns: list[tuple[str, Callable[[Job], Cell]]] = [("STATUS", lambda job: job.status)]
    if any(job.kind in COUNTING for job in jobs):
        columns += [("WORDS", lambda job: job.words), ("UNIQUE", lambda job: job.unique_words)]
    if words:
        columns.append((f'"{words.pop()}"' if len(words) == 1 else "COUNT", lambda job: job.word_count))
    columns.append(("URL" if any(job.url for job in jobs) else "JOB", lambda job: job.label or str(job.id)))
    if any(job.said for job in jobs):
        columns.append(("RESULT", lambda job: job.said))
    if any(job.reason for job in jobs):
        columns.append(("ERROR", lambda job: job.reason))
    write_table([heading for heading, _ in columns], [[cell(job) for _, cell in columns] for job in jobs])


def _summary(jobs: Iterable[Job]) -> str:
    """How many are in which state: `3 jobs: 2 SUCCESS, 1 FAILURE`."""
    counts = Counter(job.status for job in jobs)
    parts = ", ".join(f"{counts[state]:,} {state}" for state in (*STATES, UNKNOWN) if state in counts)
    return f"{counted(counts.total(), 'job')}: {parts}"


def say_how_to_resume(screen: Screen, server: str, ids: Sequence[UUID], ended: int) -> None:
    """Say that the jobs go on without this command, and how to wait for them again."""
    try:
        command = resume_command(ids, server)
    except OSError as error:
        screen.say(f"The jobs keep running; `wordcount jobs` lists them. Their ids could not be saved: {error}")
        return
    screen.say(
        f"{ended:,} of {counted(len(ids), 'job')} ended so far; the others keep running. To wait for them again:"
    )
    screen.say(f"  {command}")


def resume_command(ids: Sequence[UUID], server: str) -> str:
    """A line for a shell. More than three ids are written to a file. Raises OSError if that fails."""
    parts = [*_program(), "wait"]
    if server != DEFAULT_SERVER:
        parts += ["--server", server]
    if len(ids) <= MAX_IDS_ON_A_LINE:
        return shlex.join([*parts, *map(str, ids)])
    return f"{shlex.join([*parts, '-'])} < {shlex.quote(str(_save(ids)))}"


def _program() -> list[str]:
    """How the user started this program."""
    started = Path(sys.argv[0])
    if started.name == "__main__.py":
        return [sys.executable, "-m", "wordcount"]
    found = shutil.which(started.name)
    return [started.name if found and Path(found).resolve() == started.resolve() else str(started)]


def _save(ids: Sequence[UUID]) -> Path:
    """Write the ids where programs keep their state (XDG Base Directory Specification)."""
    state = os.environ.get("XDG_STATE_HOME", "")
    folder = (Path(state) if Path(state).is_absolute() else Path.home() / ".local" / "state") / "wordcount"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    file = folder / f"{ids[0]}.ids"
    file.write_text("".join(f"{job_id}\n" for job_id in ids), "ascii")
    return file
