"""Where the cookies of a fetch go (RFC 6265)."""

import pytest

from page_fetch.cookies import Cookies
from page_fetch.url import parse_url


def sent(to: str, *headers: str, by: str = "https://www.example.com/a/b") -> str | None:
    """The `Cookie` header of a request for `to` after `by` has answered with these `Set-Cookie` headers."""
    cookies = Cookies()
    cookies.keep(parse_url(by), headers)
    return cookies.header_for(parse_url(to)).get("Cookie")


@pytest.mark.parametrize(
    ("header", "to"),
    [
        ("n=v", "https://www.example.com/a/"),
        ("n=v", "https://www.example.com/a/c?d=/"),
        ("n=v", "http://www.example.com:8080/a/b"),
        ("n=v; Domain=example.com; Path=/", "https://example.com/"),
        ("n=v; Domain=.Example.com; Path=/", "https://shop.www.example.com/"),
        ("n=v; Domain=www.example.com; Path=/", "https://www.example.com./"),
        ("n=v; domain=; path=/", "https://www.example.com/"),
        ("n=v; Path=/a", "https://www.example.com/a"),
        ("n=v; Path=/a", "https://www.example.com/a/b/c"),
        ("n=v; Path=/a/", "https://www.example.com/a/b"),
        ("n=v; Path=a", "https://www.example.com/a/b"),
        ("n=v; path=/x; PATH=/", "https://www.example.com/"),
        ("n=v; Secure; HttpOnly; SameSite=Strict", "https://www.example.com/a/"),
        ("n=v; Max-Age=9; Expires=Thu, 01 Jan 1970 00:00:00 GMT", "https://www.example.com/a/"),
        ("n=v; Max-Age=soon; Expires=never", "https://www.example.com/a/"),
        ("n=v; Expires=Fri, 31-Dec-9999 23:59:59 GMT", "https://www.example.com/a/"),
    ],
)
def test_a_cookie_goes_back_where_its_attributes_let_it(header: str, to: str) -> None:
    assert sent(to, header) == "n=v"


@pytest.mark.parametrize(
    ("header", "to"),
    [
        ("n=v", "https://www.example.com/"),
        ("n=v", "https://www.example.com/ab"),
        ("n=v; Path=/", "https://example.com/"),
        ("n=v; Path=/", "https://shop.www.example.com/"),
        ("n=v; Path=/; Domain=", "https://shop.www.example.com/"),
        ("n=v; Path=/; Domain=example.com", "https://badexample.com/"),
        ("n=v; Path=/; Domain=example.org", "https://example.org/"),
        ("n=v; Path=/; Domain=shop.www.example.com", "https://shop.www.example.com/"),
        ("n=v; Path=/; Domain=ple.com", "https://www.example.com/"),
        ("n=v; Path=/; Domain=com", "https://www.example.com/"),
        ("n=v; Path=/a", "https://www.example.com/ab"),
        ("n=v; Path=/a/", "https://www.example.com/a"),
        ("n=v; Secure", "http://www.example.com/a/"),
        ("n=v; Max-Age=0", "https://www.example.com/a/"),
        ("n=v; Max-Age=-1; Expires=Fri, 31 Dec 9999 23:59:59 GMT", "https://www.example.com/a/"),
        ("n=v; Expires=Thu, 01-Jan-1970 00:00:00 GMT", "https://www.example.com/a/"),
        ("n=v; Expires=Mon, 01 Jan 1601 00:00:00 GMT", "https://www.example.com/a/"),
        ("n=" + "v" * 4_096, "https://www.example.com/a/"),
        ("n=\x00v", "https://www.example.com/a/"),
        ("=", "https://www.example.com/a/"),
    ],
)
def test_and_nowhere_else(header: str, to: str) -> None:
    assert sent(to, header) is None


@pytest.mark.parametrize(
    ("by", "header", "to"),
    [
        ("https://one.co.uk/", "n=v; Domain=co.uk", "https://two.co.uk/"),
        ("https://co.uk/", "n=v; Domain=co.uk", "https://two.co.uk/"),
        ("http://127.0.0.1/", "n=v; Domain=0.0.1", "http://127.0.0.1/"),
        ("http://127.0.0.1/", "n=v; Domain=0.0.1", "http://10.0.0.1/"),
        ("http://www.example.com/", "n=v; Secure", "https://www.example.com/"),
    ],
)
def test_nobody_sets_cookies_for_strangers(by: str, header: str, to: str) -> None:
    assert sent(to, header, by=by) is None


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "co.uk"])
def test_a_host_may_name_itself(host: str) -> None:
    assert sent(f"http://{host}/", f"n=v; Domain={host}", by=f"http://{host}/") == "n=v"


def test_longer_paths_come_first_and_then_the_older() -> None:
    headers = ("a=1; Path=/", "b=2", "c=3; Path=/", "d=4; Path=/a/b/")
    assert sent("https://www.example.com/a/b/", *headers) == "d=4; b=2; a=1; c=3"


def test_the_last_of_a_name_counts_and_an_expired_one_removes_it() -> None:
    headers = ("a=1", "b=2", "a=3", "b=; Max-Age=0", "b=other; Path=/x")
    assert sent("https://www.example.com/a/", *headers) == "a=3"


@pytest.mark.parametrize(
    ("header", "pair"),
    [("n", "n"), ("=v", "v"), ("n=", "n="), (' n = "a b" ', 'n="a b"'), ("n=a=b", "n=a=b"), ("n=\xe9", "n=\xe9")],
)
def test_a_pair_is_sent_as_it_came(header: str, pair: str) -> None:
    assert sent("https://www.example.com/a/", header) == pair
