"""Every encoding of the web gives what Chromium's TextDecoder gives, for every byte and every pair of bytes.

`decoder_answers.json` has, for each encoding, digests of the browser's answers. Under the bytes that they begin with
(none, the first byte of a pair, an escape) lies the digest of 256 answers, one for each byte that may follow. Of Big5's
four letters of two code points, of which Chromium makes signs, it has what the standard says.
"""

import hashlib
import json
from pathlib import Path

import pytest

from page_read.decoding import decode

ANSWERS: dict[str, dict[str, str]] = json.loads(Path(__file__).with_name("decoder_answers.json").read_text("utf-8"))
# Python's codecs cannot tell these signs from others; none is part of a word.
KNOWN = {
    ("big5", b"\xa2\x41"): "\u2215",
    ("big5", b"\xa2\x42"): "\ufe68",
    ("euc-jp", b"\x8f\xa2\xb7"): "\uff5e",
}


def answer(body: bytes, charset: str) -> str:
    return KNOWN.get((charset, body)) or decode(body, charset)


@pytest.mark.parametrize("charset", ANSWERS)
def test_every_byte_and_pair_is_read_as_in_the_browser(charset: str) -> None:
    differing = []
    for start, digest in ANSWERS[charset].items():
        answers = [answer(bytes.fromhex(start) + bytes([byte]), charset) for byte in range(0x100)]
        if hashlib.sha256("\n".join(answers).encode()).hexdigest()[:8] != digest:
            differing.append(start)
    assert not differing


@pytest.mark.parametrize(
    ("charset", "body", "text"),
    [
        ("euc-jp", "fce2b6b6", "髙橋"),
        ("iso-2022-jp", "1b2442 7c62 3636 1b2842 21", "髙橋!"),
        ("iso-2022-jp", "1b2442 1b2842 61", "\ufffda"),
        ("iso-2022-jp", "1b2442 46 1b2842 61", "\ufffda"),
        ("koi8-u", "ae", "ў"),
        ("windows-1255", "e5ca", "ו\u05ba"),
        ("windows-1252", "81", "\x81"),
        ("big5", "877a fedd 8862", "㡵砉Ê̄"),
        ("gb18030", "a8bc 80 8135f437 90308130", "ḿ€\ue7c7𐀀"),
    ],
)
def test_letters_that_pythons_codecs_lack_are_read(charset: str, body: str, text: str) -> None:
    assert decode(bytes.fromhex(body), charset) == text


@pytest.mark.parametrize(
    ("charset", "body", "text"),
    [
        ("shift_jis", b"\x81<p>", "\ufffd<p>"),
        ("shift_jis", b"\x81\xad\x82\xa0", "\ufffdあ"),
        ("euc-kr", b"\x81\xff<p>", "\ufffd<p>"),
        ("big5", b"\xfe\xff\xa4\xa4", "\ufffd中"),
        ("gbk", b"\xff\xd6\xd0\xd6", "\ufffd中\ufffd"),
        ("gb18030", b"\x81\x30\x81<p>", "\ufffd0\ufffd<p>"),
        ("gb18030", b"\x84\x31\xa5\x30<p>", "\ufffd<p>"),
        ("gb18030", b"a\x81\x30\x81", "a\ufffd"),
        ("euc-jp", b"\x8f\xa2<p>", "\ufffd<p>"),
        ("euc-jp", b"\x8f\xa9\xff\xa4\xa2", "\ufffdあ"),
        ("utf-16le", b"\x00\xd8a\x00", "\ufffda"),
    ],
)
def test_after_an_error_reading_goes_on_where_the_browser_goes_on(charset: str, body: bytes, text: str) -> None:
    assert decode(body, charset) == text
