"""The encoding that a page declares in itself is that which Chromium finds.

`declared_answers.json` pairs each page, as ISO-8859-1, with the browser's `document.characterSet`.
"""

import json
import time
from pathlib import Path

import pytest

from page_read.declared import find_declared_charset
from page_read.encoding import decode_body

ANSWERS: list[tuple[str, str]] = json.loads(Path(__file__).with_name("declared_answers.json").read_text("utf-8"))


@pytest.mark.parametrize(("page", "charset"), ANSWERS, ids=[page[:60] for page, _ in ANSWERS])
def test_a_declaration_is_found_where_the_browser_finds_it(page: str, charset: str) -> None:
    assert decode_body(page.encode("latin-1"), None)[1] == charset


@pytest.mark.parametrize(
    "body",
    [
        b"<" * 2_000_000,
        b"<!--" * 500_000,
        b"<p '" * 500_000,
        b"<p a=" * 400_000,
        b"<script>" * 250_000,
        b"<p =" * 500_000,
    ],
)
def test_no_markup_makes_the_search_long(body: bytes) -> None:
    start = time.process_time()
    assert find_declared_charset(body) is None
    assert time.process_time() - start < 4


def test_plain_text_declares_nothing() -> None:
    assert decode_body(b"<meta charset=koi8-r>", None, "plain")[1:] == ("windows-1252", "default")


def test_xhtml_declares_its_encoding_by_its_xml_declaration_only() -> None:
    assert decode_body(b"<?xml version='1.0' encoding='koi8-r'?><meta charset='big5'/>", None, "xhtml")[1] == "koi8-r"
    assert decode_body(b"<html><meta charset='big5'/></html>", None, "xhtml")[1:] == ("utf-8", "default")
