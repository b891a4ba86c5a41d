"""A person finds jobs in the list."""

from playwright.sync_api import Page, expect

from dev.manager import Manager
from dev.pages import PageServer
from tests.acceptance.page.conftest import OpenPage
from tests.acceptance.page.person import filter_by, rows


def some_jobs(manager: Manager, pages: PageServer, name: str) -> None:
    """Two that succeed and one that fails, and one of another kind."""
    manager.ended_all(
        [
            manager.submit(pages.url(f"/words/1/{name}/Apple")),
            manager.submit(pages.url(f"/words/2/{name}/pear")),
            manager.submit(pages.url(f"/missing/{name}")),
            manager.submit(pages.url(f"/words/3/{name}/other-kind"), kind="echo"),
        ],
        within=20,
    )


def found(page: Page, count: int, *texts: str) -> None:
    expect(rows(page)).to_have_count(count)
    for row, text in zip(rows(page).all(), texts, strict=True):
        expect(row).to_contain_text(text)


def test_by_text_state_and_kind(page: Page, pages: PageServer, manager: Manager) -> None:
    some_jobs(manager, pages, "filtered")
    filter_by(page, "FILTERED/")
    found(page, 3, "other-kind", "pear", "Apple")
    page.get_by_label("Address contains").fill("filtered")
    page.keyboard.press("Enter")
    found(page, 4, "other-kind", "missing", "pear", "Apple")
    page.get_by_role("link", name="failed").click()
    found(page, 1, "missing")
    expect(page.get_by_role("link", name="failed")).to_have_attribute("aria-current", "true")
    expect(page.get_by_label("Address contains")).to_have_value("filtered")
    page.get_by_role("link", name="all", exact=True).click()
    expect(page.get_by_role("link", name="all", exact=True)).to_have_attribute("aria-current", "true")
    page.get_by_label("Kind").select_option("echo")
    page.get_by_role("button", name="Show", exact=True).click()
    found(page, 1, "other-kind")
    page.get_by_role("link", name="cancelled").click()
    expect(page.get_by_text("No matching jobs among those searched.")).to_be_visible()
    page.get_by_role("link", name="Show all").click()
    expect(rows(page).first).to_contain_text("other-kind")


def test_page_by_page(page: Page, pages: PageServer, manager: Manager) -> None:
    manager.ended_all(manager.submit_all([pages.url(f"/words/1/paged/{number}") for number in range(41)]), within=30)
    filter_by(page, "/paged/")
    page.wait_for_url("**/?text=%2Fpaged%2F*")
    seen = []
    for count in (20, 20, 1):
        expect(rows(page)).to_have_count(count)
        seen += rows(page).locator(".address").all_text_contents()
        if count == 20:
            page.get_by_role("link", name="Older").click()
            expect(rows(page).first).not_to_contain_text(seen[-20])
    assert [url.rpartition("/")[2] for url in seen] == [str(number) for number in reversed(range(41))]
    page.get_by_role("link", name="Newer").click()
    expect(rows(page).first).to_contain_text("/paged/20")
    page.get_by_role("link", name="Newer").click()
    expect(rows(page).first).to_contain_text("/paged/40")
    expect(page.get_by_role("link", name="Newer")).to_have_count(0)
    page.get_by_role("link", name="Older").click()
    page.get_by_role("link", name="Newest").click()
    expect(rows(page).first).to_contain_text("/paged/40")
    expect(rows(page)).to_have_count(20)


def test_the_oldest_first(page: Page, pages: PageServer, manager: Manager) -> None:
    manager.ended_all(manager.submit_all([pages.url(f"/words/1/sorted/{number}") for number in range(21)]), within=30)
    page.get_by_text("Filter and sort").click()
    page.get_by_label("Order").select_option("oldest first")
    filter_by(page, "/sorted/")
    expect(rows(page).first).to_contain_text("/sorted/0")
    expect(rows(page)).to_have_count(20)
    page.get_by_role("link", name="Newer").click()
    expect(rows(page)).to_have_count(1)
    expect(rows(page).first).to_contain_text("/sorted/20")
    page.get_by_role("link", name="Older").click()
    expect(rows(page).first).to_contain_text("/sorted/0")
    expect(rows(page)).to_have_count(20)


def test_a_filter_that_makes_no_sense_is_explained(open_page: OpenPage) -> None:
    for query in ("status=LOST", "kind=none", "cursor=x"):
        expect(open_page(f"/?{query}").get_by_role("heading", level=1)).to_have_text("The request is not valid")
