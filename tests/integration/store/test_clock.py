"""The database's clock was set back by ten minutes: nothing waits for it to come round again."""

from datetime import timedelta

from job_core.config import Limits
from job_core.errors import TransientError
from job_core.job import State
from job_core.queue import JobQueue
from job_core.reconciler import Reconciler, Repairs
from tests.clock import SET_BACK
from tests.integration.job_store import NEW_JOB, Store
from tests.integration.queue import Queue
from tests.integration.store.test_reconciler import NOTHING, message_of, publish_all

SLOW_DOWN = TransientError("The site asks for a pause.", retry_after=20, limit_key=NEW_JOB.limit_key)


def set_clock_back(store: Store) -> None:
    store.sql(SET_BACK)


def test_a_dead_worker_is_lost_as_soon_as_it_was_silent_for_long(store: Store, reconciler: Reconciler) -> None:
    held = store.claimed()
    set_clock_back(store)
    assert reconciler.round(judge_workers=True) == NOTHING
    store.sql("UPDATE workers SET seen_at = seen_at - interval '9.5 s'")
    assert reconciler.round(judge_workers=True) == Repairs(workers_lost=1, taken_back=1, published=1)
    assert store.outcomes(held.job_id) == ["LOST"]


def test_a_worker_that_lives_keeps_its_claims(store: Store, reconciler: Reconciler) -> None:
    held = store.claimed()
    set_clock_back(store)
    assert reconciler.round(judge_workers=True) == NOTHING
    assert store.beat(store.worker_of(held), held.job_id).is_alive
    assert reconciler.round(judge_workers=True) == NOTHING
    assert store.succeed(held)


def test_a_claim_whose_answer_never_came_is_given_back(store: Store, reconciler: Reconciler) -> None:
    held = store.claimed()
    set_clock_back(store)
    reconciler.round(judge_workers=True)
    store.let_pass(9.5)
    store.beat(store.worker_of(held))
    assert store.outcomes(held.job_id) == ["GIVEN BACK"]


def test_a_claim_is_overdue_when_it_would_have_been(store: Store, reconciler: Reconciler) -> None:
    held = store.claimed()
    set_clock_back(store)
    assert reconciler.round(judge_workers=True) == NOTHING
    store.let_pass(150.5)
    assert reconciler.round(judge_workers=False).overdue == 1
    assert store.outcomes(held.job_id) == ["CRASHED"]


def test_a_retry_comes_when_it_would_have_come(store: Store, reconciler: Reconciler) -> None:
    held = store.claimed()
    store.retry(held, wait_seconds=5)
    set_clock_back(store)
    assert reconciler.round(judge_workers=True) == NOTHING
    store.let_pass(5.1)
    assert reconciler.round(judge_workers=True) == Repairs(due=1, published=1)


def test_a_message_that_is_lost_is_sent_again(
    store: Store, reconciler: Reconciler, broker: JobQueue, queue: Queue
) -> None:
    job = store.submit()
    set_clock_back(store)
    publish_all(store, broker)
    assert reconciler.round(judge_workers=True) == NOTHING
    queue.wipe()
    store.let_pass(2.1)
    assert reconciler.round(judge_workers=True) == Repairs(published=1)
    assert queue.job_ids() == [job.id]


def test_messages_behind_one_of_the_future_are_not_sent_again_and_again(
    store: Store, reconciler: Reconciler, broker: JobQueue, queue: Queue
) -> None:
    before = store.submit()
    set_clock_back(store)
    publish_all(store, broker)
    afterwards = store.submit()
    broker.publish([message_of(store.job(afterwards.id))])
    store.let_pass(2.1)
    for _ in range(3):
        assert reconciler.round(judge_workers=True) == NOTHING
    assert queue.job_ids() == [before.id, afterwards.id]


def test_a_pause_of_a_limit_key_ends_when_it_would_have_ended(store: Store, reconciler: Reconciler) -> None:
    store.retry(store.claimed(), SLOW_DOWN)
    waits = store.submit()
    assert store.claim(waits) is None
    set_clock_back(store)
    assert reconciler.round(judge_workers=True) == NOTHING
    ((left,),) = store.sql("SELECT until - now() FROM limit_pauses")
    assert timedelta(seconds=15) < left <= timedelta(seconds=20)
    store.sql("UPDATE limit_pauses SET until = now()")
    assert reconciler.round(judge_workers=True).released == 1


def test_the_gap_between_two_starts_ends_when_it_would_have_ended(store: Store, reconciler: Reconciler) -> None:
    limits = Limits(at_once=8, gap_seconds=2)
    assert store.claim(store.submit(), None, limits)
    set_clock_back(store)
    reconciler.round(judge_workers=True)
    ((left,),) = store.sql("SELECT until - now() FROM limit_pauses")
    assert left <= timedelta(seconds=2)


def test_a_webhook_is_due_when_it_would_have_been(store: Store, reconciler: Reconciler) -> None:
    new, tried = store.ended("https://new.example/"), store.ended("https://tried.example/")
    store.sql("UPDATE deliveries SET due_at = due_at + interval '1 hour' WHERE job_id = :id", id=new.id)
    held = store.claim_due()
    assert held is not None
    assert held.job.id == tried.id
    assert store.not_delivered(held)
    store.sql("UPDATE deliveries SET due_at = due_at - interval '1 hour' WHERE job_id = :id", id=new.id)
    set_clock_back(store)
    reconciler.round(judge_workers=True)
    due = {row.job_id: row.left for row in store.sql("SELECT job_id, due_at - now() AS left FROM deliveries")}
    assert due[new.id] <= timedelta(0)
    assert due[tried.id] <= timedelta(seconds=5)


def test_a_running_job_ends_once(store: Store, reconciler: Reconciler) -> None:
    held = store.claimed()
    set_clock_back(store)
    reconciler.round(judge_workers=True)
    assert store.succeed(held)
    assert store.state(held.job_id) is State.SUCCESS
    assert store.outcomes(held.job_id) == ["SUCCESS"]
