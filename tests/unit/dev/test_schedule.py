"""A seed makes a schedule, and the same one each time."""

from itertools import islice

from dev.chaos.faults import FAULTS, schedule

ROUND = sum(fault.times for fault in FAULTS.values())


def planned(seed: int, number: int = 3 * ROUND) -> list[tuple[str, float, float]]:
    faults = schedule(seed, list(FAULTS.values()))
    return [(each.fault.name, each.calm_seconds, each.chance.random()) for each in islice(faults, number)]


def test_the_same_seed_makes_the_same_schedule() -> None:
    assert planned(7) == planned(7)


def test_another_seed_makes_another() -> None:
    assert planned(7) != planned(8)


def test_each_round_holds_every_fault_as_often_as_it_says() -> None:
    names = [name for name, _, _ in planned(7)]
    for begin in range(0, 3 * ROUND, ROUND):
        round_of_names = names[begin : begin + ROUND]
        assert {name: round_of_names.count(name) for name in FAULTS} == {
            name: fault.times for name, fault in FAULTS.items()
        }
    assert names[:ROUND] != names[ROUND : 2 * ROUND]
