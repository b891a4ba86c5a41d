"""The figures of a run."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from dev.bench.peers.tally import NOTHING, Tally


@dataclass(kw_only=True)
class Measured:
    """One way to have jobs done: a system, and whether its jobs come in batches."""

    label: str
    batch: bool
    turns: list[float] = field(default_factory=list)  # processor milliseconds a job, in each pass
    used: Counter[str] = field(default_factory=Counter)  # the same by group, of all passes together
    idle: Mapping[str, float] = field(default_factory=dict)  # processor milliseconds a second, by group
    tally: Tally = NOTHING
    memory: Mapping[str, float] = field(default_factory=dict)  # megabytes (PSS), by group
    jobs: int = 0  # done when memory was measured
    p50: float = 0  # milliseconds from before the submission to the end
    p99: float = 0

    def add(self, used: Mapping[str, float]) -> None:
        """One pass more."""
        self.turns.append(sum(used.values()))
        self.used.update(used)

    def group(self, name: str) -> float:
        """Processor milliseconds a job."""
        return self.used[name] / len(self.turns)

    @property
    def cost(self) -> float:
        """Processor milliseconds a job, of all groups."""
        return sum(self.turns) / len(self.turns)


@dataclass(frozen=True, kw_only=True)
class Rate:
    """Submissions while no worker runs."""

    a_second: float
    milliseconds: float  # of the processor, for each
