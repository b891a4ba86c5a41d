"""`make bench-crawl`: what a crawled page costs here and with Scrapy, on the same loopback sites in one run.

Processor time is that of all processes of the stack: manager, workers, PostgreSQL, Redis, scheduler. The server of the
pages is not among them. Scrapy follows links and counts nothing; its time begins when it has been loaded.
"""

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from dev.bench.crawl_pages import host, path
from dev.bench.crawl_tables import fill_frontier, fill_words
from dev.bench.peers.environments import make_environment
from dev.bench.peers.processes import CHILDREN, groups_of, memory_megabytes, used_milliseconds
from dev.bench.peers.report import print_lines, say, shown
from dev.stack import Stack, Wanted, process_stack
from embedded.data_folder import DataFolder

PAGES = 2_000
HOSTS = 20
LATENCY_SECONDS = 0.1
END_SECONDS = 1_800.0
SCRAPY = Path(__file__).with_name("scrapy_spider.py")
FRONTIER_ROWS = 1_000_000
WORD_PAGES = 10_000
ASKED = 200  # times


@dataclass(frozen=True, kw_only=True)
class Cost:
    """What a crawl took: seconds by the clock, and processor milliseconds a page of each group of processes."""

    pages: int
    seconds: float
    milliseconds: dict[str, float]
    memory: Sequence[float] = field(default=())  # of all children, in megabytes, as it went on

    @property
    def a_page(self) -> float:
        """Processor milliseconds of all."""
        return sum(self.milliseconds.values())


@contextmanager
def served(hosts: int, size: int, latency: float = 0.0) -> Iterator[int]:
    """Serve the sites in a process of its own; yields the port, which is the same on all hosts."""
    command = [sys.executable, "-m", "dev.bench.crawl_pages", str(hosts), str(size), str(latency)]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True) as process:  # noqa: S603 - our own module
        try:
            yield int(process.stdout.readline() if process.stdout else 0)
        finally:
            process.terminate()


@contextmanager
def running_stack(port: int) -> Iterator[tuple[Stack, Path]]:
    """The stack at default settings, except that it may fetch from loopback."""
    with TemporaryDirectory(prefix="wordcount-crawl-") as folder:
        settings = {"FETCH_ALLOWED_PRIVATE_NETWORKS": "127.0.0.0/8"}
        wanted = Wanted(page_port=port, settings=settings, durable=True)
        with process_stack(DataFolder(Path(folder)), wanted) as stack:
            yield stack, Path(folder)


def starts(port: int, hosts: int) -> list[str]:
    """The first page of each site."""
    return [f"http://{host(number)}:{port}{path(0)}" for number in range(hosts)]


def crawl(stack: Stack, folder: Path, urls: Sequence[str], pages: int) -> Cost:
    """Crawl the sites at once, `pages` of each at most. The time is from the first acceptance to the last end."""
    groups = groups_of(folder)
    before = {name: used_milliseconds(pids) for name, pids in groups.items()}
    begun, memory = time.monotonic(), [memory_megabytes(groups[CHILDREN])]
    ids = [stack.manager.submit(url, kind="crawl", max_pages=pages, word="bace") for url in urls]
    unfinished = list(ids)
    looked = begun
    while unfinished:
        if stack.manager.job(unfinished[-1])["result"] is not None:  # one at a time: looking costs the manager, too
            unfinished.pop()
            continue
        if time.monotonic() > looked + 5:
            looked = time.monotonic()
            memory.append(memory_megabytes(groups_of(folder)[CHILDREN]))
        if time.monotonic() > begun + END_SECONDS:
            raise SystemExit(f"the crawls did not end: {[stack.manager.job(each) for each in unfinished]}")
        time.sleep(0.5)
    jobs = [stack.manager.job(each) for each in ids]
    begins, ends = ([datetime.fromisoformat(job[name]) for job in jobs] for name in ("created_at", "finished_at"))
    seconds = (max(ends) - min(begins)).total_seconds()
    counted = sum(job["result"]["pages"] for job in jobs)
    after = {name: used_milliseconds(pids) for name, pids in groups_of(folder).items()}
    memory.append(memory_megabytes(groups_of(folder)[CHILDREN]))
    costs = {name: (used - before[name]) / counted for name, used in after.items()}
    return Cost(pages=counted, seconds=seconds, milliseconds=costs, memory=memory)


def crawl_by_scrapy(python: Path, urls: Sequence[str]) -> Cost:
    """Have Scrapy follow the links of all sites."""
    done = subprocess.run([str(python), str(SCRAPY), *urls], stdout=subprocess.PIPE, text=True, check=True)  # noqa: S603 - our own
    found = json.loads(done.stdout)
    cost = {"Scrapy": 1_000 * found["processor"] / found["pages"]}
    return Cost(pages=found["pages"], seconds=found["seconds"], milliseconds=cost)


