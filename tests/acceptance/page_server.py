"""The site of `dev.pages`, with some pages of real text and some of a hostile one."""

from collections.abc import Iterator
from contextlib import contextmanager

from dev.pages import HTML, PageServer
from dev.pages import served_pages as served
from embedded.services import PROJECT

MARKUP = '"><img src=x onerror=alert(1)><script>alert(1)</script>'
SHOWN = f"{MARKUP.replace('<', '&lt;')} javascript:alert(1)"
TEXTS = {
    "demo": ((PROJECT / "embedded" / "practice" / "pages" / "demo_page.html").read_text(encoding="utf-8"), HTML),
    "english": ("<!doctype html><html lang=en-GB><title>Page</title><p>The queue, the Queue; the", HTML),
    "hostile": (f"<!doctype html><html lang='{MARKUP}'><title>{MARKUP}</title><p>{SHOWN} {{{{ 7*7 }}}}", HTML),
    "hostile-type": ("", f"text/{MARKUP}"),
}


@contextmanager
def served_pages() -> Iterator[PageServer]:
    """The site, on a free port; a page's text is named by the first part of its path."""
    with served() as pages:
        pages.texts.update(TEXTS)
        yield pages
