"""The figures of a run as tables."""

import sys
from collections.abc import Iterator, Mapping, Sequence

from dev.bench.peers.goals import cost_goals, rate_goals
from dev.bench.peers.measured import Measured, Rate

GROUPS = ("manager", "mains", "children", "PostgreSQL", "Redis", "Flower", "scheduler", "supervisor")


def say(line: str) -> None:
    """Print a line at once."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def report(ways: Sequence[Measured], rates: Mapping[str, Rate]) -> None:
    """Print all tables; each table has a column for a figure and a line for a system."""
    _print(
        f"Processor milliseconds a job, {len(ways[0].turns)} passes (caller: who submits)",
        ["all", "range", "caller", *GROUPS],
        ([way.label, *_cost(way)] for way in ways),
    )
    _print(
        "A job's requests, less those of an idle system; milliseconds from accept to end at 20 jobs/s",
        ["statements", "commits", "Redis", "p50", "p99"],
        ([way.label, *_requests(way)] for way in ways),
    )
    systems = [way for way in ways if not way.batch]
    _print(
        "Processor milliseconds a second, idle",
        ["all", *GROUPS],
        ([way.label, *_by_group(way.idle)] for way in systems),
    )
    _print(
        "Memory (PSS), MB; what systems share of files, each has in part",
        ["jobs done", "all", *GROUPS],
        ([way.label, f"{way.jobs:,}", *_by_group(way.memory)] for way in systems),
    )
    if rates:
        _print(
            "Submissions while no worker runs",
            ["a second", "ms each"],
            ([label, f"{rate.a_second:,.0f}", f"{rate.milliseconds:.2f}"] for label, rate in rates.items()),
        )
    goals = [*cost_goals(ways), *rate_goals(rates)]
    if goals:
        _print("Goals", ["measured", "goal", ""], (goal.cells for goal in goals))


def _cost(way: Measured) -> Iterator[str]:
    yield f"{way.cost:.1f}"
    yield f"{min(way.turns):.1f}-{max(way.turns):.1f}"
    yield from (f"{way.group(name):.2f}" for name in ("caller", *GROUPS))


def _requests(way: Measured) -> Iterator[str]:
    yield from (f"{each:.1f}" for each in (way.tally.statements, way.tally.commits, way.tally.commands))
    yield from ("", "") if way.batch else (f"{way.p50:.0f}", f"{way.p99:.0f}")


def _by_group(figures: Mapping[str, float]) -> Iterator[str]:
    yield f"{sum(figures.values()):.1f}"
    yield from (f"{figures.get(name, 0):.1f}" for name in GROUPS)


def _print(title: str, head: Sequence[str], rows: Iterator[Sequence[str]]) -> None:
    lines = [["", *head], *rows]
    widths = [max(len(line[column]) for line in lines) for column in range(len(lines[0]))]
    say(f"\n{title}\n")
    for name, *cells in lines:
        right = (cell.rjust(width) for cell, width in zip(cells, widths[1:], strict=True))
        say("  ".join([name.ljust(widths[0]), *right]).rstrip())
