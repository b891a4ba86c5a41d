"""`make bench-cost`: what a million pages cost, by single counts in batches and by crawls.

Processor time is that of all processes of the stack, that of PostgreSQL and Redis included; the server of the pages is
not among it. What goes over the network is what the sockets of PostgreSQL and Redis have sent and received, as `ss` (of
iproute2) says: on several machines it would go from one to the other.
"""

import argparse
import re
import shutil
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields
from pathlib import Path
from urllib.parse import urlsplit

from dev.bench.crawl import HOSTS, running_stack, served, starts
from dev.bench.crawl_pages import host, path
from dev.bench.peers.processes import groups_of, used_milliseconds
from dev.bench.peers.report import print_lines, say
from dev.stack import Stack
from dev.waiting import eventually
from job_core.queue import lists

BATCH = 1_000
END_SECONDS = 1_800.0
LOOK_SECONDS = 0.2
MILLION = 1_000_000

_STORED = """
    SELECT sum(pg_table_size(relid)), sum(pg_indexes_size(relid)), pg_current_wal_lsn() - '0/0'::pg_lsn
    FROM pg_stat_user_tables
"""


@dataclass(frozen=True, kw_only=True)
class Used:
    """What was used so far: seconds of the processor, and bytes."""

    processor_seconds: float
    tables: int
    indexes: int
    write_ahead_log: int
    to_postgres: int
    from_postgres: int
    to_redis: int
    from_redis: int


@dataclass
class Peak:
    """The most messages that waited, and by how many bytes Redis' memory was larger then than at the start."""

    messages: int = 0
    bytes: int = 0


def used(stack: Stack, folder: Path) -> Used:
    """What the stack has used."""
    ((tables, indexes, log),) = stack.query(_STORED)
    database, broker = (_carried(url) for url in (stack.servers.database.url, stack.servers.broker.url))
    return Used(
        processor_seconds=sum(map(used_milliseconds, groups_of(folder).values())) / 1_000,
        tables=int(tables),
        indexes=int(indexes),
        write_ahead_log=int(log),
        to_postgres=database[0],
        from_postgres=database[1],
        to_redis=broker[0],
        from_redis=broker[1],
    )


def _carried(url: str) -> tuple[int, int]:
    """The bytes that a server's open connections have received and sent."""
    command = [shutil.which("ss") or "ss", "-tinH", f"sport = :{urlsplit(url).port}"]
    said = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout  # noqa: S603 - our own
    received, sent = (sum(map(int, re.findall(rf"\b{name}:(\d+)", said))) for name in ("bytes_received", "bytes_sent"))
    return received, sent


@contextmanager
def watched(stack: Stack) -> Iterator[Peak]:
    """Looks at the broker until the end of the block."""
    peak, ended = Peak(), threading.Event()
    with stack.redis() as client:
        at_first = client.info("memory")["used_memory"]

        def look() -> None:
            while not ended.wait(LOOK_SECONDS):
                waiting = sum(int(client.llen(name)) for name in lists("celery"))
                if waiting > peak.messages:
                    peak.messages, peak.bytes = waiting, client.info("memory")["used_memory"] - at_first

        watcher = threading.Thread(target=look)
        watcher.start()
        try:
            yield peak
        finally:
            ended.set()
            watcher.join()


def count(stack: Stack, port: int, pages: int) -> int:
    """Count so many pages, submitted in batches; how many that is."""
    urls = [f"http://{host(number % HOSTS)}:{port}{path(number)}" for number in range(pages)]
    for first in range(0, pages, BATCH):
        stack.manager.submit_all(urls[first : first + BATCH])
    eventually(stack.is_quiet, "all pages are counted", seconds=END_SECONDS)
    ((done,),) = stack.query("SELECT count(*) FROM jobs WHERE kind = 'count' AND state = 'SUCCESS'")
    return int(done)


def crawl(stack: Stack, port: int, pages: int) -> int:
    """Crawl so many pages on several hosts at once; how many were counted."""
    ids = [stack.manager.submit(url, kind="crawl", max_pages=pages // HOSTS) for url in starts(port, HOSTS)]
    eventually(stack.is_quiet, "the crawls have ended", seconds=END_SECONDS)
    return sum(int(stack.manager.job(each)["result"]["pages"]) for each in ids)


def measure(way: Callable[[Stack, int, int], int], pages: int) -> tuple[int, Used, Peak]:
    """The pages that were done one way, and what that has used."""
    with served(HOSTS, max(pages // HOSTS, 1)) as port, running_stack(port) as (stack, folder):
        before = used(stack, folder)
        with watched(stack) as peak:
            done = way(stack, port, pages)
        after = used(stack, folder)
    return (
        done,
        Used(**{each.name: getattr(after, each.name) - getattr(before, each.name) for each in fields(Used)}),
        peak,
    )


def main() -> None:
    """Measure both ways, and print what a million pages would cost."""
    parser = argparse.ArgumentParser(prog="python -m dev.bench.cost", description="What a million pages cost.")
    parser.add_argument("--pages", type=int, default=4_000)
    pages = parser.parse_args().pages
    columns = (
        "for 1,000,000 pages",
        "hours",
        "GB: tables",
        "indexes",
        "WAL",
        *("to PG", "from PG", "to Redis", "from Redis"),
    )
    lines = []
    for name, way in (("counted one by one", count), ("crawled", crawl)):
        done, costs, peak = measure(way, pages)
        figures = [getattr(costs, each.name) * MILLION / done for each in fields(Used)]
        hours, *stored = (f"{figures[0] / 3_600:.1f}", *(f"{each / 1e9:.1f}" for each in figures[1:]))
        lines.append((f"{name} ({done:,})", hours, *stored))
        if peak.messages:
            say(
                f"{name}: Redis had {peak.bytes / peak.messages:,.0f} bytes more for each of {peak.messages:,} messages"
            )
    print_lines("Processor hours, and gigabytes", [columns, *lines])


if __name__ == "__main__":
    main()
