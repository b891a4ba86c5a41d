"""Debian's Chromium, as a person's browser. A page that logs an error, or breaks its policy, fails its test."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, expect, sync_playwright

from dev.stack import Stack
from embedded.ports import LOOPBACK
from tests.acceptance.page.screens import DESKTOP, MISSING, find_chromium
from tests.missing import is_missing

MOMENT_MS = 30_000  # on a busy machine

OpenPage = Callable[..., Page]


@pytest.fixture(scope="session")
def chromium() -> str:
    """Where Chromium is."""
    return find_chromium() or is_missing(MISSING)


@pytest.fixture(scope="session")
def browser(chromium: str) -> Iterator[Browser]:
    expect.set_options(timeout=MOMENT_MS)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium)
        yield browser
        browser.close()


@pytest.fixture
def open_page(stack: Stack, browser: Browser) -> Iterator[OpenPage]:
    """Opens pages of the manager, each in a browser of its own, set by Playwright's options for a context."""
    contexts: list[BrowserContext] = []
    complaints: list[str] = []

    def note(message: ConsoleMessage) -> None:
        # A page that answers 404 or 422 by intent is logged as well; what scripts and the policy say is not.
        if message.type in {"error", "warning"} and "Failed to load resource" not in message.text:
            complaints.append(message.text)

    def open_at(path: str = "/", **options: Any) -> Page:
        base = f"http://{LOOPBACK}:{stack.manager.port}"
        context = browser.new_context(**{"base_url": base, "viewport": DESKTOP, "timezone_id": "UTC"} | options)
        contexts.append(context)
        context.set_default_timeout(MOMENT_MS)
        page = context.new_page()
        page.on("console", note)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("dialog", lambda dialog: complaints.append(dialog.message))
        page.goto(path)
        return page

    yield open_at
    for context in contexts:
        context.close()
    assert complaints == []


@pytest.fixture
def page(open_page: OpenPage) -> Page:
    """The page at `/`, on a desktop."""
    return open_page()
