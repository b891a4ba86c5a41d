"""Pages that cost the parser absurdly much are refused at once; pages far larger than real ones are not."""

import time
from collections.abc import Iterable

import pytest

from page_read.errors import PageTooComplex
from page_read.limits import check_markup


def numbered(tag: bytes, count: int) -> bytes:
    return b"".join(tag % number for number in range(count))


ABSURD: dict[str, bytes] = {
    "60,000 nested elements": b"<div>" * 60_000,
    "nested and closed": b"<div>" * 50_000 + b"x" + b"</div>" * 50_000,
    "nested in capitals, with attributes": b"<DIV class='a > b'\n>" * 60_000,
    "unclosed everything": b"<div><p><b><i><a>x<ul><li><table><tr><td>" * 10_000,
    "nesting after a comment that ends at once": b"<!-->" + b"<div>" * 60_000,
    "nesting after a quote that opens nothing": b"<p '>" + b"<div>" * 60_000,
    "nested definitions in list items": b"<li><dd>" * 30_000,
    "nested groups": b"<optgroup>" * 60_000,
    "end tags in comments": b"<div><!--</div>-->" * 60_000,
    "end tags in attributes": b"<div title='</div>'>" * 60_000,
    "end tags in scripts": b"<div><script>'</div>'</script>" * 60_000,
    "end tags of other elements": b"<div></p></span>" * 60_000,
    "end tags that a table keeps out": b"<div><table><td></div></table>" * 60_000,
    "end tags that an object keeps out": b"<div><object></div></object>" * 60_000,
    "formatting elements that nobody closes": b"<b></p>" * 60_000,
    "misnested formatting elements": b"<b><div></b>" * 60_000,
    "markup that poses as raw text": b"<svg><style>" + b"<div>" * 60_000,
    "body after body": numbered(b"<body a%d=1>", 30_000),
    "body after body, each closed": numbered(b"<body a%d=1>x</body>", 30_000),
    "formatting elements in every paragraph": numbered(b"<font color=%d><p>x", 2_500),
    "formatting elements before paragraphs": b"<p>" + numbered(b"<b id=%d>", 1_500) + b"</p><p>x" * 1_500,
    "formatting elements in a table": b"<table>" + numbered(b"<i id=%d>x<tr>", 2_500),
    "formatting elements without attributes": b"<p>" + b"<b>" * 3 + b"<tt><tt><tt><s><s><s>" + b"<p>x" * 100_000,
    "200,000 attributes": b"<p " + numbered(b"a%d=1 ", 200_000) + b">x",
    "attributes with > in them": b"<p " + numbered(b'a%d=">" ', 100_000) + b">x",
    "attributes without blanks": b"<p " + numbered(b'a%d="1"', 50_000) + b">x",
    "attributes without values": b"<p " + numbered(b"a%d/", 50_000),
    "a million tags": b"<br>" * 1_000_000,
    "10 MB of nesting": b"<div>" * 2_000_000,
    "10 MB of open tags": b"<a " * 3_000_000,
}


@pytest.mark.parametrize("html", ABSURD.values(), ids=ABSURD.keys())
def test_an_absurd_page_is_refused_at_once(html: bytes) -> None:
    start = time.process_time()
    with pytest.raises(PageTooComplex):
        check_markup(html)
    assert time.process_time() - start < 2


def rows(count: int, row: bytes) -> bytes:
    return b"<html><body><div><table>" + row * count + b"</table></div>"


LARGE: dict[str, Iterable[bytes]] = {
    "100,000 tags": [rows(10_000, b"<tr><td><a href=x>a</a><td><b class=x>b</b><br></tr>")],
    "100,000 tags at a depth of 400": [b"<div>" * 400, b"<p>x</p>" * 50_000, b"</div>" * 400],
    "390,000 tags": [b"<p>a<br>b</p>" * 130_000],
    "20,000 unclosed list items and cells": [b"<ul>", b"<li>x" * 20_000, b"</ul><table>", b"<tr><td>x" * 20_000],
    "500 fonts that nobody closes": [rows(500, b"<tr><td><font size=2 color=red>x</td><td>y</td></tr>")],
    "2,000 icons": [b"<p>x<i class=icon></i> <em id=1>y</em></p>" * 2_000],
    "an attribute of 1 MB": [b"<img src='data:", b"x" * 1_000_000, b"'><p title='", b"> " * 50_000, b"'>"],
    "5,000 shapes": [b"<svg>", b"<path d='M0 0'/><g/>" * 5_000, b"</svg>"],
    "a script of markup": [b"<script>", b"'<div><b id=1>'" * 20_000, b"</script>"],
    "text of 1 MB": [b"<p>", b"word " * 200_000],
}


@pytest.mark.parametrize("html", LARGE.values(), ids=LARGE.keys())
def test_a_large_page_is_not_refused(html: Iterable[bytes]) -> None:
    check_markup(b"".join(html))
