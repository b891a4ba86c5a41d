from concurrent.futures import ThreadPoolExecutor

import pytest

from job_manager.errors import MemoryFull
from job_manager.memory import MemoryBudget


class TestABudget:
    def test_lends_no_more_than_it_has(self) -> None:
        budget = MemoryBudget(10)
        first = budget.take(7, 0)
        with pytest.raises(MemoryFull):
            budget.take(4, 0)
        first.keep(6)
        budget.take(4, 0)

    def test_gets_back_each_byte_once(self) -> None:
        budget = MemoryBudget(10)
        taken = budget.take(10, 0)
        taken.keep(20)
        for _ in range(2):
            taken.give_back()
        budget.take(10, 0)
        with pytest.raises(MemoryFull):
            budget.take(1, 0)

    def test_lets_wait_until_there_is_enough(self) -> None:
        budget = MemoryBudget(10)
        taken = budget.take(10, 0)
        with ThreadPoolExecutor(1) as pool:
            waiting = pool.submit(budget.take, 10, 30)
            taken.keep(5)
            taken.give_back()
            assert waiting.result(30).many == 10
