"""The page for a keyboard, a screen reader, a phone, and eyes that want the dark."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from dev.manager import Manager
from dev.pages import PageServer
from dev.stack import Stack
from tests.acceptance.held import start_held
from tests.acceptance.page.conftest import OpenPage
from tests.acceptance.page.person import expect_state
from tests.acceptance.page.screens import DESKTOP, PHONE
from tests.acceptance.page.views import views

WIDTHS = {"desktop": DESKTOP, "phone": PHONE}


# Elements that hold more than they show: a table or code that is wider than its box.
OVERFLOWING = """
    [...document.querySelectorAll("table, th, td, pre, code, dl, dt, dd, ol, ul, li")]
        .filter((box) => box.clientWidth && box.scrollWidth > box.clientWidth)
        .map((box) => box.outerHTML.slice(0, 200))
"""


@pytest.mark.thorough
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", ["desktop", "phone"])
def test_axe_finds_no_barrier_and_nothing_overflows_on_any_view(
    open_page: OpenPage, manager: Manager, pages: PageServer, scheme: str, width: str
) -> None:
    page = open_page(viewport=WIDTHS[width], color_scheme=scheme)
    found = []
    with views(manager, pages, f"/held/barriers/{scheme}/{width}") as paths:
        of_any_kind = manager.submit(pages.url("/of-any-kind"), kind="echo")
        others = {
            "a job of another kind": f"/job/{of_any_kind}",
            "filtered": "/?status=FAILURE&text=missing&kind=count&order=oldest",
            "none found": "/?text=no-such-address",
            "no such job": "/job/x",
        }
        for name, path in (paths | others).items():
            page.goto(path)
            page.evaluate("for (const each of document.querySelectorAll('details')) each.open = true")
            # The description of each route is like that of the others: for all of them axe takes minutes.
            context = {"exclude": [".docs > section:nth-of-type(n + 3)"]} if name == "api" else None
            found += [(name, each["id"]) for each in Axe().run(page, context).response["violations"]]
            found += [(name, box) for box in page.evaluate(OVERFLOWING)]
            assert page.evaluate("document.documentElement.scrollWidth") <= WIDTHS[width]["width"], name
    assert found == []


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
