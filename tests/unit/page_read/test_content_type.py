"""Which media types are counted."""

import pytest

from page_read.content_type import check_content_type, parse_content_type
from page_read.errors import NotText
from page_read.page import read_page


@pytest.mark.parametrize(
    ("header", "form", "label"),
    [
        ("text/html", "html", None),
        ("Text/HTML; Charset=UTF-8", "html", "UTF-8"),
        ('text/html;charset="utf-8"; x=y', "html", "utf-8"),
        ("application/xhtml+xml", "xhtml", None),
        ("text/plain; charset=koi8-r", "plain", "koi8-r"),
        ("text/html, text/html; charset=utf-8", "html", "utf-8"),
        ("text/html; charset=utf-8, text/html", "html", "utf-8"),
        ("text/html charset=utf-8", "html", None),
        ("text/html (page); charset=utf-8", "html", "utf-8"),
        ("image/png, text/html", "html", None),
        ("text/html, html, */*", "html", None),
        (",text/html,", "html", None),
        ('text/html; title="a, image/png"', "html", None),
    ],
)
def test_text_is_accepted(header: str, form: str, label: str | None) -> None:
    assert parse_content_type(header, b"") == (form, label)


@pytest.mark.parametrize(
    ("header", "shown"),
    [
        ("application/pdf", "'application/pdf'"),
        ("IMAGE/PNG; q=1", "'image/png'"),
        ("text/html, image/png", "'image/png'"),
        ("application/octet-stream", "'application/octet-stream'"),
        ("none/none", "'none/none'"),
        ("/", "'/'"),
        ("text/*", "'text/*'"),
        ("application/json", "'application/json'"),
        ("application/xml", "'application/xml'"),
        ("text/css", "'text/css'"),
        ("text/html+x", "'text/html+x'"),
        ("x/" * 100, repr("x/" * 50)),
        ("a\xad/<b>", repr("a\xad/<b>")),
    ],
)
def test_everything_else_is_refused_by_name_before_and_after_its_body_is_read(header: str, shown: str) -> None:
    for refuse in (check_content_type, lambda header: parse_content_type(header, b"<html>")):
        with pytest.raises(NotText) as refused:
            refuse(header)
        assert str(refused.value) == f"The page is {shown}. Only HTML and plain text are counted."


def test_whether_a_missing_type_is_refused_is_decided_by_the_body() -> None:
    check_content_type(None)


NO_TYPES = [
    "html",
    "text",
    "*/*",
    "unknown/unknown",
    "APPLICATION/Unknown",
    "",
    " ",
    ";",
    "null",
    "charset=utf-8",
    "html, */*",
]


@pytest.mark.parametrize("header", NO_TYPES)
def test_a_type_that_is_none_is_sniffed(header: str) -> None:
    check_content_type(header)
    assert parse_content_type(header, b"<p>x") == ("html", None)
    assert parse_content_type(header, b"x <p>") == ("plain", None)
    with pytest.raises(NotText, match="no content type and is not text"):
        parse_content_type(header, b"\x89PNG\r\n\x1a\n")


@pytest.mark.parametrize(
    ("header", "label"),
    [
        ("*/*; charset=koi8-r", "koi8-r"),
        ("unknown/unknown;charset=koi8-r", "koi8-r"),
        ("html; charset=koi8-r", None),
        ("; charset=koi8-r", None),
    ],
)
def test_the_charset_of_a_type_that_is_none_counts_if_it_has_a_slash(header: str, label: str | None) -> None:
    assert parse_content_type(header, b"<p>x") == ("html", label)


@pytest.mark.parametrize(
    "body", [b"%PDF-1.7\nx", b"%!PS-Adobe-3.0\nx", b"\x89PNG\r\n\x1a\n", b"%PDF-1.7\n\x00", b"w\x00o\x00", b"a\x1cb"]
)
def test_binary_without_a_type_is_refused(body: bytes) -> None:
    with pytest.raises(NotText, match="no content type and is not text"):
        parse_content_type(None, body)


@pytest.mark.parametrize("body", [b"", b"\xff\xfew\x00", b"\xef\xbb\xbf\x00", b"\t\n\x0c\r\x1b", b"x" * 1_445 + b"\0"])
def test_text_without_a_type_is_plain(body: bytes) -> None:
    assert parse_content_type(None, body) == ("plain", None)


@pytest.mark.parametrize(
    ("body", "form"),
    [
        (b"  <!doctype html><p>x", "html"),
        (b"<P>x", "html"),
        (b"<!-- x -->", "html"),
        (b"<html>\0", "html"),
        (b"plain <b>text", "plain"),
    ],
)
def test_a_missing_type_is_sniffed(body: bytes, form: str) -> None:
    assert parse_content_type(None, body) == (form, None)


def test_markup_in_plain_text_is_text() -> None:
    assert read_page(b"a <b>c</b>", "text/plain").text == "a <b>c</b>"


def test_xhtml_closes_elements_as_xml_does() -> None:
    body = (
        b'<html xmlns="x"><head><script src="s"/><title/></head><body><div/>seen<![CDATA[ <b> ]]><br/>too</body></html>'
    )
    assert read_page(body, "application/xhtml+xml").text.split() == ["seen", "<b>", "too"]
