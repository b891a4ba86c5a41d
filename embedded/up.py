"""`make up`: the stack in the foreground, with its data under `.local/`, until Ctrl-C or SIGTERM."""

import argparse
import os
import sys
from pathlib import Path

from embedded.control import FOLDER, Control
from embedded.data_folder import DataFolder
from embedded.errors import StackError, StopRequested
from embedded.stack import running_stack
from embedded.terminal import Terminal

LOOK_SECONDS = 1.0


def main() -> int:
    """Run the stack; returns the exit code: 0 when the person stopped it, 1 with the reason on standard error."""
    parser = argparse.ArgumentParser(prog="python -m embedded.up", description="Run the stack in the foreground.")
    parser.add_argument("--data", type=Path, default=FOLDER, help="where its data are (default: %(default)s)")
    try:
        folder = DataFolder(parser.parse_args().data)
        terminal = Terminal(logs=folder.logs)
        terminal.take_signals()
        _run(folder, terminal)
    except StopRequested:
        return 0
    except StackError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


def _run(folder: DataFolder, terminal: Terminal) -> None:
    try:
        with running_stack(folder, terminal, os.environ, temporary=False) as stack:
            terminal.say(f"\nThe stack is up; Ctrl-C stops it.\n{stack.addresses}\n")
            terminal.say(f"For Prometheus:\n{stack.metrics_addresses}\n")
            terminal.say(f"To look inside:\n{stack.clients}\n")
            terminal.say(
                "`make status` lists the parts, `make stop PART=job_worker_01` stops one, and "
                "`make start PART=job_worker_01` starts it.\n"
            )
            supervisor = stack.servers.supervisor
            with Control(folder.path, supervisor, stack.where) as control:
                while True:
                    terminal.check()
                    supervisor.tend()
                    control.serve(LOOK_SECONDS)
    finally:
        terminal.show_logs()
        terminal.say("stopped")


if __name__ == "__main__":
    raise SystemExit(main())
