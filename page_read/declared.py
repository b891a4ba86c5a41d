"""The encoding that a page declares in itself: by a `<meta>`, else by an XML declaration.

The HTML standard's prescan ends after 1,024 bytes; browsers go on while they are in the head. So does this, as Chromium
does: it cuts the page into tags, takes nothing from comments, scripts and the like, and ends at the first tag after
which 1,024 bytes have been read and a tag has been seen that does not belong into a head.
"""

import re
from collections.abc import Iterator
from html import unescape

from page_read.charsets import find_charset

_ALWAYS_SCANNED_BYTES = 1_024
_XML_DECLARATION = re.compile(
    rb"""<\?xml(?:(?!encoding)[^>])*+encoding[\x00-\x20]*=[\x00-\x20]*(?:"([^">\s]*)"|'([^'>\s]*)')"""
)
# The tokens of the HTML standard's tokenizer. An attribute whose quotes are not closed swallows the rest of the page.
_MARKUP = re.compile(
    rb"""<(?:
        !--(?:-?>|.*?--!?>)
        | (?P<end>/?)(?P<name>[a-z][^\t\n\f\r />]*+)
            (?P<attributes>(?>[\t\n\f\r /]+
                | (?:=[^\t\n\f\r />=]*|[^\t\n\f\r />=]+)
                  (?>[\t\n\f\r ]*=[\t\n\f\r ]*(?>"[^"]*"|'[^']*'|(?!["'])[^\t\n\f\r >]*)|(?![\t\n\f\r ]*=))
            )*+)>
        | (?!!--)[!?][^>]*> | /(?![a-z])[^>]*>
    )""",
    re.IGNORECASE | re.DOTALL | re.VERBOSE,
)
_ATTRIBUTE = re.compile(
    rb"""(=[^\t\n\f\r />=]*|[^\t\n\f\r />=]+)
    (?:[\t\n\f\r ]*=[\t\n\f\r ]*(?:"([^"]*)"|'([^']*)'|([^\t\n\f\r >]*)))?""",
    re.VERBOSE,
)
_START = re.compile(rb"<(?=[a-z!/?])", re.IGNORECASE)
# Elements whose content is text up to their end tag; <plaintext> has none.
_RAW = {
    name: re.compile(rb"</%b(?=[\t\n\f\r />])" % name, re.IGNORECASE)
    for name in (b"script", b"style", b"title", b"textarea", b"iframe", b"xmp", b"noembed", b"noframes", b"plaintext")
}
_IN_HEAD = frozenset(b"script noscript style link meta object title base".split())
_CHARSET = re.compile(rb"""charset[\x00-\x20]*=[\x00-\x20]*(?:"([^"]*)"|'([^']*)'|([^\x00-\x20"';]*))""", re.IGNORECASE)
# A declaration that can be read as ASCII is wrong about these; how browsers take them.
_READ_AS = {"utf-16be": "utf-8", "utf-16le": "utf-8", "x-user-defined": "windows-1252"}


def find_declared_charset(body: bytes) -> str | None:
    """The name of the encoding that an HTML page declares in itself, or None."""
    is_in_head = True
    for tag in _tags(body):
        if not is_in_head and tag.start() >= _ALWAYS_SCANNED_BYTES:
            break
        name = tag["name"].lower()
        if name == b"meta" and not tag["end"] and (charset := _charset_of_meta(tag["attributes"])):
            return charset
        is_in_head = is_in_head and (name in _IN_HEAD or (name in {b"html", b"head"} and not tag["end"]))
    return find_xml_declared_charset(body)


def find_xml_declared_charset(body: bytes) -> str | None:
    """The name of the encoding in the XML declaration of a page, or None."""
    declaration = _XML_DECLARATION.match(body)
    return _meant(declaration[1] or declaration[2] or b"") if declaration else None


def _tags(body: bytes) -> Iterator[re.Match[bytes]]:
    position = 0
    while (start := _START.search(body, position)) and (markup := _MARKUP.match(body, start.start())):
        position = markup.end()
        if markup["name"] is None:
            continue
        yield markup
        raw = _RAW.get(markup["name"].lower())
        if raw and not markup["end"]:
            end = raw.search(body, position)
            if end is None:
                return
            position = end.start()


def _charset_of_meta(attributes: bytes) -> str | None:
    """The encoding that the attributes of a `<meta>` name. As in Chromium, the last of a name counts."""
    label, is_charset, is_content_type = b"", False, False
    for name, *values in _ATTRIBUTE.findall(attributes):
        value = b"".join(values)
        match name.lower():
            case b"http-equiv":
                is_content_type = is_content_type or value.lower() == b"content-type"
            case b"charset":
                label, is_charset = value, True
            case b"content" if not is_charset:
                found = _CHARSET.search(value)
                label = b"".join(found.groups(b"")) if found else b""
    return _meant(label) if is_charset or is_content_type else None


def _meant(label: bytes) -> str | None:
    charset = find_charset(unescape(label.decode("latin-1")))
    return _READ_AS.get(charset or "", charset)
