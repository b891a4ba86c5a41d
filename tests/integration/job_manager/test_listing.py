from collections.abc import Iterable
from dataclasses import replace
from typing import Any
from urllib.parse import quote
from uuid import UUID, uuid4

import pytest
import requests
from flask.testing import FlaskClient

from job_core.job import NewJob
from job_core.store.read import PAGE_BYTES
from tests.integration.job_store import NEW_JOB, RESULT, Store

ODD = "https://example.com/ä?q=a&b=%20+#x"


def listed(client: FlaskClient, query: str = "") -> dict[str, Any]:
    answer = client.get(f"/jobs{query}")
    assert answer.status_code == 200
    body: dict[str, Any] = answer.get_json()
    return body


def test_no_jobs_are_an_empty_list(client: FlaskClient) -> None:
    assert listed(client) == {"jobs": [], "next": None}


def test_a_job_is_listed_as_it_is_shown(client: FlaskClient, store: Store) -> None:
    held = store.claimed()
    store.succeed(held)
    whole = client.get(f"/result/{held.job_id}").get_json()
    del whole["attempts"], whole["children"], whole["progress"], whole["callback"]
    assert listed(client)["jobs"] == [whole]


def about(url: str) -> NewJob:
    return replace(NEW_JOB, label=url, request={"url": url})


@pytest.mark.parametrize(
    ("query", "urls"),
    [
        ("", ["c", "b", "a"]),
        ("?status=PENDING", ["c", "a"]),
        ("?status=REVOKED", ["b"]),
        ("?status=SUCCESS", []),
        ("?kind=count&status=PENDING", ["c", "a"]),
        (f"?url={quote('https://example.com/b')}", ["b"]),
        (f"?url={quote('https://example.com/b')}&status=PENDING", []),
        ("?url=nonsense", []),
        ("?limit=1", ["c"]),
    ],
)
def test_filters(client: FlaskClient, store: Store, query: str, urls: list[str]) -> None:
    _, second, _ = store.accept([about(f"https://example.com/{name}") for name in "abc"]).jobs
    store.cancel(second.id)
    assert [job["url"].removeprefix("https://example.com/") for job in listed(client, query)["jobs"]] == urls


def test_a_url_is_found_as_it_was_given(client: FlaskClient, store: Store) -> None:
    client.post("/count", json={"url": ODD})
    store.submit()
    assert [job["url"] for job in listed(client, f"?url={quote(ODD, safe='')}")["jobs"]] == [ODD]


@pytest.mark.parametrize("query", ["?limit=3", f"?limit=3&kind=count&status=PENDING&url={quote(ODD, safe='')}"])
def test_following_next_gives_each_job_once_while_new_ones_arrive(
    client: FlaskClient, store: Store, query: str
) -> None:
    new = [about(ODD)] * 10
    there = [str(job.id) for job in store.accept(new).jobs]
    seen: list[str] = []
    following: str | None = f"/jobs{query}"
    while following:
        page = listed(client, following.removeprefix("/jobs"))
        assert len(page["jobs"]) <= 3
        seen += [job["id"] for job in page["jobs"]]
        following = page["next"]
        store.accept(new[:2])
    assert seen == there[::-1]


def test_a_page_is_20_jobs_unless_asked_and_200_at_most(client: FlaskClient, store: Store) -> None:
    store.accept([NEW_JOB] * 201)
    assert len(listed(client)["jobs"]) == 20
    page = listed(client, "?limit=200")
    assert len(page["jobs"]) == 200
    assert len(listed(client, page["next"].removeprefix("/jobs"))["jobs"]) == 1


def test_a_full_last_page_has_no_next(client: FlaskClient, store: Store) -> None:
    store.accept([NEW_JOB] * 3)
    assert listed(client, "?limit=3")["next"] is None


def large(store: Store, many: int) -> list[str]:
    """Jobs of which one makes a page full; the newest first."""
    made = [store.claimed() for _ in range(many)]
    for held in made:
        store.succeed(held, RESULT | {"final_url": "x" * PAGE_BYTES})
    return [str(held.job_id) for held in made][::-1]


