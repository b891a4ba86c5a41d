"""How each HTML element is shown without any style: Chromium's own style sheet, as far as text depends on it.

https://html.spec.whatwg.org/multipage/rendering.html
"""

from selectolax.lexbor import LexborNode

from job_tasks.pages.display import Display

BLOCKS = frozenset(
    [
        *("address", "article", "aside", "blockquote", "center", "dd", "details", "dialog", "dir", "div", "dl", "dt"),
        *("fieldset", "figcaption", "figure", "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hgroup"),
        *("hr", "legend", "li", "listing", "main", "menu", "nav", "ol", "optgroup", "option", "p", "plaintext", "pre"),
        *("search", "section", "summary", "table", "caption", "ul", "xmp"),
    ]
)
TABLE_PARTS = frozenset({"td", "th", "tr", "tbody", "thead", "tfoot"})
ATOMICS = frozenset({"button", "marquee"})
# Not shown by default; a `display` of their own shows them.
HIDDEN = (
    *("area", "audio:not([controls])", "base", "datalist", "input[type=hidden i]", "link", "meta"),
    *("object[type^='image/' i]:not([type^='image/svg' i])", "param", "rp", "script", "style", "title"),
)
# Never shown as text, whatever their style. Those that draw something count as content of their line.
NOT_TEXT = ("template", "noscript", "noembed", "noframes", "fencedframe")
DRAWN = ("audio", "canvas", "iframe", "meter", "progress", "textarea", "video")

_DEFAULTS = (
    dict.fromkeys(BLOCKS, Display.BLOCK)
    | dict.fromkeys(TABLE_PARTS, Display.TABLE_PART)
    | dict.fromkeys(ATOMICS, Display.ATOMIC)
    | dict.fromkeys((*HIDDEN, *NOT_TEXT), Display.NONE)
    | {"slot": Display.CONTENTS, "body": Display.BLOCK}
)
_DEFAULT_OF_OTHERS = Display.INLINE


def default_display(node: LexborNode) -> Display:
    """The `display` of an element without a style, by its name and its attributes `hidden`, `open` and `popover`."""
    attributes = node.attributes
    if (
        node.tag not in {"svg", "math"}
        and "hidden" in attributes
        and (attributes["hidden"] or "").lower() != "until-found"
    ):
        return Display.NONE
    if "open" not in attributes and (node.tag == "dialog" or "popover" in attributes):
        return Display.NONE
    return _DEFAULTS.get(node.tag or "", _DEFAULT_OF_OTHERS)
