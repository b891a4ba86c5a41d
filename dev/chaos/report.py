"""The table at the end of a chaos run."""

from collections.abc import Iterator, Sequence

from dev.chaos.checks import Breach, Kind
from dev.chaos.recovery import Injected

COLUMNS = ("fault", "times", "in flight", "lost", "doubled", "worst recovery s")


def table(injected: Sequence[Injected], breaches: Sequence[Breach]) -> str:
    """A line for each fault, and one for all. A breach of a job counts at every fault that met the job."""
    by_fault = {fault: [each for each in injected if each.fault == fault] for fault in _names(injected)}
    rows = [COLUMNS, *(_row(name, some, breaches) for name, some in (by_fault | {"all": injected}).items() if some)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(COLUMNS))]
    return "\n".join(_line(row, widths) for row in rows)


def _names(injected: Sequence[Injected]) -> list[str]:
    return sorted({each.fault for each in injected})


def _row(name: str, injected: Sequence[Injected], breaches: Sequence[Breach]) -> tuple[str, ...]:
    jobs = frozenset().union(*(each.jobs for each in injected))
    return (
        name,
        str(len(injected)),
        f"{sum(len(each.jobs) for each in injected):,}",
        str(len(_jobs_of(breaches, Kind.LOST) & jobs)),
        str(len(_jobs_of(breaches, Kind.DOUBLED) & jobs)),
        f"{max(each.recovery_seconds for each in injected):.1f}",
    )


def _jobs_of(breaches: Sequence[Breach], kind: Kind) -> frozenset[str]:
    return frozenset(breach.job_id for breach in breaches if breach.kind is kind)


def _line(row: tuple[str, ...], widths: Sequence[int]) -> str:
    name, *figures = row
    return "  ".join(
        (name.ljust(widths[0]), *(each.rjust(width) for each, width in zip(figures, widths[1:], strict=True)))
    )


def slow(injected: Sequence[Injected], bound_seconds: float) -> Iterator[Breach]:
    """A breach for each job that a recovery left waiting for too long."""
    for each in injected:
        for job_id in sorted(each.late):
            detail = f"not ended {bound_seconds:g} s after {each.fault}; recovery took {each.recovery_seconds:.1f} s"
            yield Breach(kind=Kind.SLOW, job_id=job_id, detail=detail)
