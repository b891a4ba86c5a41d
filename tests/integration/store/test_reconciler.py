import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta

import pytest

from embedded.servers import Servers
from job_core import reconciler as reconciler_module
from job_core.errors import BrokerUnavailable
from job_core.job import Message, State
from job_core.queue import Broker
from job_core.reconciler import Reconciler, Repairs
from job_tasks.job_tasks import app
from tests.integration.job_store import KINDS, UNLIMITED, Store
from tests.integration.pausing import refused_port, with_port
from tests.integration.queue import Queue

NOTHING = Repairs(workers_lost=0, taken_back=0, overdue=0, due=0, released=0, published=0)
OVERDUE_AFTER = timedelta(minutes=3)
MANY_WAITING = """
    INSERT INTO jobs (id, kind, url, request, on_failure, max_attempts, max_crashes, published_at)
    SELECT gen_random_uuid(), 'count', 'https://example.com/', '{}', 'retry', 3, 3, (PUBLISHED)
    FROM generate_series(1, :many) AS number
"""


@pytest.fixture
def reconciler(store: Store, broker: Broker) -> Reconciler:
    return Reconciler(
        database=store.database, broker=broker, overdue_after=OVERDUE_AFTER, host_limits=UNLIMITED, kinds=KINDS
    )


def repairs(**done: int) -> Repairs:
    return Repairs(**{**vars(NOTHING), **done})


def let_pass(store: Store, seconds: float) -> None:
    store.sql(
        "UPDATE jobs SET published_at = published_at - :by, started_at = started_at - :by, due_at = due_at - :by"
        " WHERE finished_at IS NULL",
        by=timedelta(seconds=seconds),
    )


def publish_all(store: Store, broker: Broker) -> None:
    """Send a message for every waiting row, in the order of its time, as the manager did."""
    rows = store.sql("SELECT id, kind, published_at FROM jobs WHERE state = 'PENDING' ORDER BY published_at, id")
    broker.publish([Message(kind=row.kind, job_id=row.id, published_at=row.published_at) for row in rows])


@contextmanager
def full(queue: Queue) -> Iterator[None]:
    """Redis answers, but takes nothing more, as when its memory is used up."""
    queue.redis.config_set("maxmemory", "1")
    try:
        yield
    finally:
        queue.redis.config_set("maxmemory", "0")


