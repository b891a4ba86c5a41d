"""Pages of a crawl, listed by their outcomes, their words, and the count of any word."""

from typing import Any

import pytest
from flask.testing import FlaskClient

from job_manager import lists
from site_crawl import read
from tests.integration.job_manager.crawling import SITE, Crawl
from tests.integration.job_store import Store

PEARS = {"/": 2, "/a": 0, "/b": 5, "/c": 2}
PLUMS = {"/": 1, "/a": 4, "/b": 0, "/c": 4}


def begun_crawl(store: Store, **asked: Any) -> Crawl:
    """A crawl that has counted four pages, and failed to read another."""
    crawl = Crawl(store, **asked)
    crawl.begin()
    for path, following in (("/", "/a"), ("/a", "/b"), ("/b", "/c"), ("/c", "/gone")):
        counts = {word: count[path] for word, count in (("pear", PEARS), ("plum", PLUMS)) if count[path]}
        crawl.count(counts | {f"only{path}": 1}, following)
    crawl.fail("page-refused", "The site answered 404 Not Found.")
    return crawl


@pytest.fixture
def crawl(store: Store) -> Crawl:
    crawl = begun_crawl(store, word="pear")
    crawl.finish()
    return crawl


def listed(client: FlaskClient, crawl: Crawl, query: str) -> list[dict[str, Any]]:
    """All entries, page by page."""
    following, found = f"/result/{crawl.id}/pages?{query}", []
    while following:
        answer = client.get(following)
        assert answer.status_code == 200, answer.text
        found += answer.get_json()["pages"]
        following = answer.get_json()["next"]
    return found


def counts(pages: list[dict[str, Any]]) -> dict[str, int | None]:
    return {page["url"].removeprefix(SITE): page["word_count"] for page in pages}


@pytest.mark.parametrize("moment", ["while it runs", "afterwards"])
@pytest.mark.parametrize("limit", [1, 2, 50])
def test_each_page_has_its_count_of_any_word_and_they_are_sorted_by_it(
    client: FlaskClient, store: Store, moment: str, limit: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(read, "PAGES_AT_ONCE", 3)
    crawl = begun_crawl(store, word="pear")
    if moment == "afterwards":
        crawl.finish()
    for word, expected in (("plum", PLUMS), ("Pear", PEARS), ("fig", dict.fromkeys(PLUMS, 0))):
        assert counts(listed(client, crawl, f"word={word}&limit={limit}")) == expected | {"/gone": None}
        by_word = counts(listed(client, crawl, f"word={word}&order=word&limit={limit}"))
        assert list(by_word.items()) == sorted(expected.items(), key=lambda each: -each[1])
        by_words = listed(client, crawl, f"word={word}&order=words&limit={limit}")
        assert counts(by_words) == expected
        assert [page["words"] for page in by_words] == sorted((page["words"] for page in by_words), reverse=True)


def test_the_crawls_own_word_is_that_of_the_list_if_none_is_asked_for(client: FlaskClient, crawl: Crawl) -> None:
    assert counts(listed(client, crawl, "")) == PEARS | {"/gone": None}
    assert list(counts(listed(client, crawl, "order=word&limit=1")).items()) == [
        ("/b", 5),
        ("/", 2),
        ("/c", 2),
        ("/a", 0),
    ]


def test_all_pages_by_any_word_come_as_csv(client: FlaskClient, crawl: Crawl, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lists, "PIECE", 2)
    lines = client.get(f"/result/{crawl.id}/pages?word=plum&order=word&format=csv").text.splitlines()
    assert [(line.split(",")[0].removeprefix(SITE), line.rpartition(",")[2]) for line in lines[1:]] == [
        ("/a", "4"),
        ("/c", "4"),
        ("/", "1"),
        ("/b", "0"),
    ]


def test_a_list_by_a_word_needs_one(client: FlaskClient, store: Store) -> None:
    crawl = begun_crawl(store)
    answer = client.get(f"/result/{crawl.id}/pages?order=word")
    detail = "is needed to sort by: the crawl has none of its own"
    assert (answer.status_code, answer.get_json()["errors"]) == (422, [{"field": "word", "detail": detail}])
    assert len(listed(client, crawl, "order=word&word=plum")) == 4


@pytest.mark.parametrize(
    ("asked", "number"),
    [
        ("counted", 4),
        ("failed", 1),
        ("counted,failed", 5),
        ("failed,robots", 1),
        ("trap-parameters", 0),
        ("not-read", 0),
    ],
)
@pytest.mark.parametrize("word", ["", "&word=plum"])
def test_one_outcome_or_several_are_listed(
    client: FlaskClient, crawl: Crawl, asked: str, number: int, word: str
) -> None:
    assert len(listed(client, crawl, f"outcome={asked}{word}&limit=2")) == number
    of_counted = 4 if "counted" in asked else 0
    assert len(listed(client, crawl, f"outcome={asked}{word}&order=word&limit=2")) == of_counted


@pytest.mark.parametrize("asked", ["bogus", "counted,bogus", "", "counted,", "Counted"])
def test_an_outcome_that_there_is_not_is_refused(client: FlaskClient, crawl: Crawl, asked: str) -> None:
    answer = client.get(f"/result/{crawl.id}/pages?outcome={asked}")
    (error,) = answer.get_json()["errors"]
    assert (answer.status_code, error["field"]) == (422, "outcome")
    for outcome in ("counted", "duplicate", "failed", "robots", "trap-parameters", "not-read"):
        assert outcome in error["detail"]


@pytest.mark.parametrize(
    ("path", "kinds"), [("pages", "`crawl` or `quotes`"), ("words", "`crawl`"), ("words/pear", "`crawl`")]
)
def test_what_a_job_of_another_kind_has_none_of_is_named(
    client: FlaskClient, store: Store, path: str, kinds: str
) -> None:
    answer = client.get(f"/result/{store.submit().id}/{path}")
    detail = f"The job is of the kind `count`; this can be asked of {kinds} only."
    assert (answer.status_code, answer.get_json()["detail"]) == (404, detail)
