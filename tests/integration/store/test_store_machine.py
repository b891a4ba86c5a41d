"""The store under any order of steps: what design section 4 promises holds after every one of them."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any, ClassVar
from uuid import UUID

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    invariant,
    multiple,
    rule,
    run_state_machine_as_test,
)

from job_core.job import ENDED, Claim, OnFailure, State
from job_core.queue import JobQueue
from job_core.reconciler import Reconciler
from job_core.retrying import may_retry
from job_core.store.claims import MAX_LOSSES
from tests.examples import examples
from tests.integration.job_store import BUSY, KINDS, NO_TEXT, RESULT, UNLIMITED, Store
from tests.integration.queue import Queue

PIDS = st.sampled_from([1, 2])


class StoreMachine(RuleBasedStateMachine):
    """Callers, workers, faults and a reconciler, in whatever order."""

    store: ClassVar[Store]
    broker: ClassVar[JobQueue]
    queue: ClassVar[Queue]

    jobs = Bundle("jobs")
    workers = Bundle("workers")
    claims = Bundle("claims")

    def __init__(self) -> None:
        super().__init__()
        self.store.sql("TRUNCATE jobs, attempts, deliveries, workers CASCADE")
        self.queue.wipe()
        self.ended: dict[UUID, object] = {}
        self.reconciler = Reconciler(database=self.store.database, queue=self.broker, limits=UNLIMITED, kinds=KINDS)

    @rule(
        target=jobs,
        max_attempts=st.integers(1, 3),
        max_crashes=st.integers(1, 3),
        on_failure=st.sampled_from(OnFailure),
        callback_url=st.sampled_from([None, "https://example.org/counted"]),
    )
    def submit(self, **bounds: Any) -> UUID:
        return self.store.submit(**bounds).id

    @rule(target=workers)
    def start_worker(self) -> UUID:
        return self.store.worker()

    @rule(target=claims, job_id=jobs, worker_id=workers, pid=PIDS)
    def claim(self, job_id: UUID, worker_id: UUID, pid: int) -> Any:
        before, holder = self.store.job(job_id), self.holder(job_id)
        held = self.store.claim(before, worker_id, pid=pid)
        if held is None:
            return multiple()
        if before.state is State.STARTED:
            assert (held.attempt, holder) == (before.attempt, (worker_id, pid))
            return multiple()
        assert before.state is State.PENDING
        assert held.attempt == before.attempt + 1
        return held

    @rule(held=claims)
    def succeed(self, held: Claim) -> None:
        was_held = self.is_held(held)
        assert self.store.succeed(held) is was_held

    @rule(held=claims)
    def fail(self, held: Claim) -> None:
        self.store.fail(held, NO_TEXT)

    @rule(held=claims, wait=st.floats(0, 60))
    def end_in_transient_error(self, held: Claim, wait: float) -> None:
        if may_retry(held, BUSY):
            self.store.retry(held, BUSY, wait)
        else:
            self.store.fail(held, BUSY)

    @rule(held=claims)
    def crash(self, held: Claim) -> None:
        self.store.crash(held)

    @rule(report=st.sampled_from([Store.give_back, Store.crash_of_process]), job_id=jobs, worker_id=workers, pid=PIDS)
    def a_main_process_reports(self, report: Callable[..., None], job_id: UUID, worker_id: UUID, pid: int) -> None:
        before, holder = self.store.job(job_id), self.holder(job_id)
        report(self.store, worker_id, job_id, pid=pid)
        if holder != (worker_id, pid):
            assert replace(self.store.job(job_id), published_at=None) == replace(before, published_at=None)
        else:
            assert self.store.state(job_id) is not State.STARTED

    @rule(worker_id=consumes(workers))
    def stop_worker(self, worker_id: UUID) -> None:
        self.store.stop(worker_id)

    @rule(worker_id=workers)
    def lose_worker(self, worker_id: UUID) -> None:
        self.store.unseen(worker_id)

    @rule(worker_id=workers, of_running=st.booleans())
    def beat(self, worker_id: UUID, of_running: bool) -> None:  # noqa: FBT001 - drawn by hypothesis
        running = self.store.sql("SELECT id FROM jobs WHERE worker_id = :id", id=worker_id) if of_running else []
        self.store.beat(worker_id, *(row.id for row in running))

    @rule(job_id=jobs)
    def cancel(self, job_id: UUID) -> None:
        was_going_on = self.store.state(job_id) not in ENDED
        assert self.store.cancel(job_id) is was_going_on

    @rule(seconds=st.sampled_from([1, 10, 100, 1_000]))
    def time_passes(self, seconds: int) -> None:
        self.store.let_pass(seconds)

    @rule()
    def broker_restarts_empty(self) -> None:
        self.queue.wipe()

    @rule()
    def message_is_taken(self) -> None:
        if len(self.queue):
            self.queue.take()

    @rule(judge_workers=st.booleans())
    def reconcile(self, judge_workers: bool) -> None:  # noqa: FBT001 - drawn by hypothesis
        self.reconciler.round(judge_workers=judge_workers)

    @invariant()
    def every_promise_holds(self) -> None:
        with self.store.database.reading() as connection:
            rows = connection.exec_driver_sql(
                "SELECT jobs.*, array(SELECT number FROM attempts WHERE job_id = jobs.id ORDER BY number) AS numbers,"
                " (SELECT count(*) FROM attempts WHERE job_id = jobs.id AND ended_at IS NULL) AS running,"
                " (SELECT count(*) FROM deliveries WHERE job_id = jobs.id) AS deliveries FROM jobs"
            ).all()
        for row in rows:
            assert row.numbers == list(range(1, row.attempt + 1))
            assert row.running == (row.state == State.STARTED)
            assert row.attempts_used <= row.max_attempts
            assert row.crashes <= row.max_crashes
            assert row.losses <= MAX_LOSSES
            assert row.attempts_used + row.crashes + row.losses <= row.attempt
            assert row.deliveries == (row.callback_url is not None and row.state in ENDED)
            assert (row.result == RESULT) is (row.state == State.SUCCESS)
            if row.id in self.ended:
                assert row == self.ended[row.id]
            elif row.finished_at is not None:
                assert row.state in ENDED
                self.ended[row.id] = row

    def is_held(self, held: Claim) -> bool:
        job = self.store.job(held.job_id)
        return job.state is State.STARTED and job.attempt == held.attempt

    def holder(self, job_id: UUID) -> tuple[UUID, int] | None:
        """Which process of which worker has the claim."""
        (row,) = self.store.sql("SELECT worker_id, worker_pid FROM jobs WHERE id = :id", id=job_id)
        return row.worker_id and (row.worker_id, row.worker_pid)

    def teardown(self) -> None:
        """However it went: with one worker that works, every job comes to its end within a few rounds."""
        worker_id = self.store.worker()
        for _ in range(8):
            self.time_passes(1_000)
            self.store.sql("UPDATE workers SET seen_at = seen_at - interval '1 hour' WHERE id <> :id", id=worker_id)
            self.reconciler.round(judge_workers=True)
            for job_id in self.queue.job_ids():
                if held := self.store.claim(self.store.job(job_id), worker_id):
                    assert self.store.succeed(held)
            self.queue.wipe()
        assert self.store.sql("SELECT 1 FROM jobs WHERE finished_at IS NULL") == []
        self.every_promise_holds()


@pytest.fixture
def machine(store: Store, broker: JobQueue, queue: Queue) -> Iterator[type[StoreMachine]]:
    StoreMachine.store, StoreMachine.broker, StoreMachine.queue = store, broker, queue
    yield StoreMachine
    del StoreMachine.store, StoreMachine.broker, StoreMachine.queue


@pytest.mark.hypothesis
def test_no_order_of_steps_breaks_a_promise(machine: type[StoreMachine]) -> None:
    bounded = settings(max_examples=examples(5), stateful_step_count=25, suppress_health_check=list(HealthCheck))
    run_state_machine_as_test(machine, settings=bounded)
