"""Media types: which content types are text whose words can be counted, and which charset they name."""

import re
from typing import Literal

from page_read.errors import NotText

Form = Literal["html", "xhtml", "plain"]

_FORMS: dict[str, Form] = {"text/html": "html", "application/xhtml+xml": "xhtml", "text/plain": "plain"}
_UNKNOWN = frozenset({"", "unknown/unknown", "application/unknown"})
_END_OF_NAME = re.compile(r"[\s;(]")
_QUOTED = re.compile(r'"[^"]*"')
_CHARSET = re.compile(r"""(?<![^\s;,])charset\s*=\s*(?:"([^"]*)"|([^\s;,"]+))""", re.IGNORECASE)
_MAX_SHOWN = 100
# The first bytes that identify a resource as HTML (MIME Sniffing standard, section 7.1).
_HTML_START = re.compile(
    rb"(?:\xef\xbb\xbf)?[\t\n\x0c\r ]*<(?:!--|\?xml|"
    rb"(?:!DOCTYPE HTML|HTML|HEAD|SCRIPT|IFRAME|H1|DIV|FONT|TABLE|A|STYLE|TITLE|B|BODY|BR|P)[ >])",
    re.IGNORECASE,
)
# The same standard's "binary data byte" and "resource header"; after a byte order mark, all is text.
_BINARY = re.compile(rb"[\x00-\x08\x0b\x0e-\x1a\x1c-\x1f]")
_DOCUMENTS = (b"%PDF-", b"%!PS-Adobe-")  # which may hold none of these bytes for long
_SNIFFED_BYTES = 1_445
_BYTE_ORDER_MARKS = (b"\xef\xbb\xbf", b"\xfe\xff", b"\xff\xfe")


def parse_content_type(content_type: str | None, body: bytes) -> tuple[Form, str | None]:
    """The form of a resource by its `Content-Type` (RFC 9110, section 8.3), and the label of its charset, if any.

    Without a type, a body that begins like HTML is HTML, and any other text is plain. Raises NotText for a type whose
    words are not counted, and for a binary body without a type.
    """
    names, _, parameters = (content_type or "").partition(";")
    label = _find_label(parameters) if "/" in names else None
    return _form_of(content_type) or _sniffed(body), label


def check_content_type(content_type: str | None) -> None:
    """Raise NotText for a type whose words are not counted. None passes: the body will show what it is."""
    _form_of(content_type)


def _form_of(content_type: str | None) -> Form | None:
    """None if there is no type, or one that says nothing, which browsers take for none (MIME Sniffing, section 7)."""
    # Some servers send a type twice, in a list, or omit the semicolon after it; the last that is one counts.
    parts = _QUOTED.sub("", content_type or "").split(",")
    names = [_END_OF_NAME.split(part.lstrip(), maxsplit=1)[0].lower() for part in parts]
    *_, name = ["", *(name for name in names if "/" in name and name != "*/*")]
    if name in _UNKNOWN:
        return None
    if name not in _FORMS:
        raise NotText(f"The page is {name[:_MAX_SHOWN]!r}. Only HTML and plain text are counted.")
    return _FORMS[name]


def _sniffed(body: bytes) -> Form:
    if _HTML_START.match(body):
        return "html"
    is_binary = _BINARY.search(body[:_SNIFFED_BYTES]) or body.startswith(_DOCUMENTS)
    if is_binary and not body.startswith(_BYTE_ORDER_MARKS):
        raise NotText("The page has no content type and is not text.")
    return "plain"


def _find_label(parameters: str) -> str | None:
    """The label of the charset in the parameters of a content type, if they name one."""
    found = _CHARSET.search(parameters)
    return (found[1] or found[2]) if found else None