def median_milliseconds(ask: Callable[[], object]) -> float:
    """How long it takes, at the median."""
    taken = []
    for _ in range(ASKED):
        begun = time.monotonic()
        ask()
        taken.append(1_000 * (time.monotonic() - begun))
    return median(taken)


def print_costs(costs: dict[str, Cost]) -> None:
    """One line for each crawl."""
    groups = ("manager", "mains", "children", "PostgreSQL", "Redis", "scheduler")
    columns = ("", "pages", "pages/s", "ms a page", "pages/s a core", *groups)
    lines = [
        (
            name,
            f"{cost.pages:,}",
            shown(cost.pages / cost.seconds),
            shown(cost.a_page),
            shown(1_000 / cost.a_page),
            *(shown(cost.milliseconds[group]) if group in cost.milliseconds else "" for group in groups),
        )
        for name, cost in costs.items()
    ]
    print_lines("Processor milliseconds a page, and of each group of processes", [columns, *lines])


def compare(passes: int, pages: int) -> None:
    """The stack and Scrapy take turns, on one host and on several."""
    python = make_environment("scrapy", ("scrapy",)) / "python"
    for hosts in (1, HOSTS):
        each = pages // hosts
        with served(hosts, each) as port, running_stack(port) as (stack, folder):
            urls = starts(port, hosts)
            costs: dict[str, Cost] = {}
            for number in range(passes):
                costs[f"stack {number + 1}"] = crawl(stack, folder, urls, each)
                costs[f"Scrapy {number + 1}"] = crawl_by_scrapy(python, urls)
            print_costs(costs)
            ours, theirs = (
                median(cost.a_page for name, cost in costs.items() if name.startswith(of)) for of in ("stack", "Scrapy")
            )
            where = "one host" if hosts == 1 else f"{hosts} hosts, {hosts} crawls at once of {each} pages each"
            say(f"{where}: {theirs / ours:.2f} times Scrapy's pages a second a core (goal: 3); {ours:.1f} ms (goal: 8)")


def measure_latency(pages: int) -> None:
    """One slow host."""
    with served(1, pages, LATENCY_SECONDS) as port, running_stack(port) as (stack, folder):
        cost = crawl(stack, folder, starts(port, 1), pages)
        say(
            f"\none host, {1_000 * LATENCY_SECONDS:.0f} ms, 8 places:"
            f" {cost.pages / cost.seconds:.1f} pages/s (goal: 70)"
        )


def measure_memory(pages: int) -> None:
    """A long crawl."""
    with served(1, pages) as port, running_stack(port) as (stack, folder):
        cost = crawl(stack, folder, starts(port, 1), pages)
        some = cost.memory[:: max(1, len(cost.memory) // 20)]
        say(f"\n{cost.pages:,} pages at {cost.a_page:.1f} ms; MB of all children: {[round(each) for each in some]}")


def measure_reading() -> None:
    """What readers wait for."""
    with ExitStack() as ends:
        stack, _ = ends.enter_context(running_stack(ends.enter_context(served(1, 1))))
        crawl_id = fill_frontier(stack.tables, FRONTIER_ROWS)
        progress = median_milliseconds(lambda: stack.query("SELECT crawl_sums(%s)", crawl_id))
        over_http = median_milliseconds(lambda: stack.manager.job(crawl_id))
        say(f"\nprogress at {FRONTIER_ROWS:,} rows: {progress:.1f} ms, over HTTP {over_http:.1f} ms (goal: 5)")
        crawl_id = fill_words(stack.tables, stack.servers.database.url, WORD_PAGES)
        word = median_milliseconds(lambda: stack.manager.ask("GET", f"/result/{crawl_id}/words/bace").expect(200))
        say(f"words/<word> at {WORD_PAGES:,} pages: {word:.1f} ms (goal: 50)")
        path = f"/result/{crawl_id}/pages?word=bace&order=word"
        by_word = median_milliseconds(lambda: stack.manager.ask("GET", path).expect(200))
        say(f"pages by any word at {WORD_PAGES:,} pages: {by_word:.0f} ms (goal: 500)")


def main() -> None:
    """Measure what was asked for."""
    parts: dict[str, Callable[[], None]] = {
        "compare": lambda: compare(asked.passes, asked.pages),
        "latency": lambda: measure_latency(asked.pages),
        "reading": measure_reading,
        "memory": lambda: measure_memory(asked.memory_pages),
    }
    parser = argparse.ArgumentParser(prog="python -m dev.bench.crawl", description="What a crawled page costs.")
    parser.add_argument("--pages", type=int, default=PAGES)
    parser.add_argument("--passes", type=int, default=2, help="of each, one after the other in turns")
    parser.add_argument("--memory-pages", type=int, default=5_000, help="of the crawl whose memory is watched")
    parser.add_argument("--parts", nargs="*", choices=parts, default=list(parts))
    asked = parser.parse_args()
    for part in asked.parts:
        parts[part]()


if __name__ == "__main__":
    main()
