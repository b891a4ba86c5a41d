"""The commands `wordcount quotes` and `quote`, on answers that a server has ready."""

import json
from typing import Any

import pytest
from pytest_httpserver import HTTPServer

from wordcount.main import main

ID = "01a20c9c-c451-726f-a7db-dc9eca01d34e"
SITE = "https://example.com/"
JOB: dict[str, Any] = {
    "id": ID,
    "kind": "quotes",
    "url": SITE,
    "status": "SUCCESS",
    "created_at": "2026-11-25T10:00:00.000Z",
    "result": {"pages": 1, "quotes": 2, "new": 1, "stop_reason": "finished"},
    "error": None,
}
FAILED = JOB | {
    "status": "FAILURE",
    "result": None,
    "error": {"type": "page-refused", "title": "The site refused the page", "detail": "404 Not Found."},
}
SURE = {"text": "Bread is patience.", "author": "Helen Marsh", "source": "The Loaf", "url": f"{SITE}1"}
BARE = {"text": "A \x1b[31mred\nline", "author": None, "source": None, "url": f"{SITE}2"}
OF_DAY = SURE | {"found_on": SURE["url"]}


@pytest.fixture(autouse=True)
def environment(httpserver: HTTPServer, monkeypatch: pytest.MonkeyPatch) -> None:
    found = f"/result/{ID}/quotes"
    asked = httpserver.expect_request
    asked("/quotes", method="POST", json={"url": SITE, "max_pages": 3}).respond_with_json(JOB, status=202)
    asked("/quotes", method="POST", json={"url": SITE}).respond_with_json(JOB, status=202)
    asked(f"/result/{ID}").respond_with_json(JOB)
    asked(found, query_string="limit=200").respond_with_json({"quotes": [SURE], "next": f"{found}?limit=200&cursor=1"})
    asked(found, query_string="limit=200&cursor=1").respond_with_json({"quotes": [BARE], "next": None})
    asked(found, query_string="format=csv").respond_with_data("id,text\r\n1,Bread\r\n", content_type="text/csv")
    asked("/quotes/today").respond_with_json({"day": "2026-11-25", "quote": OF_DAY})
    asked("/quotes/random", query_string="author=Helen+Marsh").respond_with_json(OF_DAY)
    asked("/quotes/random").respond_with_json({"title": "There is no such quote", "detail": "None."}, status=404)
    monkeypatch.setenv("WORDCOUNT_SERVER", httpserver.url_for("/"))


IN_WORDS = (
    "Bread is patience.\n    found on https://example.com/1, attributed to Helen Marsh, from The Loaf\n"
    "A \\x1b[31mred\\nline\n    found on https://example.com/2\n"
)


def test_a_search_is_waited_for_and_its_quotes_are_shown(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["quotes", "--max-pages", "3", "--wait", SITE]) == 0
    ended = capsys.readouterr()
    assert ended == (IN_WORDS, "2 quotes on 1 page, 1 of them new; finished\n")


def test_without_wait_the_id_is_printed_and_the_quotes_are_found_by_it(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["quotes", SITE]) == 0
    assert capsys.readouterr().out == f"{ID}  {SITE}\n"
    assert main(["quotes", "--found", ID]) == 0
    assert capsys.readouterr().out == IN_WORDS


@pytest.mark.parametrize("what", [["--wait", SITE], ["--found", ID]])
def test_quotes_as_json_and_as_csv(what: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["quotes", "--json", *what]) == 0
    assert [json.loads(line) for line in capsys.readouterr().out.splitlines()] == [SURE, BARE]
    assert main(["quotes", "--csv", *what]) == 0
    assert capsys.readouterr().out == "id,text\r\n1,Bread\r\n"


def test_a_search_that_fails_says_why(httpserver: HTTPServer, capsys: pytest.CaptureFixture[str]) -> None:
    httpserver.clear()
    httpserver.expect_request("/quotes", method="POST").respond_with_json(JOB, status=202)
    httpserver.expect_request(f"/result/{ID}").respond_with_json(FAILED)
    httpserver.expect_request(f"/result/{ID}/quotes").respond_with_json({"quotes": [], "next": None})
    assert main(["quotes", "--wait", SITE]) == 1
    assert capsys.readouterr() == ("", "FAILURE: The site refused the page: 404 Not Found.\n")


def test_the_quote_of_the_day_and_any_of_an_author(capsys: pytest.CaptureFixture[str]) -> None:
    shown = IN_WORDS.partition("A ")[0]
    assert main(["quote", "--today"]) == 0
    assert capsys.readouterr().out == shown
    assert main(["quote", "--random", "--author", "Helen Marsh"]) == 0
    assert capsys.readouterr().out == shown
    assert main(["quote", "--today", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"day": "2026-11-25", "quote": OF_DAY}


def test_that_there_is_none_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["quote", "--random"]) == 1
    assert capsys.readouterr() == ("", "wordcount: There is no such quote: None.\n")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["quotes", "--csv", SITE], "--csv shows quotes"),
        (["quotes", "--found", ID, "--wait"], "--wait belongs to a new search"),
        (["quotes", "--found", ID, "--max-pages", "2"], "--max-pages belongs to a new search"),
        (["quotes", "ftp://example.com"], "1 of 1 URL"),
        (["quote", "--today", "--author", "Ada"], "--author belongs to --random"),
    ],
)
def test_what_makes_no_sense_is_refused_before_anything_is_sent(
    httpserver: HTTPServer, arguments: list[str], says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 2
    assert capsys.readouterr().err.startswith(f"wordcount: {says}")
    assert httpserver.log == []
