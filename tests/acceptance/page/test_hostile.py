"""Whatever others wrote is shown as text: nothing of it runs, and no other site acts by way of the page.

That nothing ran is seen by the page's own complaints: a dialog, a script's error, or a break of the policy.
"""

import pytest
import requests
from playwright.sync_api import Page, expect

from dev.pages import PageServer
from dev.stack import Stack
from tests.acceptance.page.conftest import OpenPage
from tests.acceptance.page.person import expect_state, rows, submit
from tests.acceptance.page_server import MARKUP


def test_a_hostile_address_and_word(page: Page, pages: PageServer) -> None:
    url = pages.url(f"/words/3/hostile/{MARKUP}")
    submit(page, url, word=MARKUP)
    expect(page.get_by_role("heading", level=1)).to_have_text(url)
    expect_state(page, "SUCCESS", "Done")
    expect(page.locator(".figures q")).to_have_text(MARKUP)
    expect(page.locator("img, main script")).to_have_count(0)
    page.get_by_role("link", name="All jobs").click()
    expect(rows(page).first).to_contain_text(url)
    expect(page.locator("img, main script")).to_have_count(0)


@pytest.mark.parametrize("path", ["/hostile/page", "/hostile-type/page"])
def test_a_hostile_page(page: Page, pages: PageServer, path: str) -> None:
    submit(page, pages.url(path))
    expect(page.get_by_role("button", name="again")).to_be_visible()
    expect(page.locator("img, main script")).to_have_count(0)


def test_a_hostile_form_and_filter(page: Page, open_page: OpenPage) -> None:
    submit(page, f"ftp://{MARKUP}")
    expect(page.get_by_label("Addresses, one per line")).to_have_value(f"ftp://{MARKUP}")
    page = open_page(f"/?text={MARKUP}")
    expect(page.get_by_label("Address contains")).to_have_value(MARKUP)
    open_page(f"/?status={MARKUP}")
    open_page(f"/job/{MARKUP.replace('/', '%2F')}")


def test_the_policy_lets_no_script_of_the_markup_run(page: Page) -> None:
    policy = requests.get(page.url, timeout=20).headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; ")
    assert "unsafe" not in policy


@pytest.mark.parametrize("path", ["/", "/count", "/job/{}/cancel", "/job/{}/retry", "/result/{}/retry"])
def test_a_form_of_another_site_is_refused(open_page: OpenPage, stack: Stack, pages: PageServer, path: str) -> None:
    job = stack.manager.submit(pages.url("/busy/cross-site?after=3600"))
    before = stack.jobs()
    action = f"http://127.0.0.1:{stack.manager.port}{path.format(job)}"
    page = open_page()
    form = f"<form method=post action='{action}'><input name=urls value=example.com><button>Win</button></form>"
    page.route("http://elsewhere.example/", lambda route: route.fulfill(body=form, content_type="text/html"))
    page.goto("http://elsewhere.example/")
    with page.expect_response(action) as answered:
        page.get_by_role("button", name="Win").click()
    assert answered.value.status == 403
    assert stack.jobs() == before
    assert stack.manager.job(job)["status"] != "REVOKED"
