"""`make demo`: starts the stack, counts a page and finds quotes with the command line, and stops everything.

Its data are in a temporary folder, apart from those of `make up`.
"""

import argparse
import json
import os
import sys
import tempfile
from math import inf
from pathlib import Path
from typing import Any

from embedded.data_folder import DataFolder
from embedded.errors import StackError, StopRequested
from embedded.ports import LOOPBACK
from embedded.services import PROJECT
from embedded.stack import PRACTICE_URL, EmbeddedStack, running_stack
from embedded.supervisor import Command
from embedded.terminal import Terminal

TOP = 10
INTERRUPTED = 130
# The demo's manager and command line need no key.
API_KEYS = ("MANAGER_API_KEYS", "MANAGER_API_KEYS_FILE", "WORDCOUNT_KEY")


def main() -> int:
    """Run the demo; returns the exit code: 0 for a result, 1 with the reason on standard error, 130 if interrupted."""
    parser = argparse.ArgumentParser(prog="python -m embedded.demo", description="Count the words of one page.")
    parser.add_argument("--url", default="", help="the page; without it, one that ships with the project")
    url = parser.parse_args().url
    terminal = Terminal()
    terminal.take_signals()
    try:
        with tempfile.TemporaryDirectory(prefix="wordcount-stack-", ignore_cleanup_errors=True) as folder:
            _run(url, DataFolder(Path(folder)), terminal)
    except StopRequested:
        sys.stderr.write("interrupted; everything is stopped\n")
        return INTERRUPTED
    except StackError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


def _run(url: str, folder: DataFolder, terminal: Terminal) -> None:
    terminal.progress("starting Redis, PostgreSQL, manager, two workers, scheduler and Flower")
    environment = {key: value for key, value in os.environ.items() if key not in API_KEYS}
    with running_stack(folder, terminal, environment, temporary=True) as stack:
        terminal.say(stack.addresses)
        page = url or f"{PRACTICE_URL}demo_page.html"
        terminal.progress(f"wordcount count --wait {page}")
        terminal.say(_table(_count(page, stack)))
        if not url:  # a page of the person's own is counted, and no more
            for arguments in (("quotes", "--wait", f"{PRACTICE_URL}quotes.html"), ("quote", "--today")):
                terminal.progress(f"wordcount {' '.join(arguments)}")
                terminal.say(f"\n{_said(arguments, stack)}")
    terminal.progress("everything is stopped; `make up` keeps the stack running")


def _count(url: str, stack: EmbeddedStack) -> dict[str, Any]:
    """The result of a job for the page; raises StackError if it has none, with the reason."""
    output = _said(("count", "--wait", "--json", url), stack, good=(0, 1, 2))
    job = next((json.loads(line) for line in output.splitlines() if line.startswith("{")), None)
    if job is None:
        raise StackError(output.strip())
    if job["result"] is None:
        problem = job["error"] or {"title": job["status"]}
        reason = ": ".join(problem[key] for key in ("title", "detail") if problem.get(key))
        raise StackError(f"the page was not counted: {reason}")
    return dict(job["result"])


def _said(arguments: tuple[str, ...], stack: EmbeddedStack, good: tuple[int, ...] = (0,)) -> str:
    """What `wordcount` writes; raises StackError if its exit code is not `good`."""
    name, *others = arguments
    server = f"--server=http://{LOOPBACK}:{stack.manager_port}"
    command = _command(f"wordcount-{name}", stack.servers.folder, "wordcount", name, server, *others)
    stack.servers.supervisor.run(command, seconds=inf, good=good)
    return command.log.read_text(encoding="utf-8")


def _command(name: str, folder: DataFolder, module: str, *arguments: str) -> Command:
    return Command(
        name=name,
        arguments=(sys.executable, "-m", module, *arguments),
        environment={key: value for key, value in os.environ.items() if key not in API_KEYS},
        folder=PROJECT,
        log=folder.logs / f"{name}.log",
    )


def _table(result: dict[str, Any]) -> str:
    rows = [("words", result["words"]), ("unique words", result["unique_words"]), None, *result["top"][:TOP]]
    width = max(len(row[0]) for row in rows if row)
    lines = [f"  {row[0]:<{width}}  {row[1]:>7,}" if row else f"  {'-' * (width + 9)}" for row in rows]
    return "\n".join(("", *lines, ""))


if __name__ == "__main__":
    raise SystemExit(main())
