"""When the queue holds more messages than its waiting jobs account for."""

import pytest

from dev.chaos.checks import Flaw
from dev.chaos.watch import Look


@pytest.mark.parametrize(("waiting", "messages"), [(0, 10), (100, 120), (1_000, 1_110), (500, 0)])
def test_a_message_a_job_and_a_tenth_more_is_enough(waiting: int, messages: int) -> None:
    assert Look(waiting=waiting, messages=messages).breach() is None


@pytest.mark.parametrize(("waiting", "messages"), [(0, 11), (100, 121), (1_000, 1_111)])
def test_more_are_a_breach(waiting: int, messages: int) -> None:
    breach = Look(waiting=waiting, messages=messages).breach()
    assert breach is not None
    assert breach.flaw is Flaw.QUEUE
