"""Links, canonical URL and robots directives of a page."""

import time

import pytest

from page_read.encoding import decode_body
from page_read.html import parse_html
from page_read.links import (
    MAX_LINKS,
    Directives,
    Link,
    PageLinks,
    find_links,
    header_links,
    header_robots,
)
from page_read.web_url import MAX_URL_LENGTH

URL = "http://example.com/dir/page.html?x=1"


def links_of(html: str | bytes, charset: str = "utf-8") -> PageLinks:
    return find_links(parse_html(html.encode() if isinstance(html, str) else html), URL, charset)


def urls_of(html: str | bytes, charset: str = "utf-8") -> list[str]:
    return [link.url for link in links_of(html, charset).links]


@pytest.mark.parametrize(
    ("href", "url"),
    [
        ("HTTP://EXAMPLE.com:80/a/../b/./c?x=1#f", "http://example.com/b/c?x=1"),
        ("http://example.com", "http://example.com/"),
        ("https://example.com:443/", "https://example.com/"),
        ("https://example.com:8443/", "https://example.com:8443/"),
        ("/%7Euser", "http://example.com/%7Euser"),
        ("/~user", "http://example.com/~user"),
        ("/a%2fb", "http://example.com/a%2fb"),
        ("/ü", "http://example.com/%C3%BC"),
        ("?x=ü", "http://example.com/dir/page.html?x=%C3%BC"),
        ("/a//b", "http://example.com/a//b"),
        ("/?", "http://example.com/?"),
        ("?a=1&amp;&amp;b", "http://example.com/dir/page.html?a=1&&b"),
        ("?q=a+b", "http://example.com/dir/page.html?q=a+b"),
        ("/x;jsessionid=1", "http://example.com/x;jsessionid=1"),
        ("/Dir/Page", "http://example.com/Dir/Page"),
        ("/a/", "http://example.com/a/"),
        ("ht\ntp://exa\tmple.com/x", "http://example.com/x"),
        ("http:\\\\example.com\\x", "http://example.com/x"),
        (" /lead", "http://example.com/lead"),
        ("page2.html ", "http://example.com/dir/page2.html"),
        ("../up", "http://example.com/up"),
        ("../../../up", "http://example.com/up"),
        ("./", "http://example.com/dir/"),
        ("", "http://example.com/dir/page.html?x=1"),
        ("#top", "http://example.com/dir/page.html?x=1"),
        ("?", "http://example.com/dir/page.html?"),
        ("//other.example/x", "http://other.example/x"),
        ("http:page", "http://example.com/dir/page"),
        ("http://user:pw@h.example/", "http://h.example/"),
        ("http://user@h.example/@x", "http://h.example/@x"),
        ("/a@b", "http://example.com/a@b"),
        ("http://h./x", "http://h./x"),
        ("http://0x7f.1/", "http://127.0.0.1/"),
        ("http://bücher.example/", "http://xn--bcher-kva.example/"),
        ("/a b", "http://example.com/a%20b"),
        ("/&eacute;", "http://example.com/%C3%A9"),
        ("javascript-guide", "http://example.com/dir/javascript-guide"),
        ("mail/to:you", "http://example.com/dir/mail/to:you"),
        (":8080/x", "http://example.com/dir/:8080/x"),
    ],
)
def test_a_link_is_resolved_as_browsers_do(href: str, url: str) -> None:
    assert urls_of(f'<a href="{href}">x</a>') == [url]


@pytest.mark.parametrize(
    "href",
    [
        "javascript:void(0)",
        "JavaScript:alert('http://e.com/')",
        " javascript:x",
        "java\nscript:x",
        "mailto:a@example.com",
        "tel:+123",
        "data:text/html,<p>x",
        "blob:http://example.com/1",
        "ftp://example.com/x",
        "about:blank",
        "view-source:http://example.com/",
        "http://",
        "http://[::1/",
        "http://exa mple.com/",
        "http://a:99999/",
        "//",
    ],
)
def test_what_is_not_on_the_web_is_no_link(href: str) -> None:
    assert links_of(f'<a href="{href}">x</a>') == PageLinks()


