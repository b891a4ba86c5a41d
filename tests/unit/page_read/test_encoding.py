"""Encodings: how a page's is found, and that that each of the standard's is read."""

import pytest

from page_read.charsets import find_charset
from page_read.encoding import CharsetSource, decode_body
from page_read.page import read_page

TEXTS = {
    "Große Füße hören schön, übermäßig süß": "windows-1252 iso-8859-15 macintosh iso-8859-10 iso-8859-13 iso-8859-14",
    "Příliš žluťoučký kůň úpěl ďábelské ódy": "windows-1250 iso-8859-2",
    "Ĉiuj homoj estas denaske liberaj laŭ digno": "iso-8859-3",
    "Съешь ещё этих мягких булок": "windows-1251 koi8-r ibm866 iso-8859-5 x-mac-cyrillic",
    "Всі люди народжуються вільними і рівними": "koi8-u windows-1251",
    "Όλοι οι άνθρωποι γεννιούνται ελεύθεροι": "windows-1253 iso-8859-7",
    "כל בני האדם נולדו בני חורין": "windows-1255 iso-8859-8 iso-8859-8-i",
    "يولد جميع الناس متساوين في الكرامة": "windows-1256 iso-8859-6",
    "Bütün insanlar hür ve eşit doğarlar": "windows-1254",
    "Visi žmonės gimsta laisvi ir lygūs": "windows-1257 iso-8859-4 iso-8859-13",
    "Toate ființele umane se nasc libere": "iso-8859-16",
    "มนุษย์ทั้งหลายเกิดมามีอิสระ": "windows-874",
    "Tôi có thể ăn": "windows-1258",
    "すべての人間は、生まれながらにして自由である。": "shift_jis euc-jp iso-2022-jp",
    "모든 인간은 태어날 때부터 자유로우며": "euc-kr",
    "人人生而自由，在尊严和权利上一律平等。": "gbk gb18030",
    "人人生而自由，在尊嚴和權利上一律平等。": "big5",
    "Any text: äöü кириллица 日本語 😀": "utf-8 utf-16le utf-16be",
}
PYTHON_NAMES = {
    "ibm866": "cp866",
    "iso-8859-8-i": "iso8859-8",
    "macintosh": "mac_roman",
    "windows-874": "cp874",
    "x-mac-cyrillic": "mac_cyrillic",
}
ENCODED = [(text, charset) for text, charsets in TEXTS.items() for charset in charsets.split()]


@pytest.mark.parametrize(("text", "charset"), ENCODED, ids=[charset for _, charset in ENCODED])
def test_a_text_is_the_same_in_every_encoding(text: str, charset: str) -> None:
    encoded = text.encode(PYTHON_NAMES.get(charset, charset), "ignore" if charset == "windows-1258" else "strict")
    page = read_page(encoded, f"text/plain; charset={charset}")
    if charset != "windows-1258":  # which holds Vietnamese only decomposed
        assert page.text == text
    assert (page.charset, page.charset_source) == (charset, "header")


@pytest.mark.parametrize(
    ("label", "charset"),
    [
        ("iso-8859-1", "windows-1252"),
        ("latin1", "windows-1252"),
        ("US-ASCII", "windows-1252"),
        (" UTF8 ", "utf-8"),
        ("gb2312", "gbk"),
        ("ks_c_5601-1987", "euc-kr"),
        ("x-sjis", "shift_jis"),
        ("iso-8859-9", "windows-1254"),
        ("tis-620", "windows-874"),
        ("unicode", "utf-16le"),
        ("hz-gb-2312", "replacement"),
        ("utf-7", None),
        ("\u212aoi8-r", None),
        ("", None),
    ],
)
def test_labels_mean_what_the_standard_says(label: str, charset: str | None) -> None:
    assert find_charset(label) == charset


