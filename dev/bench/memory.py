"""What thousands of jobs in a row leave behind in memory: `python -m dev.bench.memory CORPUS`.

The embedded stack runs at its default settings and counts the pages of the corpus over and over, submitted one by one.
Prints the proportional set size (PSS) of each process before, after some hundred jobs, by which caches are filled, and
after thousands: pages that several have are split among them, and PostgreSQL's shared buffers are left out. Exits with
status 1 if any process has grown by more than MAX_GROWTH_MB between the last two.
"""

import shutil
import sys
import tempfile
from collections.abc import Mapping
from itertools import count, islice
from pathlib import Path

from dev.bench.corpus import read_corpus
from dev.bench.peers.pages import host, served_pages
from dev.bench.peers.processes import unshared_megabytes
from dev.bench.peers.stack import running_stack
from dev.bench.peers.system import System

WARM_JOBS, JOBS = 500, 5_000
STEP = 500
CALLERS = 4
MAX_GROWTH_MB = 16.0  # 3.6 KB a job: the viewer's memory of its latest 1,000 tasks is full only by then, 12 MB larger
Memory = Mapping[tuple[str, int], float]  # MB by group and PID


def measured(system: System) -> Memory:
    """Of each process."""
    memory = {(name, pid): unshared_megabytes(pid) for name, pids in system.groups().items() for pid in pids}
    return {process: megabytes for process, megabytes in memory.items() if megabytes}  # the others have just ended


def main(corpus: Path) -> int:
    """Returns the exit code."""
    pages = read_corpus(corpus)
    folder = Path(tempfile.mkdtemp(prefix="wordcount-memory-"))
    try:
        with served_pages(pages) as port, running_stack(folder, port) as system:
            urls = (f"http://{host(number % len(pages))}:{port}/?n={number}" for number in count())
            looks = [measured(system)]
            for jobs in (WARM_JOBS, JOBS):
                while system.jobs < jobs:
                    system.run([[url] for url in islice(urls, STEP)], callers=CALLERS)
                looks.append(measured(system))
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return report(*looks)


def report(before: Memory, warm: Memory, after: Memory) -> int:
    """Print a line for each process that is there at the end; 1 if one has grown too much."""
    sys.stdout.write(f"{'MB':24}{'before':>10}{WARM_JOBS:>10,}{JOBS:>10,}{'growth':>10}\n")
    grown = 0
    for process in sorted(after):
        values = [each.get(process) for each in (before, warm, after)]
        growth = None if values[1] is None else after[process] - values[1]
        grown += growth is not None and growth > MAX_GROWTH_MB
        cells = "".join(f"{'-' if value is None else f'{value:.1f}':>10}" for value in (*values, growth))
        sys.stdout.write(f"{process[0]:12}{process[1]:>10}  {cells}\n")
    return int(grown > 0)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