@pytest.mark.parametrize(
    ("html", "urls"),
    [
        ("<a href=/1>a</a><area href=/2><iframe src=/3></iframe>", ["/1", "/2", "/3"]),
        ("<frameset><frame src=/1><frame src=/2></frameset>", ["/1", "/2"]),
        ("<link rel=next href=/1><link rel='Prev foo' href=/2>", ["/1", "/2"]),
        ("<link rel=stylesheet href=/1><link rel=alternate href=/2><link href=/3>", []),
        ("<a name=x>a</a><area><iframe></iframe><iframe src></iframe><img src=/1><form action=/2>", []),
        ("<a href=/1><b>a</b></a><a href=/2 hidden>b</a><nav><a href=/3>c</a></nav>", ["/1", "/2", "/3"]),
        ("<iframe src=/2></iframe><a href=/1>a</a><area href=/3><a href=/0>a</a>", ["/2", "/1", "/3", "/0"]),
        ("<a href=/1>a</a><a href=/2>b</a><a href=/1#x>c</a>", ["/1", "/2"]),
        ("<svg><a href=/1>x</a></svg>", ["/1"]),
        ("<noscript><a href=/1>x</a></noscript><template><a href=/2>x</a></template>", []),
        ("<!-- <a href=/1>x</a> --><script>'<a href=/2>x</a>'</script><textarea><a href=/3>x</a></textarea>", []),
        ("<a href=/1><a href=/2>", ["/1", "/2"]),
        ("<A HREF=/1>", ["/1"]),
        ("<a href=/1 href=/2>", ["/1"]),
        ("<meta http-equiv=refresh content='0; url=/1'>", ["/1"]),
        ("<meta http-equiv=Refresh content='5;URL=/1'>", ["/1"]),
        ("<meta http-equiv=refresh content=\"0;url='/1' foo\">", ["/1"]),
        ("<meta http-equiv=refresh content='0;url=\"/1\"'>", ["/1"]),
        ("<meta http-equiv=refresh content='0;/1'>", ["/1"]),
        ("<meta http-equiv=refresh content='0,url = /1'>", ["/1"]),
        ("<meta http-equiv=refresh content='0.5 /1'>", ["/1"]),
        ("<meta http-equiv=refresh content='30'>", []),
        ("<meta http-equiv=refresh content='url=/1'>", []),
        ("<meta http-equiv=refresh content='0; url=javascript:x'>", []),
        ("<meta http-equiv=refresh content=''><meta http-equiv=refresh>", []),
        ("<meta name=refresh content='0; url=/1'>", []),
        ("plain text", []),
        ("", []),
    ],
)
def test_links_are_those_that_browsers_follow_in_document_order(html: str, urls: list[str]) -> None:
    assert urls_of(html) == [f"http://example.com{url}" for url in urls]


@pytest.mark.parametrize(
    ("html", "url"),
    [
        ('<base href="//cdn.example/x/"><a href=y>', "http://cdn.example/x/y"),
        ('<base href="/x/"><base href="/z/"><a href=y>', "http://example.com/x/y"),
        ('<base target=_top><base href="/x/"><a href=y>', "http://example.com/x/y"),
        ('<base href="sub/"><a href=y>', "http://example.com/dir/sub/y"),
        ('<a href=y><base href="/x/">', "http://example.com/x/y"),
        ('<body><div><base href="/x/"></div><a href=y>', "http://example.com/x/y"),
        ('<base href="https://other.example"><a href=y>', "https://other.example/y"),
        ('<base href="https://other.example/x/"><a href=/y>', "https://other.example/y"),
        ('<base href="/x/"><a href="#top">', "http://example.com/x/"),
        ('<base href="/x/#f"><a href="">', "http://example.com/x/"),
        ('<base href="javascript:x"><a href=y>', "http://example.com/dir/y"),
        ('<base href="data:,x"><a href=y>', "http://example.com/dir/y"),
        ('<base href="http://["><a href=y>', "http://example.com/dir/y"),
        ('<base href=""><a href=y>', "http://example.com/dir/y"),
        # content of a template is not in the document, so its base is none (HTML, "document base URL")
        ('<template><base href="/t/"></template><base href="/x/"><a href=y>', "http://example.com/x/y"),
        ('<template><base href="/t/"></template><a href=y>', "http://example.com/dir/y"),
    ],
)
def test_the_first_base_decides(html: str, url: str) -> None:
    assert urls_of(html) == [url]


