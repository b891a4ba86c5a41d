"""What `wordcount` takes for many URLs, and what its waiting costs the manager: `make bench-cli`.

Starts a stack of its own, submits as many URLs of pages as asked, waits for all counts, and prints for
each step the time, the processor time of the command, and that of the manager's processes.
"""

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from dev.pages import served_pages
from dev.service import ServiceProcess
from dev.stack import Wanted, process_stack
from embedded.data_folder import DataFolder
from embedded.services import PROJECT


@dataclass(frozen=True, kw_only=True)
class Step:
    """Seconds: by the clock, and of a processor."""

    seconds: float
    command: float
    manager: float


def run(manager: ServiceProcess, server: str, work: Path, arguments: list[str], given: str) -> tuple[Step, str]:
    """Run `wordcount` with the arguments; returns what it took and what it wrote."""
    before, command, begun = _seconds_of(manager), _children_seconds(), time.monotonic()
    done = subprocess.run(  # noqa: S603 - this project's own command
        [sys.executable, "-m", "wordcount", *arguments],
        input=given,
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": str(PROJECT), "WORDCOUNT_SERVER": server},
        cwd=work,
        check=True,
    )
    step = Step(
        seconds=time.monotonic() - begun,
        command=_children_seconds() - command,
        manager=_seconds_of(manager) - before,
    )
    return step, done.stdout


def _children_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _seconds_of(service: ServiceProcess) -> float:
    return sum(each.user + each.system for each in (process.cpu_times() for process in service.family()))


def report(name: str, step: Step) -> None:
    """Print one line."""
    figures = f"{step.seconds:8.1f} s  {step.command:8.2f} s  {step.manager:8.2f} s"
    sys.stdout.write(f"{name:<12} {figures}\n")
    sys.stdout.flush()


def main() -> None:
    """Start, submit, wait, print."""
    parser = argparse.ArgumentParser(description="Measure the command line with many URLs.")
    parser.add_argument("--urls", type=int, default=10_000, metavar="N", help="how many (default: %(default)s)")
    many = parser.parse_args().urls
    with tempfile.TemporaryDirectory() as path, served_pages() as pages:
        wanted = Wanted(page_port=pages.port)
        with process_stack(DataFolder(Path(path) / "stack"), wanted) as stack:
            command = partial(run, stack.job_manager, stack.manager.url, Path(path))
            urls = "".join(f"{pages.url(f'/words/300/{number}')}\n" for number in range(many))
            sys.stdout.write(f"{many:,} URLs         time     command     manager\n")
            submitted, ids = command(["count", "-"], urls)
            report("submitted", submitted)
            waited, _ = command(["wait", "-"], ids)
            report("waited", waited)
            again, _ = command(["wait", "-"], ids)
            report("all ended", again)


if __name__ == "__main__":
    main()
