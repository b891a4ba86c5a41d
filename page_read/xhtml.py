"""XHTML as an HTML parser reads it: the two things that mean something else in XML are rewritten.

A browser would show an error for XHTML that is not well-formed; here its words are counted all the same.
"""

import re
from html import escape

_SELF_CLOSED = re.compile(rb"""<([a-zA-Z][^\s/>"']*)((?:[^<>"']|"[^"]*"|'[^']*')*?)/>""")
_CDATA = re.compile(rb"<!\[CDATA\[(.*?)(?:\]\]>|\Z)", re.DOTALL)
_VOID = frozenset(
    [
        *(b"area", b"base", b"br", b"col", b"embed", b"hr", b"img", b"input", b"link", b"meta", b"param", b"source"),
        *(b"track", b"wbr"),
    ]
)


def xhtml_to_html(utf8: bytes) -> bytes:
    """A page in XHTML with `<div/>` as `<div></div>`, and with the text of CDATA sections as such."""
    return _SELF_CLOSED.sub(_close, _CDATA.sub(_escape, utf8))


def _close(tag: re.Match[bytes]) -> bytes:
    return tag[0] if tag[1].lower() in _VOID else b"<%b%b></%b>" % (tag[1], tag[2], tag[1])


def _escape(section: re.Match[bytes]) -> bytes:
    return escape(section[1].decode("utf-8", "replace"), quote=False).encode()
