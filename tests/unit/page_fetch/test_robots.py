"""robots.txt: who may fetch what, by RFC 9309. The crawler of every case is `mybot` where none is named."""

import time

import pytest

from page_fetch.robots import MAX_BYTES, MAX_RULES, MAX_SITEMAPS, Robots, Rule, parse_robots

YES, NO = True, False

# A robots.txt (`|` ends a line, `¦` stands for `|`), a target, and whether it may be fetched.
GROUPS = [
    ("User-agent: *|Disallow: /", "/x", NO),
    ("User-agent: *|Disallow:", "/x", YES),
    ("User-agent: *|Disallow: |Allow:", "/x", YES),
    ("User-agent: *|Allow: /", "/x", YES),
    ("", "/x", YES),
    ("|||", "/x", YES),
    ("User-agent: mybot|Disallow: /", "/x", NO),
    ("User-agent: other|Disallow: /", "/x", YES),
    # rules before any agent are nobody's
    ("Disallow: /", "/x", YES),
    ("Disallow: /a|User-agent: mybot|Disallow: /b", "/a", YES),
    ("Disallow: /a|User-agent: mybot|Disallow: /b", "/b", NO),
    # a group that names us replaces everybody's, wherever it stands
    ("User-agent: *|Disallow: /|User-agent: mybot|Disallow: /p", "/x", YES),
    ("User-agent: *|Disallow: /|User-agent: mybot|Disallow: /p", "/p", NO),
    ("User-agent: mybot|Disallow: /p|User-agent: *|Disallow: /", "/x", YES),
    ("User-agent: *|Disallow: /|User-agent: mybot|Disallow:", "/x", YES),
    ("User-agent: *|Disallow: /|User-agent: mybot", "/x", YES),
    ("User-agent: *|Disallow: /|User-agent: other|Allow: /", "/x", NO),
    # groups of one agent are one
    ("User-agent: mybot|Disallow: /a|User-agent: z|Disallow: /z|User-agent: mybot|Disallow: /b", "/a", NO),
    ("User-agent: mybot|Disallow: /a|User-agent: z|Disallow: /z|User-agent: mybot|Disallow: /b", "/b", NO),
    ("User-agent: mybot|Disallow: /a|User-agent: z|Disallow: /z|User-agent: mybot|Disallow: /b", "/z", YES),
    ("User-agent: *|Disallow: /a|User-agent: z|Disallow: /z|User-agent: *|Disallow: /b", "/a", NO),
    ("User-agent: *|Disallow: /a|User-agent: z|Disallow: /z|User-agent: *|Disallow: /b", "/b", NO),
    ("User-agent: mybot|Disallow: /|User-agent: MYBOT|Allow: /ok", "/ok", YES),
    # several agents share a group
    ("User-agent: a|User-agent: mybot|User-agent: b|Disallow: /", "/x", NO),
    ("User-agent: mybot|User-agent: b|Disallow: /", "/x", NO),
    ("User-agent: *|User-agent: other|Disallow: /", "/x", NO),
    ("User-agent: other|User-agent: *|Disallow: /", "/x", NO),
    ("User-agent: *|User-agent: mybot|Disallow: /a|User-agent: *|Disallow: /b", "/b", YES),
    ("User-agent: a|Disallow: /|User-agent: mybot|Allow: /", "/x", YES),
    ("User-agent: mybot|Allow: /|User-agent: a|Disallow: /", "/x", YES),
    # blank lines and comments end nothing
    ("User-agent: mybot||User-agent: b||Disallow: /", "/x", NO),
    ("User-agent: mybot|||Disallow: /a||Disallow: /b", "/b", NO),
    ("User-agent: mybot|# about us|Disallow: /", "/x", NO),
    # nor do lines that are no rules
    ("User-agent: mybot|Crawl-delay: 5|User-agent: z|Disallow: /", "/x", NO),
    ("User-agent: mybot|Foo: bar|User-agent: *|Disallow: /", "/x", NO),
    ("User-agent: mybot|Sitemap: http://e.com/s.xml|User-agent: z|Disallow: /", "/x", NO),
    ("User-agent: mybot|Host: e.com|Clean-param: a|Disallow: /", "/x", NO),
    ("User-agent: mybot|Sitemap: http://e.com/s.xml|Disallow: /", "/x", NO),
    ("User-agent: mybot|Noindex: /x|Disallow: /y", "/y", NO),
    # but an empty rule does
    ("User-agent: mybot|Disallow:|User-agent: z|Disallow: /", "/x", YES),
    ("User-agent: mybot|Allow:|User-agent: z|Disallow: /", "/x", YES),
]
AGENTS = [
    ("User-agent: my|Disallow: /", "/x", YES),
    ("User-agent: mybots|Disallow: /", "/x", YES),
    ("User-agent: mybot-news|Disallow: /", "/x", YES),
    ("User-agent: mybot_news|Disallow: /", "/x", YES),
    ("User-agent: not-mybot|Disallow: /", "/x", YES),
    ("User-agent: MyBot|Disallow: /", "/x", NO),
    ("User-agent: MYBOT|Disallow: /", "/x", NO),
    ("User-agent: mybot/2.1|Disallow: /", "/x", NO),
    ("User-agent: mybot 2.1|Disallow: /", "/x", NO),
    ("User-agent: mybot (+http://e.com)|Disallow: /", "/x", NO),
    ("User-agent: mybot, other|Disallow: /", "/x", NO),
    ("User-agent: mybot*|Disallow: /", "/x", NO),
    ("User-agent: other mybot|Disallow: /", "/x", YES),
    ("User-agent: Mozilla/5.0 mybot|Disallow: /", "/x", YES),
    ("User-agent: mybot2|Disallow: /", "/x", NO),  # a product token ends before the digit
    # `*` is everybody only if it stands alone
    ("User-agent: * |Disallow: /", "/x", NO),
    ("User-agent: * or so|Disallow: /", "/x", NO),
    ("User-agent: *bot|Disallow: /", "/x", YES),
    ("User-agent: **|Disallow: /", "/x", YES),
    # what is no token still ends a group
    ("User-agent: *|Disallow: /internal|User-agent: 5emeRue|Disallow: /", "/foo", YES),
    ("User-agent: *|Disallow: /internal|User-agent: 5emeRue|Disallow: /", "/internal", NO),
    ("User-agent: *|Disallow: /a|User-agent:|Disallow: /b", "/b", YES),
    ("User-agent: *|Disallow: /a|User-agent: é|Disallow: /b", "/b", YES),
]
LINES = [
    ("USER-AGENT :  MyBot  # c|disallow: /x # c", "/x", NO),
    ("user-agent:mybot|DISALLOW:/x", "/x", NO),
    ("  User-agent: mybot|\tDisallow:\t/x\t", "/x", NO),
    ("User-agent: mybot|Disallow: /x#y", "/x", NO),
    ("User-agent: mybot|#Disallow: /x", "/x", YES),
    ("User-agent: mybot # Disallow: /|Disallow: /y", "/x", YES),
    ("User-agent: mybot|Disallow: #/x", "/x", YES),
    ("User-agent: mybot|Disallow: /x: y", "/x:%20y", NO),
    ("User-agent: mybot|Disallow: /a b", "/a%20b", NO),
    # a forgotten colon
    ("user-agent mybot|disallow /", "/x", NO),
    ("user-agent mybot|disallow /a /b", "/a", YES),
    ("user-agent|disallow /", "/x", YES),
    ("foo: mybot|bar: /", "/x", YES),
    # common slips
    ("useragent: mybot|disallow: /", "/x", NO),
    ("user agent: mybot|disallow: /", "/x", NO),
    ("User-agent: mybot|Dissallow: /", "/x", NO),
    ("User-agent: mybot|Dissalow: /", "/x", NO),
    ("User-agent: mybot|Disalow: /", "/x", NO),
    ("User-agent: mybot|Diasllow: /", "/x", NO),
    ("User-agent: mybot|Disallaw: /", "/x", NO),
    ("User-agent: mybot|Disallows: /", "/x", YES),
    ("User-agent: mybot|Allows: /x|Disallow: /", "/x", NO),
    # a path that does not begin at the root is none
    ("User-agent: mybot|Disallow: x", "/x", YES),
    ("User-agent: mybot|Disallow: http://e.com/x", "/x", YES),
    ("User-agent: mybot|Disallow: ?a", "/?a", YES),
    ("User-agent: mybot|Disallow: *", "/x", NO),
    ("User-agent: mybot|Disallow: *x", "/a/x", NO),
    ("User-agent: mybot|Disallow: *x", "/a/y", YES),
    # a page that is not what was asked for
    ("<!DOCTYPE html><html><body>|<h1>Not found</h1>|<p>Disallow: /</p>|</body></html>", "/x", YES),
    ('{"error": "User-agent: * Disallow: /"}', "/x", YES),
]
PATHS = [
    # path and query, by their beginning and in their case
    ("Disallow: /hide?", "/hide?id=1", NO),
    ("Disallow: /hide?", "/hide", YES),
    ("Disallow: /hide", "/hide?id=1", NO),
    ("Disallow: /x?a=1", "/x?a=1&b=2", NO),
    ("Disallow: /x?a=1", "/x?b=2&a=1", YES),
    ("Disallow: /fish", "/fish", NO),
    ("Disallow: /fish", "/fish.html", NO),
    ("Disallow: /fish", "/fish/salmon.html", NO),
    ("Disallow: /fish", "/fishheads", NO),
    ("Disallow: /fish", "/fishheads/yummy.html", NO),
    ("Disallow: /fish", "/fish.php?id=anything", NO),
    ("Disallow: /fish", "/Fish.asp", YES),
    ("Disallow: /fish", "/catfish", YES),
    ("Disallow: /fish", "/?id=fish", YES),
    ("Disallow: /fish", "/desert/fish", YES),
    ("Disallow: /fish/", "/fish/", NO),
    ("Disallow: /fish/", "/fish/?id=anything", NO),
    ("Disallow: /fish/", "/fish/salmon.htm", NO),
    ("Disallow: /fish/", "/fish", YES),
    ("Disallow: /fish/", "/fish.html", YES),
    ("Disallow: /x//y", "/x/y", YES),
    ("Disallow: /x//y", "/x//y", NO),
    ("Disallow: /", "/", NO),
    ("Disallow: /", "", NO),
    # robots.txt itself
    ("Disallow: /", "/robots.txt", YES),
    ("Disallow: /robots.txt", "/robots.txt", YES),
    ("Disallow: /", "/robots.txt?x", YES),
    ("Disallow: /", "/robots.txt.bak", NO),
    ("Disallow: /", "/a/robots.txt", NO),
    # `*` for whatever
    ("Disallow: /*", "/x", NO),
    ("Disallow: /*", "/", NO),
    ("Disallow: /fish*", "/fish", NO),
    ("Disallow: /fish*", "/fishheads/yummy.html", NO),
    ("Disallow: /fish*", "/Fish.asp", YES),
    ("Disallow: /fish*", "/catfish", YES),
    ("Disallow: /*.php", "/index.php", NO),
    ("Disallow: /*.php", "/filename.php", NO),
    ("Disallow: /*.php", "/folder/filename.php", NO),
    ("Disallow: /*.php", "/folder/filename.php?parameters", NO),
    ("Disallow: /*.php", "/folder/any.php.file.html", NO),
    ("Disallow: /*.php", "/filename.php/", NO),
    ("Disallow: /*.php", "/", YES),
    ("Disallow: /*.php", "/windows.PHP", YES),
    ("Disallow: /fish*.php", "/fish.php", NO),
    ("Disallow: /fish*.php", "/fishheads/catfish.php?parameters", NO),
    ("Disallow: /fish*.php", "/Fish.PHP", YES),
    ("Disallow: /*/secret", "/a/secret", NO),
    ("Disallow: /*/secret", "/a/b/secret/c", NO),
    ("Disallow: /*/secret", "/secret", YES),
    ("Disallow: /a*b*c", "/aXbYc", NO),
    ("Disallow: /a*b*c", "/abc", NO),
    ("Disallow: /a*b*c", "/acb", YES),
    ("Disallow: /a**b", "/axb", NO),
    ("Disallow: /a***", "/a", NO),
    ("Disallow: /*?", "/a", YES),
    ("Disallow: /*?", "/a?", NO),
    ("Disallow: /*?*sort=", "/a?b&sort=1", NO),
    ("Disallow: /*aab", "/aaab", NO),
    ("Disallow: /ab*ba", "/aba", YES),  # the two parts do not share a letter
    ("Disallow: /ab*ba", "/abba", NO),
    # `$` for the end
    ("Disallow: /*.pdf$", "/a.pdf", NO),
    ("Disallow: /*.pdf$", "/a.pdf?x=1", YES),
    ("Disallow: /*.pdf$", "/a.pdf.pdf", NO),
    ("Disallow: /*.php$", "/filename.php/", YES),
    ("Disallow: /*.php$", "/filename.php5", YES),
    ("Disallow: /*.php$", "/windows.PHP", YES),
    ("Disallow: /$", "/", NO),
    ("Disallow: /$", "/x", YES),
    ("Disallow: /x$", "/x", NO),
    ("Disallow: /x$", "/x/", YES),
    ("Disallow: /x$", "/x?", YES),
    ("Disallow: /x*$", "/xyz", NO),
    ("Disallow: /*$", "/x", NO),
    ("Disallow: /ab*b$", "/ab", YES),
    ("Disallow: /ab*b$", "/abb", NO),
    ("Disallow: /*a*a$", "/a", YES),
    # elsewhere it is a dollar
    ("Disallow: /a$b", "/a$b", NO),
    ("Disallow: /a$b", "/a", YES),
    ("Disallow: /a$$", "/a$", NO),
    ("Disallow: /a$$", "/a", YES),
    ("Disallow: /a$*", "/a$b", NO),
    ("Disallow: /a$*", "/a", YES),
    ("Disallow: /a%24", "/a$", NO),
    ("Disallow: /a%24", "/a%24b", NO),
    ("Disallow: /a%24", "/a", YES),
]
ESCAPES = [
    ("Disallow: /a%2fb", "/a/b", YES),
    ("Disallow: /a%2fb", "/a%2Fb", NO),
    ("Disallow: /a/b", "/a%2Fb", YES),
    ("Disallow: /file-%2A.html", "/file-x.html", YES),
    ("Disallow: /file-%2A.html", "/file-*.html", NO),
    ("Disallow: /file-%2a.html", "/file-%2A.html", NO),
    ("Disallow: /foo/bar/%62%61%7A", "/foo/bar/baz", NO),
    ("Disallow: /foo/bar/baz", "/foo/bar/%62%61%7A", NO),
    ("Disallow: /%7Euser", "/~user", NO),
    ("Disallow: /~user", "/%7euser", NO),
    ("Disallow: /a%3cd", "/a%3Cd", NO),
    ("Disallow: /a<d", "/a%3Cd", NO),
    ("Disallow: /a¦b", "/a%7Cb", NO),
    ("Disallow: /a%7cb", "/a|b", NO),
    ("Disallow: /café", "/caf%C3%A9", NO),
    ("Disallow: /caf%c3%a9", "/caf%C3%A9", NO),
    ("Disallow: /café", "/café", NO),
    ("Disallow: /foo/bar/ツ", "/foo/bar/%E3%83%84", NO),
    ("Disallow: /foo/bar/%E3%83%84", "/foo/bar/%E3%83%84", NO),
    ("Disallow: /foo/bar/%E3%83%84", "/foo/bar/%E3%83%85", YES),
    ("Disallow: /?q=ü", "/?q=%C3%BC", NO),
    ("Disallow: /a%20b", "/a%20b/c", NO),
    ("Disallow: /a+b", "/a%20b", YES),
    ("Disallow: /a%2Bb", "/a+b", YES),
    ("Disallow: /100%", "/100%", NO),
    ("Disallow: /100%", "/100%25", NO),
    ("Disallow: /%zz", "/%zz", NO),
    ("Disallow: /a%3Fb", "/a?b", YES),
    ("Disallow: /a%23b", "/a%23b", NO),
    ("Disallow: /[x]", "/[x]", NO),
    ("Disallow: /a%00b", "/a%00b", NO),
    ("Disallow: /a%2525", "/a%25", YES),
]
LONGEST = [
    ("Disallow: /page|Allow: /page", "/page", YES),
    ("Allow: /page|Disallow: /page", "/page", YES),
    ("Disallow: /|Allow: /p", "/page", YES),
    ("Allow: /p|Disallow: /", "/page", YES),
    ("Allow: /p|Disallow: /", "/other", NO),
    ("Allow: /folder|Disallow: /folder", "/folder/page", YES),
    ("Allow: /page|Disallow: /*.htm", "/page.htm", NO),
    ("Allow: /page|Disallow: /*.ph", "/page.php5", YES),
    ("Allow: /x/page.|Disallow: /*.html", "/x/page.html", YES),
    ("Allow: /x/page|Disallow: /*.html", "/x/page.html", YES),
    ("Allow: /page|Disallow: /*.html", "/page.html", NO),
    ("Allow: /$|Disallow: /", "/", YES),
    ("Allow: /$|Disallow: /", "/page.htm", NO),
    ("Disallow: /x/page.html|Allow: /x/", "/x/page.html", NO),
    ("Allow: /x/page.html|Disallow: /x/", "/x/page.html", YES),
    ("Allow: /x/page.html|Disallow: /x/", "/x/", NO),
    ("Disallow: |Allow: ", "/x", YES),
    ("Disallow: /|Allow: ", "/x", NO),
    ("Disallow: /a*c|Allow: /abc", "/abc", YES),
    ("Disallow: /a*cd|Allow: /abc", "/abcd", NO),
    ("Disallow: /a*c|Allow: /*bc", "/abc", YES),
    ("Disallow: /a*|Allow: /ab", "/abc", YES),
    ("Disallow: /ab*|Allow: /ab", "/abc", NO),
    ("Disallow: /abc|Allow: /a*c", "/abc", YES),
    ("Disallow: /a*c|Allow: /*bc", "/abc", YES),
    ("Allow: /*bc|Disallow: /a*c", "/abc", YES),
    ("Disallow: /x$|Allow: /x", "/x", NO),
    ("Disallow: /x|Allow: /x$", "/x", YES),
    ("Allow: /a|Disallow: /a/b|Allow: /a/b/c|Disallow: /a/b/c/d", "/a/b/c/d", NO),
    ("Allow: /a|Disallow: /a/b|Allow: /a/b/c|Disallow: /a/b/c/d", "/a/b/c/e", YES),
    ("Allow: /a|Disallow: /a/b|Allow: /a/b/c|Disallow: /a/b/c/d", "/a/b/d", NO),
    ("Allow: /é|Disallow: /*bcd", "/%C3%A9bcd", YES),  # seven octets against five: escaped ones count as they stand
    ("Allow: /%61%62%63|Disallow: /*bcd", "/abcd", NO),  # four octets, not ten
    ("Allow: /", "/x", YES),
    ("Allow: /a", "/x", YES),
]
FOR_US = [(f"User-agent: mybot|{rules}", target, allowed) for rules, target, allowed in PATHS + ESCAPES + LONGEST]
TEXTS = GROUPS + AGENTS + LINES + FOR_US


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"], ids=["LF", "CRLF", "CR"])
@pytest.mark.parametrize(("text", "target", "allowed"), TEXTS)
def test_a_robots_txt_says_what_may_be_fetched(text: str, target: str, end: str, *, allowed: bool) -> None:
    body = text.replace("|", end).replace("¦", "|").encode()
    assert parse_robots(body, "mybot").allows(target) is allowed


