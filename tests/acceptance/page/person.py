"""What a person does on the page, and looks at."""

from playwright.sync_api import Locator, Page, expect


def submit(page: Page, *addresses: str, word: str = "") -> None:
    """Fill in the form at `/`, and send it."""
    page.get_by_label("Addresses, one per line").fill("\n".join(addresses))
    page.get_by_label("A word to count").fill(word)
    page.get_by_role("button", name="Count").click()


def submit_site(page: Page, address: str, *, word: str = "", max_pages: int = 100) -> None:
    """Fill in the form at `/` for a whole site, and send it."""
    page.get_by_label("Addresses, one per line").fill(address)
    page.get_by_label("A word to count").fill(word)
    page.get_by_label("the whole site").check()
    page.get_by_label("up to").fill(str(max_pages))
    page.get_by_role("button", name="Count").click()


def state(page: Page) -> Locator:
    """The state of the job that is shown."""
    return page.locator(".state .badge")


def expect_state(page: Page, name: str, says: str) -> None:
    """The job is shown in that state of Celery's, with that sentence, at once or soon."""
    expect(state(page)).to_have_attribute("title", name)
    expect(page.locator(".state p")).to_contain_text(says)


def job_id(page: Page) -> str:
    """The id of the job that is shown."""
    return page.url.rpartition("/")[2].partition("?")[0]


def rows(page: Page) -> Locator:
    """The jobs of the list."""
    return page.locator(".jobs li")


def filter_by(page: Page, text: str) -> None:
    """Open the filter of the list unless it is open, and look for a text."""
    field = page.get_by_label("Address contains")
    if not field.is_visible():
        page.get_by_text("Filter and sort").click()
    field.fill(text)
    page.get_by_role("button", name="Show", exact=True).click()


def mark(page: Page) -> None:
    """Leave a mark in the document, which a reload would wipe."""
    page.evaluate("window.mark = true")


def expect_not_reloaded(page: Page) -> None:
    """The document is the one that was marked."""
    assert page.evaluate("window.mark") is True
