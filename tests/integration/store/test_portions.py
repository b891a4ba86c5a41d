"""What is read of jobs at a time is bounded by its bytes, however many are asked for."""

import json
from typing import Any
from uuid import UUID

import pytest

from job_core.job import State
from job_core.store import read
from job_core.store.read import PAGE_BYTES, JobFilter, Page
from tests.integration.job_store import KINDS, NEW_JOB, Store

HALF = json.dumps({"text": "x" * (PAGE_BYTES // 2)})
WHOLE = json.dumps({"text": "x" * 900_000})


def done(store: Store, results: list[str], parent: UUID | None = None, **changes: Any) -> list[UUID]:
    """Jobs that ended with these results, the oldest first."""
    made = [store.submit(**changes).id for _ in results]
    store.sql("ALTER TABLE jobs DISABLE TRIGGER USER")
    for job_id, result in zip(made, results, strict=True):
        store.sql(
            "UPDATE jobs SET state = 'SUCCESS', finished_at = now(), result = CAST(:result AS json),"
            " parent_id = CAST(:parent AS uuid) WHERE id = :id",
            id=job_id,
            result=result,
            parent=parent,
        )
    store.sql("ALTER TABLE jobs ENABLE TRIGGER USER")
    return made


def page(store: Store, text: str | None = None, limit: int = 100, **asked: Any) -> Page:
    with store.database.reading() as connection:
        return read.page_of(connection, JobFilter(**asked), text, limit)


def portion(store: Store, ids: list[UUID], owner: str | None = None) -> tuple[list[UUID], list[UUID]]:
    with store.database.reading() as connection:
        found = read.find_portion(connection, ids, owner)
    return [job.id for job in found.jobs], list(found.left)


class TestAPage:
    @pytest.mark.parametrize("text", [None, "EXAMPLE"])
    def test_ends_with_the_job_that_makes_it_full(self, store: Store, text: str | None) -> None:
        ids = done(store, [HALF] * 3 + [WHOLE] + [HALF] * 3)[::-1]
        seen, before = [], None
        while True:
            found = page(store, text, before=before)
            seen.append([job.id for job in found.jobs])
            before = found.before
            if before is None:
                break
        assert seen == [ids[:2], ids[2:4], ids[4:6], ids[6:]]

    def test_of_small_jobs_is_whole(self, store: Store) -> None:
        store.accept([NEW_JOB] * 205)
        assert len(page(store, limit=200).jobs) == 200

    def test_counts_every_part_of_a_job(self, store: Store) -> None:
        for _ in range(3):
            store.submit(request={"text": "x" * PAGE_BYTES})
        assert len(page(store).jobs) == 1
        store.submit(label="é" * 8_000)
        assert len(page(store).jobs) == 2

    def test_leaves_out_what_is_deleted_meanwhile(self, store: Store) -> None:
        ids = done(store, [HALF] * 4)
        store.sql("DELETE FROM jobs WHERE id = :id", id=ids[1])
        assert portion(store, ids) == ([ids[0], ids[2]], [ids[3]])
        assert portion(store, ids[1:2]) == ([], [])
        assert portion(store, []) == ([], [])

    def test_holds_no_job_of_another_owner(self, store: Store) -> None:
        own, (theirs,) = done(store, [HALF] * 2), done(store, [WHOLE], owner="alice")
        assert portion(store, [theirs, *own]) == (own, [])
        assert portion(store, [theirs, *own], owner="alice") == ([theirs], own)


def test_a_whole_job_is_found_by_its_size(store: Store) -> None:
    small, large = done(store, [HALF, WHOLE])
    with store.database.reading() as connection:
        size = read.size_of(connection, large)
        assert read.find_whole(connection, [small, large], KINDS, at_most=PAGE_BYTES).keys() == {small}
        assert read.find_whole(connection, [small, large], KINDS, at_most=size).keys() == {small, large}
        assert read.size_of(connection, UUID(int=1)) == 0


def test_children_are_read_a_portion_at_a_time(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    parent = store.submit()
    ids = done(store, [HALF, HALF, WHOLE, "{}", "{}", HALF, HALF] + ["{}"] * 205, parent.id)
    sizes: list[int] = []
    call = type(store.database).call

    def count(*arguments: Any, **options: Any) -> Any:
        rows = call(*arguments, **options)
        sizes.append(len(rows))
        return rows

    monkeypatch.setattr(type(store.database), "call", count)
    ended = list(read.ended_children(store.database, parent.id))
    assert [child.id for child in ended] == ids
    assert {child.state for child in ended} == {State.SUCCESS}
    assert sizes == [2, 1, 4, 100, 100, 5, 0]