@pytest.mark.parametrize(
    ("body", "allowed"),
    [
        (b"\xef\xbb\xbfUser-agent: *\nDisallow: /", NO),
        (b"\xef\xbbUser-agent: *\nDisallow: /", NO),
        (b"\xefUser-agent: *\nDisallow: /", NO),
        (b"\xef\x11\xbfUser-agent: *\nDisallow: /", YES),  # not a mark: the line is unknown, and the rule nobody's
        (b"User-agent: *\nDisallow: /", NO),
        (b"User-agent: *\r\r\nDisallow: /", NO),
        (b"User-agent: *\n\rDisallow: /", NO),
        (b"User-agent: *\nDisallow: /\x00", YES),
        (b"User-agent: *\n\xff\xfe\xff\nDisallow: /", NO),
        (b"User-agent: *\nDisallow: /x\xa0", YES),  # not white space of ASCII
        (b"User-agent: *\nDisallow: /x\x0b \x0c", NO),
        (b"\x00\x01\x02" * 1_000, YES),
    ],
)
def test_bytes_that_are_not_plain_text_do_no_harm(body: bytes, *, allowed: bool) -> None:
    assert parse_robots(body, "mybot").allows("/x") is allowed


def test_a_rule_in_another_charset_matches_its_own_octets() -> None:
    robots = parse_robots("User-agent: *\nDisallow: /café".encode("latin-1"), "mybot")
    assert not robots.allows("/caf%E9")
    assert robots.allows("/caf%C3%A9")


