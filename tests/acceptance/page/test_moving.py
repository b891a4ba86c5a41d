"""A job is seen to move, without a reload."""

from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Page, Route, expect

from dev.pages import PageServer
from dev.stack import Stack
from tests.acceptance.held import occupy, wait_until_held
from tests.acceptance.page.conftest import OpenPage
from tests.acceptance.page.person import expect_not_reloaded, expect_state, job_id, mark, rows, submit
from tests.integration.pausing import Stopwatch


def test_from_waiting_to_running_to_done(page: Page, pages: PageServer, stack: Stack) -> None:
    occupy(stack, pages, "seen-to-move")
    submit(page, pages.url("/held/seen"))
    expect_state(page, "PENDING", "Waiting for a worker")
    mark(page)
    pages.release_all()
    wait_until_held(pages, "/held/seen")
    expect_state(page, "STARTED", "Attempt 1 of 5 is running")
    expect(page.get_by_role("status").last).to_have_text("Running: Attempt 1 of 5 is running")
    pages.release("/held/seen")
    expect_state(page, "SUCCESS", "Done")
    expect(page.locator("#words")).to_have_text("10")
    expect(page).to_have_title("Done: " + pages.url("/held/seen") + " · Word counts")
    expect_not_reloaded(page)


def test_from_attempt_to_attempt(page: Page, pages: PageServer) -> None:
    submit(page, pages.url("/busy/seen?times=1&after=4"))
    mark(page)
    expect_state(page, "RETRY", "Attempt 1 of 5 failed; the next is due")
    expect(page.get_by_role("heading", name="The site could not answer right now")).to_be_visible()
    expect_state(page, "SUCCESS", "Done in attempt 2")
    expect(page.locator(".attempts li")).to_have_count(2)
    expect(page.locator(".attempts li").first).to_contain_text("failed, will be retried: The site could not")
    expect_not_reloaded(page)


def test_over_a_restart_of_the_manager(page: Page, pages: PageServer, stack: Stack) -> None:
    submit(page, pages.url("/held/over-a-restart"))
    expect_state(page, "STARTED", "Attempt 1 of 5 is running")
    mark(page)
    stack.job_manager.kill()
    expect(page.get_by_text("No answer from the service.")).to_be_visible()
    stack.job_manager.restart()
    pages.release("/held/over-a-restart")
    expect_state(page, "SUCCESS", "Done")
    expect(page.get_by_text("No answer from the service.")).to_be_hidden()
    expect_not_reloaded(page)


def test_the_list_and_its_totals(page: Page, pages: PageServer, stack: Stack) -> None:
    mark(page)
    job = stack.manager.submit(pages.url("/held/in-the-list"))
    row = rows(page).filter(has_text="/held/in-the-list")
    expect(row.locator(".badge")).to_have_text("running")
    expect(row).to_contain_text("attempt 1 of 5")
    expect(page.get_by_text("0 waiting, 1 running.")).to_be_visible()
    pages.release("/held/in-the-list")
    expect(row).to_contain_text("10 words")
    expect(page.get_by_text("0 waiting, 0 running.")).to_be_visible()
    expect_not_reloaded(page)
    row.get_by_role("link").click()
    assert job_id(page) == job


@contextmanager
def refreshing(page: Page) -> Iterator[None]:
    """While the list's next refresh is on its way; it is answered at the end."""
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.route("**/", hold, times=1)
    watch = Stopwatch()
    while not held:
        assert watch.seconds < 10
        page.wait_for_timeout(20)
    yield
    with page.expect_response("**/"):
        held[0].continue_()
    page.evaluate("new Promise(setTimeout)")


def test_what_is_written_into_the_filter_stays(page: Page, pages: PageServer, stack: Stack) -> None:
    with refreshing(page):
        page.get_by_text("Filter and sort").click()
        page.get_by_label("Address contains").fill("half-writ")
        page.get_by_role("button", name="Show", exact=True).focus()
        stack.manager.submit(pages.url("/words/1/meanwhile"))
    expect(rows(page).first).to_contain_text("/words/1/meanwhile")
    expect(page.get_by_role("button", name="Show", exact=True)).to_be_focused()
    expect(page.get_by_label("Address contains")).to_have_value("half-writ")


def test_a_refresh_takes_nothing_from_under_the_finger(page: Page, pages: PageServer, stack: Stack) -> None:
    job = stack.manager.submit(pages.url("/words/1/pressed"))
    link = rows(page).filter(has_text="/words/1/pressed").get_by_role("link")
    expect(link).to_be_visible()
    with refreshing(page):
        link.hover()
        page.mouse.down()
        stack.manager.submit(pages.url("/words/1/while-pressed"))
    page.mouse.up()
    page.wait_for_url(f"**/job/{job}")


def test_where_no_stream_is_to_be_had_the_page_asks_now_and_then(
    open_page: OpenPage, pages: PageServer, stack: Stack
) -> None:
    job = stack.manager.submit(pages.url("/held/without-stream"))
    page = open_page()
    page.route("**/events", lambda route: route.fulfill(status=503))
    page.goto(f"/job/{job}")
    expect_state(page, "STARTED", "Attempt 1 of 5 is running")
    mark(page)
    pages.release("/held/without-stream")
    expect_state(page, "SUCCESS", "Done")
    expect_not_reloaded(page)
