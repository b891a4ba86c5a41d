"""How bytes are decoded in each character encoding of the web, as the WHATWG Encoding Standard has it.

https://encoding.spec.whatwg.org/. Python's codecs do the work; here is what they lack or say differently. An error is
one U+FFFD, and reading goes on where the standard goes on: the first byte of a character that is cut off swallows no
ASCII after it, so that no markup is lost.
"""

import codecs
import re
from collections.abc import Callable
from functools import cache
from itertools import product

from page_read.charsets import CODECS

# One byte for a character: Python's codec where it has another name, and the bytes that mean something else.
_CODECS = CODECS | {"x-user-defined": "ascii"}
_BYTES = {
    "koi8-u": {0xAE: "\u045e", 0xBE: "\u040e"},
    "windows-1255": {0xCA: "\u05ba"},
    "x-user-defined": {byte: chr(0xF700 + byte) for byte in range(0x80, 0x100)},
}

# What gb18030 has where Python's gbk and gb18030 have another character or none: bytes, and their code point.
_GB18030_CHARACTERS = """
80=20ac a3a0=3000 a8bc=1e3f 8135f437=e7c7 a6d9=fe10 a6da=fe12 a6db=fe11 a6dc=fe13 a6dd=fe14 a6de=fe15 a6df=fe16
a6ec=fe17 a6ed=fe18 a6f3=fe19 fe59=9fb4 fe61=9fb5 fe66=9fb6 fe67=9fb7 fe6d=9fb8 fe7e=9fb9 fe90=9fba fea0=9fbb
"""
# What Big5 has where Python's big5hkscs has none: runs of characters, each after the bytes of its first.
_BIG5_RUNS = """
877a㡵𡵓𣚞𦀡㻬𥣞㫵竼龗𤅡𨤍𣇪𠪊𣉞䌊蒄龖鐯䤰蘓墖靊鈘秐稲晠権袝瑌篅枂稬剏遆㓦珄𥶹瓆鿇垳䤯呌䄱𣚎堘穲𧭥讏䚮𦺈
87ce䆁𥶙箮𢒼鿈𢓁𢓉𢓌鿉蔄𣖻䂴鿊䓡𪷿拁灮鿋 8e69箸 8e6f簆 8e7e糎 8eab緒 8eb4縝 8ecd者 8ed0耨 8f57菁 8f69蒨 8f6e萏
8fcb覦覩 8ffe起 906d都 907a銹 90dc靜 90f1響 91bf鼖 9244蔃 92af兙兛兝兞 92c8鍮 92d1瑹 9447浧 94ca禛 95d9邗 9644靝
96ed瀞 96fc嬨 9b76爁 9b78矗 9b7b纇 9bc6駖 9bde釔 9bec惞 9bf6澶 9c42輶 9c53侻 9c62營 9c68鄄 9c6b鷰 9c77菏 9cbc尐秣
9cd0婧 9d57輋 9d5a筑 9dc4拐 9ea9恢 9eef痹 9efd汊 9f60鬮 9f66鼗 9fcb僭 9fd8弌 a063蠏 a077拎 a0d5瑨 a0df煢 a0e4牐
a3c0␀␁␂␃␄␅␆␇␈␉␊␋␌␍␎␏␐␑␒␓␔␕␖␗␘␙␚␛␜␝␞␟␡€ c6cf廴 c6d3无 c6d5癶 c6d7隶 c6de〃仝 fa5f倩 fa66偽 fabd包 fac5卄 fad5卿 fb48嘅
fbb8婷 fbf3幵 fbf9廐 fc4f彘 fc6c悤 fcb9撐 fce2晴 fcf1杞 fdb7沜渝 fdbb港 fdf1煮 fe52猪 fe6f瑜 feaa瓩 fedd砉
"""


def decode(body: bytes, charset: str) -> str:
    """`body` read as `charset`, a name that `find_charset` returns. Bytes that cannot be decoded become U+FFFD."""
    if charset == "replacement":
        return "\ufffd" if body else ""
    if charset == "iso-2022-jp":
        return _decode_iso_2022_jp(body)
    if charset in _MULTI_BYTE:
        return _MULTI_BYTE[charset].decode(body)
    if charset.startswith("utf-"):
        return body.decode(charset, "replace")
    return codecs.charmap_decode(body, "strict", _characters(charset))[0]


@cache
def _characters(charset: str) -> str:
    """The character of each byte. A control of C1 stands where the code page has none."""
    characters = [bytes([byte]).decode(_CODECS.get(charset, charset), "replace") for byte in range(0x100)]
    for byte in range(0x80, 0xA0):
        characters[byte] = chr(byte) if characters[byte] == "\ufffd" else characters[byte]
    for byte, character in _BYTES.get(charset, {}).items():
        characters[byte] = character
    return "".join(characters)


class _MultiByte:
    """An encoding read by `codec`.

    `sequence` matches the bytes at an error of it: those of one character, or those that one U+FFFD stands for.
    `find` gives their character, else U+FFFD. `misread` gives the right ones for what the codec reads differently.
    """

    def __init__(
        self, codec: str, sequence: bytes, find: Callable[[bytes], str], misread: dict[str, str] | None = None
    ) -> None:
        self._codec = codec
        self._sequence = re.compile(sequence, re.DOTALL)
        self._find = find
        self._misread = misread or {}
        self._any_misread = re.compile(f"[{re.escape(''.join(self._misread))}]") if misread else None
        self._errors = f"page_read.{codec}"
        codecs.register_error(self._errors, self._go_on)

    def decode(self, body: bytes) -> str:
        text = body.decode(self._codec, self._errors)
        return self._any_misread.sub(lambda found: self._misread[found[0]], text) if self._any_misread else text

    def _go_on(self, error: UnicodeError) -> tuple[str, int]:
        if not isinstance(error, UnicodeDecodeError):
            raise error
        found = self._sequence.match(error.object, error.start)
        if found is None:
            raise error
        character = self._find(found[0])
        return character, found.start("ascii") if character == "\ufffd" and found.lastgroup else found.end()