def test_a_product_token_may_hold_hyphens() -> None:
    body = b"User-agent: wordcount\nDisallow: /a\nUser-agent: Wordcount-Stack/1.0\nDisallow: /b"
    assert parse_robots(body, "wordcount-stack").rules == (Rule(allow=False, pattern="/b"),)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("User-agent: *|Crawl-delay: 5", 5),
        ("User-agent: *|Crawl-delay: 0.5", 0.5),
        ("User-agent: *|crawl-delay:.5", 0.5),
        ("User-agent: *|Crawl-delay: 2.", 2),
        ("User-agent: *|Crawl-delay: 0", 0),
        ("User-agent: *|Crawl-delay: 30", 30),
        ("User-agent: *|Crawl-delay: 31", 30),
        ("User-agent: *|Crawl-delay: 999999999", 30),
        ("User-agent: *|Crawl-delay: " + "9" * 500, None),
        ("User-agent: *|Crawl-delay: -1", None),
        ("User-agent: *|Crawl-delay: ten", None),
        ("User-agent: *|Crawl-delay: 5 seconds", None),
        ("User-agent: *|Crawl-delay: 1e1", None),
        ("User-agent: *|Crawl-delay: nan", None),
        ("User-agent: *|Crawl-delay: inf", None),
        ("User-agent: *|Crawl-delay: ٣", None),
        ("User-agent: *|Crawl-delay:", None),
        ("Crawl-delay: 5|User-agent: *|Disallow: /", None),
        ("User-agent: z|Crawl-delay: 5", None),
        ("User-agent: *|Crawl-delay: 5|User-agent: mybot|Crawl-delay: 2", 5),  # one group of two agents
        ("User-agent: *|Crawl-delay: 5|Disallow: /x|User-agent: mybot|Crawl-delay: 2", 2),
        ("User-agent: *|Crawl-delay: 5|Disallow: /x|User-agent: mybot|Disallow: /y", None),
        ("User-agent: mybot|Disallow: /x|Crawl-delay: 5|User-agent: z|Crawl-delay: 9", 5),
        ("User-agent: mybot|Crawl-delay: 5|User-agent: z|Disallow: /", 5),
        ("User-agent: z|Crawl-delay: 5|User-agent: mybot|Disallow: /", 5),
        ("User-agent: mybot|Crawl-delay: 2|Crawl-delay: 7|Crawl-delay: 3", 7),
        ("User-agent: mybot|Crawl-delay: 7|Crawl-delay: never", 7),
    ],
)
def test_the_wait_between_two_requests_is_that_of_our_group(text: str, seconds: float | None) -> None:
    assert parse_robots(text.replace("|", "\n").encode(), "mybot").crawl_delay == seconds


