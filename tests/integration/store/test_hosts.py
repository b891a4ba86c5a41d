"""Limits per host: how many attempts at a time, how soon one after another, and pauses that a site asks for."""

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest

from job_core.errors import CoreError, TransientError
from job_core.job import Claim, Job, Message, State
from job_core.queue import Broker
from job_core.reconciler import Reconciler
from job_core.store import retention
from job_core.store.limits import HostLimits
from tests.integration.job_store import BUSY, KINDS, NEW_JOB, Store
from tests.integration.queue import Queue

TWO = HostLimits(at_once=2, gap_seconds=0)
SPACED = HostLimits(at_once=8, gap_seconds=60)


@pytest.fixture
def worker(store: Store) -> UUID:
    return store.worker()


@pytest.fixture
def reconciler(store: Store, broker: Broker) -> Reconciler:
    return Reconciler(
        database=store.database, broker=broker, overdue_after=timedelta(minutes=3), host_limits=TWO, kinds=KINDS
    )


def entered(store: Store, job: Job, worker: UUID, limits: HostLimits = TWO) -> Claim:
    held = store.enter(job, worker, limits)
    assert held is not None
    return held


def is_parked(store: Store, job: Job) -> bool:
    now = store.job(job.id)
    return now.state is State.PENDING and now.parked_at is not None


def parked(store: Store, worker: UUID, many: int, **changes: str) -> tuple[list[Claim], list[Job]]:
    """The two claims for which the host has room, and `many` jobs behind them."""
    held = [entered(store, store.submit(**changes), worker) for _ in range(2)]
    behind = [store.submit(**changes) for _ in range(many)]
    assert [store.enter(job, worker, TWO) for job in behind] == [None] * many
    return held, behind


def pauses(store: Store) -> dict[str, float]:
    """For how many seconds each host is paused."""
    rows = store.sql("SELECT host, extract(epoch FROM until - now()) AS seconds FROM host_pauses WHERE until > now()")
    return {row.host: float(row.seconds) for row in rows}


def let_pauses_pass(store: Store, seconds: float) -> None:
    store.sql("UPDATE host_pauses SET until = until - :by", by=timedelta(seconds=seconds))


class TestAttemptsAtATime:
    """A host has room for so many; a job beyond them is parked."""

    def test_a_job_is_parked_while_its_host_is_full_and_spends_nothing(self, store: Store, worker: UUID) -> None:
        _, (job,) = parked(store, worker, 1)
        assert is_parked(store, job)
        assert (store.job(job.id).attempt, store.outcomes(job.id)) == (0, [])

    def test_another_host_is_not_concerned(self, store: Store, worker: UUID) -> None:
        parked(store, worker, 1)
        assert store.enter(store.submit(host="example.org"), worker, TWO)

    def test_a_parked_job_whose_message_comes_again_is_claimed_when_there_is_room(
        self, store: Store, worker: UUID
    ) -> None:
        (first, _), (job,) = parked(store, worker, 1)
        store.succeed(first)
        assert store.enter(job, worker, TWO)
        assert store.job(job.id).parked_at is None

    def test_a_job_that_does_not_wait_is_not_parked(self, store: Store, worker: UUID) -> None:
        held, _ = parked(store, worker, 0)
        running = store.job(held[0].job_id)
        assert store.enter(running, worker, TWO) is None
        assert store.job(running.id) == running

    def test_a_job_accepted_before_hosts_were_limited_has_no_limit(self, store: Store, worker: UUID) -> None:
        parked(store, worker, 0)
        old = store.submit()
        store.sql("UPDATE jobs SET host = NULL WHERE id = :id", id=old.id)
        assert store.succeed_and_release(entered(store, old, worker)) == []

    def test_a_parked_job_is_cancelled(self, store: Store, worker: UUID) -> None:
        (first, _), (job, other) = parked(store, worker, 2)
        assert store.cancel(job.id)
        store.succeed(first)
        assert [message.job_id for message in store.release_next("example.com")] == [other.id]
        assert (store.state(job.id), store.job(job.id).parked_at) == (State.REVOKED, None)

    @pytest.mark.parametrize("at_once", [1, 3])
    def test_of_many_claims_at_once_no_more_than_the_limit_are_had(self, store: Store, at_once: int) -> None:
        limits = HostLimits(at_once=at_once, gap_seconds=0)
        workers = [store.worker(f"worker {number}") for number in range(8)]
        for _ in range(5):
            jobs = [store.submit(host="busy.example") for _ in workers]
            together = threading.Barrier(len(workers))

            def claim(number: int) -> Claim | None:
                together.wait(10)  # noqa: B023 - runs within this turn
                return store.enter(jobs[number], workers[number], limits)  # noqa: B023 - the same

            with ThreadPoolExecutor(len(workers)) as pool:
                held = [each for each in pool.map(claim, range(len(workers))) if each]
            assert len(held) == at_once
            assert sum(is_parked(store, job) for job in jobs) == len(jobs) - at_once
            store.sql("DELETE FROM jobs")

    def test_when_attempts_end_as_others_come_a_parked_job_is_always_released(self, store: Store) -> None:
        """One ends while another is parked: either the one has room, or the end releases it."""
        one = HostLimits(at_once=1, gap_seconds=0)
        ender, comer = store.worker("ends"), store.worker("comes")
        for _ in range(20):
            held, job = entered(store, store.submit(), ender, one), store.submit()
            together = threading.Barrier(2)

            def end() -> int:
                together.wait(10)  # noqa: B023 - runs within this turn
                return len(store.succeed_and_release(held))  # noqa: B023 - the same

            def come() -> bool:
                together.wait(10)  # noqa: B023 - the same
                return store.enter(job, comer, one) is not None  # noqa: B023 - the same

            with ThreadPoolExecutor(2) as pool:
                released, claimed = pool.submit(end), pool.submit(come)
                assert released.result() + claimed.result() == 1
            store.sql("DELETE FROM jobs")


