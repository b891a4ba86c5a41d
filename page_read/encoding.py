"""The encoding of a page, determined as in the HTML standard, and its text in UTF-8.

https://html.spec.whatwg.org/multipage/parsing.html#determining-the-character-encoding
"""

from typing import Literal

from page_read.charsets import find_charset
from page_read.content_type import Form
from page_read.declared import find_declared_charset, find_xml_declared_charset
from page_read.decoding import decode
from page_read.detection import detect_charset

CharsetSource = Literal["bom", "header", "meta", "detected", "default"]

_BOMS = ((b"\xef\xbb\xbf", "utf-8"), (b"\xfe\xff", "utf-16be"), (b"\xff\xfe", "utf-16le"))
_DEFAULT = "windows-1252"
_FIND_DECLARED = {"html": find_declared_charset, "xhtml": find_xml_declared_charset}


def decode_body(body: bytes, charset_label: str | None, form: Form = "html") -> tuple[bytes, str, CharsetSource]:
    """`body` in UTF-8, the name of its encoding, and what that is known by.

    That is its byte order mark, else the label in its header, else what it declares in itself, else detection. Plain
    text declares nothing; XHTML does by its XML declaration only, and is UTF-8 without. Bytes that cannot be decoded
    become U+FFFD; those of a page in UTF-8 are left for the reader to replace.
    """
    charset, source = _determine(body, charset_label, form)
    if source == "bom":
        body = body[3 if charset == "utf-8" else 2 :]
    return body if charset == "utf-8" else decode(body, charset).encode("utf-8", "replace"), charset, source


def _determine(body: bytes, charset_label: str | None, form: Form) -> tuple[str, CharsetSource]:
    for mark, charset in _BOMS:
        if body.startswith(mark):
            return charset, "bom"
    if charset_label and (named := find_charset(charset_label)):
        return named, "header"
    if form != "plain" and (declared := _FIND_DECLARED[form](body)):
        return declared, "meta"
    if form == "xhtml":
        return "utf-8", "default"
    if detected := detect_charset(body):
        return detected, "detected"
    return _DEFAULT, "default"
