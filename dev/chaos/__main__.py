"""`make chaos` and `make chaos-compose`: a stack of its own under load, faults by a seed, checks, one table."""

import argparse
import random
import shutil
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from dev.chaos.compose_project import container_stack
from dev.chaos.errors import ChaosError
from dev.chaos.faults import FAULTS, Fault
from dev.chaos.process_stack import process_stack
from dev.chaos.report import table
from dev.chaos.run import Outcome, Plan, Run
from embedded.data_folder import DataFolder
from embedded.errors import StackError, StopRequested
from embedded.terminal import Terminal

INTERRUPTED = 130
MOST_SHOWN = 50
SEED_BITS = 32


def main() -> int:
    """Gives the exit code: 0 if every promise was kept, 1 if not or if nothing can be told, 130 if interrupted."""
    parser = argparse.ArgumentParser(prog="python -m chaos", description="Faults under load, and what becomes of jobs.")
    parser.add_argument("on", choices=("processes", "containers"), help="what the stack is made of")
    parser.add_argument("--seed", default="", help="makes the schedule; without it, one by chance, which is shown")
    parser.add_argument("--seconds", type=float, required=True, help="for how long faults are injected")
    parser.add_argument("--faults", default="", help=f"which, separated by commas; all without it: {', '.join(FAULTS)}")
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
    except (StackError, ChaosError) as error:
        sys.stderr.write(f"{error}\n")
        return 1


def _seed(text: str) -> int:
    if not text:
        return random.SystemRandom().getrandbits(SEED_BITS)
    if not (text.isascii() and text.isdecimal()):
        raise ChaosError(f"SEED: got {text!r}; it wants a whole number")
    return int(text)


def _faults(text: str) -> Sequence[Fault]:
    names = [name.strip() for name in text.split(",") if name.strip()] or list(FAULTS)
    if unknown := [name for name in names if name not in FAULTS]:
        raise ChaosError(f"CHAOS_FAULTS: {', '.join(unknown)} is none of {', '.join(FAULTS)}")
    return [FAULTS[name] for name in names]


def _on_processes(plan: Plan, terminal: Terminal) -> int:
    folder = Path(tempfile.mkdtemp(prefix="wordcount-chaos-"))
    terminal.progress(f"starting the stack; its data and logs are in {folder}")
    with process_stack(DataFolder(folder)) as stack:
        terminal.progress("the stack is ready")
        outcome = Run(stack, plan, terminal).carry_out()
    _tell(outcome, terminal)
    if outcome.breaches:
        terminal.say(f"data and logs are kept in {folder}")
        return 1
    shutil.rmtree(folder, ignore_errors=True)
    return 0


def _in_containers(plan: Plan, terminal: Terminal) -> int:
    terminal.progress("building and starting the containers")
    with container_stack() as stack:
        terminal.progress("the stack is ready")
        outcome = Run(stack, plan, terminal).carry_out()
        _tell(outcome, terminal)
        if not outcome.breaches:
            return 0
        folder = Path(tempfile.mkdtemp(prefix="wordcount-chaos-"))
        stack.keep(folder)
        terminal.say(f"logs and the tables are kept in {folder}")
        return 1


def _tell(outcome: Outcome, terminal: Terminal) -> None:
    terminal.say(f"\n{table(outcome.injected, outcome.breaches)}\n")
    terminal.say(
        f"{len(outcome.injected)} faults and {outcome.jobs:,} jobs in {outcome.seconds:.0f} s; {outcome.queue}"
    )
    for breach in outcome.breaches[:MOST_SHOWN]:
        terminal.say(str(breach))
    if len(outcome.breaches) > MOST_SHOWN:
        terminal.say(f"... and {len(outcome.breaches) - MOST_SHOWN} more")
    terminal.say(f"{len(outcome.breaches)} breaches" if outcome.breaches else "every promise was kept")


if __name__ == "__main__":
    raise SystemExit(main())
