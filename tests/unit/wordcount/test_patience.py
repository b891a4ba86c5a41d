from collections.abc import Iterator

import pytest

from wordcount.patience import PATIENCE_SECONDS, Patience


class Clock:
    """Time that passes only by sleeping."""

    def __init__(self) -> None:
        self.time = 1_000.0
        self.slept: list[float] = []

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.time += seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


def waits(clock: Clock, retry_after: float | None) -> Iterator[bool]:
    patience = Patience(sleep=clock.sleep, now=lambda: clock.time)
    while patience.wait(retry_after):
        yield True


def test_steps_grow_to_five_seconds_and_end_after_a_minute(clock: Clock) -> None:
    assert all(waits(clock, None))
    assert 0.25 <= clock.slept[0] <= 0.5
    assert all(2.5 <= step <= 5 for step in clock.slept[4:])
    assert PATIENCE_SECONDS - 5 <= sum(clock.slept) <= PATIENCE_SECONDS


def test_it_waits_as_long_as_the_manager_asks(clock: Clock) -> None:
    assert all(waits(clock, 7))
    assert clock.slept == [7.0] * 8


def test_a_manager_that_asks_for_nothing_is_not_asked_in_a_rush(clock: Clock) -> None:
    assert all(waits(clock, 0))
    assert clock.slept == [0.5] * 120


def test_a_wait_beyond_the_patience_is_not_begun(clock: Clock) -> None:
    assert list(waits(clock, PATIENCE_SECONDS + 1)) == []
    assert clock.slept == []
