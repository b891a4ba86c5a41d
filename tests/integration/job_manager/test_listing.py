from dataclasses import replace
from typing import Any
from urllib.parse import quote

import pytest
from flask.testing import FlaskClient

from tests.integration.job_store import NEW_JOB, Store

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
    del whole["attempts"], whole["callback"]
    assert listed(client)["jobs"] == [whole]


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
    _, second, _ = store.accept([replace(NEW_JOB, url=f"https://example.com/{name}") for name in "abc"]).jobs
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
    new = [replace(NEW_JOB, url=ODD)] * 10
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
