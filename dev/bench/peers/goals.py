"""How far this project's goals are: each beside what was measured."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from dev.bench.peers.measured import Measured, Rate

SINGLES, BATCHES = "stack, singles", "stack, batches"
TUNED, LECTURE, RQ, PROCRASTINATE = "celery-tuned", "celery-lecture", "rq", "procrastinate"
NOTHING = 0.005  # of a limit: what rounding takes


@dataclass(frozen=True, kw_only=True)
class Goal:
    """A value that is to be at most, or at least, `limit`."""

    text: str
    value: float
    limit: float
    at_least: bool = False

    @property
    def verdict(self) -> str:
        missed = (self.limit - self.value if self.at_least else self.value - self.limit) / self.limit
        return "met" if missed < NOTHING else f"missed by {missed:.0%}"

    @property
    def cells(self) -> list[str]:
        sign = "at least" if self.at_least else "at most"
        return [self.text, f"{self.value:,.1f}", f"{sign} {self.limit:,.1f}", self.verdict]


def cost_goals(ways: Sequence[Measured]) -> Iterator[Goal]:
    """Those for which what they need was measured."""
    of = {way.label: way for way in ways}
    if SINGLES not in of:
        return
    singles, batches = of[SINGLES], of[BATCHES]
    if TUNED in of:
        yield Goal(text="a single, ms; 1.25 times tuned Celery", value=singles.cost, limit=1.25 * of[TUNED].cost)
        yield Goal(text="one of a batch, ms; tuned Celery", value=batches.cost, limit=of[TUNED].cost)
    if PROCRASTINATE in of:
        yield Goal(text="a single, ms; procrastinate", value=singles.cost, limit=of[PROCRASTINATE].cost)
    yield Goal(text="children for a single, ms", value=singles.group("children"), limit=6)
    yield Goal(text="manager for a single, ms", value=singles.group("manager"), limit=2.5)
    yield Goal(text="PostgreSQL for a single, ms", value=singles.group("PostgreSQL"), limit=2.5)
    yield Goal(text="statements for a single", value=singles.tally.statements, limit=8)
    yield Goal(text="commits for a single", value=singles.tally.commits, limit=3)
    yield Goal(text=f"memory after {singles.jobs:,} jobs, MB", value=sum(singles.memory.values()), limit=600)
    yield Goal(text="idle, ms a second", value=sum(singles.idle.values()), limit=5)
    yield Goal(text="accept to end, p50 ms", value=singles.p50, limit=20)
    yield Goal(text="accept to end, p99 ms", value=singles.p99, limit=50)


def rate_goals(rates: Mapping[str, Rate]) -> Iterator[Goal]:
    """Those for which what they need was measured."""
    if SINGLES not in rates:
        return
    if LECTURE in rates:
        limit = rates[LECTURE].a_second
        yield Goal(text="singles/s; Flask and delay", value=rates[SINGLES].a_second, limit=limit, at_least=True)
    rate = rates[BATCHES].a_second
    yield Goal(text="URLs/s in batches", value=rate, limit=6_000, at_least=True)
    if RQ in rates:
        yield Goal(text="URLs/s in batches; RQ's", value=rate, limit=rates[RQ].a_second, at_least=True)
