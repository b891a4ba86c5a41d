"""Quotes that are found on a site, kept once, and given for each day: on the whole stack."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from dev.odd_site import OddAnswer, page, running_odd_site
from dev.stack import Stack
from job_core.job import JsonObject
from tests.acceptance.command_line import CommandLine
from tests.acceptance.crawling import listed

PAGES, QUOTES_A_PAGE = 10, 10
AUTHORS = ("Ada Lovelace", "Grace Hopper", "Edsger Dijkstra", "Barbara Liskov")


def quote(number: int) -> tuple[str, str]:
    """The text of a quote, and whom it is attributed to."""
    text = f"The {number}th thing that one learns about engines is that they count to {number * 7}."
    return text, AUTHORS[number % len(AUTHORS)]


def page_of(number: int) -> OddAnswer:
    quotes = [quote(number * QUOTES_A_PAGE + place) for place in range(QUOTES_A_PAGE)]
    if number == PAGES - 1:
        quotes.append(quote(0))  # which stands on the first page as well
    listed = "".join(f"<blockquote><p>{text}</p><footer>— {by}</footer></blockquote>" for text, by in quotes)
    links = [f"/page/{number + 1}"] if number + 1 < PAGES else []
    return page(f"Page {number}</p>{listed}<p>", *links, head="<title>Quotes</title>")


@pytest.fixture
def start(stack: Stack) -> Iterator[str]:
    """The first page of a site of a hundred quotes; none is known yet."""
    stack.query("DELETE FROM quotes")
    stack.query("DELETE FROM authors")
    if stack.query("DELETE FROM daily_quotes RETURNING day"):
        stack.job_manager.kill()  # it remembers the quotes of days
        stack.job_manager.restart()
    with running_odd_site() as site:
        site.routes = {f"/page/{number}": page_of(number) for number in range(PAGES)}
        yield f"{site.origin}/page/0"


def ask(stack: Stack, path: str, status: int = 200) -> JsonObject:
    return stack.manager.ask("GET", path).expect(status)


def find_all(stack: Stack, start: str) -> JsonObject:
    ended = stack.manager.ended_job(stack.manager.submit(start, kind="quotes", max_pages=20), within=60)
    assert ended["status"] == "SUCCESS", ended
    return ended


def test_all_quotes_of_a_site_are_found_and_each_is_kept_once(stack: Stack, start: str) -> None:
    result = find_all(stack, start)["result"]
    assert (result["pages"], result["quotes"], result["new"]) == (PAGES, 100, 100)
    again = find_all(stack, start)
    assert (again["result"]["quotes"], again["result"]["new"]) == (100, 0)
    kept = listed(stack, "/quotes?limit=30", "quotes")
    assert {(each["text"], each["author"]) for each in kept} == {quote(number) for number in range(100)}
    assert len(kept) == 100
    (twice,) = [each for each in kept if each["sightings"] == 2]
    assert twice["text"] == quote(0)[0]
    found = listed(stack, f"/result/{again['id']}/quotes?limit=50", "quotes")
    assert (len(found), {each["is_new"] for each in found}) == (101, {False})


def test_what_became_of_each_page_is_listed(stack: Stack, start: str) -> None:
    job_id = find_all(stack, start)["id"]
    pages = listed(stack, f"/result/{job_id}/pages?limit=4", "pages")
    assert len(pages) == PAGES
    assert {(page["outcome"], page["word_count"]) for page in pages} == {("counted", None)}
    for query in ("word=engine", "order=words"):
        assert "counts" in str(ask(stack, f"/result/{job_id}/pages?{query}", 422))


def test_quotes_are_found_by_words_author_and_site_and_one_at_random(stack: Stack, start: str) -> None:
    find_all(stack, start)
    (found,) = ask(stack, "/quotes?text=13th+engines")["quotes"]
    assert found["text"] == quote(13)[0]
    detail = ask(stack, f"/quotes/{found['id']}")
    assert detail["quote"] == found
    (sighting,) = detail["sightings"]
    assert (sighting["url"], sighting["author"]) == (start.replace("/page/0", "/page/1"), quote(13)[1])
    assert len(listed(stack, "/quotes?author=LOVELACE,+Ada&limit=200", "quotes")) == 25
    assert len(listed(stack, "/quotes?site=127.0.0.1&limit=200", "quotes")) == 100
    assert ask(stack, "/quotes?site=elsewhere.example")["quotes"] == []
    assert ask(stack, "/quotes/random?author=Grace+Hopper")["author"] == "Grace Hopper"
    ask(stack, "/quotes/random?author=Nobody", 404)
    assert ask(stack, "/authors?prefix=ed")["authors"] == [{"name": "Edsger Dijkstra", "quotes": 25}]
    lines = requests.get(f"{stack.manager.url}/quotes?format=csv", timeout=30).text.splitlines()
    assert (lines[0].split(",")[:3], len(lines)) == (["id", "text", "author"], 101)


def test_a_quote_that_was_taken_down_does_not_come_back(stack: Stack, start: str) -> None:
    find_all(stack, start)
    (found,) = ask(stack, "/quotes?text=42th")["quotes"]
    assert stack.manager.ask("DELETE", f"/quotes/{found['id']}").status == 204
    stack.manager.ask("DELETE", f"/quotes/{found['id']}").expect(404)
    assert find_all(stack, start)["result"]["quotes"] == 99
    assert ask(stack, "/quotes?text=42th")["quotes"] == []
    ask(stack, f"/quotes/{found['id']}", 404)


def test_a_day_has_one_quote_for_ever(stack: Stack, start: str) -> None:
    ask(stack, "/quotes/today", 404)
    find_all(stack, start)
    answer = requests.get(f"{stack.manager.url}/quotes/today", timeout=30)
    shown = answer.json()
    assert shown == ask(stack, f"/quotes/day/{shown['day']}")
    assert answer.headers["Cache-Control"].startswith("public, max-age=")
    assert answer.headers["ETag"]
    unchanged = requests.get(answer.url, headers={"If-None-Match": answer.headers["ETag"]}, timeout=30)
    assert unchanged.status_code == 304
    stack.manager.ask("DELETE", f"/quotes/{shown['quote']['id']}")
    assert ask(stack, "/quotes/today") == shown
    ask(stack, "/quotes/day/2020-02-30", 404)
    ask(stack, "/quotes/day/2999-01-01", 404)


def test_every_quote_is_found_once_although_a_worker_is_killed(stack: Stack, start: str) -> None:
    job_id = stack.manager.submit(start, kind="quotes", max_pages=20)
    for worker in stack.job_workers:
        worker.kill()
        worker.start()
    ended = stack.manager.ended_job(job_id, within=90)
    assert (ended["result"]["quotes"], ended["result"]["new"]) == (100, 100)
    assert len(listed(stack, "/quotes?limit=200", "quotes")) == 100


def test_the_command_line_finds_quotes_and_shows_the_one_of_the_day(stack: Stack, start: str, tmp_path: Path) -> None:
    command = CommandLine(server=stack.manager.url, home=tmp_path)
    ended = command.run("quotes", "--max-pages", "20", "--wait", "--json", start)
    found = [json.loads(line) for line in ended.out.splitlines()]
    assert {(each["text"], each["author"]) for each in found} == {quote(number) for number in range(100)}
    assert (ended.status, ended.err) == (0, "100 quotes on 10 pages, 100 of them new; finished\n")
    as_csv = command.run("quotes", "--csv", "--wait", start).out.splitlines()
    assert (as_csv[0].split(",")[:3], len(as_csv)) == (["id", "text", "author"], 11)
    shown = ask(stack, "/quotes/today")["quote"]
    by = f"found on {shown['found_on']}, attributed to {shown['author']}"
    assert command.run("quote", "--today").out == f"{shown['text']}\n    {by}\n"
    any_of_hers = command.run("quote", "--random", "--author", "grace hopper").out
    assert any_of_hers.endswith(", attributed to Grace Hopper\n")
