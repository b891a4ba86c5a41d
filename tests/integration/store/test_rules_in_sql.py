"""The rules of design section 4 as the database itself holds them, whoever writes."""

from itertools import product
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy.exc import IntegrityError

from job_core.job import ENDED, State
from job_core.store.tables import metadata
from tests.integration.job_store import Store

ARROWS = {
    (State.PENDING, State.STARTED),
    (State.PENDING, State.REVOKED),
    (State.PENDING, State.FAILURE),  # of a kind that no worker knows, or lost too often
    (State.STARTED, State.SUCCESS),
    (State.STARTED, State.FAILURE),
    (State.STARTED, State.RETRY),
    (State.STARTED, State.PENDING),
    (State.STARTED, State.REVOKED),
    (State.RETRY, State.PENDING),
    (State.RETRY, State.REVOKED),
}
NO_CLAIM = "worker_id = NULL, worker_pid = NULL"
# What a row in a state must have besides, so that only the step itself can be what is refused.
COLUMNS = {
    State.PENDING: f"{NO_CLAIM}, due_at = NULL, finished_at = NULL, result = NULL, error = NULL",
    State.STARTED: "worker_id = :worker, worker_pid = 1, started_at = now(), due_at = NULL, finished_at = NULL,"
    " result = NULL",
    State.RETRY: f"{NO_CLAIM}, due_at = now(), finished_at = NULL, result = NULL, error = '{{}}'",
    State.SUCCESS: f"{NO_CLAIM}, due_at = NULL, finished_at = now(), result = '{{}}', error = NULL",
    State.FAILURE: f"{NO_CLAIM}, due_at = NULL, finished_at = now(), result = NULL, error = '{{}}'",
    State.REVOKED: f"{NO_CLAIM}, due_at = NULL, finished_at = now(), result = NULL, error = NULL",
}
WAY_TO = {
    State.PENDING: (),
    State.STARTED: (State.STARTED,),
    State.RETRY: (State.STARTED, State.RETRY),
    State.SUCCESS: (State.STARTED, State.SUCCESS),
    State.FAILURE: (State.STARTED, State.FAILURE),
    State.REVOKED: (State.REVOKED,),
}


def move(store: Store, worker: UUID, state: State) -> None:
    store.sql(f"UPDATE jobs SET state = '{state}', {COLUMNS[state]} WHERE :worker IS NOT NULL", worker=worker)


@pytest.mark.parametrize(
    ("before", "after"), [pair for pair in product(State, State) if pair[0] is not pair[1]], ids=str
)
def test_exactly_the_arrows_of_the_design_can_be_taken(store: Store, before: State, after: State) -> None:
    worker = store.worker()
    job = store.submit()
    for step in WAY_TO[before]:
        move(store, worker, step)
    assert store.state(job.id) is before
    if (before, after) in ARROWS:
        move(store, worker, after)
        assert store.state(job.id) is after
    else:
        with pytest.raises(IntegrityError, match=r"no step leads from|it has ended and stays as it is"):
            move(store, worker, after)
        assert store.state(job.id) is before


@pytest.mark.parametrize("state", ENDED)
@pytest.mark.parametrize(
    "change", ["label = 'x'", "result = '{\"other\": 1}'", "finished_at = NULL", "attempts_used = 1", "state = state"]
)
def test_a_row_that_has_ended_stays_as_it_is(store: Store, state: State, change: str) -> None:
    worker = store.worker()
    job = store.submit()
    for step in WAY_TO[state]:
        move(store, worker, step)
    ended = store.job(job.id)
    with pytest.raises(IntegrityError, match="it has ended and stays as it is"):
        store.sql(f"UPDATE jobs SET {change}")
    assert store.job(job.id) == ended


