"""Which encoding a page is in, as the HTML standard determines it, and its text in UTF-8.

https://html.spec.whatwg.org/multipage/parsing.html#determining-the-character-encoding
"""

from dataclasses import dataclass
from typing import Literal

from page_read.charsets import decode, find_charset
from page_read.detection import detect_charset
from page_read.prescan import prescan

CharsetSource = Literal["bom", "header", "meta", "detected", "default"]

_BOMS = ((b"\xef\xbb\xbf", "utf-8"), (b"\xfe\xff", "utf-16be"), (b"\xff\xfe", "utf-16le"))
_DEFAULT = "windows-1252"


@dataclass(frozen=True, kw_only=True)
class DecodedBody:
    """A page in UTF-8, the name of the encoding it came in, and by what that was found.

    What was no UTF-8 in a page that claims to be is left as it came, for the reader to replace.
    """

    utf8: bytes
    charset: str
    charset_source: CharsetSource


def decode_body(body: bytes, charset_label: str | None) -> DecodedBody:
    """`body` in UTF-8: by its byte order mark, else the label in its header, else its `<meta>`, else detection.

    Never raises: bytes that cannot be decoded become U+FFFD.
    """
    charset, source = _determine(body, charset_label)
    if source == "bom":
        body = body[3 if charset == "utf-8" else 2 :]
    utf8 = body if charset == "utf-8" else decode(body, charset).encode("utf-8", "replace")
    return DecodedBody(utf8=utf8, charset=charset, charset_source=source)


def _determine(body: bytes, charset_label: str | None) -> tuple[str, CharsetSource]:
    for mark, charset in _BOMS:
        if body.startswith(mark):
            return charset, "bom"
    if charset_label and (named := find_charset(charset_label)):
        return named, "header"
    if declared := prescan(body):
        return declared, "meta"
    if detected := detect_charset(body):
        return detected, "detected"
    return _DEFAULT, "default"
