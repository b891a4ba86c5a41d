import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Row

from embedded.servers import Servers
from job_core import reconciler as reconciler_module
from job_core.errors import BrokerUnavailable
from job_core.job import Job, Message, State
from job_core.queue import MAX_LOOKED_AT, JobQueue, lists, requeued
from job_core.reconciler import UNKNOWN_AFTER, Reconciler, Repairs
from job_core.store.database import Database
from job_core.store.workers import LOST_AFTER
from job_tasks.job_tasks import core
from tests.integration.job_store import KINDS, MANY_ENDED, TIME_LIMIT_SECONDS, Store
from tests.integration.pausing import refused_port, with_port
from tests.integration.queue import QUEUE, Queue, full

NOTHING = Repairs()
MANY_WAITING = """
    INSERT INTO jobs (id, kind, label, request, on_failure, max_attempts, max_crashes, published_at)
    SELECT gen_random_uuid(), 'count', 'https://example.com/', '{}', 'retry', 3, 3, (PUBLISHED)
    FROM generate_series(1, :many) AS number
"""


def message_of(job: Job) -> Message:
    """The message that was sent for a job, or should have been."""
    assert job.published_at is not None
    return Message(
        kind=job.kind,
        job_id=job.id,
        label=job.label,
        published_at=job.published_at,
        bulk=job.bulk,
        requeued=job.requeued,
    )


def publish_all(store: Store, broker: JobQueue) -> None:
    """Send a message for every waiting row, in the order of its time, as the manager did."""
    rows = store.sql(
        "SELECT kind, id AS job_id, label, published_at, bulk, requeued FROM jobs"
        " WHERE state = 'PENDING' AND published_at IS NOT NULL ORDER BY published_at, id"
    )
    broker.publish([Message(**row._mapping) for row in rows])  # noqa: SLF001 - SQLAlchemy's documented name


class TestRest:
    """A round at rest is one question, whose answer is that there is nothing to repair or to wait for."""

    @staticmethod
    def is_quiet(store: Store) -> bool:
        ((quiet,),) = store.database.call("SELECT is_quiet(%s)", LOST_AFTER)
        return bool(quiet)

    def test_with_ended_jobs_and_live_workers_it_rests(self, store: Store) -> None:
        store.sql("UPDATE workers SET stopped_at = now()")
        store.succeed(store.claimed())
        assert self.is_quiet(store)

    def test_an_open_job_keeps_it_busy(self, store: Store) -> None:
        store.sql("UPDATE workers SET stopped_at = now()")
        job = store.submit()
        assert not self.is_quiet(store)
        store.cancel(job.id)
        assert self.is_quiet(store)

    @pytest.mark.parametrize("silent_for", [11, -11])
    def test_a_worker_that_is_silent_or_was_seen_in_the_future_keeps_it_busy(
        self, store: Store, silent_for: float
    ) -> None:
        store.sql("UPDATE workers SET stopped_at = now()")
        store.unseen(store.worker(), silent_for)
        assert not self.is_quiet(store)

    def test_a_webhook_that_is_due_keeps_it_busy(self, store: Store) -> None:
        store.sql("UPDATE workers SET stopped_at = now()")
        store.ended("https://receiver.example/hook")
        assert not self.is_quiet(store)


