from concurrent.futures import ThreadPoolExecutor
from threading import Event, Semaphore

import pytest

from dev.waiting import eventually
from job_core.errors import DatabaseUnavailable
from job_manager.admission import BatchQueue
from job_manager.errors import BacklogFull


class TestBatchQueue:
    """Batches are accepted one after the other."""

    def test_a_batch_that_finds_no_seat_is_refused(self) -> None:
        seats = Semaphore(2)
        queue = BatchQueue(seats)
        may_end = Event()

        def take_turn() -> None:
            with queue.turn():
                may_end.wait(10)

        with ThreadPoolExecutor(2) as callers:
            both = [callers.submit(take_turn) for _ in range(2)]
            eventually(lambda: is_full(seats))
            with pytest.raises(BacklogFull), queue.turn():
                pass
            may_end.set()
            for each in both:
                each.result(10)
        with queue.turn():
            pass

    def test_those_behind_a_failure_fail_with_it_and_those_after_it_do_not(self) -> None:
        seats = Semaphore(2)
        queue = BatchQueue(seats)
        is_taken, may_fail = Event(), Event()

        def fail() -> None:
            with queue.turn():
                is_taken.set()
                may_fail.wait(10)
                raise DatabaseUnavailable("It is away.")

        def wait() -> None:
            with queue.turn():
                pass

        with ThreadPoolExecutor(2) as callers:
            failing = callers.submit(fail)
            assert is_taken.wait(10)
            behind = callers.submit(wait)
            eventually(lambda: is_full(seats))
            may_fail.set()
            assert isinstance(failing.exception(10), DatabaseUnavailable)
            assert isinstance(behind.exception(10), DatabaseUnavailable)
        wait()


def is_full(seats: Semaphore) -> bool:
    if not seats.acquire(blocking=False):
        return True
    seats.release()
    return False
