from collections.abc import Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest

from job_core.job import Job, State
from job_core.store import read
from job_core.store.read import JobFilter, find_whole
from tests.integration.job_store import KINDS, NEW_JOB, Store


def newest(store: Store, limit: int = 100, **asked: Any) -> tuple[Job, ...]:
    with store.database.reading() as connection:
        return read.page_of(connection, JobFilter(**asked), None, limit).jobs


def ids(jobs: Sequence[Job]) -> list[UUID]:
    return [job.id for job in jobs]


@pytest.fixture
def some(store: Store) -> list[Job]:
    """A waiting job, a started one and a cancelled one, each of two kinds and two labels."""
    made = []
    for kind in ("count", "quotes"):
        for label in ("https://example.com/a", "https://example.com/b"):
            waiting, held, cancelled = (store.submit(kind=kind, label=label) for _ in range(3))
            store.claim(held)
            store.cancel(cancelled.id)
            made += [store.job(job.id) for job in (waiting, held, cancelled)]
    return made


@pytest.mark.parametrize(
    "asked",
    [
        {},
        {"state": State.PENDING},
        {"state": State.SUCCESS},
        {"kind": "quotes"},
        {"kind": "nonsense"},
        {"label": "https://example.com/a"},
        {"label": "https://example.com/A"},
        {"kind": "count", "state": State.REVOKED},
        {"kind": "count", "label": "https://example.com/b"},
        {"kind": "quotes", "label": "https://example.com/b", "state": State.STARTED},
    ],
    ids=str,
)
def test_a_filter_keeps_what_was_asked_for_the_newest_first(
    store: Store, some: list[Job], asked: dict[str, Any]
) -> None:
    wanted = [job for job in some if all(getattr(job, name) == value for name, value in asked.items())]
    assert list(newest(store, **asked)) == wanted[::-1]


def test_pages_are_complete_and_do_not_overlap_while_new_jobs_arrive(store: Store) -> None:
    there = [job.id for job in store.accept([NEW_JOB] * 23).jobs]
    seen: list[UUID] = []
    before = None
    while page := newest(store, 5, before=before):
        seen += ids(page)
        before = page[-1].id
        store.accept([replace(NEW_JOB, label="https://example.com/new")] * 3)
    assert seen == there[::-1]


def test_many_are_found_in_the_order_asked_without_the_unknown(store: Store) -> None:
    first, _second, third = (store.submit() for _ in range(3))
    with store.database.reading() as connection:
        assert read.find_all(connection, [third.id, UUID(int=1), first.id]) == [third, first]
        assert read.find_all(connection, []) == []


def test_an_unknown_job_is_none(store: Store) -> None:
    with store.database.reading() as connection:
        assert read.find(connection, UUID(int=1)) is None


def test_steps_of_jobs_of_which_some_have_ended_or_are_gone(store: Store) -> None:
    waiting, cancelled, done = store.submit(), store.submit(), store.claimed()
    store.cancel(cancelled.id)
    store.succeed(done)
    unknown = UUID(int=1)
    with store.database.reading() as connection:
        steps = read.steps_of(connection, [waiting.id, cancelled.id, done.job_id, unknown])
    assert {job_id: str(step) for job_id, step in steps.items()} == {
        waiting.id: "0-PENDING",
        cancelled.id: "0-REVOKED",
        done.job_id: "1-SUCCESS",
    }


def test_a_job_is_never_at_the_same_step_twice(store: Store) -> None:
    job = store.submit()
    steps = [store.job(job.id).step]
    for come_to_an_end in (store.retry, store.crash, lambda held: store.give_back(store.worker_of(held), held.job_id)):
        held = store.claim(job)
        assert held is not None
        steps.append(store.job(job.id).step)
        come_to_an_end(held)
        steps.append(store.job(job.id).step)
        if store.state(job.id) is State.RETRY:
            store.sql("UPDATE jobs SET state = 'PENDING', due_at = NULL WHERE id = :id", id=job.id)
            steps.append(store.job(job.id).step)
    assert len(set(steps)) == len(steps) == 8


def test_whole_jobs_have_their_own_attempts(store: Store) -> None:
    one, other = store.claimed(), store.claimed()
    store.give_back(store.worker_of(one), one.job_id)
    with store.database.reading() as connection:
        found = find_whole(connection, [one.job_id, other.job_id, UUID(int=1)], KINDS)
    assert {job_id: (whole.job, list(whole.attempts)) for job_id, whole in found.items()} == {
        held.job_id: (store.job(held.job_id), store.attempts(held.job_id)) for held in (one, other)
    }