@pytest.mark.parametrize("by_id", [True, False])
def test_a_page_of_large_jobs_ends_early_and_next_leads_on(client: FlaskClient, store: Store, *, by_id: bool) -> None:
    ids = large(store, 3)
    following: str | None = "/jobs?" + "&".join(f"id={each}" for each in ids) if by_id else "/jobs?limit=200"
    pages = []
    while following:
        page = listed(client, following.removeprefix("/jobs"))
        pages.append([job["id"] for job in page["jobs"]])
        following = page["next"]
    assert pages == [[each] for each in ids]


def test_the_page_for_people_goes_on_with_older_jobs(client: FlaskClient, store: Store) -> None:
    newest, older = large(store, 2)
    page = client.get("/").text
    assert f"job-{newest}" in page
    assert f"job-{older}" not in page
    assert f"cursor={newest}" in page


class TestByIds:
    """`GET /jobs?id=…&id=…`."""

    def test_jobs_come_in_the_order_asked_each_once(self, client: FlaskClient, store: Store) -> None:
        first, second, third = store.accept([NEW_JOB] * 3).jobs
        asked = [second.id, first.id, third.id, second.id]
        assert listed_ids(client, asked) == [second.id, first.id, third.id]

    def test_a_job_looks_as_in_any_list(self, client: FlaskClient, store: Store) -> None:
        held = store.claimed()
        store.succeed(held)
        assert listed(client, f"?id={held.job_id}") == listed(client)

    def test_unknown_ids_are_left_out(self, client: FlaskClient, store: Store) -> None:
        known = store.submit().id
        assert listed_ids(client, [uuid4(), known, uuid4()]) == [known]
        assert listed_ids(client, [uuid4()]) == []

    def test_a_job_of_another_owner_is_left_out(self, client: FlaskClient, store: Store) -> None:
        theirs, own = store.submit(owner="alice").id, store.submit().id
        assert listed_ids(client, [theirs, own]) == [own]

    def test_200_are_listed_and_201_refused(self, client: FlaskClient, store: Store) -> None:
        ids = [job.id for job in store.accept([NEW_JOB] * 201).jobs]
        assert listed_ids(client, ids[:200]) == ids[:200]
        assert refused(client, by_ids(ids)) == {"id": "List should have at most 200 items after validation, not 201"}

    @pytest.mark.parametrize("other", ["status=PENDING", "kind=count", "url=a", "limit=20", f"cursor={UUID(int=1)}"])
    def test_no_other_filter_goes_with_it(self, client: FlaskClient, other: str) -> None:
        assert refused(client, f"?id={uuid4()}&{other}") == {"id": f"cannot be combined with {other.partition('=')[0]}"}

    def test_every_id_that_is_no_uuid_is_named(self, client: FlaskClient) -> None:
        assert refused(client, f"?id={uuid4()}&id=nonsense&id=").keys() == {"id[1]", "id[2]"}

    def test_a_nul_is_refused(self, client: FlaskClient) -> None:
        assert refused(client, f"?id={uuid4()}&id=%00") == {"id": "holds a NUL character"}

    def test_200_ids_fit_into_a_request_as_it_is_deployed(self, manager_url: str, store: Store) -> None:
        ids = [str(job.id) for job in store.accept([NEW_JOB] * 200).jobs]
        answer = requests.get(f"{manager_url}/jobs", params={"id": ids}, timeout=20)
        assert [job["id"] for job in answer.json()["jobs"]] == ids


def by_ids(ids: Iterable[UUID]) -> str:
    return "?" + "&".join(f"id={job_id}" for job_id in ids)


def listed_ids(client: FlaskClient, ids: Iterable[UUID]) -> list[UUID]:
    page = listed(client, by_ids(ids))
    assert page["next"] is None
    return [UUID(job["id"]) for job in page["jobs"]]


def refused(client: FlaskClient, query: str) -> dict[str, str]:
    """What is wrong with each field."""
    answer = client.get(f"/jobs{query}")
    assert answer.status_code == 422
    return {error["field"]: error["detail"] for error in answer.get_json()["errors"]}
