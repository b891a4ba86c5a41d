"""A site with known answers: every outcome that a URL of a crawl can have, at least once, and a tree of pages.

It says what a crawl of it must find (`outcomes`), and keeps a log of what it was asked for. On each loopback address it
is a site of its own.
"""

from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from gzip import compress
from threading import Event, Lock

from dev.odd_site import HTML, OddAnswer, page, redirect, robots, serving, sitemap
from embedded.ports import LOOPBACK

HELD_SECONDS = 60.0
ROBOTS = robots(
    *("User-agent: *", "Disallow: /", ""),
    *("User-agent: wordcount-stack", "Disallow: /private/", "Sitemap: /sitemap-index.xml"),
)


def words_of(number: int) -> str:
    """The text of page `number` of the tree: so many pears after the number, which makes it unlike the others."""
    return f"page{number} " + "pear " * (number % 7)


def tree(size: int) -> dict[str, OddAnswer]:
    """Pages that link to two further ones each, to their neighbour, and back to the start in several spellings."""
    return {
        f"/tree/{number}": page(
            words_of(number),
            *(f"/tree/{child}" for child in (2 * number + 1, 2 * number + 2) if child < size),
            *(f"/tree/{(number + 1) % size}?utm_source=x#top", "/", "./../", "/?"),
        )
        for number in range(size)
    }


BUSY, BUSY_TIMES = "/busy-twice", 2
SPECIAL: dict[str, OddAnswer] = {
    "/": page(
        "the start of the site",
        *("/tree/0", "/old", "/new", "/moved-away", "/sorted?by=name", "/copy/1", "/copy/2", "/missing", "/broken"),
        *(BUSY, "/picture", "/latin", "/base", "/private/letter", "/of/a/of/a/of/a/x", "/quiet", "mailto:a@b"),
        *("http://other.example/", "/tree/0#part", "/deep/1"),
        head='<meta name="author" content="nobody">',
    ),
    "/old": redirect("/new"),
    "/new": page("where the old page went"),
    "/moved-away": redirect("http://other.example/"),
    "/sorted?by=name": page("a sorted list of names", head='<link rel="canonical" href="/list">'),
    "/list": page("a list of names"),
    "/copy/1": page("the very same text"),
    "/copy/2": page("the very same text"),
    BUSY: page("patience is rewarded"),
    "/picture": OddAnswer(body=b"\x89PNG", headers={"Content-Type": "image/png"}),
    "/latin": OddAnswer(
        body='<p>crème brûlée<a href="/search?q=é">'.encode("latin-1"),
        headers={"Content-Type": "text/html; charset=latin1"},
    ),
    "/search?q=%E9": page("found by a query in Latin"),
    "/base": OddAnswer(body=b'<base href="/elsewhere/"><p>based<a href="page">', headers={"Content-Type": HTML}),
    "/elsewhere/page": page("found by its base"),
    "/quiet": page("keep this between us", "/nofollow-only", head='<meta name="robots" content="nofollow">'),
    "/deep/1": page("deep one", "/deep/2"),
    "/deep/2": page("deep two", "/deep/3"),
    "/deep/3": page("deep three", "/deep/4"),
    "/deep/4": page("deep four"),
    "/broken": OddAnswer(status=500),
    "/only-in-sitemap": page("named by a sitemap alone"),
    "/also-in-sitemap": page("named by a compressed sitemap"),
}
OUTCOMES = {
    "/old": "duplicate",
    "/moved-away": "out-of-scope",
    "/sorted?by=name": "duplicate",
    "/missing": "failed",
    "/broken": "failed",
    "/picture": "failed",
    "/private/letter": "robots",
    "/nofollow-only": "nofollow",
    "/of/a/of/a/of/a/x": "trap-path",
    "/deep/4": "max-depth",
}
MAX_DEPTH = 3


def sitemaps(origin: str) -> dict[str, OddAnswer]:
    """An index of three sitemaps, one of them compressed and one missing."""
    names = ("sitemap-1.xml", "sitemap-2.xml.gz", "sitemap-missing.xml")
    compressed = sitemap(f"{origin}/also-in-sitemap")
    return {
        "/sitemap-index.xml": sitemap(*(f"{origin}/{name}" for name in names), index=True),
        "/sitemap-1.xml": sitemap(f"{origin}/only-in-sitemap", f"{origin}/tree/0"),
        "/sitemap-2.xml.gz": replace(compressed, body=compress(compressed.body)),
    }


class CrawlSite:
    """The running site. `size` is the number of pages of its tree; each of them takes `seconds`."""

    port: int

    def __init__(self, size: int, seconds: float) -> None:
        self.pages = SPECIAL | tree(size)
        self._seconds = seconds
        self._lock = Lock()
        self._log: defaultdict[str, list[str]] = defaultdict(list)  # by address
        self._held: dict[str, Event] = {}

    @property
    def origin(self) -> str:
        """Where the site is on this machine."""
        return f"http://{LOOPBACK}:{self.port}"

    def hold(self, path: str) -> Event:
        """Answer requests for this path once the event is set."""
        return self._held.setdefault(path, Event())

    def log(self, address: str = LOOPBACK) -> list[str]:
        """Path and query of each request, in their order."""
        with self._lock:
            return list(self._log[address])

    def forget(self) -> None:
        """Begin with an empty log, and fail again."""
        with self._lock:
            self._log.clear()

    def answer(self, target: str, host: str) -> OddAnswer:
        """What is answered to a request."""
        with self._lock:
            log = self._log[host.partition(":")[0]]
            log.append(target)
            asked = log.count(target)
        if target in self._held:
            self._held[target].wait(HELD_SECONDS)
        if target == "/robots.txt":
            return ROBOTS
        if target == BUSY and asked <= BUSY_TIMES:
            return OddAnswer(status=503)
        found = self.pages.get(target.partition("?utm_source")[0]) or sitemaps(f"http://{host}").get(target)
        if found is None:
            return OddAnswer(status=404)
        return replace(found, seconds=self._seconds) if target.startswith("/tree/") else found

    def outcomes(self) -> dict[str, str]:
        """What a crawl of the whole site, MAX_DEPTH links deep, must make of each URL: paths, as they are named."""
        named = set(self.pages) | set(OUTCOMES)
        return {path: OUTCOMES.get(path, "counted") for path in named}


@contextmanager
def running_crawl_site(size: int = 7, seconds: float = 0.0) -> Iterator[CrawlSite]:
    """Serve the site."""
    site = CrawlSite(size, seconds)
    with serving(site.answer, "") as site.port:
        yield site