@pytest.mark.parametrize(
    ("charset", "href", "url"),
    [
        ("windows-1252", "/ü?x=ü", "/%C3%BC?x=%FC"),
        ("windows-1252", "/?x=%C3%BC", "/?x=%C3%BC"),
        ("windows-1252", "/?x=я&y=é", "/?x=%26%231103%3B&y=%E9"),
        ("windows-1252", "/?x=ü#ü?ü", "/?x=%FC"),
        ("windows-1252", "/ü#?ü", "/%C3%BC"),
        ("windows-1252", " /?ü\n=1 ", "/?%FC=1"),
        ("windows-1252", "/?ü='a b'", "/?%FC=%27a%20b%27"),
        ("windows-1251", "/?q=Съешь", "/?q=%D1%FA%E5%F8%FC"),
        ("koi8-r", "/?q=я", "/?q=%D1"),
        ("shift_jis", "/?q=表示", "/?q=%95\\%8E%A6"),
        ("euc-jp", "/?q=表", "/?q=%C9%BD"),
        ("gbk", "/?q=中", "/?q=%D6%D0"),
        ("gbk", "/?q=😀", "/?q=%26%23128512%3B"),
        ("gb18030", "/?q=😀", "/?q=%949%FC6"),
        ("big5", "/?q=中", "/?q=%A4%A4"),
        ("euc-kr", "/?q=가", "/?q=%B0%A1"),
        ("utf-8", "/?q=я", "/?q=%D1%8F"),
        ("utf-16le", "/?q=я", "/?q=%D1%8F"),
        ("x-user-defined", "/?q=я", "/?q=%D1%8F"),
        ("replacement", "/?q=я", "/?q=%D1%8F"),
    ],
)
def test_a_query_is_encoded_as_its_document_is(charset: str, href: str, url: str) -> None:
    assert urls_of(f'<a href="{href}">x</a>', charset) == [f"http://example.com{url}"]


def test_a_page_in_its_own_encoding_links_with_its_own_bytes() -> None:
    html, charset, _ = decode_body("<meta charset=latin1><a href='?q=Größe'>x</a>".encode("latin-1"), None)
    assert urls_of(html, charset) == ["http://example.com/dir/page.html?q=Gr%F6%DFe"]


@pytest.mark.parametrize(
    ("html", "links"),
    [
        ("<a href=/1 rel=nofollow>", [Link("/1", nofollow=True)]),
        ("<a href=/1 rel='noopener NoFollow'>", [Link("/1", nofollow=True)]),
        ("<area href=/1 rel=nofollow>", [Link("/1", nofollow=True)]),
        ("<a href=/1 rel=noopener>", [Link("/1", nofollow=False)]),
        ("<a href=/1 rel>", [Link("/1", nofollow=False)]),
        ("<a href=/1 rel=nofollow-me>", [Link("/1", nofollow=False)]),
        # one link that may be followed is enough
        ("<a href=/1 rel=nofollow><a href=/1>", [Link("/1", nofollow=False)]),
        ("<a href=/1><a href=/1 rel=nofollow>", [Link("/1", nofollow=False)]),
        ("<a href=/1 rel=nofollow><a href=/1 rel=nofollow>", [Link("/1", nofollow=True)]),
    ],
)
def test_nofollow_is_told_of_each_link(html: str, links: list[Link]) -> None:
    found = links_of(html)
    assert found.links == tuple(link._replace(url=f"http://example.com{link.url}") for link in links)
    assert not found.nofollow


@pytest.mark.parametrize(
    ("html", "canonical"),
    [
        ("<link rel=canonical href=/c>", "http://example.com/c"),
        ("<link rel=CANONICAL href=c#f>", "http://example.com/dir/c"),
        ("<link rel='canonical' href='https://other.example/c'>", "https://other.example/c"),
        ("<base href=/b/><link rel=canonical href=c>", "http://example.com/b/c"),
        ("<body><link rel=canonical href=/c>", "http://example.com/c"),  # as 6 of the corpus' 163 have it
        ("<link rel=canonical href=/c><link rel=canonical href=/c#x>", "http://example.com/c"),
        ("<link rel=canonical href=/c><link rel=canonical href=/d>", None),
        ("<link rel=canonical href='javascript:x'>", None),
        ("<link rel=canonical>", None),
        ("<a rel=canonical href=/c>", None),
        ("<link rel=canonicals href=/c>", None),
    ],
)
def test_a_page_names_its_canonical_url(html: str, canonical: str | None) -> None:
    assert links_of(html).canonical == canonical


