"""Media types: which content types are text whose words can be counted, and which charset they name."""

import re
from dataclasses import dataclass
from typing import Literal

from page_read.errors import NotText

Form = Literal["html", "xhtml", "plain"]

_FORMS: dict[str, Form] = {"text/html": "html", "application/xhtml+xml": "xhtml", "text/plain": "plain"}
_CHARSET = re.compile(r""";\s*charset\s*=\s*(?:"([^"]*)"|([^\s;,"]+))""", re.IGNORECASE)
_END_OF_NAME = re.compile(r"[\s;,]")
_SHOWN = 100
# The first bytes by which a resource is known as HTML (MIME Sniffing, section 7.1).
_HTML_START = re.compile(
    rb"(?:\xef\xbb\xbf)?[\t\n\x0c\r ]*<(?:!--|\?xml|"
    rb"(?:!DOCTYPE HTML|HTML|HEAD|SCRIPT|IFRAME|H1|DIV|FONT|TABLE|A|STYLE|TITLE|B|BODY|BR|P)[ >])",
    re.IGNORECASE,
)
# MIME Sniffing standard, "binary data byte" and the resource header; byte order marks say text whatever follows.
_BINARY = re.compile(rb"[\x00-\x08\x0b\x0e-\x1a\x1c-\x1f]")
_SNIFFED_BYTES = 1_445
_BYTE_ORDER_MARKS = (b"\xef\xbb\xbf", b"\xfe\xff", b"\xff\xfe")


@dataclass(frozen=True, kw_only=True)
class ContentType:
    """What a resource was served as: its form and the label of its charset, if it names one."""

    form: Form
    charset_label: str | None


def parse_content_type(content_type: str | None, body: bytes) -> ContentType:
    """The meaning of a `Content-Type` header (RFC 9110, section 8.3).

    A missing one is sniffed from the body: HTML if it begins as HTML does, else plain text. Raises NotText for a type
    whose words are not counted, and for binary content without a type.
    """
    if content_type is None or not content_type.strip():
        _check_text(body)
        return ContentType(form="html" if _HTML_START.match(body) else "plain", charset_label=None)
    form = form_of(content_type)
    match = _CHARSET.search(content_type)
    return ContentType(form=form, charset_label=(match[1] or match[2]) if match else None)


def check_content_type(content_type: str | None) -> None:
    """Raise NotText for a type whose words are not counted. A missing one passes: the body will show what it is."""
    if content_type is not None:
        form_of(content_type)


def _check_text(body: bytes) -> None:
    """MIME Sniffing standard, section 7.1."""
    if not body.startswith(_BYTE_ORDER_MARKS) and _BINARY.search(body[:_SNIFFED_BYTES]):
        raise NotText("The page has no content type and is not text.")


def form_of(content_type: str) -> Form:
    """The form of what is served as `content_type`. Raises NotText, with the type's name, for what is not counted.

    Some servers send a type twice, in a list, or forget the semicolon behind it. Its name is read all the same, from
    the first of a list.
    """
    name = _END_OF_NAME.split(content_type.lstrip(), maxsplit=1)[0].lower()
    if name not in _FORMS:
        shown = repr(name[:_SHOWN]) if name else "of no type"
        raise NotText(f"The page is {shown}. Only HTML and plain text are counted.")
    return _FORMS[name]
