"""A worker has a few children, and one more for each attempt that waits long."""

from collections.abc import Callable
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import pytest

from job_core.config import CoreConfig
from job_core.core import JobCore
from job_core.worker import children, pool_size
from job_core.worker.children import BUSY_SECONDS, Children
from job_core.worker.pool_size import LONG_SECONDS, REST_SECONDS, PoolSize

LEAST, MOST = 3, 10


@dataclass
class Pool:
    """Celery's, as far as its size goes."""

    num_processes: int = LEAST

    def grow(self, by: int) -> None:
        self.num_processes += by

    def shrink(self, by: int) -> None:
        self.num_processes -= by

    def maintain_pool(self) -> None:
        """Nothing to fork here."""


@dataclass
class Worker:
    """A worker whose clock the test sets."""

    now: float = 1_000.0
    timers: list[tuple[float, Callable[[], None]]] = field(default_factory=list)
    pool: Pool = field(default_factory=Pool)
    prefetched: int = LEAST
    children: Children = field(default_factory=Children)
    began: int = 0
    controller: Any = field(default_factory=lambda: SimpleNamespace(autoscaler=None))

    def __post_init__(self) -> None:
        config = CoreConfig(broker_url="", database_url="", worker_concurrency=MOST, worker_min_concurrency=LEAST)
        self.size = PoolSize(JobCore("test", config=lambda: config), self.children)
        self.size.follow(self)

    @property
    def hub(self) -> Any:
        return SimpleNamespace(call_later=lambda seconds, look: self.timers.append((self.now + seconds, look)))

    def _update_prefetch_count(self, by: int) -> None:
        self.prefetched += by

    def begin(self, attempts: int) -> list[tuple[int, Any]]:
        """Begin attempts, each in a child of its own."""
        messages: list[tuple[int, Any]] = []
        for _ in range(attempts):
            self.began += 1
            messages.append((self.began, SimpleNamespace(id=str(self.began), killed=False)))
            self.children.began(*messages[-1])
            self.size.plan()
        return messages

    def end(self, messages: list[tuple[int, Any]]) -> None:
        for pid, message in messages:
            self.children.ended(pid, message)

    def let_pass(self, seconds: float) -> None:
        """Let time pass, and the timers fire that are due meanwhile."""
        end = self.now + seconds
        while due := [timer for timer in self.timers if timer[0] <= end]:
            first = min(due, key=lambda timer: timer[0])
            self.timers.remove(first)
            self.now = max(self.now, first[0])
            first[1]()
        self.now = end


@pytest.fixture
def worker(monkeypatch: pytest.MonkeyPatch) -> Worker:
    made: list[Worker] = []
    clock = SimpleNamespace(monotonic=lambda: made[0].now if made else 0.0)
    monkeypatch.setattr(pool_size, "time", clock)
    monkeypatch.setattr(children, "asleep_seconds", lambda _: clock.monotonic())
    monkeypatch.setattr(children, "idle_seconds", clock.monotonic)
    made.append(Worker())
    return made[0]


def test_attempts_that_are_short_need_no_more_children(worker: Worker) -> None:
    for _ in range(50):
        messages = worker.begin(LEAST)
        worker.let_pass(LONG_SECONDS / 2)
        worker.end(messages)
    assert worker.pool.num_processes == LEAST


def test_each_attempt_that_takes_long_is_given_a_substitute(worker: Worker) -> None:
    worker.begin(2)
    worker.let_pass(2 * LONG_SECONDS)
    assert worker.pool.num_processes == worker.prefetched == LEAST + 2
    worker.begin(2)
    worker.let_pass(2 * LONG_SECONDS)
    assert worker.pool.num_processes == worker.prefetched == LEAST + 4


def test_where_all_attempts_take_long_as_many_children_again_come_at_once(worker: Worker) -> None:
    worker.begin(LEAST)
    worker.let_pass(2 * LONG_SECONDS)
    assert worker.pool.num_processes == 2 * LEAST
    worker.begin(LEAST)
    worker.let_pass(2 * LONG_SECONDS)
    assert worker.pool.num_processes == worker.prefetched == MOST


def test_there_are_never_more_children_than_the_concurrency(worker: Worker) -> None:
    worker.begin(MOST)
    worker.let_pass(2 * LONG_SECONDS)
    assert worker.pool.num_processes == worker.prefetched == MOST


def test_children_that_were_not_needed_for_a_while_leave(worker: Worker) -> None:
    worker.end(_after(worker, worker.begin(2)))
    worker.let_pass(0.9 * REST_SECONDS)
    assert worker.pool.num_processes == LEAST + 2
    worker.let_pass(0.2 * REST_SECONDS)
    assert worker.pool.num_processes == worker.prefetched == LEAST
    assert worker.timers == []


def test_no_child_leaves_while_a_message_is_held(worker: Worker, monkeypatch: pytest.MonkeyPatch) -> None:
    worker.end(_after(worker, worker.begin(2)))
    monkeypatch.setattr(pool_size, "reserved_requests", {"a message"})
    worker.let_pass(2 * REST_SECONDS)
    assert worker.pool.num_processes == LEAST + 2


def test_attempts_that_wait_for_a_processor_need_no_more_children(
    worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(children, "asleep_seconds", lambda _: 0.5 * worker.now)
    worker.begin(2)
    worker.let_pass(1.9 * LONG_SECONDS)
    assert worker.pool.num_processes == LEAST
    worker.let_pass(2 * LONG_SECONDS)
    assert worker.pool.num_processes == LEAST + 2


def test_on_a_machine_whose_processors_are_all_busy_only_attempts_that_sleep_very_long_need_more_children(
    worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(children, "idle_seconds", lambda: 0.0)
    worker.begin(2)
    worker.let_pass(BUSY_SECONDS)
    assert worker.pool.num_processes == LEAST
    worker.let_pass(2 * LONG_SECONDS)
    assert worker.pool.num_processes == LEAST + 2


def test_after_the_loop_has_forgotten_its_timers_it_looks_again(worker: Worker) -> None:
    worker.begin(2)
    worker.timers.clear()
    worker.size.follow(worker)
    worker.let_pass(2 * LONG_SECONDS)
    assert worker.pool.num_processes == LEAST + 2


def _after(worker: Worker, messages: list[tuple[int, Any]]) -> list[tuple[int, Any]]:
    """The attempts, once they have taken long."""
    worker.let_pass(2 * LONG_SECONDS)
    return messages
