"""`make demo`: starts the stack, counts the words of one page, shows the result and stops everything.

Its data lie in a temporary folder, so a stack of `make up` is not touched.
"""

import argparse
import os
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from embedded.data_folder import DataFolder
from embedded.errors import StackError, StopRequested
from embedded.manager_client import ManagerClient, WordCount
from embedded.page_server import served_page
from embedded.ports import LOOPBACK
from embedded.stack import running_stack
from embedded.terminal import Terminal

TOP = 10
INTERRUPTED = 130
API_KEYS = ("MANAGER_API_KEYS", "MANAGER_API_KEYS_FILE")  # not for the demo's manager: the demo sends no key


def main() -> int:
    """Run the demo; gives the exit code: 0 for a result, 1 with the reason on standard error, 130 if interrupted."""
    parser = argparse.ArgumentParser(prog="python -m embedded.demo", description="Count the words of one page.")
    parser.add_argument("--url", default="", help="the page; without it, one that ships with the project")
    url = parser.parse_args().url
    terminal = Terminal()
    terminal.take_signals()
    try:
        with _page(url) as (page, environment):
            _count(page, environment, terminal)
    except StopRequested:
        sys.stderr.write("interrupted; everything is stopped\n")
        return INTERRUPTED
    except StackError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


def _count(page: str, environment: Mapping[str, str], terminal: Terminal) -> None:
    terminal.progress("starting Redis, PostgreSQL, manager, two workers, scheduler and Flower")
    with (
        tempfile.TemporaryDirectory(prefix="wordcount-stack-", ignore_cleanup_errors=True) as folder,
        running_stack(DataFolder(Path(folder)), terminal, environment, temporary=True) as stack,
    ):
        terminal.say(stack.addresses)
        manager = ManagerClient(port=stack.manager_port)
        job_id = manager.submit(page, top=TOP)
        terminal.progress(f"submitted {page} as job {job_id}")
        count = manager.wait(
            job_id,
            on_state=lambda state: terminal.progress(f"the job is {state}"),
            between=terminal.check,
        )
        terminal.say(_table(count))
    terminal.progress("everything is stopped; `make up` keeps the stack running")


@contextmanager
def _page(url: str) -> Iterator[tuple[str, Mapping[str, str]]]:
    """The page to count, and settings that let the stack fetch it: for its own page, loopback and the page's port."""
    settings = {key: value for key, value in os.environ.items() if key not in API_KEYS}
    if url:
        yield url, settings
        return
    with served_page() as port:
        allowed = {"FETCH_ALLOWED_PRIVATE_NETWORKS": f"{LOOPBACK}/32", "FETCH_ALLOWED_PORTS": str(port)}
        yield f"http://{LOOPBACK}:{port}/", {**settings, **allowed}


def _table(count: WordCount) -> str:
    rows = [("words", count.words), ("unique words", count.unique_words), None, *count.top]
    width = max(len(row[0]) for row in rows if row)
    lines = [f"  {row[0]:<{width}}  {row[1]:>7,}" if row else f"  {'-' * (width + 9)}" for row in rows]
    return "\n".join(("", *lines, ""))


if __name__ == "__main__":
    raise SystemExit(main())
