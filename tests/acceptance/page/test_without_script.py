"""Everything works without JavaScript, by reloading."""

from playwright.sync_api import expect

from dev.pages import PageServer
from tests.acceptance.page.conftest import OpenPage
from tests.acceptance.page.person import expect_state, job_id, rows, submit


def test_counting_and_trying_again(open_page: OpenPage, pages: PageServer) -> None:
    page = open_page(java_script_enabled=False)
    submit(page, pages.url("/held/without-script"))
    expect(page.get_by_role("button", name="Cancel")).to_be_visible()
    pages.release("/held/without-script")
    expect_state(page, "SUCCESS", "Done")  # the browser reloads by itself
    expect(page.locator("#words")).to_have_text("10")
    first = job_id(page)
    page.get_by_role("button", name="Count again").click()
    page.wait_for_url(lambda url: first not in url)
    expect_state(page, "SUCCESS", "Done")


def test_cancelling_many_and_the_list(open_page: OpenPage, pages: PageServer) -> None:
    page = open_page(java_script_enabled=False)
    submit(page, *(pages.url(f"/busy/without-script/{number}?after=3600") for number in range(2)))
    expect(page.get_by_role("heading", level=1)).to_have_text("2 jobs submitted together")
    for number in range(2):
        expect(rows(page).filter(has_text=f"/without-script/{number}")).to_be_visible()
    page.get_by_role("link", name="All jobs").click()
    page.get_by_role("link", name="Reload").click()
    rows(page).filter(has_text="/without-script/1").locator(".address").click()
    page.get_by_role("button", name="Cancel").click()
    expect_state(page, "REVOKED", "Cancelled")
    page.get_by_role("link", name="All jobs").click()
    page.locator("#state-REVOKED").click()
    expect(rows(page).first).to_contain_text("/without-script/1")
