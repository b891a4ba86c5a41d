"""The quote of the day, quotes found from the form, a search, and all pages of one quote."""

from datetime import UTC, datetime, timedelta
from threading import Event

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Locator, Page, expect

from dev.odd_site import OddAnswer, running_odd_site
from dev.stack import Stack
from job_core.job import JsonObject
from tests.acceptance.page.conftest import OpenPage
from tests.acceptance.page.person import expect_state, job_id
from tests.acceptance.page.screens import DESKTOP, PHONE
from tests.acceptance.page_server import MARKUP
from tests.acceptance.test_quotes import PAGES, find_all, page_of, quote, start

__all__ = ["start"]  # a fixture

LONG = "nowhere" * 40


def look_for_quotes(page: Page, url: str, max_pages: int = 20) -> None:
    """Fill in the form at `/quote`, and send it."""
    page.get_by_label("Address of a page").fill(url)
    page.get_by_label("Pages at most").fill(str(max_pages))
    page.get_by_role("button", name="Look for quotes").click()


def shown(page: Page, name: str) -> Locator:
    """The quotes of a section."""
    return page.get_by_role("list", name=name).get_by_role("listitem")


def of_today(stack: Stack) -> JsonObject:
    return dict(stack.manager.ask("GET", "/quotes/today").expect(200)["quote"])


def test_quotes_are_looked_for_from_the_form_and_listed_with_their_pages(page: Page, stack: Stack, start: str) -> None:
    page.goto("/")
    page.get_by_role("navigation", name="Main").get_by_role("link", name="Quotes").click()
    expect(page.get_by_text("There is none yet.")).to_be_visible()
    look_for_quotes(page, start)
    expect_state(page, "SUCCESS", "Done")
    assert stack.manager.job(job_id(page))["request"].items() >= {"url": start, "max_pages": 20}.items()
    expect(page.locator("#quotes-found")).to_have_text("100")
    expect(page.locator("#quotes-new")).to_have_text("100")
    expect(shown(page, "Quotes")).to_have_count(20)
    first = shown(page, "Quotes").first
    expect(first).to_contain_text("Found on http://127.0.0.1:")
    expect(first).to_contain_text(", attributed to ")
    expect(first).to_contain_text("New. How: ")
    text = first.locator("blockquote").inner_text()
    page.get_by_role("link", name="More").click()
    expect(shown(page, "Quotes")).to_have_count(20)
    expect(page.get_by_text(text, exact=True)).to_have_count(0)
    page.get_by_role("link", name="Quote of the day, and all quotes").click()
    expect(page.locator(".of-day blockquote")).to_have_text(of_today(stack)["text"])


def test_what_a_search_has_found_so_far_is_shown(page: Page, stack: Stack) -> None:
    released = Event()

    def last_page(_target: str, _before: int) -> OddAnswer:
        released.wait(60)
        return page_of(PAGES - 1)

    with running_odd_site() as site:
        site.routes = {"/page/0": page_of(0), "/page/1": last_page}
        page.goto("/quote")
        look_for_quotes(page, f"{site.origin}/page/0")
        expect(page.get_by_role("progressbar", name="Progress")).to_be_visible()
        expect(page.locator(".course")).to_contain_text(f"Reading {site.origin}/page/1")
        expect(page.locator("#pages-read")).to_have_text("1")
        expect(shown(page, "Quotes")).to_have_count(10)
        progress = stack.manager.job(job_id(page))["progress"]
        assert (progress["outcomes"], progress["running"], progress["waiting"]) == ({"counted": 1}, 1, 0)
        released.set()
        expect_state(page, "SUCCESS", "Done")
    expect(page.locator("#pages-read")).to_have_text("2")
    expect(page.get_by_role("progressbar")).to_have_count(0)


def test_the_quote_of_the_day_and_that_of_yesterday(open_page: OpenPage, stack: Stack, start: str) -> None:
    find_all(stack, start)
    chosen = of_today(stack)
    stack.query("UPDATE daily_quotes SET day = day - 1")
    stack.job_manager.kill()  # it has seen the quote of today, which was moved
    stack.job_manager.restart()
    page = open_page("/quote")
    expect(page.locator("#yesterday blockquote")).to_have_text(chosen["text"])
    now = of_today(stack)
    expect(page.locator(".of-day blockquote")).to_have_text(now["text"])
    assert now["text"] != chosen["text"]
    day = datetime.now(UTC).date()
    expect(page.locator(".of-day time")).to_have_attribute("datetime", day.isoformat())
    assert stack.query("SELECT min(day) FROM daily_quotes") == [(day - timedelta(days=1),)]
    expect(page.locator(".of-day .by")).to_have_text(f"Found on {now['found_on']}, attributed to {now['author']}")
    expect(page.locator(".of-day .by a").first).to_have_attribute("href", now["found_on"])


