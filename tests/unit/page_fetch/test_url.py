from ipaddress import ip_address

import pytest
from hypothesis import given
from hypothesis.strategies import text

from page_fetch.errors import InvalidUrl
from page_fetch.url import WebUrl, parse_url

# What the WHATWG URL standard makes of each, as `str()` shows it.
PARSED = {
    "http://example.com": "http://example.com/",
    "HTTP://EXAMPLE.COM:80/A?B#C": "http://example.com/A?B",
    "https://example.com:443/": "https://example.com/",
    "https://example.com:80/": "https://example.com:80/",
    "http://example.com:/": "http://example.com/",
    "http://example.com:0080/": "http://example.com/",
    "http:example.com": "http://example.com/",
    "http:/example.com": "http://example.com/",
    "http:///example.com": "http://example.com/",
    "http:\\\\example.com\\a\\b": "http://example.com/a/b",
    "  http://example.com/ \n": "http://example.com/",
    "ht\ntp://exa\tmple.com/a\rb": "http://example.com/ab",
    "http://user:secret@example.com/": "http://example.com/",
    "http://user@example.com@127.0.0.1/": "http://127.0.0.1/",
    "http://example.com#@127.0.0.1/": "http://example.com/",
    "http://example.com?@127.0.0.1/": "http://example.com/?@127.0.0.1/",
    "http://example.com\\@127.0.0.1/": "http://example.com/@127.0.0.1/",
    "http://127.0.0.1:80\\@example.com/": "http://127.0.0.1/@example.com/",
    "http://example.com./": "http://example.com./",
    "http://a_b.example.com/": "http://a_b.example.com/",
    "http://-a-.example.com/": "http://-a-.example.com/",
    "http://ｅｘａｍｐｌｅ。ｃｏｍ/": "http://example.com/",
    "http://𝕖xample.com/": "http://example.com/",
    "http://ex\u00adample.com/": "http://example.com/",
    "http://ex%61mple.com/": "http://example.com/",
    "http://bücher.de/": "http://xn--bcher-kva.de/",
    "http://faß.de/": "http://xn--fa-hia.de/",
    "http://例え.テスト/": "http://xn--r8jz45g.xn--zckzah/",
    "http://example.com/ä b": "http://example.com/%C3%A4%20b",
    "http://example.com/a/../b/./c": "http://example.com/b/c",
    "http://example.com/%2e%2e/b": "http://example.com/b",
    "http://example.com/%41%00": "http://example.com/%41%00",
    "http://example.com/?": "http://example.com/?",
    'http://example.com/?a="<b>|c': "http://example.com/?a=%22%3Cb%3E|c",
    "http://127.1/": "http://127.0.0.1/",
    "http://127.0.1/": "http://127.0.0.1/",
    "http://127.000.000.001/": "http://127.0.0.1/",
    "http://0177.1/": "http://127.0.0.1/",
    "http://0177.0.0.01/": "http://127.0.0.1/",
    "http://017700000001/": "http://127.0.0.1/",
    "http://0x7f.1/": "http://127.0.0.1/",
    "http://0x7f.0x0.0x0.0x1/": "http://127.0.0.1/",
    "http://0X7F000001/": "http://127.0.0.1/",
    "http://2130706433/": "http://127.0.0.1/",
    "http://2130706433./": "http://127.0.0.1/",
    "http://0/": "http://0.0.0.0/",
    "http://0x/": "http://0.0.0.0/",
    "http://4294967295/": "http://255.255.255.255/",
    "http://0377.0377.0377.0377/": "http://255.255.255.255/",
    "http://1.2.3/": "http://1.2.0.3/",
    "http://①②⑦.⓪.⓪.①/": "http://127.0.0.1/",
    "http://１２７．０．０．１/": "http://127.0.0.1/",
    "http://%31%32%37.0.0.1/": "http://127.0.0.1/",
    "http://127%2e0%2e0%2e1/": "http://127.0.0.1/",
    "http://[::1]/": "http://[::1]/",
    "http://[::1]:8080/": "http://[::1]:8080/",
    "http://[0:0:0:0:0:0:0:1]/": "http://[::1]/",
    "http://[::ffff:127.0.0.1]/": "http://[::ffff:7f00:1]/",
    "http://[64:ff9b::169.254.169.254]/": "http://[64:ff9b::a9fe:a9fe]/",
}

