from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest

from job_core.errors import DatabaseUnavailable
from job_manager.admission import Places, Turn
from job_manager.errors import BacklogFull
from tests.waiting import eventually


def test_who_finds_no_place_to_wait_is_told_to_come_again() -> None:
    places = Places(2)
    turn = Turn(places)
    may_end = Event()

    def take_turn() -> None:
        with turn.taken():
            may_end.wait(10)

    with ThreadPoolExecutor(2) as callers:
        both = [callers.submit(take_turn) for _ in range(2)]
        eventually(lambda: not has_room(places))
        with pytest.raises(BacklogFull), turn.taken():
            pass
        may_end.set()
        for each in both:
            each.result(10)
    with turn.taken():
        pass


def has_room(places: Places) -> bool:
    if not places.take():
        return False
    places.give_back()
    return True


def test_those_behind_a_failure_fail_with_it_and_those_after_it_do_not() -> None:
    places = Places(2)
    turn = Turn(places)
    is_taken, may_fail = Event(), Event()

    def fail() -> None:
        with turn.taken():
            is_taken.set()
            may_fail.wait(10)
            raise DatabaseUnavailable("It is away.")

    def wait() -> None:
        with turn.taken():
            pass

    with ThreadPoolExecutor(2) as callers:
        failing = callers.submit(fail)
        assert is_taken.wait(10)
        behind = callers.submit(wait)
        eventually(lambda: not has_room(places))
        may_fail.set()
        assert isinstance(failing.exception(10), DatabaseUnavailable)
        assert isinstance(behind.exception(10), DatabaseUnavailable)
    wait()