@pytest.mark.parametrize(
    ("constraint", "change"),
    [
        ("jobs_label_check", "label = repeat('x', 8193)"),
        ("jobs_owner_check", "owner = repeat('x', 65)"),
        ("jobs_on_failure_check", "on_failure = 'explode'"),
        ("jobs_phase_check", "phase = 'REST'"),
        ("jobs_attempt_check", "attempt = -1"),
        ("jobs_max_attempts_check", "max_attempts = 0"),
        ("jobs_max_crashes_check", "max_crashes = 0"),
        ("jobs_losses_check", "losses = -1"),
        ("jobs_open_children_check", "open_children = -1"),
        ("jobs_callback_url_check", "callback_url = repeat('x', 8193)"),
        ("jobs_parent_id_fkey", "parent_id = gen_random_uuid()"),
        ("attempts_within_bound", "attempts_used = max_attempts + 1"),
        ("attempts_within_bound", "attempts_used = -1"),
        ("crashes_within_bound", "crashes = max_crashes + 1"),
        ("crashes_within_bound", "crashes = -1"),
        ("claimed_by_a_worker", "state = 'STARTED', started_at = now()"),
        ("claimed_by_a_worker", "worker_id = :worker, worker_pid = 1"),
        ("claimed_by_a_process", "worker_pid = 1"),
        ("claimed_by_a_process", "state = 'STARTED', started_at = now(), worker_id = :worker"),
        ("awaiting_is_started", "phase = 'AWAIT'"),
        ("started_is_timed", "state = 'STARTED', worker_id = :worker, worker_pid = 1"),
        ("retry_has_a_due_time", "due_at = now()"),
        ("ended_is_timed", "finished_at = now()"),
        ("ended_is_timed", "state = 'REVOKED'"),
        ("success_has_the_result", "result = '{}'"),
        ("parked_jobs_wait", "parked_at = now(), limit_key = NULL"),
    ],
)
def test_a_waiting_row_keeps_every_rule(store: Store, constraint: str, change: str) -> None:
    worker = store.worker()
    store.submit()
    with pytest.raises(IntegrityError, match=constraint):
        store.sql(f"UPDATE jobs SET {change} WHERE :worker IS NOT NULL", worker=worker)


@pytest.mark.parametrize(
    ("constraint", "change"),
    [
        ("claimed_by_a_worker", "state = 'PENDING'"),
        ("claimed_by_a_worker", "state = 'SUCCESS', finished_at = now(), result = '{}'"),
        ("claimed_by_a_worker", "phase = 'AWAIT'"),
        ("claimed_by_a_process", "worker_pid = NULL"),
        ("awaiting_is_started", f"state = 'RETRY', phase = 'AWAIT', {NO_CLAIM}, due_at = now(), error = '{{}}'"),
        (
            "awaiting_is_started",
            f"state = 'SUCCESS', phase = 'AWAIT', {NO_CLAIM}, finished_at = now(), result = '{{}}'",
        ),
        ("retry_has_a_due_time", f"state = 'RETRY', {NO_CLAIM}, error = '{{}}'"),
        ("ended_is_timed", f"state = 'FAILURE', {NO_CLAIM}, error = '{{}}'"),
        ("success_has_the_result", f"state = 'SUCCESS', {NO_CLAIM}, finished_at = now()"),
        ("success_has_the_result", f"state = 'REVOKED', {NO_CLAIM}, finished_at = now(), result = '{{}}'"),
        (
            "success_has_no_error",
            f"state = 'SUCCESS', {NO_CLAIM}, finished_at = now(), result = '{{}}', error = '{{}}'",
        ),
        ("failure_has_an_error", f"state = 'FAILURE', {NO_CLAIM}, finished_at = now()"),
        ("retry_has_a_cause", f"state = 'RETRY', {NO_CLAIM}, due_at = now()"),
        ("parked_jobs_wait", "parked_at = now()"),
    ],
)
def test_a_row_that_is_worked_on_keeps_every_rule(store: Store, constraint: str, change: str) -> None:
    store.claimed()
    with pytest.raises(IntegrityError, match=constraint):
        store.sql(f"UPDATE jobs SET {change}")


@pytest.mark.parametrize("state", ["STARTED", "REVOKED", "FAILURE"])
def test_a_job_that_waits_for_its_children_is_held_by_no_worker(store: Store, state: str) -> None:
    store.claimed()
    ended = "now()" if state != "STARTED" else "NULL"
    store.sql(f"UPDATE jobs SET state = '{state}', phase = 'AWAIT', {NO_CLAIM}, finished_at = {ended}, error = '{{}}'")