NO_HOST = "must be a full URL with a valid host, like https://example.com/page"
NO_NAME = "must have a host name that can exist, like example.com"
NO_SCHEME = "must begin with http:// or https://"
REFUSED = {
    "": NO_HOST,
    "example.com": NO_HOST,
    "//example.com/": NO_HOST,
    "/page": NO_HOST,
    "http://": NO_HOST,
    "http:///": NO_HOST,
    "http://:8080/": NO_HOST,
    "http://user@/": NO_HOST,
    "http://exa mple.com/": NO_HOST,
    "http://exa%00mple.com/": NO_HOST,
    "http://exa\x00mple.com/": NO_HOST,
    "http://exa\x7fmple.com/": NO_HOST,
    "http://exa<mple.com/": NO_HOST,
    "http://exa%2fmple.com/": NO_HOST,
    "http://example.com:65536/": NO_HOST,
    "http://example.com:-1/": NO_HOST,
    "http://example.com:8o/": NO_HOST,
    "http://1.1.1.1.1/": NO_HOST,
    "http://256.0.0.1/": NO_HOST,
    "http://1.2.3.256/": NO_HOST,
    "http://4294967296/": NO_HOST,
    "http://0xBaaaaaaaaaaaaaaaaffffffff/": NO_HOST,
    "http://0x1ffffffff/": NO_HOST,
    "http://09.1/": NO_HOST,
    "http://example.1/": NO_HOST,
    "http://[::1/": NO_HOST,
    "http://[]/": NO_HOST,
    "http://[fe80::1%25eth0]/": NO_HOST,
    "http://[fe80::1%eth0]/": NO_HOST,
    "http://[::1.2.3]/": NO_HOST,
    "http://[1:2:3:4:5:6:7]/": NO_HOST,
    "http://\u00ad/": NO_HOST,
    "http://a..example.com/": NO_NAME,
    "http://.example.com/": NO_NAME,
    "http://example.com../": NO_NAME,
    "http://./": NO_NAME,
    "http://*.example.com/": NO_NAME,
    "http://a,b.example.com/": NO_NAME,
    "http://a!b.example.com/": NO_NAME,
    f"http://{'a' * 64}.example.com/": NO_NAME,
    f"http://{'a.' * 127}com/": NO_NAME,
    "http://\ud800.example.com/": "must be valid Unicode text",
    f"http://example.com/{'a' * 2_030}": "must not be longer than 2,048 characters",
    "ftp://example.com/": NO_SCHEME,
    "file:///etc/passwd": NO_SCHEME,
    "gopher://example.com/": NO_SCHEME,
    "dict://example.com:11211/stat": NO_SCHEME,
    "jar:http://example.com!/": NO_SCHEME,
    "data:text/html,words": NO_SCHEME,
    "javascript:alert(1)": NO_SCHEME,
    "ws://example.com/": NO_SCHEME,
    "view-source:http://example.com/": NO_SCHEME,
    "blob:http://example.com/1": NO_SCHEME,
    "example.com:80/page": NO_SCHEME,
    "https+unix://example.com/": NO_SCHEME,
}


@pytest.mark.parametrize(("given_url", "shown"), PARSED.items())
def test_a_url_is_read_as_a_browser_reads_it(given_url: str, shown: str) -> None:
    assert str(parse_url(given_url)) == shown


@pytest.mark.parametrize(("given_url", "why"), REFUSED.items())
def test_what_is_no_web_url_is_refused_with_the_reason(given_url: str, why: str) -> None:
    with pytest.raises(InvalidUrl) as refused:
        parse_url(given_url)
    assert str(refused.value) == why


def test_the_parts_of_a_url() -> None:
    assert parse_url("https://me:secret@Example.com:8443/a%20b?c=d#e") == WebUrl(
        scheme="https", host="example.com", port=8443, target="/a%20b?c=d"
    )


def test_a_host_that_is_an_address_is_one() -> None:
    hosts = ["http://0x7f.1/", "http://[::FFFF:1.2.3.4]/", "http://example.com/", "http://a1/", "http://1.a/"]
    assert [parse_url(url).address for url in hosts] == [
        ip_address("127.0.0.1"),
        ip_address("::ffff:1.2.3.4"),
        None,
        None,
        None,
    ]


def test_exactly_2048_characters_are_not_too_many() -> None:
    assert len(str(parse_url(f"http://example.com/{'a' * 2_029}"))) == 2_048


def test_characters_count_once_although_some_are_sent_as_twelve() -> None:
    assert len(str(parse_url(f"http://example.com/{'ж' * 1_000}"))) == 6_019
    with pytest.raises(InvalidUrl, match="8,192 characters when percent-encoded"):
        parse_url(f"http://example.com/{'𝕖' * 1_000}")


@pytest.mark.parametrize(
    ("reference", "target"),
    [
        ("c", "https://example.com/a/c"),
        ("/c?d#e", "https://example.com/c?d"),
        ("?d", "https://example.com/a/b?d"),
        ("", "https://example.com/a/b"),
        ("//other.example/c", "https://other.example/c"),
        ("\\\\other.example\\c", "https://other.example/c"),
        ("http://other.example", "http://other.example/"),
        ("https:c", "https://example.com/a/c"),
    ],
)
def test_a_relative_url_starts_from_its_base(reference: str, target: str) -> None:
    assert str(parse_url(reference, parse_url("https://example.com/a/b"))) == target


@given(text())
def test_any_text_is_a_url_or_refused_and_a_url_stays_what_it_is(anything: str) -> None:
    for candidate in (anything, f"http://{anything}", f"http://example.com/{anything}"):
        try:
            url = parse_url(candidate)
        except InvalidUrl:
            continue
        shown = str(url)
        assert shown.isascii()
        assert shown.isprintable()
        assert parse_url(shown, max_length=len(shown)) == url
