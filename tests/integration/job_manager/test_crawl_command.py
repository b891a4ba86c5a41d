"""`wordcount crawl --pages` and `--words`, on the manager as it is deployed. No worker runs."""

import json
from uuid import uuid4

import pytest

from tests.integration.job_manager.crawling import SITE, Crawl
from tests.integration.job_store import Store
from wordcount.main import main

DETAIL = "The site answered 404 Not Found."


@pytest.fixture(autouse=True)
def server(manager_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORDCOUNT_SERVER", manager_url)


@pytest.fixture
def crawl(store: Store, capsys: pytest.CaptureFixture[str]) -> Crawl:
    """Two counted pages, one that failed, and one that is left."""
    crawl = Crawl(store, word="Pear")
    crawl.begin()
    crawl.count({"pear": 2, "tree": 1}, "/a", "/b", "/c")
    crawl.count({"pear": 1_000, "=sum": 1})
    crawl.fail("page-refused", DETAIL)
    crawl.finish()
    store.succeed(crawl.held)
    capsys.readouterr()  # the store's log
    return crawl


def said(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert main(["crawl", *arguments]) == 0
    return capsys.readouterr().out


def rows(text: str) -> list[list[str]]:
    return [line.split() for line in text.splitlines()]


def test_pages_are_a_table_with_the_reasons_and_the_asked_word(
    crawl: Crawl, capsys: pytest.CaptureFixture[str]
) -> None:
    heading, start, *others = rows(said(capsys, "--pages", str(crawl.id)))
    assert heading == ["OUTCOME", "WORDS", '"Pear"', "URL", "REASON"]
    assert start == ["counted", "3", "2", f"{SITE}/"]
    assert sorted(row[0] for row in others) == ["counted", "failed", "not-read"]
    (failed,) = [row for row in others if row[0] == "failed"]
    assert failed[2:] == DETAIL.split()


def test_pages_without_a_word_have_no_column_for_it(store: Store, capsys: pytest.CaptureFixture[str]) -> None:
    crawl = Crawl(store)
    crawl.begin()
    capsys.readouterr()
    assert rows(said(capsys, "--pages", str(crawl.id))) == [["OUTCOME", "WORDS", "URL", "REASON"], [f"{SITE}/"]]


def test_words_are_a_table_with_the_most_frequent_first(crawl: Crawl, capsys: pytest.CaptureFixture[str]) -> None:
    assert rows(said(capsys, "--words", str(crawl.id))) == [
        ["WORD", "COUNT", "PAGES"],
        ["pear", "1,002", "2"],
        ["=sum", "1", "1"],
        ["tree", "1", "1"],
    ]


def test_any_word_is_looked_up(crawl: Crawl, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["crawl", "--words", str(crawl.id), "--word", "TREE"]) == 0
    found = capsys.readouterr()
    assert rows(found.out) == [["COUNT", "URL"], ["1", f"{SITE}/"]]
    assert found.err == "tree: 1 on 1 page\n"
    shown = json.loads(said(capsys, "--words", str(crawl.id), "--word", "/nowhere?", "--json"))
    assert shown == {"word": "nowhere", "count": 0, "pages": 0, "places": [], "incomplete_pages": 0}


@pytest.mark.parametrize("what", ["pages", "words"])
def test_json_is_a_line_for_each_over_all_pages_of_the_list(
    store: Store, capsys: pytest.CaptureFixture[str], what: str
) -> None:
    crawl = Crawl(store, max_pages=1_000)
    crawl.begin()
    crawl.count({f"word{number}": 1 + number for number in range(450)}, *(f"/{number}" for number in range(449)))
    crawl.finish()
    capsys.readouterr()
    listed = [json.loads(line) for line in said(capsys, f"--{what}", str(crawl.id), "--json").splitlines()]
    assert len({each["url" if what == "pages" else "word"] for each in listed}) == len(listed) == 450


def test_csv_is_that_of_the_manager(crawl: Crawl, capsys: pytest.CaptureFixture[str]) -> None:
    assert said(capsys, "--words", str(crawl.id), "--csv") == (
        "word,count,pages\r\npear,1002,2\r\n'=sum,1,1\r\ntree,1,1\r\n"
    )
    assert said(capsys, "--words", str(crawl.id), "--word", "tree", "--csv") == f"url,count\r\n{SITE}/,1\r\n"
    head, *lines = said(capsys, "--pages", str(crawl.id), "--csv").splitlines()
    assert head.startswith("url,depth,found_on,outcome,")
    assert len(lines) == 4


@pytest.mark.parametrize("form", [[], ["--json"], ["--csv"]])
@pytest.mark.parametrize("what", ["--pages", "--words"])
def test_a_crawl_that_does_not_exist_is_reported(
    capsys: pytest.CaptureFixture[str], what: str, form: list[str]
) -> None:
    assert main(["crawl", what, str(uuid4()), *form]) == 1
    ended = capsys.readouterr()
    assert (ended.out, ended.err) == (
        "",
        "wordcount: There is no such job: It was never accepted here, or its result has been deleted.\n",
    )