NOFOLLOW, NOINDEX, BOTH, NEITHER = (
    Directives(nofollow=True),
    Directives(noindex=True),
    Directives(nofollow=True, noindex=True),
    Directives(),
)


@pytest.mark.parametrize(
    ("html", "directives"),
    [
        ("<meta name=robots content=noindex>", NOINDEX),
        ("<meta name=robots content=nofollow>", NOFOLLOW),
        ("<meta name=robots content='noindex, nofollow'>", BOTH),
        ("<meta name=robots content='noindex,nofollow'>", BOTH),
        ("<meta name=robots content='noindex nofollow'>", BOTH),
        ("<meta name=ROBOTS content=NONE>", BOTH),
        ("<META NAME='Robots' CONTENT=' NoIndex '>", NOINDEX),
        ("<meta name=wordcount-stack content=nofollow>", NOFOLLOW),
        ("<meta name=Wordcount-Stack content=none>", BOTH),
        ("<meta name=robots content=noindex><meta name=wordcount-stack content=nofollow>", BOTH),
        ("<meta name=robots content=noindex><meta name=robots content=nofollow>", BOTH),
        ("<meta name=robots content=nofollow><meta name=wordcount-stack content='index, follow'>", NOFOLLOW),
        ("<meta name=robots content='index, follow'>", NEITHER),
        ("<meta name=robots content='all'>", NEITHER),
        ("<meta name=robots content='noarchive, max-snippet:-1'>", NEITHER),
        ("<meta name=robots content='unavailable_after: 25-Aug-2007 15:00:00 EST'>", NEITHER),
        ("<meta name=robots content='index, nofollow-external'>", NEITHER),
        ("<meta name=googlebot content=none>", NEITHER),
        ("<meta property=robots content=none><meta content=none><meta name=robots>", NEITHER),
        ("<body><meta name=robots content=noindex>", NOINDEX),
    ],
)
def test_directives_for_robots_and_for_us_add_up(html: str, directives: Directives) -> None:
    found = links_of(html)
    assert Directives(nofollow=found.nofollow, noindex=found.noindex) == directives


@pytest.mark.parametrize(
    ("values", "directives"),
    [
        ([], NEITHER),
        (["noindex"], NOINDEX),
        (["NOINDEX, nofollow"], BOTH),
        (["none"], BOTH),
        (["all"], NEITHER),
        (["noindex", "nofollow"], BOTH),
        (["otherbot: nofollow"], NEITHER),
        (["otherbot: noindex, nofollow"], NEITHER),
        (["otherbot: nofollow", "noindex"], NOINDEX),
        (["wordcount-stack: nofollow"], NOFOLLOW),
        (["Wordcount-Stack : noindex, nofollow"], BOTH),
        (["otherbot: noindex, wordcount-stack: nofollow"], NOFOLLOW),
        (["noindex, otherbot: nofollow"], NOINDEX),
        (["unavailable_after: 25 Jun 2010 15:00:00 PST, noindex"], NOINDEX),
        (["unavailable_after: Wed, 25 Jun 2010 15:00:00 GMT, nofollow"], NOFOLLOW),
        (["max-snippet: 20, nofollow"], NOFOLLOW),
        (["max-image-preview:large"], NEITHER),
        (["otherbot: unavailable_after: 25 Jun 2010 15:00:00 PST, noindex"], NEITHER),
        ([""], NEITHER),
        ([",,:,"], NEITHER),
    ],
)
def test_a_header_may_speak_to_one_robot_only(values: list[str], directives: Directives) -> None:
    assert header_robots(values) == directives


