"""Which fault comes when, made by a seed alone."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from dev.chaos.faults import Fault

CALM_SECONDS = (0.1, 1.0)  # between a recovery and the next fault


@dataclass(frozen=True, kw_only=True)
class Planned:
    """A fault, the calm before it, and the chance that decides its details."""

    fault: Fault
    calm_seconds: float
    chance: random.Random


def schedule(seed: int, faults: Sequence[Fault]) -> Iterator[Planned]:
    """Faults without end. Each comes `times` in a round, in an order that differs from round to round."""
    chance = random.Random(seed)
    while True:
        deck = [fault for fault in faults for _ in range(fault.times)]
        chance.shuffle(deck)
        for fault in deck:
            yield Planned(
                fault=fault,
                calm_seconds=chance.uniform(*CALM_SECONDS),
                chance=random.Random(chance.getrandbits(64)),
            )
