"""Deliveries in the job store: made as jobs end, claimed, tried again, and ended once."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta

import pytest

from job_core.errors import CoreError, ReceiverGone, ReceiverRefused, WebhookNotTaken
from job_core.job import Claim, State
from job_core.store.deliveries import MAX_ATTEMPTS, Delivery, DeliveryState
from tests.integration.job_store import NO_TEXT, Store

CALLBACK = "https://example.org:8443/counted?by=us"
REFUSED = ReceiverRefused("The URL leads to an address that is not public.")
GONE = ReceiverGone("The receiver answered 410 Gone.")
AT_ONCE = timedelta(0)
BY_HAND = "UPDATE jobs SET state = 'REVOKED', finished_at = now(), worker_id = NULL, worker_pid = NULL"


@dataclass(frozen=True, kw_only=True)
class End:
    """A way to end a job that is worked on, and the state that it ends in."""

    state: State
    take: Callable[[Store, Claim], object]


def crash_to_the_end(store: Store, held: Claim) -> None:
    store.crash(held)
    for _ in range(2):
        again = store.claim(store.job(held.job_id))
        assert again is not None
        store.crash(again)


ENDS = {
    "result": End(state=State.SUCCESS, take=lambda store, held: store.succeed(held)),
    "error": End(state=State.FAILURE, take=lambda store, held: store.fail(held)),
    "crashes": End(state=State.FAILURE, take=crash_to_the_end),
    "cancelled": End(state=State.REVOKED, take=lambda store, held: store.cancel(held.job_id)),
    "by hand": End(
        state=State.REVOKED,
        take=lambda store, _: store.sql(BY_HAND),
    ),
}


@pytest.mark.parametrize("name", ENDS)
def test_each_end_makes_one_delivery(store: Store, name: str) -> None:
    held = store.claimed(callback_url=CALLBACK)
    assert store.delivery(held.job_id) is None
    ENDS[name].take(store, held)
    job = store.job(held.job_id)
    assert job.state is ENDS[name].state
    assert store.delivery(job.id) == Delivery(
        job_id=job.id,
        receiver="example.org:8443",
        state=DeliveryState.PENDING,
        attempts=0,
        due_at=job.finished_at,
        delivered_at=None,
        last_error=None,
    )
    store.cancel(job.id)
    store.succeed(held)
    assert store.count("deliveries") == 1


def test_a_retry_and_a_claim_given_back_are_no_ends(store: Store) -> None:
    first, second, third = (store.claimed(callback_url=CALLBACK) for _ in range(3))
    store.retry(first)
    store.give_back(store.worker_of(second), second.job_id)
    store.crash(third)
    assert store.count("deliveries") == 0


def test_a_job_without_a_callback_has_no_delivery(store: Store) -> None:
    store.succeed(store.claimed())
    assert store.count("deliveries") == 0


def test_an_end_that_is_not_committed_makes_no_delivery(store: Store) -> None:
    held = store.claimed(callback_url=CALLBACK)
    with pytest.raises(ZeroDivisionError), store.database.transaction() as connection:
        connection.exec_driver_sql(BY_HAND)
        raise ZeroDivisionError
    assert store.count("deliveries") == 0
    assert store.state(held.job_id) is State.STARTED


def test_one_that_was_delivered_is_done(store: Store) -> None:
    job = store.ended(CALLBACK)
    held = store.claim_due()
    assert held is not None
    assert (held.job, held.url, held.receiver, held.attempt) == (job, CALLBACK, "example.org:8443", 1)
    assert store.claim_due() is None, "it is under way"
    assert store.delivered(held)
    delivery = store.delivery(job.id)
    assert delivery
    assert (delivery.state, delivery.attempts, delivery.due_at, delivery.last_error) == ("DELIVERED", 1, None, None)
    assert delivery.delivered_at
    assert store.claim_due() is None


def test_one_whose_attempt_died_comes_again_and_the_dead_one_writes_nothing(store: Store) -> None:
    job = store.ended(CALLBACK)
    dead = store.claim_due(AT_ONCE)
    held = store.claim_due()
    assert dead is not None
    assert held is not None
    assert (dead.attempt, held.attempt) == (1, 2)
    assert not store.not_delivered(dead, GONE)
    assert not store.delivered(dead)
    assert store.delivered(held)
    assert not store.not_delivered(held)
    delivery = store.delivery(job.id)
    assert delivery
    assert (delivery.state, delivery.attempts, delivery.last_error) == ("DELIVERED", 2, None)


def waits(store: Store, error: CoreError, attempt: int, times: int = 30) -> list[float]:
    """How long a delivery waits that fails in its attempt of that number, several times over."""
    seconds = []
    job = store.ended(CALLBACK)
    for _ in range(times):
        store.sql("UPDATE deliveries SET attempts = :before, due_at = now()", before=attempt - 1)
        held = store.claim_due()
        assert held is not None
        assert store.not_delivered(held, error)
        delivery = store.delivery(job.id)
        assert delivery
        assert (delivery.state, delivery.attempts, delivery.last_error) == ("PENDING", attempt, str(error))
        (row,) = store.sql("SELECT extract(epoch FROM due_at - now()) AS wait FROM deliveries")
        seconds.append(float(row.wait))
    return seconds


@pytest.mark.parametrize(
    ("attempt", "longest"), [(1, 5), (2, 10), (3, 20), (10, 2_560), (13, 20_480), (14, 21_600), (19, 21_600)]
)
def test_it_waits_a_random_time_up_to_a_bound_that_doubles(store: Store, attempt: int, longest: float) -> None:
    seen = waits(store, WebhookNotTaken("The receiver answered 500."), attempt)
    assert max(seen) <= longest
    assert max(seen) > longest / 2, "30 times less than half: one chance in a billion"
    assert min(seen) < longest / 2


def test_a_receiver_that_asks_for_time_gets_it(store: Store) -> None:
    (wait,) = waits(store, WebhookNotTaken("The receiver answered 429.", retry_after=1_000), 1, times=1)
    assert 990 < wait <= 1_000
    store.sql("TRUNCATE deliveries")
    (wait,) = waits(store, WebhookNotTaken("The receiver answered 429.", retry_after=1e9), 1, times=1)
    assert 3_590 < wait <= 3_600


@pytest.mark.parametrize("error", [REFUSED, GONE], ids=lambda error: error.type)
def test_what_will_not_pass_ends_it_at_once(store: Store, error: CoreError) -> None:
    job = store.ended(CALLBACK)
    held = store.claim_due()
    assert held is not None
    assert store.not_delivered(held, error)
    delivery = store.delivery(job.id)
    assert delivery
    assert (delivery.state, delivery.attempts, delivery.due_at) == ("GIVEN UP", 1, None)
    assert delivery.last_error == str(error)
    assert store.claim_due() is None


@pytest.mark.parametrize(
    "error", [NO_TEXT, WebhookNotTaken("The receiver answered 404.")], ids=lambda error: error.type
)
def test_anything_else_is_tried_up_to_the_last_attempt(store: Store, error: CoreError) -> None:
    job = store.ended(CALLBACK)
    for attempt in range(1, MAX_ATTEMPTS + 1):
        store.sql("UPDATE deliveries SET due_at = now()")
        held = store.claim_due()
        assert held is not None
        assert held.attempt == attempt
        assert store.not_delivered(held, error)
    delivery = store.delivery(job.id)
    assert delivery
    assert (delivery.state, delivery.attempts, delivery.due_at) == ("GIVEN UP", MAX_ATTEMPTS, None)


def test_the_one_that_is_due_longest_comes_first_but_for_receivers_that_are_busy(store: Store) -> None:
    jobs = [store.ended(f"https://{host}/counted") for host in ("a.example", "a.example", "b.example")]
    claimed = [store.claim_due(timedelta(minutes=1), *busy) for busy in ((), ("a.example",), ("a.example",), ())]
    assert [held and held.job.id for held in claimed] == [jobs[0].id, jobs[2].id, None, jobs[1].id]


def test_many_who_deliver_take_each_once(store: Store) -> None:
    jobs = {store.ended(CALLBACK).id for _ in range(40)}

    def take_all() -> list[object]:
        taken: list[object] = []
        deadline = time.monotonic() + 20
        while len(taken) < 40 and time.monotonic() < deadline and (held := store.claim_due()):
            taken.append(held.job.id)
        return taken

    with ThreadPoolExecutor(4) as pool:
        takers = [pool.submit(take_all) for _ in range(4)]
    taken = [job_id for taker in takers for job_id in taker.result()]
    assert sorted(taken, key=str) == sorted(jobs, key=str)
