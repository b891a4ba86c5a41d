"""The encoding of a page, determined as in the HTML standard, and its text in UTF-8.

https://html.spec.whatwg.org/multipage/parsing.html#determining-the-character-encoding
"""

import re
from typing import Literal

from page_read.charsets import find_charset
from page_read.content_type import find_label
from page_read.decoding import decode
from page_read.detection import detect_charset

CharsetSource = Literal["bom", "header", "meta", "detected", "default"]

_BOMS = ((b"\xef\xbb\xbf", "utf-8"), (b"\xfe\xff", "utf-16be"), (b"\xff\xfe", "utf-16le"))
_DEFAULT = "windows-1252"

_PRESCANNED_BYTES = 1024
_XML_DECLARATION = re.compile(rb"""<\?xml[^>]*?\bencoding\s*=\s*(?:"([^">]*)"|'([^'>]*)')""")
_MARKUP = re.compile(
    rb"""<!--(?:-?>|.*?-->)
    | <meta(?=[\s/])(?P<attributes>(?:[^>"']|"[^"]*"|'[^']*')*)
    | </?[a-z](?:[^>"']|"[^"]*"|'[^']*')*
    | <[!/?][^>]*""",
    re.IGNORECASE | re.DOTALL | re.VERBOSE,
)
_ATTRIBUTE = re.compile(rb"""([^\s/>=][^\s/>=]*)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s>"'][^\s>]*)))?""")
# A declaration that can be read as ASCII is wrong about these; how browsers take them.
_READ_AS = {"utf-16be": "utf-8", "utf-16le": "utf-8", "x-user-defined": "windows-1252"}


def decode_body(body: bytes, charset_label: str | None) -> tuple[bytes, str, CharsetSource]:
    """`body` in UTF-8, the name of its encoding, and what that is known by.

    That is its byte order mark, else the label in its header, else its `<meta>`, else detection. Bytes that cannot be
    decoded become U+FFFD; those of a page in UTF-8 are left for the reader to replace.
    """
    charset, source = _determine(body, charset_label)
    if source == "bom":
        body = body[3 if charset == "utf-8" else 2 :]
    return body if charset == "utf-8" else decode(body, charset).encode("utf-8", "replace"), charset, source


def _determine(body: bytes, charset_label: str | None) -> tuple[str, CharsetSource]:
    for mark, charset in _BOMS:
        if body.startswith(mark):
            return charset, "bom"
    if charset_label and (named := find_charset(charset_label)):
        return named, "header"
    if declared := _prescan(body[:_PRESCANNED_BYTES]):
        return declared, "meta"
    if detected := detect_charset(body):
        return detected, "detected"
    return _DEFAULT, "default"


def _prescan(head: bytes) -> str | None:
    """The encoding that a `<meta>`, or else an XML declaration, names at the start of a page."""
    for match in _MARKUP.finditer(head):
        if match["attributes"] is not None and (declared := _charset_of_meta(match["attributes"])):
            return declared
    declaration = _XML_DECLARATION.match(head)
    return _declared(declaration[1] or declaration[2]) if declaration else None


def _charset_of_meta(attributes: bytes) -> str | None:
    values: dict[bytes, bytes] = {}
    for match in _ATTRIBUTE.finditer(attributes):
        values.setdefault(match[1].lower(), match[2] or match[3] or match[4] or b"")
    if b"charset" in values:
        return _declared(values[b"charset"])
    if values.get(b"http-equiv", b"").lower() != b"content-type":
        return None
    return _declared((find_label(values.get(b"content", b"").decode("latin-1")) or "").encode("latin-1"))


def _declared(label: bytes | None) -> str | None:
    charset = find_charset((label or b"").decode("latin-1"))
    return _READ_AS.get(charset or "", charset)