class TestPublishing:
    """Every waiting row has a message in the queue, and hardly ever two."""

    def test_a_job_that_was_committed_but_not_published(
        self, store: Store, reconciler: Reconciler, queue: Queue
    ) -> None:
        job = store.submit()
        assert reconciler.round(judge_workers=True) == NOTHING  # it may still be on its way
        store.let_pass(2.1)
        assert reconciler.round(judge_workers=True) == Repairs(published=1)
        assert queue.job_ids() == [job.id]
        assert reconciler.round(judge_workers=True) == NOTHING

    def test_a_job_that_the_broker_refused(self, store: Store, reconciler: Reconciler, queue: Queue) -> None:
        job = store.submit()
        store.sql("UPDATE jobs SET published_at = NULL")
        assert reconciler.round(judge_workers=True) == Repairs(published=1)
        assert queue.job_ids() == [job.id]

    def test_a_queue_that_was_wiped(self, store: Store, reconciler: Reconciler, broker: JobQueue, queue: Queue) -> None:
        ids = [store.submit().id for _ in range(5)]
        store.let_pass(60)
        publish_all(store, broker)
        assert reconciler.round(judge_workers=True) == NOTHING
        queue.wipe()
        assert reconciler.round(judge_workers=True) == Repairs(published=5)
        assert queue.job_ids() == ids
        assert reconciler.round(judge_workers=True) == NOTHING

    def test_a_queue_that_was_wiped_and_has_newer_messages(
        self, store: Store, reconciler: Reconciler, broker: JobQueue, queue: Queue
    ) -> None:
        lost = [store.submit().id for _ in range(3)]
        store.let_pass(60)
        newer = store.submit()
        broker.publish([message_of(newer)])
        assert reconciler.round(judge_workers=True) == Repairs(published=3)
        assert queue.job_ids() == [newer.id, *lost]

    def test_a_message_that_was_lost_alone_is_found_once_it_would_be_its_turn(
        self, store: Store, reconciler: Reconciler, broker: JobQueue, queue: Queue
    ) -> None:
        for _ in range(3):
            store.submit()
            store.let_pass(10)
        publish_all(store, broker)
        first, second, third = queue.job_ids()
        queue.lose(second)
        assert reconciler.round(judge_workers=True) == NOTHING
        queue.take()
        assert store.claim(store.job(first))
        assert reconciler.round(judge_workers=True) == Repairs(published=1)
        assert queue.job_ids() == [third, second]

    def test_a_broker_that_is_down_and_comes_back(
        self, store: Store, servers: Servers, reconciler: Reconciler, queue: Queue
    ) -> None:
        job = store.submit()
        store.let_pass(60)
        away = JobQueue(core.name, KINDS, with_port(servers.broker.url, refused_port()), timeout_seconds=0.3)
        with pytest.raises(BrokerUnavailable) as raised:
            replace(reconciler, queue=away).round(judge_workers=True)
        assert raised.value.reason == "not reachable"
        assert reconciler.round(judge_workers=True) == Repairs(published=1)
        assert queue.job_ids() == [job.id]

    def test_a_broker_that_takes_nothing(self, store: Store, reconciler: Reconciler, queue: Queue) -> None:
        job = store.submit()
        store.let_pass(60)
        with full(queue), pytest.raises(BrokerUnavailable) as raised:
            reconciler.round(judge_workers=True)
        assert raised.value.reason == "out of memory"
        assert store.job(job.id).published_at is None
        assert reconciler.round(judge_workers=True) == Repairs(published=1)
        assert queue.job_ids() == [job.id]

    def test_the_rest_of_a_round_is_done_without_the_broker(
        self, store: Store, reconciler: Reconciler, queue: Queue
    ) -> None:
        held = store.claimed()
        store.unseen(store.worker_of(held))
        with full(queue), pytest.raises(BrokerUnavailable):
            reconciler.round(judge_workers=True)
        assert store.state(held.job_id) is State.PENDING

    def test_a_job_that_has_been_claimed_before_need_not_wait_behind_a_surge(
        self, store: Store, reconciler: Reconciler, broker: JobQueue, queue: Queue
    ) -> None:
        held = store.claimed()
        behind = [store.submit().id for _ in range(3)]
        publish_all(store, broker)
        store.give_back(store.worker_of(held), held.job_id)
        assert reconciler.round(judge_workers=True) == Repairs(published=1)
        assert (queue.job_ids(requeued(QUEUE)), queue.job_ids(QUEUE)) == ([held.job_id], behind)
        assert reconciler.round(judge_workers=True) == NOTHING
        with queue.consumer() as take:
            assert held.job_id in [take() for _ in range(2)]

    @pytest.mark.parametrize("place", range(4), ids=lists("of"))
    @pytest.mark.parametrize("others", [0, 1])
    def test_a_message_that_was_lost_is_found_whatever_lies_in_the_other_lists(
        self,
        store: Store,
        reconciler: Reconciler,
        broker: JobQueue,
        queue: Queue,
        place: int,
        others: int,
    ) -> None:
        def submit(to: int) -> Job:
            job = store.submit()
            store.sql(
                "UPDATE jobs SET bulk = :bulk, requeued = :requeued WHERE id = :id",
                bulk=to in {2, 3},
                requeued=to in {1, 3},
                id=job.id,
            )
            return store.job(job.id)

        names = dict(enumerate(lists(QUEUE)))
        name = names.pop(place)
        older, lost = {other: submit(other) for other in names}, submit(place)
        store.let_pass(60)
        waiting = [submit(place) for _ in range(others)]
        broker.publish([message_of(store.job(job.id)) for job in (*older.values(), *waiting)])
        assert reconciler.round(judge_workers=True) == Repairs(published=1)
        assert queue.job_ids(name) == [*[job.id for job in waiting], lost.id]
        assert [queue.job_ids(names[other]) for other in names] == [[older[other].id] for other in names]
        assert reconciler.round(judge_workers=True) == NOTHING

    def test_a_message_that_somebody_else_sent_says_nothing_about_the_rest(
        self, store: Store, reconciler: Reconciler, broker: JobQueue, queue: Queue
    ) -> None:
        waiting = store.submit()
        store.let_pass(60)
        publish_all(store, broker)
        queue.redis.rpush("celery", "not even JSON")
        assert reconciler.round(judge_workers=True) == NOTHING
        queue.take()
        assert queue.job_ids() == [waiting.id]

    def test_where_others_messages_hide_the_oldest_of_ours_only_the_unsent_are_sent(
        self, store: Store, reconciler: Reconciler, broker: JobQueue, queue: Queue
    ) -> None:
        waiting = store.submit()
        store.let_pass(60)
        publish_all(store, broker)
        unsent = store.submit()
        store.sql("UPDATE jobs SET published_at = NULL WHERE id = :id", id=unsent.id)
        queue.redis.rpush("celery", *["not even JSON"] * MAX_LOOKED_AT)
        assert reconciler.round(judge_workers=True) == Repairs(published=1)
        queue.redis.lrem("celery", 0, "not even JSON")
        assert queue.job_ids() == [waiting.id, unsent.id]

    def test_ten_thousand_that_wait_are_not_published_again(
        self, store: Store, reconciler: Reconciler, broker: JobQueue, queue: Queue
    ) -> None:
        waiting, rounds, taken_a_round = 10_000, 20, 10
        over_an_hour = MANY_WAITING.replace("PUBLISHED", "now() - interval '1 hour' + number * interval '0.3 seconds'")
        store.sql(over_an_hour, many=waiting)
        publish_all(store, broker)
        ids = queue.job_ids()
        worker_id = store.worker()
        for turn in range(rounds):
            assert reconciler.round(judge_workers=False) == NOTHING
            for job_id in ids[turn * taken_a_round : (turn + 1) * taken_a_round]:
                queue.take()
                assert store.claim(store.job(job_id), worker_id)
        assert len(queue) == waiting - rounds * taken_a_round

    def test_more_than_a_batch_is_published_in_one_round(
        self, store: Store, reconciler: Reconciler, queue: Queue
    ) -> None:
        store.sql(MANY_WAITING.replace("PUBLISHED", "NULL::timestamptz"), many=2_500)
        assert reconciler.round(judge_workers=False) == Repairs(published=2_500)
        assert len(set(queue.job_ids())) == len(queue) == 2_500

    def test_a_round_that_takes_long_publishes_no_row_twice(
        self, store: Store, reconciler: Reconciler, queue: Queue, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(reconciler_module, "ON_THE_WAY", timedelta(0))  # so that any time is a long one
        store.sql(MANY_WAITING.replace("PUBLISHED", "now() - interval '1 hour'"), many=2_500)
        assert reconciler.round(judge_workers=False) == Repairs(published=2_500)
        assert len(set(queue.job_ids())) == len(queue) == 2_500

    def test_two_reconcilers_at_once_publish_each_row_once(
        self, store: Store, reconciler: Reconciler, queue: Queue
    ) -> None:
        store.sql(MANY_WAITING.replace("PUBLISHED", "NULL::timestamptz"), many=3_000)
        together = threading.Barrier(2)

        def work(_: int) -> int:
            together.wait(10)
            return reconciler.round(judge_workers=True).published

        with ThreadPoolExecutor(2) as pool:
            published = sum(pool.map(work, range(2)))
        published += reconciler.round(judge_workers=True).published
        assert published == len(queue) == len(set(queue.job_ids())) == 3_000


class TestTakingBack:
    """What a dead worker held, what is overdue, what is due."""

    def test_the_claims_of_a_lost_worker(self, store: Store, reconciler: Reconciler, queue: Queue) -> None:
        lost, alive = store.worker("lost"), store.worker("alive")
        of_lost, of_alive = store.claimed(lost), store.claimed(alive)
        store.unseen(lost)
        assert reconciler.round(judge_workers=True) == Repairs(workers_lost=1, taken_back=1, published=1)
        assert queue.job_ids() == [of_lost.job_id]
        assert store.outcomes(of_lost.job_id) == ["LOST"]
        assert store.state(of_alive.job_id) is State.STARTED

    def test_no_worker_is_judged_right_after_the_database_was_away(self, store: Store, reconciler: Reconciler) -> None:
        held = store.claimed()
        store.unseen(store.worker_of(held))
        assert reconciler.round(judge_workers=False) == NOTHING
        assert store.state(held.job_id) is State.STARTED

    def test_two_at_once_take_back_each_claim_once(self, store: Store, reconciler: Reconciler) -> None:
        held = []
        for number in range(10):
            worker_id = store.worker(f"worker {number}")
            held += [store.claimed(worker_id) for _ in range(3)]
            store.unseen(worker_id)
        together = threading.Barrier(2)

        def work(_: int) -> Repairs:
            together.wait(10)
            return reconciler.round(judge_workers=True)

        with ThreadPoolExecutor(2) as pool:
            first, second = pool.map(work, range(2))
        assert first.workers_lost + second.workers_lost == 10
        assert first.taken_back + second.taken_back == 30
        assert {tuple(store.outcomes(each.job_id)) for each in held} == {("LOST",)}

    def test_a_retry_that_is_due(self, store: Store, reconciler: Reconciler, queue: Queue) -> None:
        due, later = store.claimed(), store.claimed()
        store.retry(due, wait_seconds=30)
        store.retry(later, wait_seconds=90)
        store.let_pass(31)
        assert reconciler.round(judge_workers=True) == Repairs(due=1, published=1)
        assert queue.job_ids() == [due.job_id]
        job = store.job(due.job_id)
        assert (job.state, job.due_at, job.attempts_used) == (State.PENDING, None, 1)
        assert store.state(later.job_id) is State.RETRY

    def test_an_attempt_that_is_overdue_counts_as_a_crash(
        self, store: Store, reconciler: Reconciler, queue: Queue
    ) -> None:
        held = store.claimed()
        store.let_pass(TIME_LIMIT_SECONDS - 10)
        assert reconciler.round(judge_workers=False) == NOTHING
        store.let_pass(11)
        assert reconciler.round(judge_workers=False) == Repairs(overdue=1, published=1)
        assert queue.job_ids() == [held.job_id]
        job = store.job(held.job_id)
        assert (job.state, job.crashes, job.attempts_used) == (State.PENDING, 1, 0)
        assert store.outcomes(held.job_id) == ["CRASHED"]

    def test_a_job_whose_crashes_are_used_up_ends_with_the_reason(
        self, store: Store, reconciler: Reconciler, queue: Queue
    ) -> None:
        held = store.claimed(max_crashes=1)
        store.let_pass(TIME_LIMIT_SECONDS + 1)
        assert reconciler.round(judge_workers=False) == Repairs(overdue=1)
        job = store.job(held.job_id)
        assert job.state is State.FAILURE
        assert job.error is not None
        assert (job.error["type"], job.error["retryable"]) == ("attempt-out-of-time", False)
        assert len(queue) == 0

    def test_the_end_of_an_overdue_attempt_releases_a_parked_job(
        self, store: Store, reconciler: Reconciler, queue: Queue
    ) -> None:
        held = store.claimed()
        parked = store.submit(at_once=1)
        assert parked.parked_at is not None
        store.let_pass(TIME_LIMIT_SECONDS + 1)
        assert reconciler.round(judge_workers=False) == Repairs(overdue=1, published=1)
        assert queue.job_ids() == [parked.id, held.job_id]

    def test_two_at_once_break_each_overdue_claim_once(self, store: Store, reconciler: Reconciler) -> None:
        held = [store.claimed() for _ in range(20)]
        store.let_pass(TIME_LIMIT_SECONDS + 1)
        together = threading.Barrier(2)

        def work(_: int) -> int:
            together.wait(10)
            return reconciler.round(judge_workers=True).overdue

        with ThreadPoolExecutor(2) as pool:
            assert sum(pool.map(work, range(2))) == 20
        assert {store.job(each.job_id).crashes for each in held} == {1}

    def test_a_cancelled_job_is_left_alone(self, store: Store, reconciler: Reconciler, queue: Queue) -> None:
        job = store.submit()
        store.cancel(job.id)
        store.let_pass(3_600)
        assert reconciler.round(judge_workers=True) == NOTHING
        assert len(queue) == 0


class TestUnknownKinds:
    """A job that no worker knows how to do comes to an end, too."""

    def grow_old(self, store: Store, seconds: float) -> None:
        store.let_pass(seconds)
        store.sql("UPDATE jobs SET created_at = created_at - :by", by=timedelta(seconds=seconds))

    def test_it_waits_for_a_worker_that_may_be_on_its_way_and_then_ends_with_the_reason(
        self, store: Store, reconciler: Reconciler, queue: Queue
    ) -> None:
        job = store.submit(kind="gone", callback_url="https://example.org/counted")
        self.grow_old(store, UNKNOWN_AFTER.total_seconds() - 10)
        assert reconciler.round(judge_workers=True) == Repairs(published=1)
        assert (store.state(job.id), queue.job_ids()) == (State.PENDING, [job.id])
        queue.take()
        self.grow_old(store, 11)
        assert reconciler.round(judge_workers=True) == Repairs(unknown=1)
        ended = store.job(job.id)
        assert ended.state is State.FAILURE
        assert ended.error is not None
        assert (ended.error["type"], ended.error["retryable"]) == ("unknown-kind", False)
        assert store.delivery(job.id)
        assert len(queue) == 0
        assert reconciler.round(judge_workers=True) == NOTHING

    def test_a_parked_one_ends_once_it_is_released(self, store: Store, reconciler: Reconciler) -> None:
        store.submit(at_once=1)
        job = store.submit(kind="gone", at_once=1)
        assert job.parked_at is not None
        self.grow_old(store, UNKNOWN_AFTER.total_seconds() + 1)
        assert reconciler.round(judge_workers=True) == Repairs(released=1, published=1)
        assert reconciler.round(judge_workers=True) == Repairs(unknown=1)
        assert (store.state(job.id), store.job(job.id).parked_at) == (State.FAILURE, None)

    def test_one_that_is_under_way_is_left_to_its_worker(self, store: Store, reconciler: Reconciler) -> None:
        """Another release, say, whose workers still know it."""
        running, retrying = store.claimed(kind="gone"), store.claimed(kind="gone")
        store.retry(retrying, wait_seconds=3_600)
        store.sql("UPDATE jobs SET created_at = created_at - :by", by=UNKNOWN_AFTER)
        assert reconciler.round(judge_workers=True) == NOTHING
        assert [store.state(held.job_id) for held in (running, retrying)] == [State.STARTED, State.RETRY]

    def test_those_that_are_known_never_end_so(self, store: Store, reconciler: Reconciler) -> None:
        job = store.submit()
        self.grow_old(store, 30 * 24 * 3_600)
        assert reconciler.round(judge_workers=True) == Repairs(published=1)
        assert store.state(job.id) is State.PENDING


class Reading:
    """A database that notes how many rows of `jobs` are read."""

    def __init__(self, database: Database) -> None:
        self.rows = 0
        self._database = database

    def call(self, statement: str, *parameters: object) -> Sequence[Row[Any]]:
        read = "SELECT seq_tup_read + idx_tup_fetch FROM pg_stat_xact_user_tables WHERE relname = 'jobs'"
        with self._database.transaction() as connection:
            before = connection.exec_driver_sql(read).scalar_one()
            found = connection.exec_driver_sql(statement, parameters).all()
            self.rows += connection.exec_driver_sql(read).scalar_one() - before
        return found

    commit = call


def test_a_round_reads_few_jobs_however_many_wait_or_have_ended(
    store: Store, reconciler: Reconciler, broker: JobQueue
) -> None:
    store.sql(MANY_WAITING.replace("PUBLISHED", "now() - interval '1 hour'"), many=5_000)
    store.sql("UPDATE jobs SET created_at = created_at - interval '1 day'")
    store.sql(MANY_ENDED, many=5_000, age="1 day")
    publish_all(store, broker)
    held = store.claimed()
    store.retry(store.claimed(), wait_seconds=60)
    store.sql("ANALYZE jobs")
    reading = Reading(store.database)
    replace(reconciler, database=reading).round(judge_workers=True)  # type: ignore[arg-type] # it has what a round needs
    assert reading.rows < 100
    assert store.state(held.job_id) is State.STARTED


def test_a_round_that_did_nothing_is_falsy() -> None:
    assert not NOTHING
    assert Repairs(due=1)
