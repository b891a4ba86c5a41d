"""The page for a keyboard, a screen reader, a phone, and eyes that want the dark."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from dev.pages import PageServer
from dev.stack import Stack
from tests.acceptance.held import start_held
from tests.acceptance.page.conftest import OpenPage
from tests.acceptance.page.person import expect_state
from tests.acceptance.page.screens import DESKTOP, PHONE

WIDTHS = {"desktop": DESKTOP, "phone": PHONE}


@pytest.fixture
def views(stack: Stack, pages: PageServer, scheme: str, width: str) -> dict[str, str]:
    """A path for each view."""
    held = f"/held/barriers/{scheme}/{width}"
    done = stack.manager.submit(pages.url("/english"), word="queue")
    failed = stack.manager.submit(pages.url("/missing"))
    of_any_kind = stack.manager.submit(pages.url("/of-any-kind"), kind="echo")
    stack.manager.ended_all([done, failed, of_any_kind], within=20)
    running = start_held(stack.manager, pages, held)
    waits = stack.manager.submit(pages.url("/busy/barriers?after=3600"))  # the last one: its host is left alone then
    stack.manager.reached(waits, "RETRY: server-busy")
    jobs = {"a result": done, "a failure": failed, "a retry": waits, "a running job": running}
    jobs["a job of another kind"] = of_any_kind
    return {
        "the list": "/",
        "a filtered list": "/?status=FAILURE&text=missing&kind=count",
        "an empty list": "/?text=no-such-address",
        "an unknown job": "/job/x",
        "the kinds": "/kinds",
        "a form of any kind": "/kinds/crawl",
    } | {name: f"/job/{job}" for name, job in jobs.items()}


@pytest.mark.parametrize(
    ("scheme", "width"),
    [
        ("light", "desktop"),
        ("dark", "phone"),
        pytest.param("dark", "desktop", marks=pytest.mark.thorough),
        pytest.param("light", "phone", marks=pytest.mark.thorough),
    ],
)
def test_axe_finds_no_barrier_and_nothing_is_cut_off(
    open_page: OpenPage, views: dict[str, str], scheme: str, width: str
) -> None:
    page = open_page(viewport=WIDTHS[width], color_scheme=scheme)
    barriers = []
    for name, path in views.items():
        page.goto(path)
        found = Axe().run(page)
        barriers += [(name, violation["id"]) for violation in found.response["violations"]]
        assert page.evaluate("document.documentElement.scrollWidth") <= WIDTHS[width]["width"], name
    assert barriers == []


def test_by_keyboard_alone(page: Page, pages: PageServer) -> None:
    def tab_to(name: str) -> None:
        for _ in range(30):
            page.keyboard.press("Tab")
            if page.evaluate("(document.activeElement.labels?.[0] ?? document.activeElement).innerText") == name:
                return
        raise AssertionError(f"no way leads to {name}")

    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    page.keyboard.press("Enter")
    tab_to("Addresses, one per line")
    page.keyboard.type(pages.url("/busy/by-keyboard?after=3600"))
    tab_to("Count")
    page.keyboard.press("Enter")
    expect_state(page, "RETRY", "Attempt 1 of 5")
    tab_to("Cancel")
    page.keyboard.press("Enter")
    expect_state(page, "REVOKED", "Cancelled")
    tab_to("All jobs")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="How many words are on a page?")).to_be_visible()


def test_the_focus_stays_where_it_was_while_the_page_moves(
    open_page: OpenPage, stack: Stack, pages: PageServer
) -> None:
    job = start_held(stack.manager, pages, "/held/focus")
    page = open_page(f"/job/{job}")
    page.locator("#json").focus()
    pages.release("/held/focus")
    expect_state(page, "SUCCESS", "Done")
    expect(page.locator("#json")).to_be_focused()
