"""Sitemaps: what is read of them, whatever a site wrote."""

import gzip
import time
import tracemalloc
from collections.abc import Callable

import pytest

from page_read.errors import NotSitemap
from page_read.sitemap import MAX_BYTES, MAX_URLS, Sitemap, read_sitemap

DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n'
NAMESPACE = 'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"'
A, B, C = "http://e.com/a", "http://e.com/b", "http://e.com/c"


def urlset(*entries: str) -> str:
    return f"{DECLARATION}<urlset {NAMESPACE}>{''.join(entries)}</urlset>"


def entry(loc: str) -> str:
    return f"<url><loc>{loc}</loc></url>"


def index(*locs: str) -> str:
    entries = "".join(f"<sitemap><loc>{loc}</loc></sitemap>" for loc in locs)
    return f"{DECLARATION}<sitemapindex {NAMESPACE}>{entries}</sitemapindex>"


PAGES = [
    (urlset(), []),
    (urlset(entry(A)), [A]),
    (urlset(entry(A), entry(B), entry(A)), [A, B]),
    # what is around a URL
    (urlset(entry(f"\n   {A}\t\n")), [A]),
    (urlset(entry(f"<![CDATA[{A}]]>")), [A]),
    (urlset(entry(f"\n<![CDATA[\n {A}?x=1&y=2 ]]>\n")), [f"{A}?x=1&y=2"]),
    (urlset(entry(f"{A}?x=1&amp;y=&#50;&#x33;")), [f"{A}?x=1&y=23"]),
    (urlset(entry("http://e.com/<!-- c -->a")), [A]),
    (urlset(entry("http://e.com/<b>x</b>a")), ["http://e.com/xa"]),
    (urlset(entry("http://e.com/ü?q=ü")), ["http://e.com/%C3%BC?q=%C3%BC"]),
    (urlset(entry("HTTP://user:pw@E.com:80/x/../a#f")), [A]),
    (urlset(entry("https://e.com/a"), entry("http://other.example/a")), ["https://e.com/a", "http://other.example/a"]),
    # entries that are no URLs
    (urlset(entry(""), entry(A)), [A]),
    (urlset(entry("/relative"), entry("ftp://e.com/"), entry("mailto:a@e.com"), entry("http://["), entry(A)), [A]),
    (urlset(entry("http://e.com/" + "x" * 2_036), entry(A)), [A]),
    (urlset(entry("http://e.com/" + "x" * 100_000), entry(A)), [A]),
    (urlset("<url></url>", "<url/>", "<url><lastmod>2026</lastmod></url>", entry(A)), [A]),
    # what else entries hold
    (urlset(f"<url><lastmod>yesterday, perhaps</lastmod><loc>{A}</loc><priority>high</priority></url>"), [A]),
    (urlset(f"<url><loc>{A}</loc><image:image><image:loc>{B}</image:loc></image:image></url>"), [A]),
    (urlset(f"<url><loc>{A}</loc><image:loc>{B}</image:loc></url>"), [A]),
    (urlset(f"<url><loc>{A}</loc><xhtml:link rel='alternate' hreflang='de' href='{B}'/></url>"), [A]),
    (urlset(f"<url><loc>{A}</loc><video:video><video:content_loc>{B}</video:content_loc></video:video></url>"), [A]),
    (urlset(f"<url><loc>{A}</loc><loc>{B}</loc></url>"), [A, B]),
    (urlset(f"<loc>{A}</loc><sitemap><loc>{B}</loc></sitemap><x><url><loc>{C}</loc></url></x>"), []),
    # how it is written
    (f"<urlset>{entry(A)}</urlset>", [A]),
    (f"<urlset xmlns='http://www.google.com/schemas/sitemap/0.84'>{entry(A)}</urlset>", [A]),
    (f"<s:urlset xmlns:s='x'><s:url><s:loc>{A}</s:loc></s:url><url><loc>{B}</loc></url></s:urlset>", [A]),
    (f"<!-- made by hand --><?xml-stylesheet href='s.xsl'?><urlset>{entry(A)}</urlset>", [A]),
    (f"<?xml version='1.0' encoding='utf-8' standalone='yes'?><urlset>{entry(A)}</urlset>", [A]),
    ("\ufeff" + urlset(entry(A)), [A]),
    ("\n \t" + urlset(entry(A)), [A]),
    ("\ufeff\r\n" + urlset(entry(A)), [A]),
    # feeds
    (
        f"<rss><channel><link>{C}</link><item><title>t</title><link>{A}</link><guid>{B}</guid></item></channel></rss>",
        [A],
    ),
    (
        f"<rss><channel><item><link>{A}</link><a:link href='{C}'/></item><item><link>{B}</link></item></channel></rss>",
        [A, B],
    ),
    (
        f"<rdf:RDF xmlns='http://purl.org/rss/1.0/'><channel><link>{C}</link></channel><item><link>{A}</link></item></rdf:RDF>",
        [A],
    ),
    (f"<feed><link href='{C}'/><entry><link href='{A}'/><link rel='alternate' href='{B}'/></entry></feed>", [A, B]),
    (f"<feed><entry><link rel='self' href='{A}'/><link rel='enclosure' href='{B}'/><id>{C}</id></entry></feed>", []),
    (f"<feed><entry><link/><link href='/x'/><link href='{A}'/></entry></feed>", [A]),
    (f"<a:feed xmlns:a='http://www.w3.org/2005/Atom'><a:entry><a:link href='{A}'/></a:entry></a:feed>", [A]),
    # lists
    (A, [A]),
    (f"{A}\n{B}\n", [A, B]),
    (f"{A}\r\n{B}\r{C}", [A, B, C]),
    (f"\ufeff\n\n  {A}  \n\n\t{B}\n{A}\n", [A, B]),
    (f"{A}\n/relative\nnothing\n# {C}\n{B}", [A, B]),
    ("http://e.com/a b\nhttp://e.com/ü", ["http://e.com/a%20b", "http://e.com/%C3%BC"]),
    (f"{A}\nhttp://e.com/{'x' * 200_000}\n{B}", [A, B]),
]


