"""A person pastes addresses, and reads what came of them."""

import pytest
from playwright.sync_api import Page, expect

from dev.pages import PageServer
from dev.stack import Stack
from job_core.kinds import counted
from tests.acceptance.page.conftest import OpenPage
from tests.acceptance.page.person import expect_state, job_id, rows, submit


def test_a_page_is_counted_and_its_job_is_seen_at_once(page: Page, pages: PageServer, stack: Stack) -> None:
    submit(page, pages.url("/words/1234/shown"), word="Word")
    expect(page).to_have_url(f"http://127.0.0.1:{stack.manager.port}/job/{job_id(page)}")
    expect(page.get_by_role("heading", level=1)).to_have_text(pages.url("/words/1234/shown"))
    expect_state(page, "SUCCESS", "Done")
    expect(page.locator(".figures dt")).to_have_text(["words", "different words", "times Word"])
    expect(page.locator(".figures dd")).to_have_text(["1,234", "1", "1,234"])
    expect(page.locator(".chart tr")).to_have_text(["word 1,234"])
    facts = page.locator(".facts").first
    for fact in (
        "Address" + pages.url("/words/1234/shown"),
        "Status200",
        "Typetext/html",
        "Encodingutf-8",
        "Size6.2 kB",
    ):
        expect(facts).to_contain_text(fact)
    assert stack.manager.job(job_id(page))["result"]["words"] == 1234


def test_many_addresses_are_many_jobs(page: Page, pages: PageServer) -> None:
    submit(page, *(pages.url(f"/words/{number}/of-many") for number in range(1, 13)))
    expect(page.get_by_role("heading", level=1)).to_have_text("12 jobs submitted together")
    for number in range(1, 13):
        row = rows(page).filter(has_text=pages.url(f"/words/{number}/of-many"))
        expect(row).to_contain_text(counted(number, "word"))
        expect(row.locator(".badge")).to_have_attribute("title", "SUCCESS")


@pytest.mark.parametrize(
    ("addresses", "says"),
    [
        (["ftp://example.com"], ["The address must begin with http:// or https://."]),
        (["ftp://one", "", "two", "ftp://three"], ["Line 1 must begin", "Line 4 must begin"]),
        (["\t "], ["The form needs 1 to 1,000 addresses, one per line."]),
        (["example.com"] * 1001, ["The form needs 1 to 1,000 addresses, one per line."]),
    ],
)
def test_what_is_wrong_is_said_and_what_was_written_is_kept(
    page: Page, stack: Stack, addresses: list[str], says: list[str]
) -> None:
    before = stack.jobs()
    submit(page, *addresses)
    wrong = page.get_by_role("alert").locator("p")
    expect(wrong).to_have_count(len(says))
    for line, text in zip(wrong.all(), says, strict=True):
        expect(line).to_contain_text(text)
    expect(page.get_by_label("Addresses, one per line")).to_have_value("\n".join(addresses))
    assert stack.jobs() == before


def test_an_address_without_its_scheme_is_taken_for_https(page: Page, stack: Stack) -> None:
    submit(page, "127.0.0.1:1/nowhere")
    expect(page.get_by_role("heading", level=1)).to_have_text("https://127.0.0.1:1/nowhere")
    stack.manager.cancel(job_id(page))


def test_stop_words_can_be_hidden(open_page: OpenPage, stack: Stack, pages: PageServer) -> None:
    job = stack.manager.submit(pages.url("/english"))
    stack.manager.ended(job)
    page = open_page(f"/job/{job}")
    words = page.locator(".chart th")
    expect(words).to_have_text(["the", "queue"])
    page.get_by_role("link", name="Hide stop words").click()
    expect(words).to_have_text(["queue"])
    page.get_by_role("link", name="Show stop words").click()
    expect(words).to_have_text(["the", "queue"])


def test_a_result_of_another_kind_is_shown_as_it_is(open_page: OpenPage, stack: Stack, pages: PageServer) -> None:
    job = stack.manager.submit(pages.url("/words/1/of-a-kind"), kind="echo")
    stack.manager.ended(job)
    page = open_page(f"/job/{job}")
    expect(page.locator("pre:not(#asked)")).to_contain_text('"said": "<b>' + pages.url("/words/1/of-a-kind"))
