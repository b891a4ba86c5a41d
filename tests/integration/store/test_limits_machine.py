"""Limits per key under any order of steps: never exceeded, and no job parked for ever."""

from collections.abc import Iterator
from datetime import timedelta
from typing import TYPE_CHECKING, ClassVar
from uuid import UUID

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from job_core.config import Limits
from job_core.errors import TransientError
from job_core.queue import JobQueue
from job_core.reconciler import Reconciler
from tests.examples import examples
from tests.integration.job_store import BUSY, KINDS, Store
from tests.integration.queue import Queue

if TYPE_CHECKING:
    from job_core.job import Claim

LIMITS = Limits(at_once=2)
keys = st.sampled_from(("a.example", "b.example"))
numbers = st.integers(0, 1_000)


class LimitsMachine(RuleBasedStateMachine):
    """Workers that take messages, end attempts and die; a broker that forgets; sites that ask for pauses."""

    store: ClassVar[Store]
    broker: ClassVar[JobQueue]
    queue: ClassVar[Queue]

    def __init__(self) -> None:
        super().__init__()
        self.store.sql("TRUNCATE jobs, attempts, deliveries, workers, limit_pauses CASCADE")
        self.queue.wipe()
        self.worker = self.store.worker()
        self.held: list[Claim] = []
        self.reconciler = Reconciler(database=self.store.database, queue=self.broker, limits=LIMITS, kinds=KINDS)

    @rule(key=keys, many=st.integers(1, 4))
    def submit(self, key: str, many: int) -> None:
        for _ in range(many):
            self.store.submit(limit_key=key, at_once=LIMITS.at_once)

    @rule()
    def reconcile(self) -> None:
        self.time_passes(10)
        self.reconciler.round(judge_workers=True)

    @rule()
    def a_message_is_taken(self) -> None:
        if job_ids := self.queue.job_ids():
            self.queue.take()
            self.enter(job_ids[0])

    @rule(number=numbers)
    def a_message_comes_that_nobody_waits_for(self, number: int) -> None:
        if ids := [row.id for row in self.store.sql("SELECT id FROM jobs ORDER BY id")]:
            self.enter(ids[number % len(ids)])

    @rule(number=numbers, is_published=st.booleans())
    def an_attempt_succeeds(self, number: int, is_published: bool) -> None:  # noqa: FBT001 - drawn by hypothesis
        if self.held:
            released = self.store.succeed_and_release(self.held.pop(number % len(self.held)))
            if is_published:
                self.broker.publish(released)

    @rule(number=numbers)
    def an_attempt_is_given_back(self, number: int) -> None:
        if self.held:
            held = self.held.pop(number % len(self.held))
            self.store.give_back(self.store.worker_of(held), held.job_id)

    @rule(number=numbers)
    def a_process_dies(self, number: int) -> None:
        if self.held:
            held = self.held.pop(number % len(self.held))
            self.store.crash_of_process(self.store.worker_of(held), held.job_id)

    @rule(number=numbers)
    def an_attempt_ends_in_a_transient_error(self, number: int) -> None:
        if self.held and (held := self.held[number % len(self.held)]).attempts_used < held.max_attempts - 1:
            self.held.remove(held)
            self.store.retry(held, BUSY, 1)

    @rule()
    def the_worker_dies_and_another_starts(self) -> None:
        self.store.unseen(self.worker)
        self.held.clear()
        self.worker = self.store.worker()

    @rule(number=numbers)
    def a_job_that_waits_is_cancelled(self, number: int) -> None:
        if ids := [row.id for row in self.store.sql("SELECT id FROM jobs WHERE state = 'PENDING' ORDER BY id")]:
            self.store.cancel(ids[number % len(ids)])

    @rule(key=keys)
    def a_site_asks_for_a_pause(self, key: str) -> None:
        if self.held:
            busy = TransientError("busy", type="server-busy", retry_after=100, limit_key=key)
            self.store.fail(self.held.pop(), busy)

    @rule()
    def the_broker_restarts_empty(self) -> None:
        self.queue.wipe()

    @invariant()
    def no_key_has_more_than_its_limit(self) -> None:
        running = self.store.sql(
            "SELECT limit_key, count(*) AS many FROM jobs WHERE state = 'STARTED' GROUP BY limit_key"
        )
        assert [row for row in running if row.many > LIMITS.at_once] == []

    def enter(self, job_id: UUID) -> None:
        held = self.store.claim(self.store.job(job_id), self.worker, LIMITS)
        if held and held not in self.held:
            self.held.append(held)

    def time_passes(self, seconds: int) -> None:
        self.store.let_pass(seconds)
        self.store.sql("UPDATE limit_pauses SET until = until - :by", by=timedelta(seconds=seconds))

    def teardown(self) -> None:
        """However it went: with a worker that works, every job comes to its end."""
        self.the_worker_dies_and_another_starts()
        self.time_passes(1_000)
        jobs = self.store.count()
        for _ in range(4 + jobs):
            self.reconcile()
            while self.queue.job_ids():
                self.a_message_is_taken()
            while self.held:
                self.store.succeed_and_release(self.held.pop())  # the messages of the released get lost
        assert self.store.sql("SELECT * FROM jobs WHERE finished_at IS NULL") == []


@pytest.fixture
def machine(store: Store, broker: JobQueue, queue: Queue) -> Iterator[type[LimitsMachine]]:
    LimitsMachine.store, LimitsMachine.broker, LimitsMachine.queue = store, broker, queue
    yield LimitsMachine
    del LimitsMachine.store, LimitsMachine.broker, LimitsMachine.queue


@pytest.mark.hypothesis
def test_no_order_of_steps_exceeds_a_limit_or_leaves_a_job_parked(machine: type[LimitsMachine]) -> None:
    bounded = settings(max_examples=examples(5), stateful_step_count=25, suppress_health_check=list(HealthCheck))
    run_state_machine_as_test(machine, settings=bounded)
