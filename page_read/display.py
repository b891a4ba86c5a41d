"""How elements are displayed, by Chromium's own style sheet and by `style` attributes, as far as text depends on it.

https://html.spec.whatwg.org/multipage/rendering.html
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, auto


class Display(Enum):
    """How an element takes part in the text: on lines of its own, inside a line, or not at all."""

    NONE = auto()
    CONTENTS = auto()  # as if its tags were missing
    INLINE = auto()
    ATOMIC = auto()  # part of a line, but white space at its inner edges is dropped
    ATOMIC_FLEX = auto()  # the same, and its children are blocks
    BLOCK = auto()
    FLEX = auto()  # a block whose children are blocks
    TABLE_PART = auto()  # separated from its siblings only

    def blockified(self) -> "Display":
        """The display of a float, an absolutely positioned box or a flex item (CSS Display 3, section 2.7)."""
        if self in {Display.INLINE, Display.ATOMIC, Display.TABLE_PART}:
            return Display.BLOCK
        return Display.FLEX if self is Display.ATOMIC_FLEX else self


BLOCKS = frozenset(
    "address article aside blockquote body center dd details dialog dir div dl dt fieldset figcaption figure footer "
    "form h1 h2 h3 h4 h5 h6 header hgroup hr html legend li listing main menu nav ol optgroup option p plaintext pre "
    "search section summary table caption ul xmp".split()
)
TABLE_PARTS = frozenset({"td", "th", "tr", "tbody", "thead", "tfoot"})
ATOMICS = frozenset({"button", "marquee"})
# Hidden unless a style displays them.
HIDDEN = frozenset("area base datalist link meta noframes param rp script style title".split())
# Never shown as text, whatever their style.
NOT_TEXT = frozenset({"template", "noscript", "noembed"})
# Drawn: part of their line, but no text. Their content is for browsers that do not support them.
DRAWN = frozenset("audio canvas iframe img input meter progress textarea video".split())
FOREIGN = frozenset({"math", "svg"})  # to which attributes of HTML mean nothing
VOID = frozenset("area base basefont bgsound br col embed frame hr img input link meta param source track wbr".split())

_DEFAULTS = (
    dict.fromkeys(BLOCKS, Display.BLOCK)
    | dict.fromkeys(TABLE_PARTS, Display.TABLE_PART)
    | dict.fromkeys(ATOMICS, Display.ATOMIC)
    | dict.fromkeys(HIDDEN | NOT_TEXT, Display.NONE)
    | {"slot": Display.CONTENTS}
)
_FLOATS_BY_ALIGN = frozenset({"iframe", "img", "input", "object"})


def default_display(tag: str, attributes: Mapping[str, str | None]) -> Display:
    """The `display` of an element without a style, by its name and the attributes that hide, open or float it."""
    hidden = (attributes.get("hidden", "until-found") or "").lower() != "until-found" and tag not in FOREIGN
    is_popup = tag == "dialog" or ("popover" in attributes and tag not in FOREIGN)
    if hidden or (is_popup and "open" not in attributes):
        return Display.NONE
    display = _DEFAULTS.get(tag, Display.INLINE)
    floats = tag in _FLOATS_BY_ALIGN and (attributes.get("align") or "").lower() in {"left", "right"}
    return display.blockified() if floats or is_popup else display


@dataclass(frozen=True, kw_only=True)
class Style:
    """What a `style` attribute declares of the properties that change `innerText`. None: not declared."""

    display: Display | None = None
    out_of_flow: bool = False  # floating, or positioned absolutely
    visible: bool | None = None
    contents_hidden: bool = False  # `content-visibility: hidden`
    uppercase: bool | None = None


_DISPLAYS = {
    value: display
    for display, values in {
        Display.NONE: "none table-column table-column-group",
        Display.CONTENTS: "contents",
        Display.INLINE: "inline ruby ruby-text math initial unset",
        Display.ATOMIC: "inline-block inline-table -webkit-inline-box",
        Display.ATOMIC_FLEX: "inline-flex inline-grid -webkit-inline-flex",
        Display.BLOCK: "block flow-root list-item table table-caption -webkit-box",
        Display.TABLE_PART: "table-cell table-row table-row-group table-header-group table-footer-group",
        Display.FLEX: "flex grid -webkit-flex",
    }.items()
    for value in values.split()
}
_FLOATING = frozenset({"left", "right", "inline-start", "inline-end"})
_VISIBLE = {"visible": True, "initial": True, "hidden": False, "collapse": False}
_UPPERCASE = {"uppercase": True, "none": False, "lowercase": False, "capitalize": False}
_COMMENT = re.compile(r"/\*.*?(?:\*/|\Z)", re.DOTALL)


def parse_style(style: str) -> Style:
    """The meaning of a `style` attribute's value. A display that does not exist is ignored, as in a browser."""
    values: dict[str, str] = {}
    declarations = _COMMENT.sub("", style.lower()).split(";")
    for declaration in sorted(declarations, key=lambda declaration: "!" in declaration):  # `!important` ones come last
        name, _, value = declaration.partition(":")
        name, value = name.strip(), value.partition("!")[0].strip()
        if name != "display" or value in _DISPLAYS:
            values[name] = value
    return Style(
        display=_DISPLAYS.get(values.get("display", "")),
        out_of_flow=values.get("float") in _FLOATING or values.get("position") in {"absolute", "fixed"},
        visible=_VISIBLE.get(values.get("visibility", "")),
        contents_hidden=values.get("content-visibility") == "hidden",
        uppercase=_UPPERCASE.get(values.get("text-transform", "")),
    )
