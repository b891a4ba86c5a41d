"""The text that a browser shows of a page.

The HTML standard's parser builds a tree; then it is edited until the text of its nodes is what Chromium's `innerText`
gives, as far as words go: what is not shown is taken out, and separators are put in where the text breaks.
"""

from dataclasses import dataclass

from selectolax.lexbor import LexborDocumentOptions, LexborHTMLParser

from job_tasks.pages.controls import close_details, distribute_slots, list_options
from job_tasks.pages.foreign import reduce_foreign
from job_tasks.pages.hiding import apply_styles, hide_unshown
from job_tasks.pages.inheritance import apply_inherited
from job_tasks.pages.separators import separated_text


@dataclass(frozen=True, kw_only=True)
class VisibleText:
    """What a person reads on a page, and the language the page says it is in (a BCP 47 tag), if it does."""

    text: str
    language: str | None


def visible_text(html: str) -> VisibleText:
    """What Chromium's `innerText` gives for the page's body, as far as its words go; white space is not collapsed."""
    options = LexborDocumentOptions.WO_EVENTS.value
    tree = LexborHTMLParser(html.encode("utf-8", "replace"), options=options, scripting=True)
    language = (tree.root.attributes.get("lang") if tree.root else None) or None
    body = tree.body
    if body is None:  # a frameset
        return VisibleText(text="", language=language)
    distribute_slots(body)
    list_options(body)
    displays, inherited = apply_styles(body)
    reduce_foreign(body, displays)
    hide_unshown(body, displays)
    close_details(body)
    apply_inherited(inherited, displays)
    return VisibleText(text=separated_text(body, displays), language=language)
