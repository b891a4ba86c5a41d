"""Takes the pictures in `docs/pictures/`: `make pictures`. Looks best where Noto Sans is (Debian's fonts-noto-core).

Each view of the page, on a desktop and on a phone, as a stack of its own shows it.
"""

import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from dev.crawl_site import CrawlSite, running_crawl_site
from dev.manager import Manager
from dev.pages import PageServer
from dev.waiting import eventually
from embedded.ports import LOOPBACK
from embedded.services import PROJECT
from tests.acceptance.held import start_held
from tests.acceptance.page.screens import DESKTOP, MISSING, PHONE, find_chromium
from tests.acceptance.page_server import served_pages
from tests.acceptance.stack import running_stack

FOLDER = PROJECT / "docs" / "pictures"
SCREENS = {"desktop": DESKTOP, "phone": PHONE}


@contextmanager
def manager_and_sites() -> Iterator[tuple[Manager, PageServer, CrawlSite]]:
    """A stack that is fresh, the server whose pages it counts, and the site that it crawls."""
    with (
        served_pages() as pages,
        running_crawl_site(size=60) as site,
        tempfile.TemporaryDirectory() as path,
        running_stack(Path(path) / "stack", pages.port) as stack,
    ):
        yield stack.manager, pages, site


def some_jobs(manager: Manager, pages: PageServer, site: CrawlSite) -> Mapping[str, str]:
    """Jobs of every state; gives the path of each view."""
    manager.ended_all(
        manager.submit_all([pages.url(f"/words/{words}/report") for words in (1200, 860, 431, 12_845)]), within=30
    )
    failed = manager.submit(pages.url("/missing/report"))
    manager.ended_all([failed, manager.submit("http://10.1.2.3/intranet")], within=30)
    counted = manager.submit(pages.url("/demo/a-short-walk"), word="queue", top=100)
    manager.ended(counted)
    crawled = manager.submit(f"{site.origin}/", kind="crawl", word="pear", top=100)
    manager.ended_job(crawled, within=60)
    site.hold("/tree/30")
    crawling = manager.submit(f"{site.origin}/", kind="crawl", word="pear")
    eventually(lambda: site.log().count("/tree/30") > 1, "the held page is asked for", seconds=30)
    running = start_held(manager, pages, "/held/slow-site")
    waits = manager.submit(pages.url("/busy/shop?times=2&after=3600"))  # last, since its host is left alone then
    manager.reached(waits, "RETRY: server-busy")
    manager.cancel(manager.submit(pages.url("/words/10/given-up")))
    return {"jobs": "/"} | {
        name: f"/job/{job}"
        for name, job in (
            *(("result", counted), ("failure", failed), ("running", running)),
            *(("crawl", crawled), ("crawling", crawling)),
        )
    }


def take(browser: Browser, manager: Manager, views: Mapping[str, str]) -> None:
    """A picture of each view on each screen."""
    for screen, size in SCREENS.items():
        page = browser.new_page(viewport=size, timezone_id="UTC", base_url=f"http://{LOOPBACK}:{manager.port}")
        for name, path in views.items():
            page.goto(path)
            file = FOLDER / f"{name}-{screen}.png"
            page.screenshot(path=file, full_page=True)
            sys.stdout.write(f"{file.relative_to(PROJECT)}: {file.stat().st_size:,} bytes\n")


def main() -> None:
    """Start, submit, take, stop."""
    chromium = find_chromium()
    if chromium is None:
        sys.exit(MISSING)
    with manager_and_sites() as (manager, pages, site), sync_playwright() as playwright:
        views = some_jobs(manager, pages, site)
        browser = playwright.chromium.launch(executable_path=chromium)
        take(browser, manager, views)
        browser.close()


if __name__ == "__main__":
    main()
