"""The charset that a page declares in its first bytes.

https://html.spec.whatwg.org/multipage/parsing.html#prescan-a-byte-stream-to-determine-its-encoding
"""

import re

from page_read.charsets import find_charset

_PRESCANNED_BYTES = 1024

_XML_IN_UTF_16 = ((b"<\0?\0x\0", "utf-16le"), (b"\0<\0?\0x", "utf-16be"))
_XML_DECLARATION = re.compile(rb"""<\?xml[^>]*?\bencoding\s*=\s*(?:"([^">]*)"|'([^'>]*)')""")
_MARKUP = re.compile(
    rb"""<!--(?:-?>|.*?-->)
    | <meta(?=[\s/])(?P<attributes>(?:[^>"']|"[^"]*"|'[^']*')*)
    | </?[a-z](?:[^>"']|"[^"]*"|'[^']*')*
    | <[!/?][^>]*""",
    re.IGNORECASE | re.DOTALL | re.VERBOSE,
)
_ATTRIBUTE = re.compile(rb"""([^\s/>=][^\s/>=]*)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s>"'][^\s>]*)))?""")
_CHARSET_IN_CONTENT = re.compile(rb"""charset\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s;"']+))""", re.IGNORECASE)
# A page whose declaration could be read as ASCII is in none of these; what browsers take them for.
_READ_AS = {"utf-16be": "utf-8", "utf-16le": "utf-8", "x-user-defined": "windows-1252"}


def prescan(body: bytes) -> str | None:
    """The encoding that a `<meta>`, or else an XML declaration, in the first 1,024 bytes names, if one does."""
    head = body[:_PRESCANNED_BYTES]
    for start, charset in _XML_IN_UTF_16:
        if head.startswith(start):
            return charset
    for match in _MARKUP.finditer(head):
        attributes = match["attributes"]
        if attributes is not None and (declared := _charset_of_meta(attributes)):
            return declared
    declaration = _XML_DECLARATION.match(head)
    return _charset(declaration[1] or declaration[2]) if declaration else None


def _charset_of_meta(attributes: bytes) -> str | None:
    values: dict[bytes, bytes] = {}
    for match in _ATTRIBUTE.finditer(attributes):
        values.setdefault(match[1].lower(), match[2] or match[3] or match[4] or b"")
    if b"charset" in values:
        return _charset(values[b"charset"])
    if values.get(b"http-equiv", b"").lower() != b"content-type":
        return None
    found = _CHARSET_IN_CONTENT.search(values.get(b"content", b""))
    return _charset(found[1] or found[2] or found[3]) if found else None


def _charset(label: bytes | None) -> str | None:
    charset = find_charset((label or b"").decode("latin-1"))
    return _READ_AS.get(charset or "", charset)
