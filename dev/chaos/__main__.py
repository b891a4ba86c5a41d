"""`make chaos` and `make chaos-compose`: a stack of its own under load, faults by a seed, checks, one table."""

import argparse
import random
import shutil
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from dev.chaos.crawls import NETWORK, PAGE_SECONDS, SITE_PAGES
from dev.chaos.faults import FAULTS, Fault
from dev.chaos.run import Plan, Run
from dev.containers import CHAOS, container_stack, own_project
from dev.crawl_site import running_crawl_site
from dev.pages import served_pages
from dev.stack import Wanted, process_stack
from dev.waiting import NotInTime
from embedded.data_folder import DataFolder
from embedded.errors import StackError, StopRequested
from embedded.services import WORKERS
from embedded.terminal import Terminal

INTERRUPTED = 130
SEED_BITS = 32
TASKS = "dev.chaos.tasks"
# Many pages take longer, so a worker that is asked to stop has something to give back.
SETTINGS = {"WORKER_STOP_GRACE_SECONDS": "1"}
IN_CONTAINERS = ("pages", "job_broker", "job_db", "job_manager", "job_scheduler", *WORKERS)


def main() -> int:
    """Return the exit code: 0 if every promise was kept, 1 if one was not or the run failed, 130 if interrupted."""
    parser = argparse.ArgumentParser(
        prog="python -m dev.chaos", description="Faults under load, and what becomes of jobs."
    )
    parser.add_argument("on", choices=("processes", "containers"), help="what the stack is made of")
    parser.add_argument("--seed", default="", help="makes the schedule; by default a random one, which is printed")
    parser.add_argument("--seconds", type=float, required=True, help="how long to inject faults")
    parser.add_argument("--faults", default="", help=f"which, separated by commas; by default all: {', '.join(FAULTS)}")
    asked = parser.parse_args()
    terminal = Terminal()
    terminal.take_signals()
    try:
        plan = Plan(seed=_seed(asked.seed), seconds=asked.seconds, faults=_faults(asked.faults))
        terminal.say(f"SEED={plan.seed}")
        run_on = _on_processes if asked.on == "processes" else _in_containers
        return run_on(plan, terminal)
    except StopRequested:
        sys.stderr.write("interrupted; everything is stopped\n")
        return INTERRUPTED
    except (StackError, NotInTime) as error:
        sys.stderr.write(f"{error}\n")
        return 1


def _seed(text: str) -> int:
    if not text:
        return random.SystemRandom().getrandbits(SEED_BITS)
    if not (text.isascii() and text.isdecimal()):
        raise StackError(f"SEED is {text!r}; expected a whole number")
    return int(text)


def _faults(text: str) -> Sequence[Fault]:
    names = [name.strip() for name in text.split(",") if name.strip()] or list(FAULTS)
    if unknown := [name for name in names if name not in FAULTS]:
        raise StackError(f"CHAOS_FAULTS: {', '.join(unknown)} is none of {', '.join(FAULTS)}")
    return [FAULTS[name] for name in names]


def _on_processes(plan: Plan, terminal: Terminal) -> int:
    folder = Path(tempfile.mkdtemp(prefix="wordcount-chaos-"))
    terminal.progress(f"starting the stack; its data and logs are in {folder}")
    with served_pages() as pages, running_crawl_site(SITE_PAGES, PAGE_SECONDS) as site:
        settings = SETTINGS | {"FETCH_ALLOWED_PRIVATE_NETWORKS": NETWORK}
        wanted = Wanted(page_port=pages.port, settings=settings, tasks=TASKS, durable=True, proxy=True)
        with process_stack(DataFolder(folder), wanted) as stack:
            terminal.progress("the stack is ready")
            outcome = Run(stack, plan, terminal, site).carry_out()
    terminal.say(outcome.report())
    if outcome.breaches:
        terminal.say(f"data and logs are kept in {folder}")
        return 1
    shutil.rmtree(folder, ignore_errors=True)
    return 0


def _in_containers(plan: Plan, terminal: Terminal) -> int:
    terminal.progress("building and starting the containers")
    with container_stack(own_project("chaos"), CHAOS, IN_CONTAINERS, **SETTINGS) as stack:
        terminal.progress("the stack is ready")
        outcome = Run(stack, plan, terminal).carry_out()
        terminal.say(outcome.report())
        if not outcome.breaches:
            return 0
        folder = Path(tempfile.mkdtemp(prefix="wordcount-chaos-"))
        stack.keep(folder)
        terminal.say(f"logs and the tables are kept in {folder}")
        return 1


if __name__ == "__main__":
    raise SystemExit(main())