def test_sitemaps_are_everybodys_wherever_they_stand() -> None:
    lines = [
        "Sitemap: http://e.com/1.xml",
        "User-agent: other",
        "SITEMAP: /2.xml # relative",
        "Disallow: /",
        "site-map: http://e.com/3.xml",
        "Sitemap: http://e.com/1.xml",
        "Sitemap:",
        "Sitemap: http://e.com/" + "x" * 3_000,
        "Sitemap: http://e.com/\x01",
    ]
    robots = parse_robots("\n".join(lines).encode(), "mybot")
    assert robots.sitemaps[:3] == ("http://e.com/1.xml", "/2.xml", "http://e.com/3.xml")
    assert robots.rules == ()


def test_an_empty_or_malformed_sitemap_is_left_out() -> None:
    robots = parse_robots(b"Sitemap:\nSitemap: \nSitemap: http://e.com/\x00\nSitemap: http://e.com/\xff", "mybot")
    assert robots.sitemaps == ("http://e.com/\ufffd",)


def test_more_than_enough_sitemaps_are_cut() -> None:
    body = b"".join(b"Sitemap: http://e.com/%d.xml\n" % number for number in range(1_000))
    assert len(parse_robots(body, "mybot").sitemaps) == MAX_SITEMAPS


@pytest.mark.parametrize(
    "body", [b"", b"User-agent: *\nCrawl-delay: 1.5\nDisallow: /\xff*\x00$\nSitemap: /\xff\nAllow: /"]
)
def test_robots_come_whole_out_of_json(body: bytes) -> None:
    robots = parse_robots(body, "mybot")
    assert Robots.from_json(robots.to_json()) == robots
    assert robots.to_json().isascii()
    assert "\\u0000" not in robots.to_json()  # which PostgreSQL cannot hold