@pytest.mark.parametrize("is_gzipped", [False, True], ids=["plain", "gzip"])
@pytest.mark.parametrize(("text", "pages"), PAGES)
def test_pages_are_those_that_it_names(text: str, pages: list[str], *, is_gzipped: bool) -> None:
    body = gzip.compress(text.encode()) if is_gzipped else text.encode()
    assert read_sitemap(body) == Sitemap(pages=tuple(pages))


@pytest.mark.parametrize(
    ("text", "sitemaps"),
    [
        (index(), []),
        (index(A, B, A), [A, B]),
        (index(f"<![CDATA[ {A} ]]>", "/relative"), [A]),
        (index(A).replace("</sitemap>", f"<lastmod>x</lastmod></sitemap>{entry(B)}"), [A]),
        (f"<x:sitemapindex xmlns:x='y'><x:sitemap><x:loc>{A}</x:loc></x:sitemap></x:sitemapindex>", [A]),
    ],
)
def test_an_index_names_further_sitemaps(text: str, sitemaps: list[str]) -> None:
    assert read_sitemap(text.encode()) == Sitemap(sitemaps=tuple(sitemaps))


@pytest.mark.parametrize(
    "body",
    [
        urlset(entry("http://e.com/é")).replace("UTF-8", "UTF-16").encode("utf-16"),
        urlset(entry("http://e.com/é")).replace("UTF-8", "ISO-8859-1").encode("latin-1"),
        urlset(entry("http://e.com/é")).replace("UTF-8", "windows-1252").encode("cp1252"),
    ],
    ids=["utf-16", "latin-1", "windows-1252"],
)
def test_another_encoding_is_read_where_it_is_declared(body: bytes) -> None:
    assert read_sitemap(body).pages == ("http://e.com/%C3%A9",)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b" \n\t",
        b"\xef\xbb\xbf",
        b"Not found",
        b"# our pages\n/a\n/b",
        b'{"urls": ["http://e.com/"]}',
        b"<!DOCTYPE html><html><body><h1>Not found</h1></body></html>",
        b"<html><body><a href='http://e.com/'>x</a></body></html>",
        b"<html><body><p>not closed<br></body></html>",
        b"<?xml version='1.0'?><opml><outline/></opml>",
        b"<",
        b"<?xml version='1.0' encoding='no-such-encoding'?><urlset/>",
        b"<?xml version='1.0' encoding='gbk'?><urlset/>",
        b"<" + b"x" * 1_000_000,
        b"\x00\x01\x02\x03",
        b"%PDF-1.7",
        b"\x1f\x8b",
        b"\x1f\x8bnot gzip at all",
        b"\x1f\x8b" + urlset(entry(A)).encode(),
        gzip.compress(b"", mtime=0),
        gzip.compress(b"<html></html>", mtime=0),
        gzip.compress(gzip.compress(urlset(entry(A)).encode()), mtime=0),
    ],
)
def test_what_is_no_sitemap_is_refused(body: bytes) -> None:
    with pytest.raises(NotSitemap):
        read_sitemap(body)


@pytest.mark.parametrize(
    "doctype",
    [
        "<!DOCTYPE urlset>",
        "<!DOCTYPE urlset SYSTEM 'http://e.com/x.dtd'>",
        "<!DOCTYPE urlset [<!ENTITY a 'http://e.com/a'>]>",
        "<!DOCTYPE urlset [<!ENTITY a SYSTEM 'file:///etc/passwd'>]>",
        "<!DOCTYPE urlset [<!ENTITY a 'aaaa'><!ENTITY b '&a;&a;&a;&a;'><!ENTITY c '&b;&b;&b;&b;'>]>",
        "<!DOCTYPE urlset [<!ENTITY % p SYSTEM 'http://e.com/x'> %p;]>",
    ],
)
def test_a_document_type_is_refused_and_with_it_every_entity(doctype: str) -> None:
    with pytest.raises(NotSitemap, match="document type"):
        read_sitemap(f"<?xml version='1.0'?>{doctype}<urlset>{entry('&a;')}</urlset>".encode())


