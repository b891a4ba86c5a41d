"""Words of a crawl, looked up one by one."""

from urllib.parse import quote

import pytest
from flask.testing import FlaskClient

from site_crawl import read
from tests.integration.job_manager.crawling import SITE, Crawl
from tests.integration.job_store import Store


@pytest.fixture
def crawl(store: Store) -> Crawl:
    """Two pages that write a word differently, and one that does not have it."""
    crawl = Crawl(store)
    crawl.begin()
    crawl.count({"don't": 1, "don\u2019t": 2, "page": 1}, "/a")
    crawl.count({"don\u2019t": 4, "won\u2019t": 1}, "/b")
    crawl.count({"page": 3})
    return crawl


@pytest.mark.parametrize("moment", ["while it runs", "afterwards"])
@pytest.mark.parametrize("asked", ["don't", "DON\u2019T", " don\u02bct "])
def test_all_apostrophes_are_one(client: FlaskClient, crawl: Crawl, moment: str, asked: str) -> None:
    if moment == "afterwards":
        crawl.finish()
    found = client.get(f"/result/{crawl.id}/words/{quote(asked)}").get_json()
    assert (found["count"], found["pages"]) == (7, 2)
    assert found["places"] == [{"url": f"{SITE}/a", "count": 4}, {"url": f"{SITE}/", "count": 3}]


@pytest.mark.parametrize("path", ["/words", "/words/page"])
def test_words_of_many_pages_are_there_once_they_were_put_together(
    client: FlaskClient, store: Store, crawl: Crawl, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(read, "MAX_SUMMED", 2)
    running = client.get(f"/result/{crawl.id}{path}")
    assert (running.status_code, running.get_json()["type"]) == (409, "urn:job-manager:words-not-together")
    assert running.get_json()["detail"].startswith("It has counted 3 pages so far, ")
    crawl.finish()
    assert client.get(f"/result/{crawl.id}{path}").status_code == 200
    store.sql("UPDATE crawls SET finished_at = NULL")
    store.cancel(crawl.id)
    cancelled = client.get(f"/result/{crawl.id}{path}")
    assert cancelled.status_code == 409
    assert cancelled.get_json()["detail"].startswith("It was cancelled or failed after 3 pages, ")
    monkeypatch.setattr(read, "MAX_SUMMED", 3)
    assert client.get(f"/result/{crawl.id}{path}").status_code == 200


def test_a_word_of_one_spelling_is_found_by_another(client: FlaskClient, crawl: Crawl) -> None:
    crawl.finish()
    assert client.get(f"/result/{crawl.id}/words/won't").get_json()["count"] == 1


@pytest.mark.parametrize("phrase", ["e-mail", "book bakery", "state\u2010of\u2010the\u2010art"])
def test_a_phrase_is_refused(client: FlaskClient, crawl: Crawl, phrase: str) -> None:
    answer = client.get(f"/result/{crawl.id}/words/{quote(phrase)}")
    detail = "is several words, which a crawl counts only where its own `word` names them"
    assert (answer.status_code, answer.get_json()["errors"]) == (422, [{"field": "word", "detail": detail}])


def test_a_hyphen_is_part_of_a_word_to_treebanks_rules(client: FlaskClient, store: Store) -> None:
    crawl = Crawl(store, tokenizer="treebank")
    crawl.begin()
    crawl.count({"e-mail": 2})
    assert client.get(f"/result/{crawl.id}/words/e-mail").get_json()["count"] == 2
