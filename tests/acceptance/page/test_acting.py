"""A person understands a failure, tries again, and cancels."""

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from dev.manager import Outcome
from dev.pages import PageServer
from dev.stack import Stack
from tests.acceptance.page.conftest import OpenPage
from tests.acceptance.page.person import expect_state, job_id, submit


def test_a_failure_says_why_and_the_job_is_tried_again(page: Page, pages: PageServer, stack: Stack) -> None:
    submit(page, pages.url("/missing"))
    expect_state(page, "FAILURE", "Failed in attempt 1")
    failed = job_id(page)
    error = page.locator(".error")
    expect(error.get_by_role("heading")).to_have_text("The site refused the page")
    expect(error).to_contain_text("404")
    expect(error).to_contain_text("Trying again will not help unless the page changes.")
    page.get_by_role("button", name="Try again").click()
    page.wait_for_url(lambda url: failed not in url)
    expect_state(page, "FAILURE", "Failed in attempt 1")
    assert stack.manager.job(job_id(page))["retry_of"] == failed
    page.get_by_role("link", name="an earlier job").click()
    assert job_id(page) == failed


def test_a_failure_that_may_pass_says_so(page: Page, pages: PageServer, open_page: OpenPage, stack: Stack) -> None:
    job = stack.manager.submit(pages.url("/busy/may-pass"), max_attempts=1)
    stack.manager.ended(job)
    page = open_page(f"/job/{job}")
    expect_state(page, "FAILURE", "Failed in attempt 1, the last")
    expect(page.locator(".error")).to_contain_text("This may be temporary. Try again later.")


def test_a_job_is_cancelled(page: Page, pages: PageServer, stack: Stack) -> None:
    submit(page, pages.url("/busy/cancelled-on-the-page?after=3600"))
    expect_state(page, "RETRY", "Attempt 1 of 5 failed; the next is due: ")
    page.get_by_role("button", name="Cancel").click()
    expect_state(page, "REVOKED", "Cancelled")
    expect(page.get_by_role("button", name="Try again")).to_be_visible()
    assert stack.manager.outcome(job_id(page)) == Outcome(
        status="REVOKED", attempts=["RETRY: server-busy"], attempts_used=1, error="server-busy"
    )


def test_cancelling_a_job_that_has_ended_meanwhile_shows_its_end(
    open_page: OpenPage, pages: PageServer, stack: Stack
) -> None:
    job = stack.manager.submit(pages.url("/held/ends-meanwhile"))
    page = open_page(f"/job/{job}", java_script_enabled=False)
    pages.release("/held/ends-meanwhile")
    stack.manager.ended(job)
    page.get_by_role("button", name="Cancel").click()
    expect_state(page, "SUCCESS", "Done")


def test_a_job_of_any_kind_is_submitted_and_read(page: Page, pages: PageServer) -> None:
    page.get_by_role("link", name="All options, and other kinds of jobs").click()
    page.get_by_role("link", name="echo").click()
    url = page.get_by_label("url", exact=True)
    url.fill("ftp://example.com")
    page.get_by_role("button", name="Submit").click()
    expect(page.get_by_role("alert")).to_contain_text("Nothing was submitted")
    expect(url).to_have_attribute("aria-invalid", "true")
    expect(url).to_have_accessible_description(
        "an http or https URL, as browsers take them; credentials in it are dropped "
        "url must begin with http:// or https://."
    )
    expect(url).to_have_value("ftp://example.com")
    barriers = [violation["id"] for violation in Axe().run(page).response["violations"]]
    assert barriers == []
    asked = pages.url("/any-kind")
    url.fill(asked)
    page.get_by_role("button", name="Submit").click()
    expect_state(page, "SUCCESS", "Done")
    expect(page.locator("#asked")).to_contain_text(asked)
    expect(page.locator("#live")).to_contain_text(f'"said": "<b>{asked}"')
    page.get_by_role("link", name="echo").click()
    expect(page.locator(".jobs")).to_contain_text(f"echo said: <b>{asked}")


def test_a_job_that_does_not_exist_is_explained(open_page: OpenPage) -> None:
    page = open_page("/job/00000000-0000-0000-0000-000000000001")
    expect(page.get_by_role("heading", level=1)).to_have_text("There is no such job")
    page.get_by_role("link", name="All jobs").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("How many words are on a page?")


def test_the_interface_for_programs_is_a_link_away(page: Page) -> None:
    page.get_by_role("link", name="API").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("the HTTP interface")