def test_no_other_state_exists(store: Store) -> None:
    with pytest.raises(IntegrityError, match="jobs_state_check"):
        store.sql(
            "INSERT INTO jobs (id, kind, label, request, state, on_failure, max_attempts, max_crashes)"
            " VALUES (gen_random_uuid(), 'count', 'x', '{}', 'LATER', 'retry', 1, 1)"
        )


@pytest.mark.parametrize(
    ("constraint", "change"),
    [
        ("attempts_number_check", "number = 0"),
        ("attempts_outcome_check", "outcome = 'LATER', ended_at = now()"),
        ("ended_has_an_outcome", "ended_at = now()"),
        ("ended_has_an_outcome", "outcome = 'SUCCESS'"),
        ("attempts_worker_id_fkey", "worker_id = gen_random_uuid()"),
        ("attempts_job_id_fkey", "job_id = gen_random_uuid()"),
    ],
)
def test_an_attempt_keeps_every_rule(store: Store, constraint: str, change: str) -> None:
    store.claimed()
    with pytest.raises(IntegrityError, match=constraint):
        store.sql(f"UPDATE attempts SET {change}")


def test_an_attempts_number_comes_once(store: Store) -> None:
    store.claimed()
    with pytest.raises(IntegrityError, match="attempts_pkey"):
        store.sql("INSERT INTO attempts (job_id, number, worker_id) SELECT job_id, number, worker_id FROM attempts")


def test_a_worker_that_attempts_name_is_not_deleted(store: Store) -> None:
    store.claimed()
    with pytest.raises(IntegrityError, match="_worker_id_fkey"):
        store.sql("DELETE FROM workers")


@pytest.mark.parametrize(
    ("constraint", "change"),
    [
        ("deliveries_state_check", "state = 'LATER', due_at = NULL"),
        ("deliveries_attempts_check", "attempts = -1"),
        ("pending_has_a_due_time", "due_at = NULL"),
        ("pending_has_a_due_time", "state = 'GIVEN UP', last_error = 'x'"),
        ("delivered_is_timed", "state = 'DELIVERED', due_at = NULL, attempts = 1"),
        ("delivered_is_timed", "delivered_at = now()"),
        ("delivered_was_tried", "state = 'DELIVERED', due_at = NULL, delivered_at = now()"),
        ("given_up_has_an_error", "state = 'GIVEN UP', due_at = NULL"),
        ("deliveries_job_id_fkey", "job_id = gen_random_uuid()"),
    ],
)
def test_a_delivery_keeps_every_rule(store: Store, constraint: str, change: str) -> None:
    store.ended("https://example.org/counted")
    with pytest.raises(IntegrityError, match=constraint):
        store.sql(f"UPDATE deliveries SET {change}")


def test_a_job_has_one_delivery(store: Store) -> None:
    store.ended("https://example.org/counted")
    with pytest.raises(IntegrityError, match="deliveries_pkey"):
        store.sql("INSERT INTO deliveries (job_id, receiver) SELECT job_id, receiver FROM deliveries")


def test_an_idempotency_key_is_bounded(store: Store) -> None:
    with pytest.raises(IntegrityError, match="idempotency_keys_key_check"):
        store.sql("INSERT INTO idempotency_keys VALUES (repeat('x', 256), NULL, '', '{}')")


@pytest.mark.parametrize("owner", ["NULL", "'one'"])
def test_an_owners_idempotency_key_comes_once(store: Store, owner: str) -> None:
    add = f"INSERT INTO idempotency_keys VALUES ('order-1', {owner}, '', '{{}}')"
    store.sql(add)
    with pytest.raises(IntegrityError, match="idempotency_keys_of_owner"):
        store.sql(add)


def test_every_rule_is_broken_by_some_test_here(store: Store) -> None:
    named = Path(__file__).read_text(encoding="utf-8")
    rules = store.sql(
        "SELECT conname FROM pg_constraint WHERE contype IN ('c', 'f') AND conrelid = ANY(CAST(:tables AS regclass[]))",
        tables=list(metadata.tables),
    )
    assert len(rules) > 30
    assert [rule.conname for rule in rules if f'"{rule.conname}"' not in named] == []
