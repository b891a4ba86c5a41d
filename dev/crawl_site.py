"""A site with known answers: every outcome that a URL of a crawl can have, at least once, and a tree of pages.

It says what a crawl of it must find (`outcomes`), and keeps a log of what it was asked for. On each loopback address it
is a site of its own.
"""

import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from gzip import compress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Lock, Thread

LOOPBACK = "127.0.0.1"
HELD_SECONDS = 60.0
HTML = "text/html; charset=utf-8"
ROBOTS = """
User-agent: *
Disallow: /

User-agent: wordcount-stack
Disallow: /private/
Sitemap: /sitemap-index.xml
"""
FRUIT = ("apple", "pear", "plum", "quince", "cherry", "fig", "grape")


@dataclass(frozen=True, kw_only=True)
class SitePage:
    """An answer. `failures` of the first requests are answered with 503 instead."""

    body: bytes
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=lambda: {"Content-Type": HTML})
    failures: int = 0


def _html(words: str, *links: str, head: str = "") -> SitePage:
    listed = "".join(f'<li><a href="{link}">next</a>' for link in links)
    return SitePage(body=f"<!doctype html><head>{head}</head><body><p>{words}</p><ul>{listed}</ul>".encode())


def _redirect(target: str) -> SitePage:
    return SitePage(body=b"", status=301, headers={"Location": target, "Content-Type": HTML})


def _sitemap(*pages: str) -> bytes:
    urls = "".join(f"<url><loc>{{origin}}{page}</loc></url>" for page in pages)
    return f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{urls}</urlset>'.encode()


def words_of(number: int) -> str:
    """The text of page `number` of the tree: so many pears after the number, which makes it unlike the others."""
    return f"page{number} " + "pear " * (number % 7)


def tree(size: int) -> dict[str, SitePage]:
    """Pages that link to two further ones each, to their neighbour, and back to the start in several spellings."""
    return {
        f"/tree/{number}": _html(
            words_of(number),
            *(f"/tree/{child}" for child in (2 * number + 1, 2 * number + 2) if child < size),
            *(f"/tree/{(number + 1) % size}?utm_source=x#top", "/", "./../", "/?"),
        )
        for number in range(size)
    }


SPECIAL: dict[str, SitePage] = {
    "/": _html(
        "the start of the site",
        *("/tree/0", "/old", "/new", "/moved-away", "/sorted?by=name", "/copy/1", "/copy/2", "/missing", "/broken"),
        *("/busy-twice", "/picture", "/latin", "/base", "/private/letter", "/of/a/of/a/of/a/x", "/quiet", "mailto:a@b"),
        *("http://other.example/", "/tree/0#part", "/deep/1"),
        head='<meta name="author" content="nobody">',
    ),
    "/old": _redirect("/new"),
    "/new": _html("where the old page went"),
    "/moved-away": _redirect("http://other.example/"),
    "/sorted?by=name": _html("a sorted list of names", head='<link rel="canonical" href="/list">'),
    "/list": _html("a list of names"),
    "/copy/1": _html("the very same text"),
    "/copy/2": _html("the very same text"),
    "/busy-twice": SitePage(body=b"<p>patience is rewarded", failures=2),
    "/picture": SitePage(body=b"\x89PNG", headers={"Content-Type": "image/png"}),
    "/latin": SitePage(
        body='<p>crème brûlée<a href="/search?q=é">'.encode("latin-1"),
        headers={"Content-Type": "text/html; charset=latin1"},
    ),
    "/search?q=%E9": _html("found by a query in Latin"),
    "/base": SitePage(body=b'<base href="/elsewhere/"><p>based<a href="page">'),
    "/elsewhere/page": _html("found by its base"),
    "/quiet": _html("keep this between us", "/nofollow-only", head='<meta name="robots" content="nofollow">'),
    "/deep/1": _html("deep one", "/deep/2"),
    "/deep/2": _html("deep two", "/deep/3"),
    "/deep/3": _html("deep three", "/deep/4"),
    "/deep/4": _html("deep four"),
    "/only-in-sitemap": _html("named by a sitemap alone"),
    "/also-in-sitemap": _html("named by a compressed sitemap"),
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
FILES: dict[str, bytes] = {
    "/sitemap-index.xml": (
        b'<sitemapindex xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">'
        b"<sitemap><loc>{origin}/sitemap-1.xml</loc></sitemap><sitemap><loc>{origin}/sitemap-2.xml.gz</loc></sitemap>"
        b"<sitemap><loc>{origin}/sitemap-missing.xml</loc></sitemap></sitemapindex>"
    ),
    "/sitemap-1.xml": _sitemap("/only-in-sitemap", "/tree/0"),
    "/sitemap-2.xml.gz": _sitemap("/also-in-sitemap"),
}


class CrawlSite:
    """The running site. `size` is the number of pages of its tree; each of them takes `seconds`."""

    def __init__(self, port: int, size: int, seconds: float) -> None:
        self.port = port
        self.origin = f"http://{LOOPBACK}:{port}"
        self.pages = SPECIAL | tree(size)
        self._seconds = seconds
        self._lock = Lock()
        self._log: defaultdict[str, list[str]] = defaultdict(list)  # by address
        self._failed: Counter[tuple[str, str]] = Counter()
        self._held: dict[str, Event] = {}

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
            self._failed.clear()

    def answer(self, target: str, address: str) -> SitePage:
        """What is answered to a request."""
        with self._lock:
            self._log[address].append(target)
        if target in self._held:
            self._held[target].wait(HELD_SECONDS)
        if target.startswith("/tree/"):
            time.sleep(self._seconds)
        with self._lock:
            if target == "/robots.txt":
                return SitePage(body=ROBOTS.encode(), headers={"Content-Type": "text/plain"})
            if target in FILES:
                body = FILES[target].replace(b"{origin}", f"http://{address}:{self.port}".encode())
                return SitePage(body=compress(body) if target.endswith(".gz") else body)
            if target == "/broken":
                return SitePage(body=b"", status=500)
            page = self.pages.get(target.partition("?utm_source")[0], SitePage(body=b"no such page", status=404))
            if self._failed[address, target] < page.failures:
                self._failed[address, target] += 1
                return SitePage(body=b"busy", status=503)
            return page

    def outcomes(self) -> dict[str, str]:
        """What a crawl of the whole site, MAX_DEPTH links deep, must make of each URL: paths, as they are named."""
        named = set(self.pages) | set(OUTCOMES)
        return {path: OUTCOMES.get(path, "counted") for path in named}


@contextmanager
def running_crawl_site(size: int = 7, seconds: float = 0.0) -> Iterator[CrawlSite]:
    """Serve the site."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            page = site.answer(self.path, str(self.connection.getsockname()[0]))
            self.send_response(page.status)
            for name, value in page.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(page.body)))
            self.end_headers()
            self.wfile.write(page.body)

        def log_message(self, *_: object) -> None:
            """The site has a log of its own."""

    server = ThreadingHTTPServer(("", 0), Handler)
    server.daemon_threads = True
    site = CrawlSite(server.server_address[1], size, seconds)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield site
    finally:
        server.shutdown()
        server.server_close()
