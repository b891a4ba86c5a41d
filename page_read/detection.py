"""Detects the encoding of a page that declares none, by its bytes.

The HTML standard leaves the way to the browser. UTF-16 and UTF-8 show in the bytes themselves, ISO-2022-JP by its
escapes; what is left is for chardet, which knows how often bytes follow each other in the languages of each encoding.
"""

import re

import chardet

from page_read.decoding import decode

_MOST_COMMON = "windows-1252"  # of those that read a text alike
_SAMPLE_BYTES = 20_000
_CONTEXT_BYTES = 60
_UTF_16_MIN_SHARE = 0.25

# chardet's name, which is that of Python's codec, for each encoding that is looked for.
_NAMES = {
    "cp866": "ibm866",
    "koi8-r": "koi8-r",
    "koi8-u": "koi8-u",
    "mac-cyrillic": "x-mac-cyrillic",
    "mac-roman": "macintosh",
    "cp874": "windows-874",
    **{f"cp{number}": f"windows-{number}" for number in range(1250, 1259)},
    **{f"iso8859-{part}": f"iso-8859-{part}" for part in (2, 4, 5, 6, 7, 8, 13, 15)},
    "gb18030": "gbk",
    "big5hkscs": "big5",
    "euc_jis_2004": "euc-jp",
    "cp932": "shift_jis",
    "cp949": "euc-kr",
}
_NOT_LATIN = re.compile("windows-(125[1356]|874)|koi8.*|ibm866|x-mac-cyrillic|iso-8859-[5678]")
_LATIN_AND_IDEOGRAPHIC = [name for name, charset in _NAMES.items() if not _NOT_LATIN.fullmatch(charset)]
_LONG_RUN = re.compile(rb"[\x80-\xff]{3,}")
_MARKUP = re.compile(rb"<!--.*?(?:-->|\Z)|<(script|style)\b.*?(?:</\1|\Z)|<[/a-z?][^<>]*>?", re.IGNORECASE | re.DOTALL)
_RUNS = re.compile(rb"([\x00-\x7f]*)([\x80-\xff]*)")
# Quotes, dashes, spaces and other signs of windows-1252 that texts of ASCII letters have.
_SIGNS = "\xa0«»‹›“”„‘’–—…•·©®™°€£¢§×½".encode("cp1252", "ignore")
_ASCII = bytes(range(0x80))


def detect_charset(body: bytes) -> str | None:
    """The most likely encoding of `body`, or None for plain ASCII and for text like no known language."""
    if utf_16 := _detect_utf_16(body):
        return utf_16
    if body.isascii():
        return "iso-2022-jp" if b"\x1b$B" in body or b"\x1b$@" in body else None
    if _is_utf_8(body):
        return "utf-8"
    sample = _sample(_MARKUP.sub(b" ", body))
    beyond_ascii = sample.translate(None, _ASCII)
    if not beyond_ascii.translate(None, _SIGNS):
        return _MOST_COMMON if beyond_ascii else None
    # Words of an alphabet that is not Latin have no letters of ASCII, so most of their letters stand side by side.
    is_latin = 2 * len(b"".join(_LONG_RUN.findall(sample))) < len(beyond_ascii)
    detected = chardet.detect(
        sample,
        include_encodings=_LATIN_AND_IDEOGRAPHIC if is_latin else _NAMES,
        empty_input_encoding="cp1252",
        compat_names=False,
    )
    charset = _NAMES.get(detected["encoding"] or "")
    if charset and decode(sample, charset) == decode(sample, _MOST_COMMON):
        return _MOST_COMMON
    return charset


def _detect_utf_16(body: bytes) -> str | None:
    """Markup is ASCII, so that in UTF-16 every other byte of it is zero."""
    head = body[:4096]
    units = len(head) // 2
    if units and head[1::2].count(0) >= _UTF_16_MIN_SHARE * units > 4 * head[::2].count(0):
        return "utf-16le"
    if units and head[::2].count(0) >= _UTF_16_MIN_SHARE * units > 4 * head[1::2].count(0):
        return "utf-16be"
    return None


def _is_utf_8(body: bytes) -> bool:
    """Whether all beyond ASCII is UTF-8, except for a few errors."""
    decoded = body.decode("utf-8", "replace")
    errors = decoded.count("\ufffd") - body.count(b"\xef\xbf\xbd")
    return not errors or errors <= 0.1 * sum(not character.isascii() for character in decoded)


def _sample(text: bytes) -> bytes:
    """The bytes beyond ASCII with the words that they stand in. Long stretches of ASCII say nothing about them."""
    sample = bytearray()
    for run in _RUNS.finditer(text):
        ascii_bytes, others = run.groups()
        if len(ascii_bytes) > 2 * _CONTEXT_BYTES:
            ascii_bytes = ascii_bytes[:_CONTEXT_BYTES] + b" " + ascii_bytes[-_CONTEXT_BYTES:]
        sample += ascii_bytes + others
        if len(sample) > _SAMPLE_BYTES:
            break
    return bytes(sample)
