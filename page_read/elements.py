"""How each HTML element is shown without any style: Chromium's own style sheet, as far as text depends on it.

https://html.spec.whatwg.org/multipage/rendering.html
"""

from collections.abc import Mapping

from page_read.display import Display

BLOCKS = tuple(
    "address article aside blockquote body center dd details dialog dir div dl dt fieldset figcaption figure footer "
    "form h1 h2 h3 h4 h5 h6 header hgroup hr html legend li listing main menu nav ol optgroup option p plaintext pre "
    "search section summary table caption ul xmp".split()
)
TABLE_PARTS = ("td", "th", "tr", "tbody", "thead", "tfoot")
ATOMICS = ("button", "marquee")
# Not shown by default; a `display` of their own shows them.
HIDDEN = ("area", "base", "datalist", "link", "meta", "param", "rp", "script", "style", "title")
# Never shown as text, whatever their style.
NOT_TEXT = ("template", "noscript", "noembed", "noframes")
# Drawn: content of their line, but no text; what stands between their tags is for browsers that do not know them.
DRAWN = ("audio", "canvas", "iframe", "img", "input", "meter", "progress", "textarea", "video")

_DEFAULTS = (
    dict.fromkeys(BLOCKS, Display.BLOCK)
    | dict.fromkeys(TABLE_PARTS, Display.TABLE_PART)
    | dict.fromkeys(ATOMICS, Display.ATOMIC)
    | dict.fromkeys((*HIDDEN, *NOT_TEXT), Display.NONE)
    | {"slot": Display.CONTENTS}
)
_FLOATS_BY_ALIGN = frozenset({"iframe", "img", "input", "object"})


def default_display(tag: str, attributes: Mapping[str, str | None]) -> Display:
    """The `display` of an element without a style, by its name and the attributes that hide or open it."""
    hidden = attributes.get("hidden", "until-found") or ""
    if hidden.lower() != "until-found" and tag not in {"svg", "math"}:
        return Display.NONE
    if "open" not in attributes and (tag == "dialog" or "popover" in attributes):
        return Display.NONE
    display = _DEFAULTS.get(tag, Display.INLINE)
    return display.blockified() if _is_out_of_flow(tag, attributes) else display


def _is_out_of_flow(tag: str, attributes: Mapping[str, str | None]) -> bool:
    floats = tag in _FLOATS_BY_ALIGN and (attributes.get("align") or "").lower() in {"left", "right"}
    return floats or tag == "dialog" or "popover" in attributes
