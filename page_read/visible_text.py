"""The text that a browser shows of a page."""

from dataclasses import dataclass

from selectolax.lexbor import LexborDocumentOptions, LexborHTMLParser

from page_read.inheritance import apply_inherited
from page_read.markup_limits import limit_markup
from page_read.reader import read_text
from page_read.styling import apply_styles

MAX_LANGUAGE_LENGTH = 100


@dataclass(frozen=True, kw_only=True)
class VisibleText:
    """What a person reads on a page, and the language the page says it is in (a BCP 47 tag), if it does.

    What is longer than MAX_LANGUAGE_LENGTH is none; RFC 5646, section 4.4, asks for room for 35 characters.
    """

    text: str
    language: str | None


def visible_text(html: bytes) -> VisibleText:
    """What Chromium's `innerText` gives for the body of a page in UTF-8, as far as its words go.

    White space is not collapsed. Bytes that are no UTF-8 count as U+FFFD; never raises.
    """
    tree = LexborHTMLParser(limit_markup(html), options=LexborDocumentOptions.WO_EVENTS.value, scripting=True)
    language = _language(tree)
    body = tree.body
    if body is None:  # a frameset
        return VisibleText(text="", language=language)
    styling = apply_styles(body)
    apply_inherited(styling.inherited, styling.displays)
    return VisibleText(text=read_text(body, styling.displays), language=language)


def _language(tree: LexborHTMLParser) -> str | None:
    declared = tree.root.attributes.get("lang") if tree.root else None
    return declared if declared and len(declared) <= MAX_LANGUAGE_LENGTH else None
