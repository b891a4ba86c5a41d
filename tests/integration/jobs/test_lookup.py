from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest

from job_tasks.jobs import lookup
from job_tasks.jobs.job import Job, State
from job_tasks.jobs.lookup import JobFilter
from tests.integration.store import NEW_JOB, Store


def newest(store: Store, limit: int = 100, **asked: Any) -> list[Job]:
    with store.database.reading() as connection:
        return lookup.newest(connection, JobFilter(**asked), limit)


def ids(jobs: list[Job]) -> list[UUID]:
    return [job.id for job in jobs]


@pytest.fixture
def some(store: Store) -> list[Job]:
    """A waiting job, a started one and a cancelled one, each of two kinds and two URLs."""
    made = []
    for kind in ("count", "quotes"):
        for url in ("https://example.com/a", "https://example.com/b"):
            waiting, held, cancelled = (store.submit(kind=kind, url=url) for _ in range(3))
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
        {"url": "https://example.com/a"},
        {"url": "https://example.com/A"},
        {"kind": "count", "state": State.REVOKED},
        {"kind": "count", "url": "https://example.com/b"},
        {"kind": "quotes", "url": "https://example.com/b", "state": State.STARTED},
    ],
    ids=str,
)
def test_a_filter_keeps_what_was_asked_for_the_newest_first(
    store: Store, some: list[Job], asked: dict[str, Any]
) -> None:
    wanted = [job for job in some if all(getattr(job, name) == value for name, value in asked.items())]
    assert newest(store, **asked) == wanted[::-1]


def test_pages_are_complete_and_do_not_overlap_while_new_jobs_arrive(store: Store) -> None:
    there = [job.id for job in store.accept([NEW_JOB] * 23).jobs]
    seen: list[UUID] = []
    before = None
    while page := newest(store, 5, before=before):
        seen += ids(page)
        before = page[-1].id
        store.accept([replace(NEW_JOB, url="https://example.com/new")] * 3)
    assert seen == there[::-1]


def test_many_are_found_in_the_order_asked_without_the_unknown(store: Store) -> None:
    first, _second, third = (store.submit() for _ in range(3))
    with store.database.reading() as connection:
        assert lookup.find_all(connection, [third.id, UUID(int=1), first.id]) == [third, first]
        assert lookup.find_all(connection, []) == []


def test_an_unknown_job_is_none(store: Store) -> None:
    with store.database.reading() as connection:
        assert lookup.find(connection, UUID(int=1)) is None
        assert lookup.attempts_of(connection, UUID(int=1)) == []


def test_those_that_have_ended_or_are_gone(store: Store) -> None:
    waiting, cancelled, done = store.submit(), store.submit(), store.claimed()
    store.cancel(cancelled.id)
    store.succeed(done)
    unknown = UUID(int=1)
    with store.database.reading() as connection:
        ended = lookup.ended_among(connection, [waiting.id, cancelled.id, done.job_id, unknown])
    assert ended == {cancelled.id, done.job_id, unknown}
