"""SVG and MathML inside of HTML: which of their text is shown.

Of SVG it is what stands in `<text>` and `<foreignObject>`; of MathML it is the token elements, each a block of its own.
"""

from enum import Enum, auto

from selectolax.lexbor import LexborNode

from page_read.display import Display


class Place(Enum):
    """Where in foreign content an element stands, and so whether text directly inside of it is shown."""

    SVG = auto()
    SVG_TEXT = auto()
    MATH = auto()
    MATH_TOKEN = auto()


_SHOWN = frozenset({Place.SVG_TEXT, Place.MATH_TOKEN})
_NEVER_SHOWN = frozenset(
    "annotation annotation-xml mphantom desc filter linearGradient metadata radialGradient title".split()
)
_FIRST_CHILD_ONLY = frozenset({"maction", "semantics", "switch"})
_TOKENS = frozenset({"mi", "mn", "mo", "ms", "mtext", "mtd"})

# `<mi>` with one letter is shown in italics (MathML Core, section 3.2.1.1), which are characters of their own.
_ITALIC = (
    {ord("A") + offset: 0x1D434 + offset for offset in range(26)}
    | {ord("a") + offset: 0x1D44E + offset for offset in range(26)}
    | {ord("h"): 0x210E}
    | {0x391 + offset: 0x1D6E2 + offset for offset in range(25)}
    | {0x3B1 + offset: 0x1D6FC + offset for offset in range(25)}
)


def reduce_foreign(root: LexborNode, displays: dict[int, Display], places: dict[int, Place]) -> None:
    """Leaves below an `<svg>` or `<math>` the text that is shown, and notes what is a block.

    `places` remembers by `mem_id` what was seen, so that roots inside of others are not reduced again.
    """
    if root.mem_id in places:
        return
    for node in list(root.traverse(include_text=True)):
        parent = node.parent
        place = None if parent is None else places.get(parent.mem_id)
        if node.is_text_node:
            if place is not None:
                _keep_text(node, place)
        elif node.tag in {"svg", "math"}:
            places[node.mem_id] = Place.SVG if node.tag == "svg" else Place.MATH
        elif place is not None and node.is_element_node:
            _keep_element(node, place, places, displays)


def _keep_text(node: LexborNode, place: Place) -> None:
    if place not in _SHOWN:
        node.decompose()
    elif (parent := node.parent) is not None and parent.tag == "mi" and "mathvariant" not in parent.attributes:
        letter = node.text_content or ""
        if len(letter) == 1:
            node.replace_with(letter.translate(_ITALIC))


def _keep_element(node: LexborNode, place: Place, places: dict[int, Place], displays: dict[int, Display]) -> None:
    tag = node.tag
    if tag in _NEVER_SHOWN or is_hidden_svg(node):
        node.decompose()
        return
    if tag in _FIRST_CHILD_ONLY:
        _keep_first_child(node)
    is_block = tag in {"text", "foreignObject"} or place in {Place.MATH, Place.MATH_TOKEN}
    if is_block and displays.get(node.mem_id) is not Display.CONTENTS:  # which it is where it is not visible
        displays[node.mem_id] = Display.BLOCK
    if tag == "text":
        places[node.mem_id] = Place.SVG_TEXT
    elif tag in _TOKENS:
        places[node.mem_id] = Place.MATH_TOKEN
    elif tag != "foreignObject":  # what stands in there is HTML again
        places[node.mem_id] = place


def is_hidden_svg(node: LexborNode) -> bool:
    """By SVG's attributes that stand for properties; no `display` takes a container out of `innerText`."""
    attributes = node.attributes
    hidden = (attributes.get("visibility") or "").lower() == "hidden"
    return hidden or (node.tag in {"svg", "text", "tspan"} and (attributes.get("display") or "").lower() == "none")


def _keep_first_child(node: LexborNode) -> None:
    """Of `<switch>` the first whose language may be English; the others have no such attribute."""
    chosen = False
    for child in list(node.iter()):
        language = child.attributes.get("systemLanguage") or "en"
        if chosen or not language.startswith("en"):
            child.decompose()
        else:
            chosen = True
