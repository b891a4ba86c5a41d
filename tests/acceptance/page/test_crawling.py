"""A whole site: started from the form, followed while it is read, and looked at afterwards."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from dev.crawl_site import MAX_DEPTH, CrawlSite, running_crawl_site, words_of
from dev.stack import Stack
from tests.acceptance.page.conftest import OpenPage
from tests.acceptance.page.person import expect_not_reloaded, expect_state, job_id, mark, submit_site
from tests.acceptance.page.screens import PHONE
from tests.acceptance.test_crawl import site

__all__ = ["site"]  # a fixture

PEARS = sum(words_of(number).count("pear") for number in range(7))


@dataclass(frozen=True, kw_only=True)
class Crawled:
    """A crawl that has ended: where its page is, and the site."""

    path: str
    origin: str


@pytest.fixture(scope="module")
def crawled(session_stack: Stack) -> Iterator[Crawled]:
    manager = session_stack.manager
    with running_crawl_site() as site:
        crawl_id = manager.submit(f"{site.origin}/", kind="crawl", word="Pear", max_depth=MAX_DEPTH)
        assert manager.ended_job(crawl_id, within=60)["status"] == "SUCCESS"
        yield Crawled(path=f"/job/{crawl_id}", origin=site.origin)


@contextmanager
def held(site: CrawlSite, path: str) -> Iterator[None]:
    """The page is not answered before the end of the block, whatever that is."""
    released = site.hold(path)
    try:
        yield
    finally:
        released.set()


def figures(page: Page) -> list[list[str]]:
    """The figures in each row of the list of pages."""
    return [row.locator(".figure").all_inner_texts() for row in page.locator("#pages tbody tr").all()]


def test_a_site_is_crawled_from_the_form_and_shown_while_it_is_read(page: Page, stack: Stack, site: CrawlSite) -> None:
    expect(page.get_by_label("up to")).to_be_hidden()
    with held(site, "/deep/2"):
        submit_site(page, f"{site.origin}/", word="Pear", max_pages=60)
        mark(page)
        expect_state(page, "STARTED", "The site is being read")
        expect(page.get_by_role("progressbar", name="Progress")).to_be_visible()
        expect(page.locator("#course")).to_contain_text(" pages known by now, ")
        expect(page.locator(".course")).to_contain_text(f"Reading {site.origin}/deep/2")
        expect(page.locator("#asked")).not_to_have_text("0")
    expect_state(page, "SUCCESS", "Done")
    expect(page.locator("#stop-reason")).to_have_text("Every page that was found was dealt with.")
    expect_not_reloaded(page)
    job = stack.manager.job(job_id(page))
    assert job["request"].items() >= {"max_pages": 60, "word": "Pear"}.items()
    expect(page.locator("#words")).to_have_text(f"{job['result']['words']:,}")
    expect(page.locator("#asked")).to_have_text(str(PEARS))
    expect(page.locator("#pages-counted")).to_have_text(str(job["result"]["pages"]))


def test_its_pages_are_sorted_and_the_others_listed_with_their_reasons(open_page: OpenPage, crawled: Crawled) -> None:
    page = open_page(crawled.path)
    by_word = [int(row[0]) for row in figures(page)]
    assert (by_word, sum(by_word)) == (sorted(by_word, reverse=True), PEARS)
    page.get_by_role("link", name="by words").click()
    by_words = [int(row[1]) for row in figures(page)]
    assert (by_words, len(by_words)) == (sorted(by_words, reverse=True), 20)
    page.get_by_role("link", name="More").click()
    assert int(figures(page)[0][1]) <= by_words[-1]
    page.get_by_role("link", name="failed").click()
    expect(page.locator("#pages tbody tr").filter(has_text="/missing")).to_contain_text("404 Not Found")
    expect(page.get_by_role("link", name="failed")).to_have_attribute("aria-current", "true")
    page.get_by_role("link", name="Counted pages").click()
    expect(page.locator("#order-word")).to_have_attribute("aria-current", "true")


def test_any_word_is_found_with_its_pages_and_all_comes_as_csv(open_page: OpenPage, crawled: Crawled) -> None:
    page = open_page(crawled.path)
    page.get_by_label("Word", exact=True).fill("Old")
    page.get_by_role("button", name="Find").click()
    expect(page.locator("#found")).to_have_text("old stands 1 time on 1 page.")
    expect(page.locator("#find-word td a")).to_have_text(f"{crawled.origin}/new")
    page.get_by_label("Word", exact=True).fill("<b>nowhere</b>")
    page.get_by_role("button", name="Find").click()
    expect(page.locator("#found")).to_contain_text("<b>nowhere</b> is several words, ")
    page.get_by_label("Word", exact=True).fill("<nowhere>")
    page.get_by_role("button", name="Find").click()
    expect(page.locator("#found")).to_have_text("nowhere stands 0 times on 0 pages.")
    for link, head in (("#words-csv", "word,count,pages"), ("#pages-csv", "url,depth,")):
        with page.expect_download() as download:
            page.locator(link).evaluate("link => { link.download = 'list.csv'; link.click(); }")
        assert download.value.path().read_text().startswith(head)


def test_a_cancelled_crawl_shows_what_it_has_read(page: Page, site: CrawlSite) -> None:
    with held(site, "/deep/2"):
        submit_site(page, f"{site.origin}/", word="Pear")
        expect(page.locator(".course")).to_contain_text(f"Reading {site.origin}/deep/2")
        page.get_by_role("button", name="Cancel").click()
        expect_state(page, "REVOKED", "Cancelled")
        expect(page.get_by_role("progressbar")).to_have_count(0)
        pears = page.locator("#asked").inner_text()
        assert int(pears) > 0
        page.get_by_label("Word", exact=True).fill("pear")
        page.get_by_role("button", name="Find").click()
        expect(page.locator("#found")).to_contain_text(f"pear stands {pears} time")


def test_without_script(open_page: OpenPage, site: CrawlSite) -> None:
    page = open_page(java_script_enabled=False)
    with held(site, "/deep/2"):
        submit_site(page, f"{site.origin}/", word="Pear")
        expect(page.get_by_role("progressbar")).to_be_visible()  # the browser reloads by itself
        expect(page.locator("#asked")).not_to_have_text("0")
    expect_state(page, "SUCCESS", "Done")
    page.get_by_label("Word", exact=True).fill("old")
    page.get_by_role("button", name="Find").click()
    expect(page.locator("#found")).to_contain_text("old stands 1 time on 1 page.")


def test_what_is_wrong_with_the_number_of_pages_is_said(page: Page) -> None:
    submit_site(page, "https://example.com/", max_pages=0)
    expect(page.get_by_role("alert")).to_contain_text("The number of pages")
    expect(page.get_by_label("the whole site")).to_be_checked()


@pytest.mark.parametrize("scheme", ["light", pytest.param("dark", marks=pytest.mark.thorough)])
def test_axe_finds_no_barrier_and_nothing_is_cut_off_on_a_phone(
    open_page: OpenPage, crawled: Crawled, site: CrawlSite, scheme: str
) -> None:
    page = open_page(viewport=PHONE, color_scheme=scheme)
    page.get_by_label("the whole site").check()
    barriers = []

    def look(name: str) -> None:
        barriers.extend((name, violation["id"]) for violation in Axe().run(page).response["violations"])
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"], name

    look("the form")
    for query in ("", "?order=words", "?outcome=failed", "?outcome=duplicate", "?find=pear"):
        page.goto(crawled.path + query)
        look(query)
    with held(site, "/deep/2"):
        page.goto("/")
        submit_site(page, f"{site.origin}/")
        expect(page.get_by_role("progressbar")).to_be_visible()
        look("progress")
    assert barriers == []
