"""Small things that make the page pleasant: colours, shortcuts, links to hand on, the way from a list to an act."""

from playwright.sync_api import Page, expect

from dev.pages import PageServer
from dev.stack import Stack
from tests.acceptance.page.conftest import OpenPage
from tests.acceptance.page.person import expect_not_reloaded, expect_state, filter_by, mark, rows

GROUND = "getComputedStyle(document.body).backgroundColor"


def test_the_colours_that_were_chosen_are_kept(page: Page) -> None:
    light = page.evaluate(GROUND)
    mark(page)
    with page.expect_response("**/theme"):
        page.get_by_role("button", name="Dark").click()
    dark = page.evaluate(GROUND)
    assert dark != light
    expect(page.get_by_role("button", name="Dark")).to_have_attribute("aria-pressed", "true")
    expect_not_reloaded(page)
    for path in ("/", "/docs", "/nowhere"):
        page.goto(path)
        assert page.evaluate(GROUND) == dark, path
    page.get_by_role("button", name="System").click()
    assert page.evaluate(GROUND) == light


def test_the_colours_are_chosen_without_script(open_page: OpenPage) -> None:
    page = open_page("/quote?text=ä&author=b", java_script_enabled=False)
    url = page.url
    page.get_by_role("button", name="Dark").click()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    assert page.url == url
    page.get_by_role("button", name="System").click()
    expect(page.locator("html")).not_to_have_attribute("data-theme", "dark")


def test_control_and_enter_submit(page: Page, pages: PageServer) -> None:
    page.get_by_label("Addresses, one per line").fill(pages.url("/words/5/by-shortcut"))
    page.keyboard.press("Control+Enter")
    expect_state(page, "SUCCESS", "Done")


def test_the_link_of_a_job_is_copied(open_page: OpenPage, stack: Stack, pages: PageServer) -> None:
    job = stack.manager.submit(pages.url("/words/5/copied"))
    stack.manager.ended(job)
    page = open_page(f"/job/{job}?stop=hide", permissions=["clipboard-read", "clipboard-write"])
    page.get_by_role("button", name="Copy link").click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == f"{stack.manager.url}/job/{job}"


def test_how_long_a_job_has_been_running_goes_on(open_page: OpenPage, stack: Stack, pages: PageServer) -> None:
    job = stack.manager.submit(pages.url("/held/elapsed"))
    stack.manager.reached(job, "STARTED")
    page = open_page(f"/job/{job}")
    elapsed = page.locator(".state .elapsed")
    before = elapsed.inner_text()
    expect(elapsed).not_to_have_text(before)
    pages.release("/held/elapsed")
    expect_state(page, "SUCCESS", "Done after ")
    expect(elapsed).to_have_count(0)


def test_a_job_is_cancelled_and_tried_again_from_the_list(page: Page, stack: Stack, pages: PageServer) -> None:
    job = stack.manager.submit(pages.url("/busy/from-the-list?after=3600"))
    filter_by(page, "/busy/from-the-list")
    rows(page).first.get_by_role("button", name="Cancel").click()
    expect(rows(page).first.locator(".badge")).to_have_text("cancelled")
    rows(page).first.get_by_role("button", name="Try again").click()
    expect(rows(page)).to_have_count(2)
    expect(page.get_by_label("Address contains")).to_have_value("/busy/from-the-list")
    assert stack.manager.job(job)["status"] == "REVOKED"


def test_the_asked_word_stands_in_the_list(page: Page, stack: Stack, pages: PageServer) -> None:
    stack.manager.submit(pages.url("/words/5/asked-for"), word="Word")
    expect(rows(page).filter(has_text="/words/5/asked-for")).to_contain_text("5 words")
    expect(rows(page).filter(has_text="/words/5/asked-for").locator(".asked")).to_have_text("5 times Word")


def test_the_words_of_an_address_over_time(open_page: OpenPage, stack: Stack, pages: PageServer) -> None:
    url = pages.url("/words/5/over-time")
    first, second = (stack.manager.submit(url) for _ in range(2))
    stack.manager.ended_all([first, second], within=30)
    page = open_page(f"/job/{second}")
    counts = page.locator(".over-time li")
    expect(counts).to_have_count(2)
    expect(counts.first).to_contain_text("5 words")
    expect(counts.first).to_contain_text("±0")
    counts.last.get_by_role("link").click()
    assert page.url.endswith(first)


def test_unknown_addresses_are_pages(open_page: OpenPage) -> None:
    page = open_page("/nowhere")
    expect(page.get_by_role("heading", level=1)).to_have_text("Not Found")
    page.get_by_role("link", name="All jobs").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("How many words are on a page?")


def test_the_way_back_from_the_http_interface(open_page: OpenPage) -> None:
    page = open_page("/docs")
    page.get_by_role("link", name="All jobs").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("How many words are on a page?")