def _find_in_gb18030(sequence: bytes) -> str:
    return _gb18030().get(sequence) or sequence.decode("gb18030", "replace")[:1]


def _find_in_big5(pair: bytes) -> str:
    return _big5().get(pair, "\ufffd")


def _find_in_euc_jp(pair: bytes) -> str:
    return _jis_x_0208().get(pair, "\ufffd")


def _find_nothing(_sequence: bytes) -> str:
    return "\ufffd"


@cache
def _gb18030() -> dict[bytes, str]:
    pairs = (pair.split("=") for pair in _GB18030_CHARACTERS.split())
    return {bytes.fromhex(sequence): chr(int(code_point, 16)) for sequence, code_point in pairs}


@cache
def _big5() -> dict[bytes, str]:
    pairs = [bytes(pair) for pair in product(range(0x81, 0xFF), [*range(0x40, 0x7F), *range(0xA1, 0xFF)])]
    return {
        pair: character
        for run in _BIG5_RUNS.split()
        for pair, character in zip(pairs[pairs.index(bytes.fromhex(run[:4])) :], run[4:], strict=False)
    }


@cache
def _jis_x_0208() -> dict[bytes, str]:
    """The characters of EUC-JP's pairs, by Python's cp932: Shift_JIS has them in the same order."""
    shift_jis = product([*range(0x81, 0xA0), *range(0xE0, 0xF0)], [*range(0x40, 0x7F), *range(0x80, 0xFD)])
    pairs = zip(product(range(0xA1, 0xFF), repeat=2), shift_jis, strict=False)
    return {bytes(euc): bytes(pair).decode("cp932", "replace")[:1] for euc, pair in pairs}


_GB = _MultiByte(
    "gbk",
    rb"[\x81-\xfe](?:[0-9][\x81-\xfe][0-9]|[0-9][\x81-\xfe]?\Z|(?P<ascii>[\x40-\x7e])|[\x80-\xff])|.",
    _find_in_gb18030,
)
_EUC_JP = _MultiByte(
    "euc_jp",
    rb"\x8f[\xa1-\xfe][\x80-\xff]?|[\x8e\x8f\xa1-\xfe][\x80-\xff]|.",
    _find_in_euc_jp,
    dict(zip("\u301c\u2016\u2212\xa2\xa3\xac", "\uff5e\u2225\uff0d\uffe0\uffe1\uffe2", strict=True)),
)
_MULTI_BYTE = {
    "gbk": _GB,
    "gb18030": _GB,
    "big5": _MultiByte(
        "big5hkscs",
        rb"[\x81-\xfe](?:(?P<ascii>[\x40-\x7e])|[\x80-\xff])|.",
        _find_in_big5,
        dict(
            zip(
                "\u2022\uff64\u203e\u223c\u2641\u2609\xa5\xa2\xa3",
                "\u2027\ufe51\xaf\uff5e\u2295\u2299\uffe5\uffe0\uffe1",
                strict=True,
            )
        ),
    ),
    "euc-jp": _EUC_JP,
    "shift_jis": _MultiByte(
        "cp932",
        rb"[\x81-\x9f\xe0-\xfc][\x80-\xff]|.",
        _find_nothing,
        dict.fromkeys("\uf8f0\uf8f1\uf8f2\uf8f3", "\ufffd"),
    ),
    "euc-kr": _MultiByte("cp949", rb"[\x81-\xfe][\x80-\xff]|.", _find_nothing),
}

# After these escapes of ISO-2022-JP, bytes are ASCII, ASCII with two signs of its own, katakana, or pairs.
_ESCAPE = re.compile(rb"\x1b(\([BJI]|\$[@B])")
_PAIRS = re.compile(rb"(?P<pairs>(?:[\x21-\x7e]{2})+)|[\x21-\x7e][^\x1b]|.", re.DOTALL)
_TO_EUC = bytes(byte | 0x80 for byte in range(0x100))
_ASCII = bytes(range(0x80)).decode().translate(dict.fromkeys(b"\x0e\x0f\x1b", "\ufffd")).ljust(0x100, "\ufffd")
_KATAKANA = "".join(map(chr, range(0xFF61, 0xFFA0))).rjust(0x60, "\ufffd").ljust(0x100, "\ufffd")
_ISO_2022_JP = {b"(B": _ASCII, b"(J": _ASCII.translate({0x5C: "\xa5", 0x7E: "\u203e"}), b"(I": _KATAKANA}


def _decode_iso_2022_jp(body: bytes) -> str:
    first, *rest = _ESCAPE.split(body)
    parts = [_decode_escaped(first, b"(B")]
    for index in range(0, len(rest), 2):
        escape, escaped = rest[index : index + 2]
        # Nothing between two escapes is an error.
        parts.append(_decode_escaped(escaped, escape) or "\ufffd" * (index + 2 < len(rest)))
    return "".join(parts)


def _decode_escaped(escaped: bytes, escape: bytes) -> str:
    if escape in _ISO_2022_JP:
        return codecs.charmap_decode(escaped, "strict", _ISO_2022_JP[escape])[0]
    return "".join(
        _EUC_JP.decode(found["pairs"].translate(_TO_EUC)) if found["pairs"] else "\ufffd"
        for found in _PAIRS.finditer(escaped)
    )