@pytest.mark.parametrize(
    "text",
    [
        urlset(entry(A), entry(B)).removesuffix("</urlset>"),
        urlset(entry(A), entry(B)).removesuffix("</url></urlset>"),
        urlset(entry(A), entry(B), "</x>", entry(C)),
        urlset(entry(A), entry(B), entry("http://e.com/?a=1&b=2")),
        urlset(entry(A), entry(B), entry("&nbsp;")),
        urlset(entry(A), entry(B)) + "<p>debug</p>",
        urlset(entry(A), entry(B), "<!DOCTYPE x>"),
    ],
)
def test_of_a_broken_file_what_stands_before_the_damage_is_read(text: str) -> None:
    assert read_sitemap(text.encode()) == Sitemap(pages=(A, B), is_cut=True)


def test_octets_that_are_not_utf_8_are_damage() -> None:
    assert read_sitemap(urlset(entry(A), entry("http://e.com/é")).encode("latin-1")) == Sitemap(pages=(A,), is_cut=True)


def test_of_a_gzip_file_that_was_cut_short_what_arrived_is_read() -> None:
    locs = [f"http://e.com/{number * 7919 % 10_007}" for number in range(5_000)]
    body = gzip.compress(urlset(*map(entry, locs)).encode())
    sitemap = read_sitemap(body[: len(body) // 2])
    assert sitemap.is_cut
    assert 1_000 < len(sitemap.pages) < 4_000
    assert sitemap.pages == tuple(locs[: len(sitemap.pages)])


@pytest.mark.parametrize(("number", "is_cut"), [(20_001, False), (MAX_URLS, False), (MAX_URLS + 1, True)])
@pytest.mark.parametrize("form", ["xml", "gzip", "list", "index"])
def test_at_most_50000_urls_are_read(form: str, number: int, *, is_cut: bool) -> None:
    locs = [f"http://e.com/{each}" for each in range(number)]
    text = "\n".join(locs) if form == "list" else index(*locs) if form == "index" else urlset(*map(entry, locs))
    sitemap = read_sitemap(gzip.compress(text.encode()) if form == "gzip" else text.encode())
    assert (sitemap.pages or sitemap.sitemaps) == tuple(locs[:MAX_URLS])
    assert sitemap.is_cut is is_cut


HEAD = f"<urlset {NAMESPACE}>{entry(A)}".encode()
HOSTILE: dict[str, Callable[[], bytes]] = {  # made when asked for: they are large
    "tags": lambda: HEAD + b"<a/>" * (MAX_BYTES // 4),
    "depth": lambda: HEAD + b"<a>" * (MAX_BYTES // 3),
    "text": lambda: HEAD + b"<url><loc>" + b"x" * MAX_BYTES,
    "attribute": lambda: HEAD + b'<a b="' + b"x" * MAX_BYTES,
    "comment": lambda: HEAD + b"<!--" + b"x" * MAX_BYTES,
    "comments": lambda: HEAD + (b"<!--" + b"x" * 250_000 + b"-->") * 200,
    "attributes": lambda: HEAD + (b"<a " + b"".join(b'a%d="" ' % each for each in range(20_000)) + b"/>") * 200,
    "entries": lambda: HEAD + entry(A).encode() * 600_000,
    "escapes": lambda: HEAD + b"<url><loc>http://e.com/" + b"&amp;" * (MAX_BYTES // 5),
    "lines": lambda: A.encode() + b"\n" * MAX_BYTES,
    "line": lambda: A.encode() + b"\n" + b"x" * MAX_BYTES,
    "short lines": lambda: A.encode() + b"\nx" * (MAX_BYTES // 2),
    "bomb": lambda: gzip.compress(HEAD + b" " * (4 * MAX_BYTES), 1),
    "bomb of URLs": lambda: gzip.compress(HEAD + entry(B).encode() * 600_000, 1),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_no_sitemap_takes_long(name: str) -> None:
    body = HOSTILE[name]()
    start = time.process_time()
    sitemap = read_sitemap(body)
    assert time.process_time() - start < 10
    assert sitemap.is_cut
    assert sitemap.pages[0] == A


def test_a_bomb_takes_little_memory() -> None:
    body = gzip.compress(HEAD + b" " * (4 * MAX_BYTES), 1)
    tracemalloc.start()
    try:
        read_sitemap(body)
        assert tracemalloc.get_traced_memory()[1] < 2_000_000
    finally:
        tracemalloc.stop()
