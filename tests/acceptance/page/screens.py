"""The browser and the screens on which the page is tested and shown."""

import shutil

from playwright.sync_api import ViewportSize

PROGRAMS = ("chromium", "chromium-browser", "google-chrome")
DESKTOP: ViewportSize = {"width": 1280, "height": 900}
PHONE: ViewportSize = {"width": 390, "height": 844}
MISSING = "Chromium was not found: apt-get install chromium"


def find_chromium() -> str | None:
    """Where Chromium is, if it is anywhere."""
    return next((path for program in PROGRAMS if (path := shutil.which(program))), None)
