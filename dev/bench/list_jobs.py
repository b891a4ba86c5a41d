"""How long `GET /jobs` and the page's list take the database at a million jobs: `make bench-list`.

Fills a PostgreSQL of its own, and prints for each question of `job_core.store.read.page_of`, at the newest page and at
cursors deep in the past, and of `job_core.store.read`, the index, the rows that were read for those given, the
buffers, and the time of the server: the median of 15 runs with warm caches, and the longest.
"""

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from io import StringIO
from pathlib import Path
from uuid import UUID

from sqlalchemy import Connection, create_engine, text

from dev.bench.many_jobs import COLD_LABEL, HOT_LABEL, fill, nodes, plan_of
from embedded.data_folder import DataFolder
from embedded.servers import servers_on
from embedded.terminal import Terminal
from job_core.job import State
from job_core.store.migrate import migrate
from job_core.store.read import JobFilter, count_by_state, page_of
from job_manager.admission import MAX_COUNTED

LIMITS = (20, 200)  # one row more is asked for, which tells of a next page
RUNS = 15

FILTERS = {
    "all": JobFilter(),
    "status=SUCCESS (90 %)": JobFilter(state=State.SUCCESS),
    "status=STARTED (0.1 %)": JobFilter(state=State.STARTED),
    "kind=count (90 %)": JobFilter(kind="count"),
    "kind=none": JobFilter(kind="none"),
    "kind=quotes, status=FAILURE (0.6 %)": JobFilter(kind="quotes", state=State.FAILURE),
    "label=hot (20 %)": JobFilter(label=HOT_LABEL),
    "label=cold (0.01 %)": JobFilter(label=COLD_LABEL),
    "label=hot, status=SUCCESS": JobFilter(label=HOT_LABEL, state=State.SUCCESS),
    "label=hot, status=STARTED": JobFilter(label=HOT_LABEL, state=State.STARTED),
    "label=hot, kind=quotes": JobFilter(label=HOT_LABEL, kind="quotes"),
    "label=hot, kind=none": JobFilter(label=HOT_LABEL, kind="none"),
    "label=cold, kind=count, status=FAILURE": JobFilter(label=COLD_LABEL, kind="count", state=State.FAILURE),
}
FILTERS_OF_SEARCHES = {
    "text that no URL holds": JobFilter(),
    "text that no URL holds, status=SUCCESS": JobFilter(state=State.SUCCESS),
}


@dataclass(frozen=True, kw_only=True)
class Measured:
    """One question's figures; times in milliseconds."""

    index: str
    rows: int
    read: int
    buffers: int
    median: float
    longest: float


def measure(connection: Connection, ask: Callable[[Connection], object]) -> Measured:
    """Ask RUNS times, after one that warms the caches."""
    runs = [plan_of(connection, ask, run=True, statement=0) for _ in range(RUNS + 1)][1:]
    plan = runs[-1]["Plan"]
    steps = list(nodes(plan))
    times = [run["Execution Time"] + run["Planning Time"] for run in runs]
    given = int(plan["Actual Rows"])
    return Measured(
        index=" + ".join(step.get("Index Name", step["Node Type"]) for step in steps if "Scan" in step["Node Type"])
        + (" + Sort" if any(step["Node Type"] == "Sort" for step in steps) else ""),
        rows=given,
        read=int(max(step["Actual Rows"] + step.get("Rows Removed by Filter", 0) for step in steps)),
        buffers=plan["Shared Hit Blocks"] + plan["Shared Read Blocks"],
        median=statistics.median(times),
        longest=max(times),
    )


def cursors(connection: Connection, many: int) -> Iterator[tuple[str, UUID | None]]:
    """The newest page, one in the middle of time, and one near its beginning."""
    yield "newest", None
    for name, number in (("middle", many // 2), ("oldest", many // 100)):
        row = connection.execute(
            text("SELECT id FROM jobs WHERE id >= (lpad(to_hex(:ms), 12, '0') || repeat('0', 20))::uuid ORDER BY id"),
            {"ms": 1_700_000_000_000 + number * 1_000},
        ).first()
        assert row is not None  # noqa: S101 - the table was filled a moment ago
        yield name, row.id


def report(connection: Connection, many: int, owner: str | None) -> None:
    """Print the table, for the jobs of `owner`."""
    _line("which", "page", "limit", "index", "rows", "read", "buffers", "median", "longest")
    for name, which in FILTERS.items():
        for page, before in cursors(connection, many):
            for limit in LIMITS:
                ask = partial(page_of, which=replace(which, before=before, owner=owner), text=None, limit=limit)
                _line(name, page, limit, *_figures(measure(connection, ask)))
    for name, which in FILTERS_OF_SEARCHES.items():
        search = partial(page_of, which=replace(which, owner=owner), text="nowhere", limit=LIMITS[0])
        _line(name, "newest", LIMITS[0], *_figures(measure(connection, search)))
    found = measure(connection, partial(count_by_state, owner=owner, at_most=MAX_COUNTED + 1))
    _line("totals by state", "", "", "", *_figures(found)[1:])


def _figures(found: Measured) -> tuple[object, ...]:
    return (found.index, found.rows, found.read, found.buffers, f"{found.median:.2f}", f"{found.longest:.2f}")


def _line(*columns: object) -> None:
    sys.stdout.write("{:<38} {:<7} {:>5}  {:<24} {:>5} {:>6} {:>7} {:>8} {:>8}\n".format(*columns))
    sys.stdout.flush()


def main() -> None:
    """Fill, measure, print."""
    parser = argparse.ArgumentParser(description="Measure GET /jobs on a large table.")
    parser.add_argument("--jobs", type=int, default=1_000_000, metavar="N", help="how many jobs to list from")
    parser.add_argument("--owned", action="store_true", help="ask as the owner of two of three jobs")
    arguments = parser.parse_args()
    many = arguments.jobs
    with tempfile.TemporaryDirectory() as path:
        folder = DataFolder(Path(path) / "servers")
        with servers_on(folder, Terminal(StringIO()), temporary=True) as servers:
            servers.start_database()
            url = servers.database.url.replace("postgresql", "postgresql+psycopg2", 1)
            migrate(url)
            engine = create_engine(url, isolation_level="AUTOCOMMIT")
            with engine.connect() as connection:
                began = time.monotonic()
                fill(
                    connection,
                    many,
                    lambda done: print(f"\r{done:,} jobs", end="", file=sys.stderr, flush=True),  # noqa: T201 - progress
                    owned=arguments.owned,
                )
                connection.execute(text("VACUUM jobs"))
                (size,) = connection.execute(text("SELECT pg_size_pretty(pg_total_relation_size('jobs'))")).one()
                sys.stdout.write(f"\n{many:,} jobs, {size}, filled in {time.monotonic() - began:.0f} s\n")
                report(connection, many, "busy" if arguments.owned else None)
            engine.dispose()


if __name__ == "__main__":
    main()
