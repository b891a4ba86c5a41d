"""Which URLs are one page."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from site_crawl.url_key import folded, url_key

HEX = "0123456789abcdef0123456789ABCDEF"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("HTTP://EXAMPLE.com:80/a/../b/./c?x=1#f", "http://example.com/b/c?x=1"),
        ("http://e.com", "http://e.com/"),
        ("https://e.com:443/", "https://e.com/"),
        ("http://e.com/#top", "http://e.com/"),
        ("http://user:pw@e.com/", "http://e.com/"),
        ("http://e.com./x", "http://e.com/x"),
        ("http://bücher.example/", "http://xn--bcher-kva.example/"),
        ("http://0x7f.1/", "http://127.0.0.1/"),
        # escapes
        ("http://e.com/%7Euser", "http://e.com/~user"),
        ("http://e.com/%7euser", "http://e.com/~user"),
        ("http://e.com/a%2fb", "http://e.com/a%2Fb"),
        ("http://e.com/ü", "http://e.com/%c3%bc"),
        ("http://e.com/?x=ü", "http://e.com/?x=%C3%BC"),
        ("http://e.com/?%61=%62", "http://e.com/?a=b"),
        ("http://e.com/a b", "http://e.com/a%20b"),
        # the query
        ("http://e.com/?", "http://e.com/"),
        ("http://e.com/x?#f", "http://e.com/x"),
        ("http://e.com/?b=2&a=1", "http://e.com/?a=1&b=2"),
        ("http://e.com/?b=2&a=1&b=1", "http://e.com/?a=1&b=2&b=1"),
        ("http://e.com/?q=a+b", "http://e.com/?q=a%20b"),
        ("http://e.com/?q=a b", "http://e.com/?q=a+b"),
        # sessions
        ("http://e.com/x;jsessionid=AB12?a=1", "http://e.com/x?a=1"),
        ("http://e.com/x;JSESSIONID=AB12/y", "http://e.com/x/y"),
        ("http://e.com/x?jsessionid=AB12", "http://e.com/x"),
        ("http://e.com/x?PHPSESSID=1&a=1", "http://e.com/x?a=1"),
        ("http://e.com/x?phpsessid=1", "http://e.com/x?phpsessid=2"),
        (f"http://e.com/x?sid={HEX}", "http://e.com/x"),
        ("http://e.com/x?ASPSESSIONIDAABBCCDD=XYZ", "http://e.com/x"),
        ("http://e.com/x?CFID=1&CFTOKEN=2&a=1", "http://e.com/x?a=1"),
        ("http://e.com/(S(abcdefghijklmnopqrstuvwx))/x", "http://e.com/x"),
        # how somebody came
        ("http://e.com/x?utm_source=a&utm_medium=b&a=1&utm_x", "http://e.com/x?a=1"),
        ("http://e.com/x?gclid=1", "http://e.com/x"),
        ("http://e.com/x?fbclid=1", "http://e.com/x"),
        ("http://e.com/x?mc_cid=1&mc_eid=2", "http://e.com/x"),
        ("http://e.com/x?msclkid=1", "http://e.com/x"),
        ("http://e.com/x?yclid=1", "http://e.com/x"),
        ("http://e.com/x?_ga=1.2", "http://e.com/x"),
    ],
)
def test_urls_of_one_page_have_one_key(one: str, other: str) -> None:
    assert folded(one) == folded(other)
    assert url_key(one) == url_key(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("http://e.com/a%2fb", "http://e.com/a/b"),
        ("http://e.com/a%3Fb", "http://e.com/a?b"),
        ("http://e.com/a%2525", "http://e.com/a%25"),
        ("http://e.com/a%2Bb", "http://e.com/a+b"),
        ("http://e.com/a+b", "http://e.com/a%20b"),
        ("http://e.com/?q=a%2Bb", "http://e.com/?q=a+b"),
        ("http://e.com/?q=a%26b", "http://e.com/?q=a&b"),
        ("http://e.com/?q=a%3Db", "http://e.com/?q=a=b"),
        ("http://e.com/a//b", "http://e.com/a/b"),
        ("http://e.com/a", "http://e.com/a/"),
        ("http://e.com/", "http://e.com/index.html"),
        ("http://e.com/Dir/Page", "http://e.com/dir/page"),
        ("http://e.com/?A=1", "http://e.com/?a=1"),
        ("http://e.com/?a=X", "http://e.com/?a=x"),
        ("http://e.com/", "https://e.com/"),
        ("http://e.com/", "http://www.e.com/"),
        ("http://e.com/", "http://e.com:8080/"),
        ("http://e.com/?a=1&&b", "http://e.com/?a=1&b"),
        ("http://e.com/?a=1&b", "http://e.com/?a=1"),
        ("http://e.com/?print", "http://e.com/"),
        ("http://e.com/?b", "http://e.com/?b="),
        ("http://e.com/?a=1&a=2", "http://e.com/?a=2&a=1"),
        ("http://e.com/?ref=1", "http://e.com/"),
        ("http://e.com/?sid=5", "http://e.com/?sid=6"),
        ("http://e.com/?session=1", "http://e.com/"),
        ("http://e.com/?xutm_source=1", "http://e.com/"),
        ("http://e.com/?gclids=1", "http://e.com/"),
        ("http://e.com/x;v=1", "http://e.com/x"),
        ("http://e.com/(S(short))/x", "http://e.com/x"),
        ("http://e.com/?&", "http://e.com/"),
    ],
)
def test_urls_of_pages_that_may_differ_have_two(one: str, other: str) -> None:
    assert folded(one) != folded(other)
    assert url_key(one) != url_key(other)


def test_a_key_has_sixteen_bytes() -> None:
    assert len(url_key("http://e.com/")) == 16


@pytest.mark.parametrize("url", ["", "/x", "ftp://e.com/", "mailto:a@e.com", "http://["])
def test_what_is_no_web_url_has_no_key(url: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        url_key(url)


@given(st.text(alphabet="ab/%26.1&=+?~;ü", max_size=30))
def test_folding_twice_changes_nothing_more(target: str) -> None:
    once = folded(f"http://e.com/{target}")
    assert folded(once) == once
