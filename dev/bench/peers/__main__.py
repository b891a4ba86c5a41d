"""`make bench-peers`: this stack and its peers do the same jobs in turns. Prints what each costs, and the goals."""

import argparse
import shutil
import signal
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path

from dev.bench.corpus import read_corpus
from dev.bench.peers.bench import Bench
from dev.bench.peers.goals import BATCHES, LECTURE, RQ, SINGLES
from dev.bench.peers.measured import Measured
from dev.bench.peers.pages import served_pages
from dev.bench.peers.peer import PEERS, running_peer
from dev.bench.peers.report import report, say
from dev.bench.peers.stack import running_stack
from dev.bench.peers.system import System

STACK = "stack"
NAMES = (STACK, *PEERS)


def start(name: str, folder: Path, pages_port: int) -> AbstractContextManager[System]:
    """The system in a folder of its own."""
    own = folder / name
    own.mkdir()
    return running_stack(own, pages_port) if name == STACK else running_peer(name, own)


def ways(systems: Sequence[System]) -> Iterator[tuple[Measured, System]]:
    """How jobs are given to each system."""
    for system in systems:
        yield Measured(label=SINGLES if system.name == STACK else system.name, batch=False), system
        if system.name == STACK:
            yield Measured(label=BATCHES, batch=True), system


def forms(systems: Sequence[System]) -> Iterator[tuple[str, System, bool]]:
    """How submissions are measured: those that are goals, and what they are held against."""
    for system in systems:
        if system.name in {STACK, LECTURE}:
            yield (SINGLES if system.name == STACK else system.name), system, False
        if system.name in {STACK, RQ}:
            yield (BATCHES if system.name == STACK else system.name), system, True


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
            systems = []
            for name in asked.systems or NAMES:
                systems.append(stack.enter_context(start(name, folder, port)))
                say(f"{name} is up")
            measured = list(ways(systems))
            bench = Bench(measured, len(pages), port)
            bench.measure(asked.passes)
            rates = bench.measure_submissions(list(forms(systems))) if asked.submissions == "yes" else {}
            report([way for way, _ in measured], rates)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
