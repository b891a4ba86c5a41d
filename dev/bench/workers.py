"""What grows with the number of workers: `python -m dev.bench.workers`.

The embedded stack runs with 2, 8 and 32 workers of at most two children each: at rest first, then with JOBS jobs, after
some by which each child is warm. Prints what each number costs, and what 1,000 would at rest, by the straight line
through the first and the last. Processor time is counted, not seconds, so that whatever else the machine does matters
little.
"""

import shutil
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import replace
from functools import partial
from pathlib import Path

from dev.bench.corpus import CorpusPage
from dev.bench.peers.pages import host, served_pages
from dev.bench.peers.processes import CHILDREN, MAINS, groups_of, memory_megabytes, used_milliseconds
from dev.stack import Stack, Wanted, process_stack
from dev.waiting import eventually
from embedded.data_folder import DataFolder
from embedded.services import WORKERS

NUMBERS = (2, 8, 32)
AT_ONCE = 2  # that start: a start is seconds of work
RECKONED = 1_000
SETTLE_SECONDS, REST_SECONDS, JOBS_SECONDS = 10.0, 30.0, 600.0
JOBS, HOSTS = 400, 100
A_JOB = "job"
PAGE = CorpusPage(
    name="page", body=b"<!doctype html><p>The queue, the Queue", content_type="text/html; charset=utf-8", frequencies={}
)
SETTINGS = {
    "WORKER_CONCURRENCY": "2",
    "WORKER_MIN_CONCURRENCY": "1",
    "MANAGER_PROCESSES": "1",
    "FETCH_ALLOWED_PRIVATE_NETWORKS": "127.0.0.0/8",
}
COMMITS = "SELECT xact_commit FROM pg_stat_database WHERE datname = current_database()"
CONNECTIONS = "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'"
Figures = Mapping[str, float]


def totals(stack: Stack) -> Figures:
    """What has been used and asked so far."""
    groups = {name: used_milliseconds(pids) for name, pids in groups_of(stack.servers.folder.path).items()}
    with stack.redis() as client:
        commands = sum(counted["calls"] for counted in client.info("commandstats").values())
    ((commits,),) = stack.query(COMMITS)
    return {
        "workers' ms": groups[MAINS] + groups[CHILDREN],
        "scheduler's ms": groups["scheduler"],
        "PostgreSQL's ms": groups["PostgreSQL"],
        "Redis' ms": groups["Redis"],
        "commits": float(commits),
        "Redis' commands": float(commands),
    }


def spent(before: Figures, after: Figures, by: float, per: str) -> Figures:
    """What was used in between, for each unit."""
    return {f"{name} a {per}": (after[name] - before[name]) / by for name in before}


def at_rest(stack: Stack) -> Figures:
    """With nothing to do."""
    time.sleep(SETTLE_SECONDS)
    before, begun = totals(stack), time.monotonic()
    time.sleep(REST_SECONDS)
    return spent(before, totals(stack), time.monotonic() - begun, "second")


def at_work(stack: Stack, site: str) -> Figures:
    """With jobs, all submitted at once."""
    run(stack, [f"{url}warm" for url in urls(site)])
    before = totals(stack)
    run(stack, urls(site))
    return spent(before, totals(stack), JOBS, A_JOB)


def urls(site: str) -> list[str]:
    """Pages on as many hosts as there are."""
    return [f"http://{host(number % HOSTS)}:{site}{number}" for number in range(JOBS)]


def run(stack: Stack, urls: list[str]) -> None:
    """Have the pages counted."""
    stack.manager.submit_all(urls)
    eventually(stack.is_quiet, "all jobs have ended", seconds=JOBS_SECONDS)


def held(stack: Stack) -> Figures:
    """What the stack holds at the end."""
    groups = groups_of(stack.servers.folder.path)
    ((connections,),) = stack.query(CONNECTIONS)
    with stack.redis() as client:
        clients = client.info("clients")["connected_clients"]
    memory = memory_megabytes([*groups[MAINS], *groups[CHILDREN]])
    return {"connections to PostgreSQL": float(connections), "to Redis": float(clients), "workers' MB": memory}


def measured(folder: Path) -> Iterator[Figures]:
    """The figures of each number of workers."""
    pages = [PAGE] * HOSTS
    with served_pages(pages) as port, ExitStack() as ends:
        stack = ends.enter_context(process_stack(DataFolder(folder), Wanted(page_port=port, settings=SETTINGS)))
        names = [f"job_worker_{number:02}" for number in range(1, max(NUMBERS) + 1)]
        services = replace(stack.services, metrics_ports=dict.fromkeys(names, 0))
        running = len(WORKERS)
        for many in NUMBERS:
            for first in range(running, many, AT_ONCE):
                started = [stack.process(partial(services.worker, name)) for name in names[first : first + AT_ONCE]]
                for worker in started:
                    ends.callback(worker.kill)
                    worker.start()
                for worker in started:
                    worker.wait_until_ready()
            running = many
            yield {**at_rest(stack), **at_work(stack, f"{port}/?{many}="), **held(stack)}


def main() -> None:
    """Print a line for each figure."""
    folder = Path(tempfile.mkdtemp(prefix="wordcount-workers-"))
    try:
        found = list(measured(folder))
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    sys.stdout.write(f"| | {' | '.join(f'{many} workers' for many in NUMBERS)} | {RECKONED:,} on paper |\n")
    sys.stdout.write(f"|---|{'---|' * (len(NUMBERS) + 1)}\n")
    for name in found[0]:
        values = [figures[name] for figures in found]
        slope = (values[-1] - values[0]) / (NUMBERS[-1] - NUMBERS[0])
        reckoned = f"{values[-1] + slope * (RECKONED - NUMBERS[-1]):,.0f}" if A_JOB not in name else ""
        cells = " | ".join(f"{value:,.1f}" for value in values)
        sys.stdout.write(f"| {name} | {cells} | {reckoned} |\n")


if __name__ == "__main__":
    main()