class TestAccepting:
    """A job that workers could only park is accepted parked."""

    def test_those_of_a_batch_beyond_the_limit_of_their_host(self, store: Store) -> None:
        batch = [replace(NEW_JOB, host=host) for host in ("a.example", "b.example") for _ in range(3)]
        accepted = store.accept(batch, at_once_per_host=2).jobs
        assert [job.parked_at is not None for job in accepted] == [False, False, True] * 2
        assert [store.job(job.id) for job in accepted] == list(accepted)

    def test_one_whose_host_has_enough_jobs_under_way(self, store: Store, worker: UUID) -> None:
        held = entered(store, store.submit(), worker)
        assert [is_parked(store, store.submit(at_once=2)) for _ in range(3)] == [False, True, True]
        assert not is_parked(store, store.submit(at_once=2, host="example.org"))
        assert len(store.succeed_and_release(held)) == 1

    def test_one_whose_host_has_others_parked_goes_behind_them(self, store: Store, worker: UUID) -> None:
        (first, _), (older,) = parked(store, worker, 1)
        younger = store.submit()
        assert is_parked(store, younger)
        assert not is_parked(store, store.submit(host="example.org"))
        assert [message.job_id for message in store.succeed_and_release(first)] == [older.id]


class TestReleasing:
    """A parked job goes on as soon as there is room."""

    def test_the_end_of_an_attempt_releases_the_oldest(self, store: Store, worker: UUID) -> None:
        (first, _), (oldest, other) = parked(store, worker, 2)
        store.succeed(first)
        assert [(message.job_id, message.published_at) for message in store.release_next("example.com")] == [
            (oldest.id, None)
        ]
        assert [is_parked(store, job) for job in (oldest, other)] == [False, True]

    def test_one_that_is_younger_than_the_next_in_the_queue_goes_to_the_end(self, store: Store, worker: UUID) -> None:
        waiting = store.submit(host="example.org")
        (first, _), (younger, _) = parked(store, worker, 2)
        store.succeed(first)
        (message,) = store.release_next("example.com", next_in_queue=waiting.id)
        assert message.published_at is not None
        assert younger.published_at < message.published_at == store.job(younger.id).published_at

    def test_one_that_is_older_than_the_next_in_the_queue_goes_to_the_front(self, store: Store, worker: UUID) -> None:
        (first, _), (older, _) = parked(store, worker, 2)
        waiting = store.submit(host="example.org")
        store.succeed(first)
        (message,) = store.release_next("example.com", next_in_queue=waiting.id)
        assert (message.job_id, message.published_at) == (older.id, None)

    def test_the_reconciler_sends_older_ones_to_the_front_and_younger_ones_to_the_end(
        self, store: Store, worker: UUID, reconciler: Reconciler, queue: Queue, broker: Broker
    ) -> None:
        held, (oldest,) = parked(store, worker, 1, host="old.example")
        waiting = store.submit(host="example.org")
        broker.publish([Message(kind="count", job_id=waiting.id, published_at=waiting.published_at)])
        also_held, (young, younger) = parked(store, worker, 2, host="young.example")
        for claim in (*held, *also_held):
            store.succeed(claim)
        assert reconciler.round(judge_workers=True).released == 3
        assert queue.job_ids() == [oldest.id, waiting.id, young.id, younger.id]

    def test_a_job_in_the_queue_has_its_turn_however_many_come_to_a_full_host(
        self, store: Store, worker: UUID, queue: Queue, broker: Broker
    ) -> None:
        def submit(host: str) -> UUID:
            job = store.submit(host=host, at_once=1)
            if job.parked_at is None:
                broker.publish([Message(kind="count", job_id=job.id, published_at=job.published_at)])
            return job.id

        before = [submit("full.example") for _ in range(3)]
        waiting = submit("example.org")
        taken = []
        while waiting not in taken:
            submit("full.example")
            job = store.job(queue.job_ids()[0])
            taken.append(job.id)
            queue.take()
            store.succeed(entered(store, job, worker, HostLimits(at_once=1, gap_seconds=0)))
            broker.publish(store.release_next(str(job.host), broker.next_job()))
            assert len(taken) <= 10
        assert taken == [*before, waiting]

    def test_jobs_in_the_queue_take_up_the_room_of_their_host(
        self, store: Store, worker: UUID, reconciler: Reconciler
    ) -> None:
        (first, second), (oldest, next_one, _) = parked(store, worker, 3)
        store.succeed(first)
        store.release_next("example.com")
        store.succeed(second)
        assert reconciler.round(judge_workers=True).released == 1
        assert not reconciler.round(judge_workers=True)
        assert [is_parked(store, job) for job in (oldest, next_one)] == [False, False]

    def test_jobs_whose_kind_no_worker_knows_keep_no_others_from_their_host(
        self, store: Store, reconciler: Reconciler
    ) -> None:
        for _ in range(TWO.at_once):
            store.submit(kind="gone", at_once=TWO.at_once)
        job = store.submit(at_once=TWO.at_once)
        assert is_parked(store, job)
        assert reconciler.round(judge_workers=True).released == 1
        assert not is_parked(store, job)

    def test_a_release_whose_message_was_never_sent_is_mended(
        self, store: Store, worker: UUID, reconciler: Reconciler, queue: Queue
    ) -> None:
        (first, _), (job,) = parked(store, worker, 1)
        store.sql("UPDATE jobs SET published_at = now() - interval '3 seconds' WHERE state = 'PENDING'")
        store.succeed(first)
        store.release_next("example.com")  # and the process dies
        assert reconciler.round(judge_workers=True).published == 1
        assert queue.job_ids() == [job.id]

    def test_what_no_attempt_released_the_reconciler_releases_the_oldest_first(
        self, store: Store, worker: UUID, reconciler: Reconciler, queue: Queue
    ) -> None:
        held, (first, second, _) = parked(store, worker, 3)
        store.give_back_all(worker)
        store.sql("UPDATE jobs SET state = 'REVOKED', finished_at = now() WHERE attempt > 0")
        assert len(held) == reconciler.round(judge_workers=True).released == 2
        assert queue.job_ids() == [first.id, second.id]
        assert reconciler.round(judge_workers=True).released == 0  # as long as nobody takes these

    def test_the_reconciler_releases_nothing_of_a_full_host(
        self, store: Store, worker: UUID, reconciler: Reconciler, queue: Queue
    ) -> None:
        parked(store, worker, 3)
        store.sql("UPDATE jobs SET published_at = now() - interval '1 hour' WHERE state = 'PENDING'")
        assert not reconciler.round(judge_workers=True)
        assert len(queue) == 0

    def test_the_reconciler_releases_of_every_host_that_has_room(
        self, store: Store, worker: UUID, reconciler: Reconciler, queue: Queue
    ) -> None:
        hosts = [f"{number}.example" for number in range(5)]
        for host in hosts:
            (first, _), _ = parked(store, worker, 3, host=host)
            store.succeed(first)
        assert reconciler.round(judge_workers=True).released == len(hosts)
        assert sorted(str(store.job(job_id).host) for job_id in queue.job_ids()) == hosts

    def test_two_reconcilers_at_once_release_each_job_once(
        self, store: Store, worker: UUID, reconciler: Reconciler
    ) -> None:
        hosts = [f"{number}.example" for number in range(20)]
        for host in hosts:
            _, behind = parked(store, worker, 4, host=host)
            assert len(behind) == 4
        store.sql("UPDATE jobs SET state = 'REVOKED', finished_at = now(), worker_id = NULL WHERE state = 'STARTED'")
        together = threading.Barrier(2)

        def work(_: int) -> list[UUID]:
            together.wait(10)
            return [message.job_id for message in store.release_all(reconciler.host_limits)]

        with ThreadPoolExecutor(2) as pool:
            released = [job_id for of_one in pool.map(work, range(2)) for job_id in of_one]
        assert len(released) == len(set(released)) == store.count("jobs WHERE state = 'PENDING' AND parked_at IS NULL")
        assert len(released) >= 2 * len(hosts)


