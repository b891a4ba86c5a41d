"""`make bench-cost`: what a million pages cost, by single counts in batches and by crawls.

Processor time is that of all processes of the stack, that of PostgreSQL and Redis included; the server of the pages is
not among it. What goes over the network is what the sockets of PostgreSQL and Redis have sent and received, as `ss` (of
iproute2) says: on several machines it would go from one to the other.
"""

import argparse
import re
import shutil
import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

from uuid_utils.compat import uuid7

from dev.bench.crawl import HOSTS, running_stack, served, starts
from dev.bench.crawl_pages import host, path
from dev.bench.peers.processes import groups_of, used_milliseconds
from dev.bench.peers.report import print_lines, say
from dev.stack import Stack
from dev.waiting import eventually
from job_core.job import Message
from job_core.queue import JobQueue
from job_tasks.job_tasks import core

BATCH = 1_000
END_SECONDS = 1_800.0
MESSAGES = 10_000
LABEL = "https://www.example.com/a/page/of/usual/length.html"  # as a message shows it
MILLION = 1_000_000

IDLE = ("Flower", "practice site", "supervisor")  # groups of processes that do nothing for a page

_STORED = """
    SELECT sum(pg_table_size(relid)), sum(pg_indexes_size(relid)), pg_current_wal_lsn() - '0/0'::pg_lsn
    FROM pg_stat_user_tables
"""


@dataclass(frozen=True, kw_only=True)
class Used:
    """What was used so far: seconds of the processor by group of processes, and bytes by what they are."""

    seconds: Mapping[str, float]
    bytes: Mapping[str, int]

    def since(self, before: "Used") -> "Used":
        """What was used in between."""
        return Used(
            seconds={name: used - before.seconds[name] for name, used in self.seconds.items()},
            bytes={name: used - before.bytes[name] for name, used in self.bytes.items()},
        )


def used(stack: Stack, folder: Path) -> Used:
    """What the stack has used."""
    ((tables, indexes, log),) = stack.query(_STORED)
    to_database, from_database = _carried(stack.servers.database.url)
    to_broker, from_broker = _carried(stack.servers.broker.url)
    return Used(
        seconds={name: used_milliseconds(pids) / 1_000 for name, pids in groups_of(folder).items()},
        bytes={
            "tables": int(tables),
            "indexes": int(indexes),
            "WAL": int(log),
            "to PostgreSQL": to_database,
            "from it": from_database,
            "to Redis": to_broker,
            "from Redis": from_broker,
        },
    )


def _carried(url: str) -> tuple[int, int]:
    """The bytes that a server's open connections have received and sent."""
    command = [shutil.which("ss") or "ss", "-tinH", f"sport = :{urlsplit(url).port}"]
    said = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout  # noqa: S603 - our own
    received, sent = (sum(map(int, re.findall(rf"\b{name}:(\d+)", said))) for name in ("bytes_received", "bytes_sent"))
    return received, sent


def message_bytes(stack: Stack) -> float:
    """Redis' memory for a message that waits."""
    queue = JobQueue(core.name, core.kinds, stack.broker_url, timeout_seconds=2)
    sent = datetime.now(UTC)
    with stack.redis() as client:
        before = client.info("memory")["used_memory"]
        queue.publish([Message(kind="count", job_id=uuid7(), label=LABEL, published_at=sent) for _ in range(MESSAGES)])
        taken = client.info("memory")["used_memory"] - before
        client.delete("celery")
    return float(taken) / MESSAGES


def count(stack: Stack, port: int, pages: int) -> int:
    """Count so many pages, submitted in batches; how many that is."""
    urls = [f"http://{host(number % HOSTS)}:{port}{path(number // HOSTS)}" for number in range(pages)]
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


def measure(way: Callable[[Stack, int, int], int], pages: int) -> tuple[int, Used]:
    """The pages that were done one way, and what that has used."""
    with served(HOSTS, max(pages // HOSTS, 1)) as port, running_stack(port) as (stack, folder):
        before = used(stack, folder)
        done = way(stack, port, pages)
        return done, used(stack, folder).since(before)


def main() -> None:
    """Measure both ways, and print what a million pages would cost."""
    parser = argparse.ArgumentParser(prog="python -m dev.bench.cost", description="What a million pages cost.")
    parser.add_argument("--pages", type=int, default=4_000)
    pages = parser.parse_args().pages
    hours: list[Sequence[str]] = []
    gigabytes: list[Sequence[str]] = []
    for name, way in (("counted one by one", count), ("crawled", crawl)):
        done, cost = measure(way, pages)
        busy = {group: seconds for group, seconds in cost.seconds.items() if group not in IDLE}
        hours = hours or [("", "all", *busy)]
        gigabytes = gigabytes or [("", *cost.bytes)]
        title = f"{name} ({done:,} measured)"
        shares = (sum(busy.values()), *busy.values())
        hours.append((title, *(f"{seconds * MILLION / done / 3_600:.2f}" for seconds in shares)))
        gigabytes.append((title, *(f"{each * MILLION / done / 1e9:.1f}" for each in cost.bytes.values())))
    print_lines("Processor hours for a million pages", hours)
    print_lines("Gigabytes for a million pages", gigabytes)
    with served(1, 1) as port, running_stack(port) as (stack, _):
        for worker in stack.job_workers:
            worker.pause()
        say(f"{message_bytes(stack):,.0f} bytes of Redis' memory for each of {MESSAGES:,} messages that wait")


if __name__ == "__main__":
    main()
