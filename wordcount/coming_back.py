"""The command by which a person comes back to jobs that they no longer wait for."""

import os
import shlex
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from uuid import UUID

MOST_ON_A_LINE = 3


def command_back(job_ids: Sequence[UUID], server: str | None) -> str:
    """A line for a shell that waits for the jobs again. Many ids go to a file, which is written.

    `server` is the address that was given as an option, if one was. Raises OSError if the file cannot be written.
    """
    parts = [*program(), "wait"]
    if server:
        parts += ["--server", server]
    if len(job_ids) <= MOST_ON_A_LINE:
        return shlex.join([*parts, *map(str, job_ids)])
    return f"{shlex.join([*parts, '-'])} < {shlex.quote(str(_keep(job_ids)))}"


def program() -> list[str]:
    """How the person started this program."""
    started = Path(sys.argv[0])
    if started.name == "__main__.py":
        return [sys.executable, "-m", "wordcount"]
    found = shutil.which(started.name)
    return [started.name if found and Path(found).resolve() == started.resolve() else str(started)]


def _keep(job_ids: Sequence[UUID]) -> Path:
    """Write the ids where programs keep their state (XDG Base Directory Specification)."""
    state = os.environ.get("XDG_STATE_HOME", "")
    folder = (Path(state) if Path(state).is_absolute() else Path.home() / ".local" / "state") / "wordcount"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    file = folder / f"{job_ids[0]}.ids"
    file.write_text("".join(f"{job_id}\n" for job_id in job_ids), "ascii")
    return file
