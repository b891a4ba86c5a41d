from dataclasses import replace
from uuid import UUID

import pytest

from job_core.job import State
from job_core.store import read
from job_core.store.read import JobFilter, Page
from tests.integration.job_store import NEW_JOB, Store


def page(store: Store, text: str | None = None, limit: int = 3, **asked: object) -> Page:
    with store.database.reading() as connection:
        return read.page_of(connection, JobFilter(**asked), text, limit)  # type: ignore[arg-type]


def letters(found: Page) -> str:
    return "".join(job.label[-1] for job in found.jobs)


@pytest.fixture(autouse=True)
def _letters(store: Store) -> None:
    """Ten jobs, the newest of which is j; those at odd places lie under /odd/."""
    store.accept(
        [
            replace(NEW_JOB, label=f"https://example.com/{'Odd' if number % 2 else 'even'}/{letter}")
            for number, letter in enumerate("abcdefghij")
        ]
    )


@pytest.mark.parametrize(("text", "pages"), [(None, ["jih", "gfe", "dcb", "a"]), ("/ODD/", ["jhf", "db"]), ("x/e", [])])
def test_page_by_page(store: Store, text: str | None, pages: list[str]) -> None:
    seen, before = [], None
    while True:
        found = page(store, text, before=before)
        seen.append(letters(found))
        before = found.before
        if before is None:
            break
    assert [each for each in seen if each] == pages


@pytest.mark.parametrize(("text", "pages"), [(None, ["cba", "fed", "ihg", "j"]), ("/ODD/", ["fdb", "jh"]), ("x/e", [])])
def test_from_the_oldest_to_the_newest(store: Store, text: str | None, pages: list[str]) -> None:
    seen, after = [], UUID(int=0)
    while True:
        found = page(store, text, after=after)
        seen.append(letters(found))
        assert found.before is None
        if found.after is None:
            break
        after = found.after
    assert [each for each in seen if each] == pages


@pytest.mark.parametrize("text", ["%", "_", "\\", "'"])
def test_a_text_is_no_pattern(store: Store, text: str) -> None:
    assert letters(page(store, text)) == ""
    store.submit(label=f"https://example.com/{text}/z")
    assert letters(page(store, text)) == "z"


def test_a_search_stops_after_its_share_and_can_be_gone_on_with(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(read, "MAX_SEARCHED", 4)
    seen, before, pages = "", None, 0
    while True:
        found = page(store, "/a", before=before)
        seen, before, pages = seen + letters(found), found.before, pages + 1
        if before is None:
            break
    assert (seen, pages) == ("a", 3)


def test_filters_and_text_together(store: Store) -> None:
    cancelled = store.submit(label="https://example.com/odd/z")
    store.cancel(cancelled.id)
    assert letters(page(store, "odd", state=State.REVOKED)) == "z"
    assert letters(page(store, "odd", state=State.PENDING, kind="count")) == "jhf"
    assert letters(page(store, "odd", kind="quotes")) == ""
    assert page(store, "odd", before=UUID(int=0)) == Page(jobs=(), before=None)


def test_counts_by_state_stop_where_they_are_told_to(store: Store) -> None:
    store.cancel(page(store).jobs[0].id)
    store.claimed()
    with store.database.reading() as connection:
        assert read.count_by_state(connection, owner=None, at_most=5) == {
            State.PENDING: 5,
            State.STARTED: 1,
            State.RETRY: 0,
            State.SUCCESS: 0,
            State.FAILURE: 0,
            State.REVOKED: 1,
        }


@pytest.mark.parametrize(("owner", "many"), [(None, 10), ("one", 2), ("another", 1), ("nobody", 0)])
def test_counts_are_of_the_jobs_that_the_list_shows(store: Store, owner: str | None, many: int) -> None:
    store.submit(owner="one")
    store.submit(owner="one")
    store.submit(owner="another")
    child = store.submit()
    store.sql("UPDATE jobs SET parent_id = :parent WHERE id = :id", parent=page(store).jobs[-1].id, id=child.id)
    with store.database.reading() as connection:
        counts = read.count_by_state(connection, owner=owner, at_most=100)
    assert counts == dict.fromkeys(State, 0) | {State.PENDING: many}
    assert len(page(store, owner=owner, limit=100).jobs) == many
