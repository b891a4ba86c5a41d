"""Words of a crawl, looked up one by one."""

import re
from html import unescape
from urllib.parse import quote
from uuid import UUID

import pytest
from flask.testing import FlaskClient

from job_core.kinds import RunningJob
from job_manager import lists
from job_tasks.crawl import CrawlWordsRequest, put_words_together
from site_crawl import read
from site_crawl.asked_word import kept_form
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


def test_words_of_many_pages_are_there_once_they_were_put_together(
    client: FlaskClient, crawl: Crawl, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(read, "MAX_SUMMED", 2)
    path = f"/result/{crawl.id}/words"
    running = client.get(path)
    assert (running.status_code, running.get_json()["type"]) == (409, "urn:job-manager:words-not-together")
    assert running.get_json()["detail"].startswith("It has counted 3 pages so far, ")
    crawl.finish()
    assert client.get(path).status_code == 200


def test_words_of_many_pages_of_a_cancelled_crawl_are_put_together_by_a_job_once_they_are_asked_for(
    client: FlaskClient, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    crawl = Crawl(store)
    crawl.begin()
    crawl.count({"pear": 2, "plum": 1}, "/a")
    crawl.count({"pear": 1}, "/b")
    store.cancel(crawl.id)
    path = f"/result/{crawl.id}/words"
    few = client.get(path).get_json()
    monkeypatch.setattr(read, "MAX_SUMMED", 1)
    jobs = set()
    for asked in (path, f"{path}?format=csv", path):
        answer = client.get(asked)
        assert (answer.status_code, answer.headers["Retry-After"]) == (409, "2")
        detail = answer.get_json()["detail"]
        assert detail.startswith("It was cancelled or failed after 2 pages. The job ")
        jobs.update(re.findall(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", detail))
    (job_id,) = jobs
    job = store.job(UUID(job_id))
    assert (job.kind, job.label) == ("crawl_words", f"words of {SITE}/")
    held = store.claim(job)
    assert held is not None
    running = RunningJob(id=job.id, owner=None, attempt=1, progress=None, database=store.database)
    assert put_words_together(CrawlWordsRequest(**job.request), running) == {"unique_words": 2}
    crawl.count({"late": 1})  # by a lane that has not heard that the crawl was cancelled
    assert client.get(path).get_json() == few
    assert client.get(f"{path}?format=csv").text == "word,count,pages\r\npear,3,2\r\nplum,1,1\r\n"


@pytest.mark.parametrize("moment", ["while it runs", "afterwards", "after it was cancelled"])
def test_any_word_is_found_however_many_pages_there_are(
    client: FlaskClient, store: Store, crawl: Crawl, moment: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(read, "MAX_SUMMED", 1)
    monkeypatch.setattr(read, "PAGES_AT_ONCE", 1)
    if moment == "afterwards":
        crawl.finish()
    elif moment != "while it runs":
        store.cancel(crawl.id)
    assert client.get(f"/result/{crawl.id}/words/Page").get_json() == {
        "word": "page",
        "count": 4,
        "pages": 2,
        "places": [{"url": f"{SITE}/b", "count": 3}, {"url": f"{SITE}/", "count": 1}],
        "incomplete_pages": 0,
    }


def test_a_word_of_one_spelling_is_found_by_another(client: FlaskClient, crawl: Crawl) -> None:
    crawl.finish()
    assert client.get(f"/result/{crawl.id}/words/won't").get_json()["count"] == 1


SEVERAL = "is several words, which a crawl counts together only where they are its own `word`"


@pytest.mark.parametrize(
    ("text", "detail"),
    [
        *(
            (text, SEVERAL)
            for text in ("e-mail", "book bakery", "state\u2010of\u2010the\u2010art", "and/or", "we,comma")
        ),
        *((text, SEVERAL) for text in ("U+1F", "naive-naïve", "你好世界", "windows 11", "TV일반")),
        *((text, "holds no word") for text in ("-", "11", " ", "\U0001f600", "3.14")),
    ],
)
def test_what_is_not_one_word_is_refused(client: FlaskClient, store: Store, text: str, detail: str) -> None:
    crawl = Crawl(store)
    crawl.begin()
    crawl.count({"你好": 1, "世界": 1})
    crawl.finish()
    for path in (f"words/{quote(text, safe='')}", f"pages?word={quote(text, safe='')}"):
        answer = client.get(f"/result/{crawl.id}/{path}")
        assert (answer.status_code, answer.get_json()["errors"]) == (422, [{"field": "word", "detail": detail}])


OWN_WORDS = ["and/or", "we,comma", "U+1F", "@at", "=cmd", "你好世界", "naive-naïve", "alpha page", "-minus"]


@pytest.mark.parametrize("own", OWN_WORDS)
@pytest.mark.parametrize("moment", ["while it runs", "afterwards", "after it was cancelled"])
def test_the_crawls_own_word_has_the_count_of_its_result(
    client: FlaskClient, store: Store, own: str, moment: str
) -> None:
    crawl = Crawl(store, word=own)
    crawl.begin()
    crawl.count({"alpha": 3, "minus": 1}, "/a", own=2)
    crawl.count({"alpha": 1}, "/b", own=0)
    crawl.count({"alpha": 2}, own=5)
    if moment == "afterwards":
        crawl.finish()
    elif moment != "while it runs":
        store.cancel(crawl.id)
    for asked in (own, f" {own.upper()} "):
        found = client.get(f"/result/{crawl.id}/words/{quote(asked, safe='')}")
        assert found.get_json() == {
            "word": own.lower(),
            "count": 7,
            "pages": 2,
            "places": [{"url": f"{SITE}/b", "count": 5}, {"url": f"{SITE}/", "count": 2}],
            "incomplete_pages": 0,
        }
        pages = client.get(f"/result/{crawl.id}/pages?order=word&word={quote(asked, safe='')}").get_json()["pages"]
        assert [page["word_count"] for page in pages] == [5, 2, 0]


@pytest.mark.parametrize(
    ("text", "word", "other"),
    [
        *(("-minus", "minus", "-plus"), ("@AT", "at", "@to"), ("=cmd", "cmd", "=x"), ("U.S.", "u.s", "U.K.")),
        *(
            ("(you)", "you", "(me)"),
            ("日本", "日本", "日本人"),
            ("don\u02bct", "don't", "won\u02bct"),
            ("CAFE\u0301", "café", "cafe"),
        ),
    ],
)
def test_a_text_that_is_one_word_is_looked_up_as_that(
    client: FlaskClient, store: Store, text: str, word: str, other: str
) -> None:
    crawl = Crawl(store)
    crawl.begin()
    crawl.count({word: 3})
    crawl.finish()
    for asked, count in ((text, 3), (other, 0)):
        found = client.get(f"/result/{crawl.id}/words/{quote(asked, safe='')}")
        assert (found.status_code, found.get_json()["count"]) == (200, count)


def test_a_long_word_is_found_whole_and_as_it_is_shown(client: FlaskClient, store: Store) -> None:
    long = "Ab" * 300
    crawl = Crawl(store)
    crawl.begin()
    crawl.count({kept_form(long): 3})
    crawl.finish()
    (shown,) = client.get(f"/result/{crawl.id}/words").get_json()["words"]
    assert len(shown["word"]) == 101
    for asked in (long, shown["word"]):
        assert client.get(f"/result/{crawl.id}/words/{asked}").get_json()["count"] == 3


@pytest.mark.parametrize(
    ("tokenizer", "word"), [("words", 'צה"ל'), ("words", "ל"), ("treebank", "a\\b"), ("treebank", "c++")]
)
def test_a_word_is_found_among_others_that_are_written_with_quotation_marks(
    client: FlaskClient, store: Store, tokenizer: str, word: str
) -> None:
    crawl = Crawl(store, tokenizer=tokenizer)
    crawl.begin()
    crawl.count({'צה"ל': 1, "a\\b": 1, "ל": 1, "c++": 1, 'x,"c++': 1})
    assert client.get(f"/result/{crawl.id}/words/{quote(word, safe='')}").get_json()["count"] == 1


def test_on_how_many_pages_words_were_left_out_is_said(client: FlaskClient, store: Store) -> None:
    crawl = Crawl(store)
    crawl.begin()
    crawl.count({"word": 3}, "/a", left_out=7)
    crawl.count({"word": 4})
    for _ in range(2):
        for path in ("/words", "/words/word", "/words/other"):
            assert client.get(f"/result/{crawl.id}{path}").get_json()["incomplete_pages"] == 1
        crawl.finish()


def test_all_pages_of_a_word_come_as_csv(client: FlaskClient, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lists, "PIECE", 7)
    crawl = Crawl(store, word="pear")
    crawl.begin()
    for number in range(30):
        crawl.count(
            {"pear": 1 + number % 3, "plum": 5 - number % 3, f"x{number}": 1},
            *([f"/{number + 1}"] if number < 29 else []),
        )
    for word in ("pear", "plum"):
        lines = client.get(f"/result/{crawl.id}/words/{word}?format=csv").text.splitlines()
        counts = [int(line.rpartition(",")[2]) for line in lines[1:]]
        assert (lines[0], len(set(lines[1:]))) == ("url,count", 30)
        assert counts == sorted(counts, reverse=True)
    assert client.get(f"/result/{crawl.id}/words/fig?format=csv").text == "url,count\r\n"


def test_a_hyphen_is_part_of_a_word_to_treebanks_rules(client: FlaskClient, store: Store) -> None:
    crawl = Crawl(store, tokenizer="treebank")
    crawl.begin()
    crawl.count({"e-mail": 2})
    assert client.get(f"/result/{crawl.id}/words/e-mail").get_json()["count"] == 2


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ("AND/or", "and/or stands 7 times on 1 page."),
        ("-pear", "pear stands 1 time on 1 page."),
        ("Ab" * 300, f"{'ab' * 50}… stands 2 times on 1 page."),
        ("nowhere", "nowhere stands 0 times on 0 pages."),
        ("e-mail", f"e-mail {SEVERAL}."),
        ("--", "-- holds no word."),
    ],
)
def test_the_page_finds_what_the_api_finds(web: FlaskClient, store: Store, asked: str, said: str) -> None:
    crawl = Crawl(store, word="and/or")
    crawl.begin()
    crawl.count({"pear": 1, kept_form("ab" * 300): 2}, own=7)
    crawl.finish()
    store.cancel(crawl.id)
    page = web.get(f"/job/{crawl.id}?find={quote(asked, safe='')}").text
    (found,) = re.findall('<p id="found">(.*?)</p>', page)
    assert unescape(re.sub("<.*?>", "", found)) == said


@pytest.mark.parametrize(("left_out", "said"), [(None, []), (7, ["On 1 page, words were left out"])])
def test_the_page_says_where_words_were_left_out(
    web: FlaskClient, store: Store, left_out: int | None, said: list[str]
) -> None:
    crawl = Crawl(store)
    crawl.begin()
    crawl.count({"pear": 1}, left_out=left_out)
    store.cancel(crawl.id)
    assert re.findall("On 1 page, words were left out", web.get(f"/job/{crawl.id}").text) == said