def test_a_search_by_words_and_by_author(open_page: OpenPage, stack: Stack, start: str) -> None:
    find_all(stack, start)
    page = open_page("/quote", java_script_enabled=False)
    expect(shown(page, "Search")).to_have_count(20)
    page.get_by_role("link", name="Older").click()
    expect(shown(page, "Search")).to_have_count(20)
    page.get_by_label("Words").fill("13th engines")
    page.get_by_role("button", name="Search").click()
    expect(shown(page, "Search").locator("blockquote")).to_have_text([quote(13)[0]])
    page.get_by_label("Words").fill("")
    page.get_by_label("Author", exact=True).fill("barb")
    page.get_by_role("button", name="Search").click()
    expect(page.get_by_text("No matching quotes.")).to_be_visible()
    page.get_by_role("link", name="Barbara Liskov").first.click()
    expect(page.get_by_label("Author", exact=True)).to_have_value("Barbara Liskov")
    expect(shown(page, "Search")).to_have_count(20)
    page.get_by_role("link", name="Older").click()
    expect(shown(page, "Search")).to_have_count(5)


def test_a_quote_on_two_pages_names_both(open_page: OpenPage, stack: Stack, start: str) -> None:
    find_all(stack, start)
    page = open_page("/quote?text=0th")
    page.get_by_role("link", name="seen on 2 pages").click()
    expect(page.locator(".of-day blockquote")).to_have_text(quote(0)[0])
    links = page.locator(".quotes .by a[rel]").all_inner_texts()
    assert sorted(links) == [start, start.replace("/page/0", "/page/9")]
    page.get_by_role("link", name="All quotes").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Quote of the day")


def test_what_is_wrong_is_said_and_what_was_written_stays(open_page: OpenPage) -> None:
    page = open_page("/quote")
    look_for_quotes(page, "ftp://example.com", 0)
    expect(page.get_by_role("alert").locator("p")).to_have_text(
        ["The address must begin with http:// or https://.", "The number of pages must be 1 to 100,000."]
    )
    expect(page.get_by_label("Address of a page")).to_have_value("ftp://example.com")
    look_for_quotes(page, MARKUP, 1)
    expect(page.get_by_label("Address of a page")).to_have_value(MARKUP)
    expect(page.locator("img, main script")).to_have_count(0)


def test_an_unknown_quote_is_explained(open_page: OpenPage) -> None:
    for unknown in ("00000000-0000-0000-0000-000000000001", "x"):
        page = open_page(f"/quote/{unknown}")
        expect(page.get_by_role("heading", level=1)).to_have_text("There is no such quote")


def test_the_quote_of_the_day_is_shown_while_the_database_is_away(
    open_page: OpenPage, stack: Stack, start: str
) -> None:
    find_all(stack, start)
    chosen = of_today(stack)
    stack.job_db.kill()
    page = open_page("/quote")
    expect(page.locator(".of-day blockquote")).to_have_text(chosen["text"])
    expect(page.get_by_text("Quotes cannot be searched right now")).to_be_visible()
    stack.job_db.restart()


def test_quotes_of_hostile_pages_are_shown_as_text(open_page: OpenPage, stack: Stack, start: str) -> None:
    find_all(stack, start)
    hostile = f"{MARKUP} {LONG}"
    stack.query(f"UPDATE quotes SET text = $${hostile}$$, author = $${hostile}$$, source = $${hostile}$$")
    stack.query(f"UPDATE sightings SET author = $${hostile}$$, source = $${hostile}$$")
    page = open_page("/quote", viewport=PHONE)
    for path in ("/quote", f"/quote/{of_today(stack)['id']}"):
        page.goto(path)
        expect(page.locator("blockquote").first).to_have_text(hostile)
        expect(page.locator("img, main script")).to_have_count(0)
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"], path


@pytest.mark.parametrize(("scheme", "size"), [("light", DESKTOP), ("dark", PHONE)])
def test_axe_finds_no_barrier_and_nothing_is_cut_off(
    open_page: OpenPage, stack: Stack, start: str, scheme: str, size: dict[str, int]
) -> None:
    page = open_page("/quote", viewport=size, color_scheme=scheme)
    barriers = []

    def look(name: str) -> None:
        barriers.extend((name, violation["id"]) for violation in Axe().run(page).response["violations"])
        assert page.evaluate("document.documentElement.scrollWidth") <= size["width"], name

    look("none yet")
    look_for_quotes(page, "ftp://x")
    look("something is wrong")
    ended = find_all(stack, start)
    quote_id = of_today(stack)["id"]
    paths = ("/quote", "/quote?text=engines&author=Grace", "/quote?text=nothing")
    for path in (*paths, f"/quote/{quote_id}", f"/job/{ended['id']}", "/"):
        page.goto(path)
        look(path)
    assert barriers == []