class TestPauses:
    """A host that asks for it is left alone by all jobs."""

    def test_no_job_of_the_host_begins_before_the_pause_ends(
        self, store: Store, worker: UUID, reconciler: Reconciler, queue: Queue
    ) -> None:
        store.pause_as_asked(TransientError("busy", type="server-busy", retry_after=30, limit_key="example.com"))
        jobs = [store.submit() for _ in range(3)]
        assert [store.enter(job, worker, TWO) for job in jobs] == [None] * 3
        assert store.enter(store.submit(host="example.org"), worker, TWO)
        assert store.release_next("example.com") == []
        assert reconciler.round(judge_workers=True).released == 0
        let_pauses_pass(store, 31)
        assert reconciler.round(judge_workers=True).released == 2
        assert queue.job_ids() == [jobs[0].id, jobs[1].id]

    def test_a_shorter_pause_does_not_end_a_longer_one(self, store: Store) -> None:
        store.pause_as_asked(TransientError("busy", type="server-busy", retry_after=600, limit_key="example.com"))
        store.pause_as_asked(TransientError("busy", type="server-busy", retry_after=5, limit_key="example.com"))
        assert 590 < pauses(store)["example.com"] <= 600

    def test_a_pause_is_an_hour_at_most(self, store: Store) -> None:
        store.pause_as_asked(TransientError("busy", type="server-busy", retry_after=1e9, limit_key="example.com"))
        assert 3_590 < pauses(store)["example.com"] <= 3_600

    @pytest.mark.parametrize(
        "error",
        [
            None,
            BUSY,
            TransientError("slow", type="fetch-timed-out"),
            TransientError("busy", type="server-busy", limit_key="example.com"),
            TransientError("busy", type="server-busy", retry_after=0, limit_key="example.com"),
        ],
    )
    def test_nothing_else_makes_a_pause(self, store: Store, error: CoreError | None) -> None:
        store.pause_as_asked(error)
        assert pauses(store) == {}

    def test_the_scheduler_is_told_when_the_first_pause_ends_that_jobs_wait_for(
        self, store: Store, worker: UUID, reconciler: Reconciler
    ) -> None:
        store.pause_as_asked(TransientError("busy", type="server-busy", retry_after=1, limit_key="example.com"))
        assert reconciler.seconds_to_next_release() == 2.0  # no job waits for it
        assert store.enter(store.submit(), worker, TWO) is None
        assert 0 < reconciler.seconds_to_next_release() <= 1

    def test_pauses_that_are_over_are_forgotten(self, store: Store) -> None:
        store.pause_as_asked(TransientError("busy", type="server-busy", retry_after=5, limit_key="over.example"))
        store.pause_as_asked(TransientError("busy", type="server-busy", retry_after=500, limit_key="going-on.example"))
        let_pauses_pass(store, 6)
        with store.database.transaction() as connection:
            assert retention.delete_ended_pauses(connection) == 1
        assert list(pauses(store)) == ["going-on.example"]


