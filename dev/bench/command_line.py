"""What `wordcount` takes for many URLs, and what its waiting costs the manager: `make bench-cli`.

Starts a stack of its own, submits the demo's page under as many URLs as asked, waits for all counts, and prints for
each step the time, the processor time of the command, and that of the manager's processes.
"""

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import psutil

from embedded.data_folder import DataFolder
from embedded.page_server import served_page
from embedded.ports import LOOPBACK
from embedded.stack import running_stack
from embedded.terminal import Terminal

MANAGER = "job_manager.wsgi:app"


@dataclass(frozen=True, kw_only=True)
class Step:
    """Seconds: by the clock, and of a processor."""

    seconds: float
    command: float
    manager: float


def run(arguments: list[str], given: str, environment: Mapping[str, str], work: Path) -> tuple[Step, str]:
    """Run `wordcount` with the arguments; gives what it took and what it wrote."""
    manager, command, begun = _manager_seconds(), _children_seconds(), time.monotonic()
    done = subprocess.run(  # noqa: S603 - this project's own command
        [sys.executable, "-m", "wordcount", *arguments],
        input=given,
        stdout=subprocess.PIPE,
        text=True,
        env=environment,
        cwd=work,
        check=True,
    )
    step = Step(
        seconds=time.monotonic() - begun,
        command=_children_seconds() - command,
        manager=_manager_seconds() - manager,
    )
    return step, done.stdout


def _children_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _manager_seconds() -> float:
    mine = psutil.Process().children(recursive=True)
    times = [process.cpu_times() for process in mine if MANAGER in process.cmdline()]
    return sum(each.user + each.system for each in times)


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
    with tempfile.TemporaryDirectory() as path, served_page() as port:
        allowed = {"FETCH_ALLOWED_PRIVATE_NETWORKS": f"{LOOPBACK}/32", "FETCH_ALLOWED_PORTS": str(port)}
        folder = DataFolder(Path(path) / "stack")
        with running_stack(folder, Terminal(sys.stderr), os.environ | allowed, temporary=True) as stack:
            environment = os.environ | {
                "PYTHONPATH": str(Path(__file__).parents[2]),
                "WORDCOUNT_SERVER": f"http://{LOOPBACK}:{stack.manager_port}",
            }
            urls = "".join(f"http://{LOOPBACK}:{port}/{number}\n" for number in range(many))
            sys.stdout.write(f"{many:,} URLs         time     command     manager\n")
            submitted, ids = run(["count", "-"], urls, environment, Path(path))
            report("submitted", submitted)
            waited, _ = run(["wait", "-"], ids, environment, Path(path))
            report("waited", waited)
            again, _ = run(["wait", "-"], ids, environment, Path(path))
            report("all ended", again)


if __name__ == "__main__":
    main()
