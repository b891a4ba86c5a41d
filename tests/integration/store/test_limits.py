"""Limits per key: how many attempts at a time, how soon one after another, and pauses that errors ask for."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from job_core.config import Limits
from job_core.errors import CoreError, TransientError
from job_core.job import Claim, Job, Message, Phase, State
from job_core.queue import JobQueue, requeued
from job_core.reconciler import ROUND_SECONDS, UNKNOWN_AFTER, Reconciler
from job_core.store import claims, retention
from job_core.store.submissions import FEW
from tests.integration.job_store import BUSY, DIED, KINDS, NEW_JOB, NO_TEXT, PID, Store
from tests.integration.queue import QUEUE, Queue

TWO = Limits(at_once=2)
SPACED = Limits(at_once=8, gap_seconds=60)


@pytest.fixture
def worker(store: Store) -> UUID:
    return store.worker()


@pytest.fixture
def reconciler(store: Store, broker: JobQueue) -> Reconciler:
    return Reconciler(database=store.database, queue=broker, limits=TWO, kinds=KINDS)


def entered(store: Store, job: Job, worker: UUID, limits: Limits = TWO) -> Claim:
    held = store.claim(job, worker, limits)
    assert held is not None
    return held


def is_parked(store: Store, job: Job) -> bool:
    now = store.job(job.id)
    return now.state is State.PENDING and now.parked_at is not None


def parked(store: Store, worker: UUID, many: int, **changes: Any) -> tuple[list[Claim], list[Job]]:
    """The two claims for which the limit key has room, and `many` jobs behind them."""
    held = [entered(store, store.submit(**changes), worker) for _ in range(2)]
    behind = [store.submit(**changes) for _ in range(many)]
    assert [store.claim(job, worker, TWO) for job in behind] == [None] * many
    return held, behind


def pauses(store: Store) -> dict[str, float]:
    """For how many seconds each limit key is paused."""
    rows = store.sql(
        "SELECT limit_key, extract(epoch FROM until - now()) AS seconds FROM limit_pauses WHERE until > now()"
    )
    return {row.limit_key: float(row.seconds) for row in rows}


def asks_for(seconds: float, key: str = "example.com") -> TransientError:
    return TransientError("busy", type="server-busy", retry_after=seconds, limit_key=key)


def pause(store: Store, key: str, seconds: float) -> None:
    """Let a site ask for a pause of its key."""
    assert store.retry(store.claimed(limit_key=None), asks_for(seconds, key))


def first_message(job: Job) -> Message:
    """The message that the manager sends for a job that it has accepted."""
    assert job.published_at is not None
    return Message(kind=job.kind, job_id=job.id, label=job.label, published_at=job.published_at)


def let_pauses_pass(store: Store, seconds: float) -> None:
    store.sql("UPDATE limit_pauses SET until = until - :by", by=timedelta(seconds=seconds))


class TestAttemptsAtATime:
    """A limit key has room for so many; a job beyond them is parked."""

    def test_a_job_is_parked_while_its_key_is_full_and_spends_nothing(self, store: Store, worker: UUID) -> None:
        _, (job,) = parked(store, worker, 1)
        assert is_parked(store, job)
        assert (store.job(job.id).attempt, store.outcomes(job.id)) == (0, [])

    def test_another_key_is_not_concerned(self, store: Store, worker: UUID) -> None:
        parked(store, worker, 1)
        assert store.claim(store.submit(limit_key="example.org"), worker, TWO)

    def test_a_parked_job_whose_message_comes_again_is_claimed_when_there_is_room(
        self, store: Store, worker: UUID
    ) -> None:
        (first, _), (job,) = parked(store, worker, 1)
        store.succeed(first)
        assert store.claim(job, worker, TWO)
        assert store.job(job.id).parked_at is None

    def test_a_job_that_does_not_wait_is_not_parked(self, store: Store, worker: UUID) -> None:
        held, _ = parked(store, worker, 0)
        running = store.job(held[0].job_id)
        assert store.claim(running, worker, TWO, pid=PID + 1) is None
        assert store.job(running.id) == running

    def test_jobs_without_a_key_have_no_limit(self, store: Store, worker: UUID) -> None:
        jobs = [store.submit(limit_key=None, at_once=1) for _ in range(3)]
        held = [entered(store, job, worker, Limits(at_once=1, gap_seconds=60)) for job in jobs]
        assert [store.succeed_and_release(each) for each in held] == [[]] * 3
        assert pauses(store) == {}

    def test_a_parked_job_is_cancelled(self, store: Store, worker: UUID) -> None:
        (first, _), (job, other) = parked(store, worker, 2)
        assert store.cancel(job.id)
        assert [message.job_id for message in store.succeed_and_release(first)] == [other.id]
        assert (store.state(job.id), store.job(job.id).parked_at) == (State.REVOKED, None)

    @pytest.mark.parametrize("at_once", [1, 3])
    def test_of_many_claims_at_once_no_more_than_the_limit_are_had(self, store: Store, at_once: int) -> None:
        limits = Limits(at_once=at_once)
        workers = [store.worker(f"worker {number}") for number in range(8)]
        for _ in range(5):
            jobs = [store.submit(limit_key="busy.example") for _ in workers]
            together = threading.Barrier(len(workers))

            def claim(number: int) -> Claim | None:
                together.wait(10)  # noqa: B023 - runs within this turn
                return store.claim(jobs[number], workers[number], limits)  # noqa: B023 - the same

            with ThreadPoolExecutor(len(workers)) as pool:
                held = [each for each in pool.map(claim, range(len(workers))) if each]
            assert len(held) == at_once
            assert sum(is_parked(store, job) for job in jobs) == len(jobs) - at_once
            store.sql("DELETE FROM jobs")

    def test_when_attempts_end_as_others_come_a_parked_job_is_always_released(self, store: Store) -> None:
        """One ends while another is parked: either the one has room, or the end releases it."""
        one = Limits(at_once=1)
        ender, comer = store.worker("ends"), store.worker("comes")
        for _ in range(20):
            held, job = entered(store, store.submit(), ender, one), store.submit()
            together = threading.Barrier(2)

            def end() -> int:
                together.wait(10)  # noqa: B023 - runs within this turn
                return len(store.succeed_and_release(held))  # noqa: B023 - the same

            def come() -> bool:
                together.wait(10)  # noqa: B023 - the same
                return store.claim(job, comer, one) is not None  # noqa: B023 - the same

            with ThreadPoolExecutor(2) as pool:
                released, claimed = pool.submit(end), pool.submit(come)
                assert released.result() + claimed.result() == 1
            store.sql("DELETE FROM jobs")


class TestAccepting:
    """A job that workers could only park is accepted parked."""

    def test_those_of_a_batch_beyond_the_limit_of_their_key(self, store: Store) -> None:
        batch = [replace(NEW_JOB, limit_key=key) for key in ("a.example", "b.example") for _ in range(3)]
        accepted = store.accept(batch, at_once=2).jobs
        assert [job.parked_at is not None for job in accepted] == [False, False, True] * 2
        assert [store.job(job.id) for job in accepted] == list(accepted)

    def test_one_whose_key_has_enough_jobs_under_way(self, store: Store, worker: UUID) -> None:
        held = entered(store, store.submit(), worker)
        assert [is_parked(store, store.submit(at_once=2)) for _ in range(3)] == [False, True, True]
        assert not is_parked(store, store.submit(at_once=2, limit_key="example.org"))
        assert len(store.succeed_and_release(held)) == 1

    def test_one_whose_key_has_others_parked_goes_behind_them(self, store: Store, worker: UUID) -> None:
        (first, _), (older,) = parked(store, worker, 1)
        younger = store.submit()
        assert is_parked(store, younger)
        assert not is_parked(store, store.submit(limit_key="example.org"))
        assert [message.job_id for message in store.succeed_and_release(first)] == [older.id]


class TestBulk:
    """Jobs that came with many others keep no others out."""

    @pytest.fixture
    def batch(self, store: Store) -> tuple[Job, ...]:
        return store.accept([NEW_JOB] * (FEW + 1), at_once=TWO.at_once).jobs

    def test_is_what_comes_with_many_others(self, store: Store, batch: tuple[Job, ...]) -> None:
        assert {job.bulk for job in batch} == {True}
        assert [store.job(job.id) for job in batch] == list(batch)
        assert {job.bulk for job in store.accept([NEW_JOB] * FEW).jobs} == {False}

    @pytest.mark.parametrize(("many", "is_bulk"), [(FEW, False), (FEW + 1, True)])
    def test_so_are_many_children(self, store: Store, many: int, *, is_bulk: bool) -> None:
        children = [replace(NEW_JOB, limit_key=None)] * many
        messages = claims.fan_out(store.database, store.claimed(limit_key=None), children, at_once=TWO.at_once)
        assert [message.bulk for message in messages] == [is_bulk] * many

    def test_a_job_that_comes_alone_is_not_parked_behind_it(
        self, store: Store, worker: UUID, batch: tuple[Job, ...]
    ) -> None:
        assert [is_parked(store, job) for job in batch] == [False] * 2 + [True] * (FEW - 1)
        alone = store.submit(at_once=TWO.at_once)
        assert not is_parked(store, alone)
        assert store.claim(alone, worker, TWO)

    def test_is_released_last(self, store: Store, worker: UUID, batch: tuple[Job, ...]) -> None:
        held = [entered(store, job, worker) for job in batch[:2]]
        younger = store.submit(at_once=TWO.at_once)
        assert is_parked(store, younger)
        released = [message.job_id for each in held for message in store.succeed_and_release(each)]
        assert released == [younger.id, batch[2].id]

    def test_is_released_to_a_list_of_its_own(self, store: Store, worker: UUID, batch: tuple[Job, ...]) -> None:
        (message,) = store.succeed_and_release(entered(store, batch[0], worker))
        assert (message.job_id, message.bulk, message.requeued) == (batch[2].id, True, True)

    def test_what_was_begun_waits_with_those_that_came_alone(
        self, store: Store, worker: UUID, reconciler: Reconciler, queue: Queue
    ) -> None:
        job, *_ = store.accept([replace(NEW_JOB, limit_key=None)] * (FEW + 1)).jobs
        entered(store, job, worker)
        store.give_back(worker, job.id)
        reconciler.round(judge_workers=True)
        assert queue.job_ids(requeued(QUEUE)) == [job.id]


class TestReleasing:
    """A parked job goes on as soon as there is room."""

    @pytest.mark.parametrize(
        "end",
        [
            lambda store, held: claims.succeed(store.database, held, "{}"),
            lambda store, held: claims.fail(store.database, held, NO_TEXT),
            lambda store, held: claims.retry(store.database, held, BUSY, 60),
            lambda store, held: claims.crash(store.database, held, DIED),
        ],
        ids=["success", "failure", "retry", "crash"],
    )
    def test_the_end_of_an_attempt_releases_the_oldest(
        self, store: Store, worker: UUID, end: Callable[[Store, Claim], list[Message]]
    ) -> None:
        (first, _), (oldest, other) = parked(store, worker, 2)
        (message,) = end(store, first)
        released = store.job(oldest.id)
        assert message.job_id == oldest.id
        assert (message.published_at, message.requeued) == (released.published_at, True)
        assert released.requeued
        assert [is_parked(store, job) for job in (oldest, other)] == [False, True]

    def test_the_end_of_a_process_releases_the_oldest(
        self, store: Store, worker: UUID, reconciler: Reconciler, queue: Queue
    ) -> None:
        (first, _), (oldest, other) = parked(store, worker, 2)
        store.crash_of_process(worker, first.job_id)
        assert [is_parked(store, job) for job in (oldest, other)] == [False, True]
        store.let_pass(3)  # the main process sends no messages: it leaves them to the reconciler
        reconciler.round(judge_workers=True)
        assert queue.job_ids() == [first.job_id, oldest.id]

    def test_a_released_job_need_not_wait_behind_a_surge(
        self, store: Store, worker: UUID, broker: JobQueue, queue: Queue
    ) -> None:
        (first, _), (released,) = parked(store, worker, 1)
        surge = [store.submit(limit_key=None) for _ in range(3)]
        broker.publish([first_message(job) for job in surge])
        broker.publish(store.succeed_and_release(first))
        with queue.consumer() as take:
            assert released.id in [take() for _ in range(2)]

    def test_the_reconciler_sends_them_in_the_order_of_their_age(
        self, store: Store, worker: UUID, reconciler: Reconciler, queue: Queue, broker: JobQueue
    ) -> None:
        held, (oldest,) = parked(store, worker, 1, limit_key="old.example")
        waiting = store.submit(limit_key="example.org")
        broker.publish([first_message(waiting)])
        also_held, (young, younger) = parked(store, worker, 2, limit_key="early.in.the.alphabet.example")
        for claim in (*held, *also_held):
            store.cancel(claim.job_id)
        assert reconciler.round(judge_workers=True).released == 3
        assert queue.job_ids(requeued(QUEUE)) == [oldest.id, young.id, younger.id]
        assert queue.job_ids(QUEUE) == [waiting.id]

    def test_a_job_in_the_queue_has_its_turn_however_many_come_to_a_full_key(
        self, store: Store, worker: UUID, queue: Queue, broker: JobQueue
    ) -> None:
        def submit(key: str) -> UUID:
            job = store.submit(limit_key=key, at_once=1)
            if job.parked_at is None:
                broker.publish([first_message(job)])
            return job.id

        before = [submit("full.example") for _ in range(3)]
        waiting = submit("example.org")
        taken: list[UUID] = []
        with queue.consumer() as take:
            while waiting not in taken:
                submit("full.example")
                taken.append(take())
                held = entered(store, store.job(taken[-1]), worker, Limits(at_once=1))
                broker.publish(store.succeed_and_release(held))
                assert len(taken) <= 3
        assert taken[0] == before[0]

    def test_jobs_in_the_queue_take_up_the_room_of_their_key(
        self, store: Store, worker: UUID, reconciler: Reconciler
    ) -> None:
        (first, second), (oldest, next_one, last) = parked(store, worker, 3)
        store.succeed(first)  # which releases the oldest
        store.cancel(second.job_id)  # which releases none
        assert reconciler.round(judge_workers=True).released == 1
        assert not reconciler.round(judge_workers=True)
        assert [is_parked(store, job) for job in (oldest, next_one, last)] == [False, False, True]

    def test_a_job_that_waits_for_its_children_takes_up_no_room(
        self, store: Store, worker: UUID, reconciler: Reconciler
    ) -> None:
        """Else parents that fill their key would keep their own children parked for ever."""
        parents = [entered(store, store.submit(), worker) for _ in range(2)]
        for parent in parents:
            claims.fan_out(store.database, parent, [NEW_JOB] * 3, at_once=2)
        assert store.count("jobs WHERE parked_at IS NOT NULL") > 0
        for _ in range(6):
            for row in store.sql("SELECT id FROM jobs WHERE state = 'PENDING' AND parked_at IS NULL"):
                store.cancel(row.id)  # which releases none
            reconciler.round(judge_workers=True)
        assert [store.job(parent.job_id).phase for parent in parents] == [Phase.JOIN] * 2

    def test_jobs_whose_kind_no_worker_knows_keep_no_others_from_their_key_for_ever(
        self, store: Store, reconciler: Reconciler
    ) -> None:
        for _ in range(TWO.at_once):
            store.submit(kind="gone", at_once=TWO.at_once)
        job = store.submit(at_once=TWO.at_once)
        assert is_parked(store, job)
        assert reconciler.round(judge_workers=True).released == 0
        store.sql("UPDATE jobs SET created_at = created_at - :by", by=UNKNOWN_AFTER)
        assert reconciler.round(judge_workers=True).released == 1
        assert not is_parked(store, job)

    def test_a_release_whose_message_was_never_sent_is_repaired(
        self, store: Store, worker: UUID, reconciler: Reconciler, queue: Queue
    ) -> None:
        (first, _), (job,) = parked(store, worker, 1)
        store.succeed(first)  # and the process dies
        assert not reconciler.round(judge_workers=True)  # the message may still be on its way
        store.let_pass(3)
        assert reconciler.round(judge_workers=True).published == 1
        assert queue.job_ids() == [job.id]

    def test_what_no_attempt_released_the_reconciler_releases_the_oldest_first(
        self, store: Store, worker: UUID, reconciler: Reconciler, queue: Queue
    ) -> None:
        held, (first, second, _) = parked(store, worker, 3)
        for each in held:
            store.cancel(each.job_id)
        assert len(held) == reconciler.round(judge_workers=True).released == 2
        assert queue.job_ids() == [first.id, second.id]
        assert reconciler.round(judge_workers=True).released == 0  # as long as nobody takes these

    def test_the_reconciler_releases_nothing_of_a_full_key(
        self, store: Store, worker: UUID, reconciler: Reconciler, queue: Queue
    ) -> None:
        parked(store, worker, 3)
        store.sql("UPDATE jobs SET published_at = now() - interval '1 hour' WHERE state = 'PENDING'")
        assert not reconciler.round(judge_workers=True)
        assert len(queue) == 0

    def test_the_reconciler_releases_of_every_key_that_has_room(
        self, store: Store, worker: UUID, reconciler: Reconciler, queue: Queue
    ) -> None:
        keys = [f"{number}.example" for number in range(5)]
        for key in keys:
            (first, _), _ = parked(store, worker, 3, limit_key=key)
            store.cancel(first.job_id)
        assert reconciler.round(judge_workers=True).released == len(keys)
        assert sorted(str(store.job(job_id).limit_key) for job_id in queue.job_ids()) == keys

    def test_two_reconcilers_at_once_release_each_job_once(
        self, store: Store, worker: UUID, reconciler: Reconciler
    ) -> None:
        keys = [f"{number}.example" for number in range(20)]
        for key in keys:
            _, behind = parked(store, worker, 4, limit_key=key)
            assert len(behind) == 4
        for row in store.sql("SELECT id FROM jobs WHERE state = 'STARTED'"):
            store.cancel(row.id)
        together = threading.Barrier(2)

        def work(_: int) -> list[UUID]:
            together.wait(10)
            return [message.job_id for message in store.release_all(reconciler.limits)]

        with ThreadPoolExecutor(2) as pool:
            released = [job_id for of_one in pool.map(work, range(2)) for job_id in of_one]
        assert len(released) == len(set(released)) == store.count("jobs WHERE state = 'PENDING' AND parked_at IS NULL")
        assert len(released) >= 2 * len(keys)


class TestPauses:
    """A site that asks for it is left alone by all jobs."""

    def test_no_job_of_the_key_begins_before_the_pause_ends(
        self, store: Store, worker: UUID, reconciler: Reconciler, queue: Queue
    ) -> None:
        pause(store, "example.com", 30)
        jobs = [store.submit() for _ in range(3)]
        assert [store.claim(job, worker, TWO) for job in jobs] == [None] * 3
        assert store.claim(store.submit(limit_key="example.org"), worker, TWO)
        assert reconciler.round(judge_workers=True).released == 0
        let_pauses_pass(store, 31)
        assert reconciler.round(judge_workers=True).released == 2
        assert queue.job_ids() == [jobs[0].id, jobs[1].id]

    @pytest.mark.parametrize("end", [Store.retry, Store.fail], ids=["retry", "failure"])
    def test_the_attempt_that_brings_the_pause_releases_no_other_job(
        self, store: Store, worker: UUID, end: Callable[[Store, Claim, CoreError], bool]
    ) -> None:
        (first, _), (job,) = parked(store, worker, 1)
        assert end(store, first, asks_for(30))
        assert 29 < pauses(store)["example.com"] <= 30
        assert is_parked(store, job)

    def test_a_pause_is_of_the_key_that_asked_for_it(self, store: Store, worker: UUID) -> None:
        """A page may lead to another site, and that one be busy."""
        (first, _), (job,) = parked(store, worker, 1)
        store.retry(first, asks_for(30, "elsewhere.example"))
        assert list(pauses(store)) == ["elsewhere.example"]
        assert not is_parked(store, job)

    def test_an_attempt_that_lost_its_claim_brings_no_pause(self, store: Store, worker: UUID) -> None:
        held = store.claimed(worker)
        store.cancel(held.job_id)
        assert not store.retry(held, asks_for(30))
        assert pauses(store) == {}

    def test_a_shorter_pause_does_not_end_a_longer_one(self, store: Store) -> None:
        pause(store, "example.com", 600)
        pause(store, "example.com", 5)
        assert 590 < pauses(store)["example.com"] <= 600

    def test_a_pause_is_an_hour_at_most(self, store: Store) -> None:
        pause(store, "example.com", 1e9)
        assert 3_590 < pauses(store)["example.com"] <= 3_600

    @pytest.mark.parametrize(
        "error",
        [
            BUSY,
            NO_TEXT,
            TransientError("busy", retry_after=30),
            TransientError("busy", limit_key="example.com"),
            TransientError("busy", retry_after=0, limit_key="example.com"),
        ],
    )
    def test_nothing_else_makes_a_pause(self, store: Store, error: CoreError) -> None:
        assert store.fail(store.claimed(), error)
        assert pauses(store) == {}

    def test_the_scheduler_knows_when_the_first_pause_ends_that_jobs_wait_for(
        self, store: Store, worker: UUID, reconciler: Reconciler
    ) -> None:
        pause(store, "example.com", 1)
        assert reconciler.seconds_to_next_release() == ROUND_SECONDS  # no job waits for it
        assert store.claim(store.submit(), worker, TWO) is None
        assert 0 < reconciler.seconds_to_next_release() <= 1

    def test_pauses_that_are_over_are_forgotten(self, store: Store) -> None:
        pause(store, "over.example", 5)
        pause(store, "going-on.example", 500)
        let_pauses_pass(store, 6)
        with store.database.transaction() as connection:
            assert retention.delete_ended_pauses(connection) == 1
        assert list(pauses(store)) == ["going-on.example"]


class TestGaps:
    """Between two starts under one key lies the gap that is set."""

    def test_the_next_job_waits_for_the_gap_to_pass(self, store: Store, worker: UUID) -> None:
        first, second = store.submit(), store.submit()
        store.succeed(entered(store, first, worker, SPACED))
        assert store.claim(second, worker, SPACED) is None
        assert 59 < pauses(store)["example.com"] <= 60
        let_pauses_pass(store, 61)
        assert [message.job_id for message in store.release_all(SPACED)] == [second.id]
        assert store.claim(second, worker, SPACED)

    def test_a_key_with_a_gap_has_room_for_one_at_a_time(self, store: Store, worker: UUID) -> None:
        jobs = [store.submit() for _ in range(3)]
        entered(store, jobs[0], worker, SPACED)
        assert [store.claim(job, worker, SPACED) for job in jobs[1:]] == [None, None]
        let_pauses_pass(store, 61)
        assert [message.job_id for message in store.release_all(SPACED)] == [jobs[1].id]

    def test_of_many_claims_at_once_one_is_had(self, store: Store) -> None:
        workers = [store.worker(f"worker {number}") for number in range(8)]
        jobs = [store.submit() for _ in workers]
        together = threading.Barrier(len(workers))

        def claim(number: int) -> Claim | None:
            together.wait(10)
            return store.claim(jobs[number], workers[number], SPACED)

        with ThreadPoolExecutor(len(workers)) as pool:
            assert len([held for held in pool.map(claim, range(len(workers))) if held]) == 1