class TestGaps:
    """Between two starts on one host lies the gap that is set."""

    def test_the_next_job_waits_for_the_gap_to_pass(self, store: Store, worker: UUID) -> None:
        first, second = store.submit(), store.submit()
        store.succeed(entered(store, first, worker, SPACED))
        assert store.enter(second, worker, SPACED) is None
        assert 59 < pauses(store)["example.com"] <= 60
        let_pauses_pass(store, 61)
        assert [message.job_id for message in store.release_all(SPACED)] == [second.id]
        assert store.enter(second, worker, SPACED)

    def test_a_host_with_a_gap_has_room_for_one_at_a_time(self, store: Store, worker: UUID) -> None:
        jobs = [store.submit() for _ in range(3)]
        entered(store, jobs[0], worker, SPACED)
        assert [store.enter(job, worker, SPACED) for job in jobs[1:]] == [None, None]
        let_pauses_pass(store, 61)
        assert [message.job_id for message in store.release_all(SPACED)] == [jobs[1].id]

    def test_of_many_claims_at_once_one_is_had(self, store: Store) -> None:
        workers = [store.worker(f"worker {number}") for number in range(8)]
        jobs = [store.submit() for _ in workers]
        together = threading.Barrier(len(workers))

        def claim(number: int) -> Claim | None:
            together.wait(10)
            return store.enter(jobs[number], workers[number], SPACED)

        with ThreadPoolExecutor(len(workers)) as pool:
            assert len([held for held in pool.map(claim, range(len(workers))) if held]) == 1