@pytest.mark.parametrize(
    ("body", "label", "charset", "source"),
    [
        (b"\xef\xbb\xbfx", "koi8-r", "utf-8", "bom"),
        ("\ufeffx".encode("utf-16-le"), None, "utf-16le", "bom"),
        ("\ufeffx".encode("utf-16-be"), "utf-8", "utf-16be", "bom"),
        (b"<meta charset=koi8-r>", "windows-1251", "windows-1251", "header"),
        (b"<meta charset=koi8-r>", "no-such-charset", "koi8-r", "meta"),
        (b"<META CharSet='KOI8-R' />", None, "koi8-r", "meta"),
        (b"<meta http-equiv=Content-Type content='text/html; charset=big5'>", None, "big5", "meta"),
        (b"<meta content='text/html; charset=big5'>", None, "windows-1252", "default"),
        (b"<meta charset=utf-16>", None, "utf-8", "meta"),
        (b"<meta charset=x-user-defined>", None, "windows-1252", "meta"),
        (b"<!-- <meta charset=koi8-r> --><meta charset=big5>", None, "big5", "meta"),
        (b"<p title='<meta charset=koi8-r>'><meta charset=big5>", None, "big5", "meta"),
        (b"<metadata charset=koi8-r>", None, "windows-1252", "default"),
        (b'<?xml version="1.0" encoding="iso-8859-2"?><p>', None, "iso-8859-2", "meta"),
        (b"<p>" + b"x" * 1024 + b"<meta charset=koi8-r>", None, "windows-1252", "default"),
        (b" " * 1024 + b"<meta charset=koi8-r>", None, "koi8-r", "meta"),
        (b"", None, "windows-1252", "default"),
        ("größer".encode(), None, "utf-8", "detected"),
        (
            "<p>Все люди рождаются свободными и равными в своем достоинстве".encode("cp1251"),
            None,
            "windows-1251",
            "detected",
        ),
        ("<p>Все люди рождаются свободными и равными в своем достоинстве".encode("koi8-r"), None, "koi8-r", "detected"),
        ("<p>すべての人間は、生まれながらにして自由である。".encode("euc-jp"), None, "euc-jp", "detected"),
        ("<p>すべての人間は、生まれながらにして自由である。".encode("shift_jis"), None, "shift_jis", "detected"),
        ("<p>모든 인간은 태어날 때부터 자유로우며 그 존엄과 권리에 있어".encode("cp949"), None, "euc-kr", "detected"),
        ("<p>人人生而自由，在尊严和权利上一律平等。他们赋有理性和良心".encode("gbk"), None, "gbk", "detected"),
        ("<p>人人生而自由，在尊嚴和權利上一律平等。他們賦有理性".encode("big5"), None, "big5", "detected"),
        ("<p>It’s a café".encode("cp1252"), None, "windows-1252", "detected"),
        ("<p>Größer".encode("utf-16-le"), None, "utf-16le", "detected"),
        ("<p>Größer".encode("utf-16-be"), None, "utf-16be", "detected"),
    ],
)
def test_the_encoding_is_found_in_the_standards_order(
    body: bytes, label: str | None, charset: str, source: CharsetSource
) -> None:
    assert decode_body(body, label)[1:] == (charset, source)


@pytest.mark.parametrize(
    "charset", ["utf-8", "gbk", "shift_jis", "euc-jp", "big5", "euc-kr", "utf-16le", "windows-1252"]
)
def test_undecodable_bytes_are_no_error(charset: str) -> None:
    assert read_page(b"\xff\x81\xfe <p>word\xff", f"text/html; charset={charset}").charset == charset


def test_a_lying_content_type_costs_only_the_letters_it_lies_about() -> None:
    page = read_page("<p>caf\xe9 au lait".encode("latin-1"), "text/html; charset=utf-8")
    assert page.text.strip() == "caf\ufffd au lait"


def test_the_replacement_encoding_shows_no_word() -> None:
    assert read_page(b"<p>words", "text/html; charset=hz-gb-2312").text.strip() == "\ufffd"
