"""The figures of a run, printed as tables."""

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

Table = dict[str, dict[str, float]]


@dataclass(kw_only=True)
class Results:
    """Tables: figures by the label of a line and the name of a column."""

    cost: Table = field(default_factory=dict)  # processor milliseconds a job
    requests: Table = field(default_factory=dict)  # of a job
    latency: Table = field(default_factory=dict)  # milliseconds
    idle: Table = field(default_factory=dict)  # processor milliseconds a second
    memory: Table = field(default_factory=dict)  # megabytes
    submissions: Table = field(default_factory=dict)

    def print(self) -> None:
        """Print every table that has figures."""
        _print_figures("Processor milliseconds a job", self.cost)
        _print_figures("Statements, commits and Redis commands a job, less those of the idle system", self.requests)
        _print_figures("Milliseconds from accept to end, at 20 jobs/s", self.latency)
        _print_figures("Processor milliseconds a second, idle", self.idle)
        _print_figures("Memory (PSS), MB; files that several systems have mapped are split among them", self.memory)
        _print_figures("Submissions while no worker runs, and processor milliseconds of each", self.submissions)


def say(line: str) -> None:
    """Print a line at once."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def print_lines(title: str, lines: Sequence[Sequence[str]]) -> None:
    """Print cells in columns, the first column aligned left."""
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    say(f"\n{title}\n")
    for name, *cells in lines:
        right = (cell.rjust(width) for cell, width in zip(cells, widths[1:], strict=True))
        say("  ".join([name.ljust(widths[0]), *right]).rstrip())


def shown(figure: float) -> str:
    """To three significant digits; large figures in full."""
    return f"{figure:,.0f}" if figure >= 100 else f"{figure:.1f}" if figure >= 10 else f"{figure:.2f}"


def _print_figures(title: str, table: Mapping[str, Mapping[str, float]]) -> None:
    columns = list(dict.fromkeys(name for figures in table.values() for name in figures))
    lines = [[label, *(shown(figures.get(name, 0)) for name in columns)] for label, figures in table.items()]
    if lines:
        print_lines(title, [["", *columns], *lines])
