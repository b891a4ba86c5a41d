"""Crawls of a site with known answers, on the whole stack."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from dev.crawl_site import MAX_DEPTH, CrawlSite, running_crawl_site, words_of
from dev.stack import Stack
from dev.waiting import eventually
from job_core.job import JsonObject
from tests.acceptance.crawling import pages_of

COUNTED_TWICE = ("/copy/1", "/copy/2")  # which of them is counted, and which repeats it, depends on what is read first


@pytest.fixture
def site() -> Iterator[CrawlSite]:
    with running_crawl_site() as site:
        yield site


def crawl(stack: Stack, site: CrawlSite, **asked: Any) -> str:
    return stack.manager.submit(f"{site.origin}/", kind="crawl", **{"max_depth": MAX_DEPTH} | asked)


def csv_lines(stack: Stack, path: str) -> list[str]:
    answer = requests.get(stack.manager.url + path, headers={"Accept": "text/csv"}, timeout=30)
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    return answer.text.splitlines()


def by_path(site: CrawlSite, pages: list[JsonObject]) -> dict[str, JsonObject]:
    return {page["url"].removeprefix(site.origin).partition("?utm_source")[0]: page for page in pages}


def test_every_url_of_a_site_ends_with_the_outcome_that_is_known(stack: Stack, site: CrawlSite) -> None:
    crawl_id = crawl(stack, site, word="Pear")
    ended = stack.manager.ended_job(crawl_id, within=60)
    assert ended["status"] == "SUCCESS", ended
    found = by_path(site, pages_of(stack, crawl_id))
    expected = site.outcomes()
    copies = {found[path].pop("outcome") for path in COUNTED_TWICE}
    assert copies == {"counted", "duplicate"}
    assert {path: page.get("outcome") for path, page in found.items() if path not in COUNTED_TWICE} == {
        path: outcome for path, outcome in expected.items() if path not in COUNTED_TWICE
    }
    counts = Counter(expected.values()) + Counter({"duplicate": 1}) - Counter({"counted": 1})
    result = ended["result"]
    assert (result["outcomes"], result["pages"]) == (dict(counts), counts["counted"])
    pears = sum(words_of(number).count("pear") for number in range(7))
    assert result["word"] == {"word": "Pear", "count": pears, "pages": 6}
    assert (result["stop_reason"], ended["children"]["SUCCESS"] >= 1) == ("max-depth", True)
    assert found["/missing"]["reason"] == "page-refused"
    assert found["/missing"]["http_status"] == 404
    assert found["/tree/0"]["depth"] == 1
    assert found["/only-in-sitemap"]["depth"] is None


def test_a_site_is_asked_for_each_page_once_and_for_nothing_that_it_disallows(stack: Stack, site: CrawlSite) -> None:
    stack.manager.ended_job(crawl(stack, site), within=60)
    asked = Counter(path.partition("?utm_source")[0] for path in site.log())
    often = {path: times for path, times in asked.items() if times > 1}
    assert often == {"/broken": 3, "/busy-twice": 3}
    assert asked["/private/letter"] + asked["/nofollow-only"] + asked["/deep/4"] == 0
    assert asked["/robots.txt"] == 1


def test_no_more_pages_are_asked_for_than_were_allowed(stack: Stack, site: CrawlSite) -> None:
    ended = stack.manager.ended_job(crawl(stack, site, max_pages=5, sitemap="skip"), within=60)
    assert ended["result"]["stop_reason"] == "max-pages"
    assert len([path for path in set(site.log()) if path != "/robots.txt"]) <= 5


@pytest.mark.parametrize(
    ("path", "error"),
    [("/missing", "page-refused"), ("/private/letter", "robots-disallowed"), ("/picture", "not-text")],
)
def test_a_start_that_cannot_be_read_is_a_failure_with_its_reason(
    stack: Stack, site: CrawlSite, path: str, error: str
) -> None:
    crawl_id = stack.manager.submit(f"{site.origin}{path}", kind="crawl", sitemap="skip")
    ended = stack.manager.ended_job(crawl_id, within=60)
    assert (ended["status"], ended["error"]["type"]) == ("FAILURE", error)


def test_any_word_can_be_asked_of_a_crawl_and_all_as_csv(stack: Stack, site: CrawlSite) -> None:
    crawl_id = crawl(stack, site)
    stack.manager.ended_job(crawl_id, within=60)
    plums = stack.manager.ask("GET", f"/result/{crawl_id}/words/old").expect(200)
    assert plums == {
        "word": "old",
        "count": 1,
        "pages": 1,
        "places": [{"url": f"{site.origin}/new", "count": 1}],
        "incomplete_pages": 0,
    }
    assert stack.manager.ask("GET", f"/result/{crawl_id}/words/nowhere").expect(200)["count"] == 0
    words = stack.manager.ask("GET", f"/result/{crawl_id}/words?prefix=page&order=word").expect(200)["words"]
    assert [word["word"] for word in words] == ["page", *(f"page{number}" for number in range(7))]
    lines = csv_lines(stack, f"/result/{crawl_id}/words")
    assert lines[0] == "word,count,pages"
    assert len(lines) == 1 + stack.manager.job(crawl_id)["result"]["unique_words"]
    pages = csv_lines(stack, f"/result/{crawl_id}/pages")
    assert len(pages) == 1 + sum(stack.manager.job(crawl_id)["result"]["outcomes"].values())


def test_a_cancelled_crawl_keeps_its_pages_and_words_and_asks_for_no_more(stack: Stack, site: CrawlSite) -> None:
    held = site.hold("/deep/2")
    crawl_id = crawl(stack, site, sitemap="skip")
    eventually(lambda: "/deep/2" in site.log(), "the held page is asked for", seconds=30)
    assert stack.manager.cancel(crawl_id)["status"] == "REVOKED"
    stack.wait_until_quiet()
    asked = site.log()
    held.set()
    assert stack.manager.job(crawl_id)["result"] is None
    assert by_path(site, pages_of(stack, crawl_id, "outcome=counted&limit=200")).keys() >= {"/", "/deep/1"}
    assert stack.manager.ask("GET", f"/result/{crawl_id}/words/start").expect(200)["count"] == 1
    assert site.log() == asked


def test_the_words_of_a_large_crawl_that_was_cancelled_come_when_a_worker_has_put_them_together(
    stack: Stack, site: CrawlSite
) -> None:
    held = site.hold("/deep/2")
    crawl_id = crawl(stack, site, sitemap="skip")
    eventually(lambda: "/deep/2" in site.log(), "the held page is asked for", seconds=30)
    stack.manager.cancel(crawl_id)
    stack.wait_until_quiet()
    path = f"/result/{crawl_id}/words"
    words = stack.manager.ask("GET", path).expect(200)
    stack.query(
        "UPDATE crawls SET outcomes = outcomes || '{\"counted\": 2001}' WHERE job_id = %s RETURNING 1", crawl_id
    )
    stack.manager.ask("GET", path).expect(409)
    eventually(lambda: stack.manager.ask("GET", path).status == 200, "the words are there", seconds=30)
    held.set()  # the lane that reads the page writes nothing any more
    stack.wait_until_quiet()
    assert stack.manager.ask("GET", path).expect(200) == words