@pytest.mark.parametrize(
    ("link", "refresh", "urls", "canonical"),
    [
        (['<p2>; rel="next"'], [], ["/dir/p2"], None),
        (["</2>; rel=next, </1>; rel=prev"], [], ["/2", "/1"], None),
        (["</2>; rel=next", "</1>; rel=prev"], [], ["/2", "/1"], None),
        (['</2>; title="a, <b>; c"; rel="foo next"'], [], ["/2"], None),
        (["</c>;REL=Canonical"], [], [], "/c"),
        (["</c>; rel=canonical, </d>; rel=canonical"], [], [], None),
        (["</s.css>; rel=preload; as=style, </2>"], [], [], None),
        (["</a,b>; rel=next"], [], ["/a,b"], None),
        (["<javascript:x>; rel=next"], [], [], None),
        (["nothing", "<", "<>", "<x", '<x>; rel="next'], [], [], None),
        ([], ["0; url=/r"], ["/r"], None),
        ([], ["5;/r", "0"], ["/r"], None),
        (["</2>; rel=next"], ["0; url='/r'"], ["/2", "/r"], None),
    ],
)
def test_headers_link_too(link: list[str], refresh: list[str], urls: list[str], canonical: str | None) -> None:
    found = header_links(link, refresh, URL)
    assert [each.url for each in found.links] == [f"http://example.com{url}" for url in urls]
    assert found.canonical == (canonical and f"http://example.com{canonical}")


def test_a_link_that_is_too_long_is_counted_and_left_out() -> None:
    fits = "/" + "x" * (MAX_URL_LENGTH - len("http://example.com/"))
    found = links_of(f"<a href='{fits}'>a<a href='{fits}y'>b<a href='/{'x' * 9_000}'>c<a href='{fits}#{'f' * 9_000}'>d")
    assert [link.url for link in found.links] == [f"http://example.com{fits}"]
    assert (found.too_long, found.is_cut) == (2, False)


def test_escapes_count_for_the_length() -> None:
    assert links_of(f"<a href='/{'ü' * 400}'>a</a>").too_long == 1


def test_links_beyond_the_first_2000_are_cut() -> None:
    html = "".join(f"<a href=/{number}>x</a>" for number in range(50_000)) + "<meta name=robots content=noindex>"
    found = links_of(html)
    assert len(found.links) == MAX_LINKS
    assert found.links[-1].url == f"http://example.com/{MAX_LINKS - 1}"
    assert found.is_cut
    assert found.noindex


def test_as_many_links_as_are_taken_are_not_cut() -> None:
    found = links_of("".join(f"<a href=/{number % MAX_LINKS}>x</a>" for number in range(MAX_LINKS + 10)))
    assert (len(found.links), found.is_cut) == (MAX_LINKS, False)


@pytest.mark.parametrize("html", [b"\xff\xfe<a href=/\xff>x", b"<a href=/\x00>", b"<a href='/&#xD800;'>"])
def test_octets_that_are_no_text_do_no_harm(html: bytes) -> None:
    assert urls_of(html) == ["http://example.com/%EF%BF%BD"]


@pytest.mark.parametrize(
    "html",
    [
        b"<a href=/same>x</a>" * 100_000,
        b"<a href='/?" + b"\xc3\xbc" * 3_000_000 + b"'>",
        b"<a href=javascript:" + b"x" * 5_000_000 + b">",
        b"<meta http-equiv=refresh content='0;" + b" " * 5_000_000 + b"'>",
        b"<meta name=robots content='" + b"noindex," * 600_000 + b"'>",
        b"<a href=/1 rel='" + b"x " * 2_000_000 + b"'>",
    ],
    ids=["same", "query", "script", "blank", "directives", "rel"],
)
def test_no_page_takes_long(html: bytes) -> None:
    start = time.process_time()
    find_links(parse_html(html), URL, "windows-1252")
    assert time.process_time() - start < 10


@pytest.mark.parametrize(
    "value", ["<" * 100_000, "<a>;" * 25_000, '<a>"' * 25_000, "<a>" + "; rel" * 20_000, "; " * 50_000]
)
def test_no_header_takes_long(value: str) -> None:
    start = time.process_time()
    header_links([value], [value], URL)
    header_robots([value])
    assert time.process_time() - start < 2
