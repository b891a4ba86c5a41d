"""Which encoding a page is in, as the HTML standard has it, and its text.

https://html.spec.whatwg.org/multipage/parsing.html#determining-the-character-encoding
"""

import re
from dataclasses import dataclass
from typing import Literal

from charset_normalizer import from_bytes

from job_tasks.pages.charsets import decode, find_charset

CharsetSource = Literal["bom", "header", "meta", "detected", "default"]

_BOMS = ((b"\xef\xbb\xbf", "utf-8"), (b"\xfe\xff", "utf-16be"), (b"\xff\xfe", "utf-16le"))
_PRESCAN_BYTES = 1024


@dataclass(frozen=True, kw_only=True)
class DecodedText:
    """A page's characters, the encoding they came in, and by what it was found."""

    text: str
    charset: str
    charset_source: CharsetSource


def decode_body(body: bytes, charset_label: str | None) -> DecodedText:
    """The text of `body`: by its byte order mark, else the label from its header, else its `<meta>`, else detection.

    Never raises: bytes that cannot be decoded become U+FFFD.
    """
    charset, source, start = _determine(body, charset_label)
    return DecodedText(text=decode(body[start:] if start else body, charset), charset=charset, charset_source=source)


def _determine(body: bytes, charset_label: str | None) -> tuple[str, CharsetSource, int]:
    for mark, charset in _BOMS:
        if body.startswith(mark):
            return charset, "bom", len(mark)
    if charset_label and (named := find_charset(charset_label)):
        return named, "header", 0
    if declared := _prescan(body[:_PRESCAN_BYTES]):
        return declared, "meta", 0
    return *_detect(body), 0


_TAG = re.compile(
    rb"""<!--.*?-->|<meta(?=[\s/])((?:[^>"']|"[^"]*"|'[^']*')*)|</?[a-z](?:[^>"']|"[^"]*"|'[^']*')*|<[!/?][^>]*""",
    re.IGNORECASE | re.DOTALL,
)
_ATTRIBUTE = re.compile(rb"""([^\s/>"'=]+)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s>]+)))?""")
_CONTENT_CHARSET = re.compile(rb"""charset\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s;"']+))""", re.IGNORECASE)


def _prescan(head: bytes) -> str | None:
    for match in _TAG.finditer(head):
        if match[1] is not None and (charset := _charset_of_meta(match[1])):
            return charset
    return None


def _charset_of_meta(attributes: bytes) -> str | None:
    values: dict[bytes, bytes] = {}
    for match in _ATTRIBUTE.finditer(attributes):
        values.setdefault(match[1].lower(), match[2] or match[3] or match[4] or b"")
    label = values.get(b"charset")
    if label is None and values.get(b"http-equiv", b"").lower() == b"content-type":
        found = _CONTENT_CHARSET.search(values.get(b"content", b""))
        label = (found[1] or found[2] or found[3]) if found else None
    charset = find_charset((label or b"").decode("latin-1"))
    return {"utf-16be": "utf-8", "utf-16le": "utf-8", "x-user-defined": "windows-1252"}.get(charset or "", charset)


def _detect(body: bytes) -> tuple[str, CharsetSource]:
    if body.isascii() and b"\x00" not in body:
        return "windows-1252", "default"
    try:
        body.decode("utf-8")
    except UnicodeDecodeError:
        best = from_bytes(body[:65536]).best()
        charset = find_charset(best.encoding.replace("_", "-")) if best else None
        return (charset, "detected") if charset else ("windows-1252", "default")
    return "utf-8", "detected"
