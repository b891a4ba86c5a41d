"""Takes the pictures in `docs/pictures/`: `make pictures`. Looks best where Noto Sans is (Debian's fonts-noto-core).

Each view of the page, on a desktop and on a phone, in light and dark, as a stack of its own shows it.
"""

import base64
import sys
import tempfile
from collections.abc import Mapping
from itertools import product
from pathlib import Path
from typing import Literal

from playwright.sync_api import Browser, Page, sync_playwright

from dev.manager import Manager
from embedded.ports import LOOPBACK
from embedded.services import PROJECT
from tests.acceptance.page.screens import DESKTOP, MISSING, PHONE, find_chromium
from tests.acceptance.page.views import views
from tests.acceptance.page_server import served_pages
from tests.acceptance.stack import running_stack

FOLDER = PROJECT / "docs" / "pictures"
SCREENS = {"desktop": DESKTOP, "phone": PHONE}
THEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
QUALITY = 55  # of 100
LOWEST = 2_200  # pixels from the top, below which a long page is cut off


def take(browser: Browser, manager: Manager, views: Mapping[str, str]) -> None:
    """A picture of each view on each screen, in light and dark."""
    for (screen, size), theme in product(SCREENS.items(), THEMES):
        page = browser.new_page(
            viewport=size, color_scheme=theme, timezone_id="UTC", base_url=f"http://{LOOPBACK}:{manager.port}"
        )
        for name, path in views.items():
            page.goto(path)
            file = FOLDER / f"{name}-{screen}-{theme}.webp"
            file.write_bytes(picture(page))
            sys.stdout.write(f"{file.relative_to(PROJECT)}: {file.stat().st_size:,} bytes\n")
        page.close()


def picture(page: Page) -> bytes:
    """The page down to LOWEST, as WebP, which Playwright does not offer: a quarter of the bytes of a PNG."""
    size = page.viewport_size or DESKTOP
    height = page.evaluate("document.documentElement.scrollHeight")
    clip = {"x": 0, "y": 0, "width": size["width"], "height": min(height, LOWEST), "scale": 1}
    options = {"format": "webp", "quality": QUALITY, "captureBeyondViewport": True, "clip": clip}
    taken = page.context.new_cdp_session(page).send("Page.captureScreenshot", options)
    return base64.b64decode(taken["data"])


def main() -> None:
    """Start, submit, take, stop."""
    chromium = find_chromium()
    if chromium is None:
        sys.exit(MISSING)
    with (
        served_pages() as pages,
        tempfile.TemporaryDirectory() as path,
        running_stack(Path(path) / "stack", pages.port) as stack,
        views(stack.manager, pages) as paths,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=chromium)
        take(browser, stack.manager, paths)
        browser.close()


if __name__ == "__main__":
    main()
