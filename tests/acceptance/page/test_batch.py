"""Pages that are counted together: a person follows them, compares them, and tries again what failed."""

import csv
from pathlib import Path

from playwright.sync_api import Locator, Page, expect

from dev.pages import PageServer
from dev.stack import Stack
from tests.acceptance.page.conftest import OpenPage
from tests.acceptance.page.person import expect_not_reloaded, mark, rows, submit


def addresses(page: Page) -> Locator:
    return rows(page).locator(".address")


def test_a_batch_is_followed_to_its_end_and_compared(page: Page, pages: PageServer) -> None:
    urls = [pages.url(path) for path in ("/words/20/together", "/words/30/together", "/held/together")]
    submit(page, *urls, word="Word")
    expect(page.get_by_role("heading", level=1)).to_have_text("3 jobs submitted together")
    mark(page)
    expect(page.locator("#course")).to_contain_text("2 of 3 have ended: 1 running, 2 done")
    expect(page.get_by_role("progressbar")).to_have_attribute("value", "2")
    pages.release("/held/together")
    expect(page.locator("#course")).to_contain_text("3 of 3 have ended: 3 done")
    expect_not_reloaded(page)
    expect(page.locator("#words")).to_have_text("60")
    expect(page.locator("#asked")).to_have_text("60")
    expect(addresses(page)).to_have_text(urls)
    page.get_by_role("link", name="by words").click()
    expect(addresses(page)).to_have_text([urls[1], urls[0], urls[2]])
    expect(rows(page).first).to_contain_text("30 words")
    expect(rows(page).first).to_contain_text("30 times Word")
    page.get_by_role("link", name="by address").click()
    expect(addresses(page)).to_have_text(sorted(urls))
    rows(page).first.locator(".address").click()
    page.get_by_role("link", name="a batch").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("3 jobs submitted together")


def test_a_batch_of_the_api_as_csv(open_page: OpenPage, stack: Stack, pages: PageServer, tmp_path: Path) -> None:
    urls = [pages.url("/words/7/csv"), pages.url("/missing/csv")]
    ids = stack.manager.submit_all(urls, word="word")
    stack.manager.ended_all(ids, within=30)
    page = open_page(f"/batch/{stack.manager.job(ids[0])['batch_id']}")
    with page.expect_download() as download:
        page.get_by_role("link", name="All as CSV").click()
    download.value.save_as(tmp_path / "jobs.csv")
    with (tmp_path / "jobs.csv").open(encoding="utf-8", newline="") as file:
        assert list(csv.reader(file)) == [
            ["id", "url", "status", "words", "unique_words", "word", "count", "error"],
            [ids[0], urls[0], "SUCCESS", "7", "1", "word", "7", ""],
            [ids[1], urls[1], "FAILURE", "", "", "word", "", "The site refused the page"],
        ]


def test_what_is_cancelled_in_a_batch_is_tried_again_in_its_place(open_page: OpenPage, pages: PageServer) -> None:
    page = open_page(java_script_enabled=False)
    submit(page, pages.url("/words/7/in-place"), pages.url("/held/in-place"))
    row = rows(page).filter(has_text="/held/in-place")
    row.get_by_role("button", name="Cancel").click()
    expect(row.locator(".badge")).to_have_text("cancelled")
    row.get_by_role("button", name="Try again").click()
    pages.release("/held/in-place")
    expect(page.locator("#course")).to_contain_text("2 of 2 have ended: 2 done")  # the browser reloads by itself
    expect(page.locator("#words")).to_have_text("17")