FILLING = b"# filling it up, line by line\n"


@pytest.mark.parametrize(("at_byte", "allowed"), [(400_000, NO), (MAX_BYTES - 100, NO), (550_000, YES)])
def test_the_first_500_kib_are_read(at_byte: int, *, allowed: bool) -> None:
    before = b"User-agent: *\n" + FILLING * ((at_byte - 14) // len(FILLING))
    body = before + b"Disallow: /x\n" + FILLING * (614_400 // len(FILLING))
    assert parse_robots(body, "mybot").allows("/x") is allowed


@pytest.mark.parametrize("end", [b"\n", b"\r", b"\r\n"])
def test_the_cut_is_never_in_a_line(end: bytes) -> None:
    head = b"User-agent: *" + end + b"Disallow: /a" + end
    body = head + b"#" * (MAX_BYTES - len(head) - len(end) - 11) + end + b"Disallow: /x/y/z" + end
    assert body[:MAX_BYTES].endswith(b"Disallow: /")
    assert parse_robots(body, "mybot").rules == (Rule(allow=False, pattern="/a"),)


def test_one_endless_line_says_nothing() -> None:
    assert parse_robots(b"User-agent: *" + b"x" * MAX_BYTES, "mybot") == Robots()


def test_a_body_that_just_fits_is_read_to_its_end() -> None:
    head = b"User-agent: *\nDisallow: /x\n#"
    assert not parse_robots(head[:-1] + b"#" * (MAX_BYTES - len(head)) + b"\n", "mybot").allows("/x")


def test_rules_are_bounded_in_number_and_counted_once() -> None:
    body = b"User-agent: *\n" + b"".join(b"Disallow: /%d\n" % (number // 2) for number in range(40_000))
    robots = parse_robots(body, "mybot")
    assert len(robots.rules) == MAX_RULES
    assert robots.rules[-1].pattern == f"/{MAX_RULES - 1}"


def lines(pattern: bytes, number: int) -> bytes:
    return b"".join(pattern % each for each in range(number))


@pytest.mark.parametrize(
    "body",
    [
        lines(b"User-agent: a%d\n", 2_000) + lines(b"Disallow: /%d\n", 20_000),
        lines(b"User-agent: mybot\nDisallow: /%d\n", 12_000),
        b"User-agent: *\n" + lines(b"Disallow: /*a*b*%d*c$\n", 20_000),
        b"User-agent: *\n" + lines(b"Disallow: /*aaaaaaaaaaaaaaaaab%d\n", 14_000),
        b"User-agent: *\nDisallow: /" + b"*a" * 255_000 + b"b\n",
        b"User-agent: *\nDisallow: /" + b"*" * 511_000 + b"\n",
        b"User-agent: *\nDisallow: /" + b"\xff" * 511_000 + b"\n",
        b"User-agent: *\nDisallow: /" + b"%" * 511_000 + b"\n",
        b":\n" * 256_000,
        b"\r" * 512_000,
        b"a b\n" * 128_000,
    ],
    ids=["agents", "groups", "wildcards", "repeats", "stars", "star", "octets", "percents", "keys", "blank", "words"],
)
def test_no_robots_txt_takes_long(body: bytes) -> None:
    start = time.process_time()
    robots = parse_robots(body, "mybot")
    assert time.process_time() - start < 5
    start = time.process_time()
    robots.allows("/" + "a" * 2_000)
    assert time.process_time() - start < 2


def test_a_look_up_among_ten_thousand_wildcards_takes_milliseconds() -> None:
    robots = parse_robots(b"User-agent: *\n" + lines(b"Disallow: /*a*b%d*c$\n", 10_000), "mybot")
    assert robots.allows("/first/look/up")
    start = time.process_time()
    for number in range(10):
        assert robots.allows(f"/aab/abab/page-{number}.html?a=b&b=a")
    assert (time.process_time() - start) / 10 < 0.1  # it takes 7 ms on a calm machine
