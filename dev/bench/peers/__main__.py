"""`make bench-peers`: this stack and its peers take turns at the same jobs. Prints the cost of each, and the goals."""

import argparse
import shutil
import signal
import sys
import tempfile
from contextlib import AbstractContextManager, ExitStack
from dataclasses import replace
from pathlib import Path

from dev.bench.corpus import read_corpus
from dev.bench.peers.bench import Bench, Way
from dev.bench.peers.goals import BATCHES, LECTURE, RQ, SINGLES, print_goals
from dev.bench.peers.pages import served_pages
from dev.bench.peers.peer import PEERS, running_peer
from dev.bench.peers.report import say
from dev.bench.peers.stack import running_stack
from dev.bench.peers.system import System

STACK = "stack"
NAMES = (STACK, *PEERS)


def start(name: str, folder: Path, pages_port: int) -> AbstractContextManager[System]:
    """Start the system, with its data in a folder of its own."""
    own = folder / name
    own.mkdir()
    return running_stack(own, pages_port) if name == STACK else running_peer(name, own)


def ways_of(name: str, system: System) -> list[Way]:
    """The ways in which the system receives jobs."""
    if name == STACK:
        return [Way(label=SINGLES, system=system), Way(label=BATCHES, system=system, batch=True)]
    return [Way(label=name, system=system)]


def main() -> int:
    """Returns the exit code: 0 also where goals are missed."""
    parser = argparse.ArgumentParser(prog="python -m dev.bench.peers", description="What a job costs.")
    parser.add_argument("corpus", type=Path)
    parser.add_argument("--passes", type=int, default=6, help="over the pages, for each system")
    parser.add_argument("--systems", nargs="*", choices=NAMES, metavar="SYSTEM", help=f"of {', '.join(NAMES)}")
    parser.add_argument("--submissions", choices=["yes", "no"], default="yes", help="measure submissions a second too")
    asked = parser.parse_args()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    pages = read_corpus(asked.corpus)
    folder = Path(tempfile.mkdtemp(prefix="wordcount-peers-"))
    try:
        with ExitStack() as stack:
            port = stack.enter_context(served_pages(pages))
            ways: list[Way] = []
            for name in asked.systems or NAMES:
                ways += ways_of(name, stack.enter_context(start(name, folder, port)))
                say(f"{name} is up")
            bench = Bench(ways, len(pages), port)
            bench.measure(asked.passes)
            if asked.submissions == "yes":
                bench.measure_submissions(
                    [way for way in ways if way.label in {SINGLES, BATCHES, LECTURE}]
                    + [replace(way, batch=True) for way in ways if way.label == RQ]
                )
            bench.results.print()
            print_goals(bench.results)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
