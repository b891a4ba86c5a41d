"""Which media types are counted."""

import pytest

from page_read.content_type import ContentType, parse_content_type
from page_read.counting import page_frequencies
from page_read.errors import NotText


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
    ],
)
def test_text_is_accepted(header: str, form: str, label: str | None) -> None:
    parsed = parse_content_type(header, b"")
    assert (parsed.form, parsed.charset_label) == (form, label)


@pytest.mark.parametrize("header", ["application/pdf", "image/png", "application/json", "text/css", "; charset=utf-8"])
def test_everything_else_is_refused_by_name(header: str) -> None:
    with pytest.raises(NotText, match=header.partition(";")[0] or "no type"):
        parse_content_type(header, b"<html>")


@pytest.mark.parametrize(
    ("body", "form"),
    [(b"  <!doctype html><p>x", "html"), (b"<P>x", "html"), (b"<!-- x -->", "html"), (b"plain <b>text", "plain")],
)
def test_a_missing_type_is_sniffed(body: bytes, form: str) -> None:
    assert parse_content_type(None, body) == ContentType(form=form, charset_label=None)  # type: ignore[arg-type] # one


def test_markup_in_plain_text_is_text() -> None:
    assert page_frequencies(b"a <b>c</b>", "text/plain", tokenizer="words").frequencies == {"a": 1, "b": 2, "c": 1}


def test_xhtml_closes_elements_as_xml_does() -> None:
    body = (
        b'<html xmlns="x"><head><script src="s"/><title/></head><body><div/>seen<![CDATA[ <b> ]]><br/>too</body></html>'
    )
    frequencies = page_frequencies(body, "application/xhtml+xml", tokenizer="words").frequencies
    assert frequencies == {"seen": 1, "b": 1, "too": 1}