class TestPublishing:
    """Every waiting row has a message in the queue, and hardly ever two."""

    def test_a_job_that_was_committed_but_not_published(
        self, store: Store, reconciler: Reconciler, queue: Queue
    ) -> None:
        job = store.submit()
        assert reconciler.round(judge_workers=True) == NOTHING  # it may still be on its way
        let_pass(store, 2.1)
        assert reconciler.round(judge_workers=True) == repairs(published=1)
        assert queue.job_ids() == [job.id]
        assert reconciler.round(judge_workers=True) == NOTHING

    def test_a_job_that_the_broker_refused(self, store: Store, reconciler: Reconciler, queue: Queue) -> None:
        job = store.submit()
        store.sql("UPDATE jobs SET published_at = NULL")
        assert reconciler.round(judge_workers=True) == repairs(published=1)
        assert queue.job_ids() == [job.id]

    def test_a_queue_that_was_wiped(self, store: Store, reconciler: Reconciler, broker: Broker, queue: Queue) -> None:
        ids = [store.submit().id for _ in range(5)]
        let_pass(store, 60)
        publish_all(store, broker)
        assert reconciler.round(judge_workers=True) == NOTHING
        queue.wipe()
        assert reconciler.round(judge_workers=True) == repairs(published=5)
        assert queue.job_ids() == ids
        assert reconciler.round(judge_workers=True) == NOTHING

    def test_a_queue_that_was_wiped_and_has_newer_messages(
        self, store: Store, reconciler: Reconciler, broker: Broker, queue: Queue
    ) -> None:
        lost = [store.submit().id for _ in range(3)]
        let_pass(store, 60)
        newer = store.submit()
        broker.publish([Message(kind="count", job_id=newer.id, published_at=newer.published_at)])
        assert reconciler.round(judge_workers=True) == repairs(published=3)
        assert queue.job_ids() == [newer.id, *lost]

    def test_a_message_that_was_lost_alone_is_found_once_it_would_be_its_turn(
        self, store: Store, reconciler: Reconciler, broker: Broker, queue: Queue
    ) -> None:
        for _ in range(3):
            store.submit()
            let_pass(store, 10)
        publish_all(store, broker)
        first, second, third = queue.job_ids()
        queue.lose(second)
        assert reconciler.round(judge_workers=True) == NOTHING
        queue.take()
        assert store.claim(store.job(first))
        assert reconciler.round(judge_workers=True) == repairs(published=1)
        assert queue.job_ids() == [third, second]

    def test_a_broker_that_is_down_and_comes_back(
        self, store: Store, servers: Servers, reconciler: Reconciler, queue: Queue
    ) -> None:
        job = store.submit()
        let_pass(store, 60)
        away = Broker(app, with_port(servers.broker.url, refused_port()), timeout_seconds=0.3)
        with pytest.raises(BrokerUnavailable):
            Reconciler(
                database=store.database, broker=away, overdue_after=OVERDUE_AFTER, host_limits=UNLIMITED, kinds=KINDS
            ).round(judge_workers=True)
        assert reconciler.round(judge_workers=True) == repairs(published=1)
        assert queue.job_ids() == [job.id]

    def test_a_broker_that_takes_nothing(self, store: Store, reconciler: Reconciler, queue: Queue) -> None:
        job = store.submit()
        let_pass(store, 60)
        with full(queue), pytest.raises(BrokerUnavailable):
            reconciler.round(judge_workers=True)
        assert store.job(job.id).published_at is None
        assert reconciler.round(judge_workers=True) == repairs(published=1)
        assert queue.job_ids() == [job.id]

    def test_the_rest_of_a_round_is_done_without_the_broker(
        self, store: Store, reconciler: Reconciler, queue: Queue
    ) -> None:
        held = store.claimed()
        store.unseen(held.worker_id)
        with full(queue), pytest.raises(BrokerUnavailable):
            reconciler.round(judge_workers=True)
        assert store.state(held.job_id) is State.PENDING

    def test_a_job_that_was_at_the_front_goes_there_again(
        self, store: Store, reconciler: Reconciler, broker: Broker, queue: Queue
    ) -> None:
        held = store.claimed()
        behind = [store.submit().id for _ in range(3)]
        publish_all(store, broker)
        store.give_back_all(held.worker_id)
        assert reconciler.round(judge_workers=True) == repairs(published=1)
        assert queue.job_ids() == [held.job_id, *behind]
        assert reconciler.round(judge_workers=True) == NOTHING

    @pytest.mark.parametrize("others", [0, 1])
    def test_a_message_that_was_lost_is_found_behind_those_that_jumped_the_queue(
        self, store: Store, reconciler: Reconciler, broker: Broker, queue: Queue, others: int
    ) -> None:
        # On a host that is full, all messages jump the queue, one for each attempt that ends.
        lost, urgent = store.submit(), store.submit()
        let_pass(store, 60)
        waiting = [store.submit() for _ in range(others)]
        broker.publish([Message(kind="count", job_id=job.id, published_at=job.published_at) for job in waiting])
        broker.publish([Message(kind="count", job_id=urgent.id, published_at=None)])
        assert reconciler.round(judge_workers=True) == repairs(published=1)
        assert queue.job_ids() == [urgent.id, *[job.id for job in waiting], lost.id]
        assert reconciler.round(judge_workers=True) == NOTHING

    def test_a_message_that_somebody_else_sent_says_nothing_about_the_rest(
        self, store: Store, reconciler: Reconciler, broker: Broker, queue: Queue
    ) -> None:
        waiting = store.submit()
        let_pass(store, 60)
        publish_all(store, broker)
        queue.redis.rpush("celery", "not even JSON")
        assert reconciler.round(judge_workers=True) == NOTHING
        queue.take()
        assert queue.job_ids() == [waiting.id]

    def test_ten_thousand_that_wait_are_not_published_again(
        self, store: Store, reconciler: Reconciler, broker: Broker, queue: Queue
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
        assert reconciler.round(judge_workers=False) == repairs(published=2_500)
        assert len(set(queue.job_ids())) == len(queue) == 2_500

    def test_a_round_that_takes_long_publishes_no_row_twice(
        self, store: Store, reconciler: Reconciler, queue: Queue, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(reconciler_module, "ON_THE_WAY", timedelta(0))  # so that any time is a long one
        store.sql(MANY_WAITING.replace("PUBLISHED", "now() - interval '1 hour'"), many=2_500)
        assert reconciler.round(judge_workers=False) == repairs(published=2_500)
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
        assert reconciler.round(judge_workers=True) == repairs(workers_lost=1, taken_back=1, published=1)
        assert queue.job_ids() == [of_lost.job_id]
        assert store.outcomes(of_lost.job_id) == ["LOST"]
        assert store.state(of_alive.job_id) is State.STARTED

    def test_no_worker_is_judged_right_after_the_database_was_away(self, store: Store, reconciler: Reconciler) -> None:
        held = store.claimed()
        store.unseen(held.worker_id)
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
        let_pass(store, 31)
        assert reconciler.round(judge_workers=True) == repairs(due=1, published=1)
        assert queue.job_ids() == [due.job_id]
        job = store.job(due.job_id)
        assert (job.state, job.due_at, job.attempts_used) == (State.PENDING, None, 1)
        assert store.state(later.job_id) is State.RETRY

    def test_an_attempt_that_is_overdue_counts_as_a_crash(
        self, store: Store, reconciler: Reconciler, queue: Queue
    ) -> None:
        held = store.claimed()
        let_pass(store, OVERDUE_AFTER.total_seconds() - 10)
        assert reconciler.round(judge_workers=False) == NOTHING
        let_pass(store, 11)
        assert reconciler.round(judge_workers=False) == repairs(overdue=1, published=1)
        assert queue.job_ids() == [held.job_id]
        job = store.job(held.job_id)
        assert (job.state, job.crashes, job.attempts_used) == (State.PENDING, 1, 0)
        assert store.outcomes(held.job_id) == ["CRASHED"]

    def test_a_job_whose_crashes_are_used_up_ends_with_the_reason(
        self, store: Store, reconciler: Reconciler, queue: Queue
    ) -> None:
        held = store.claimed(max_crashes=1)
        let_pass(store, OVERDUE_AFTER.total_seconds() + 1)
        assert reconciler.round(judge_workers=False) == repairs(overdue=1)
        job = store.job(held.job_id)
        assert job.state is State.FAILURE
        assert job.error is not None
        assert (job.error["type"], job.error["retryable"]) == ("attempt-out-of-time", False)
        assert len(queue) == 0

    def test_a_cancelled_job_is_left_alone(self, store: Store, reconciler: Reconciler, queue: Queue) -> None:
        job = store.submit()
        store.cancel(job.id)
        let_pass(store, 3_600)
        assert reconciler.round(judge_workers=True) == NOTHING
        assert len(queue) == 0


def test_a_round_that_did_nothing_is_falsy() -> None:
    assert not NOTHING
    assert repairs(due=1)
