"""SVG and MathML inside of HTML: which of their text is shown.

Of SVG it is what stands in `<text>` and `<foreignObject>`; of MathML it is the token elements, each a block of its own.
"""

from enum import Enum, auto

from selectolax.lexbor import LexborNode

from job_tasks.pages.display import Display
from job_tasks.pages.separators import mark_drawing


class _Within(Enum):
    """Where in foreign content an element stands, and so whether text directly inside of it is shown."""

    SVG = auto()
    SVG_TEXT = auto()
    MATH = auto()
    MATH_TOKEN = auto()


_SHOWN = frozenset({_Within.SVG_TEXT, _Within.MATH_TOKEN})
_NEVER_SHOWN = frozenset(
    [
        *("annotation", "annotation-xml", "mphantom"),
        *("desc", "filter", "linearGradient", "metadata", "radialGradient", "title"),
    ]
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


def reduce_foreign(body: LexborNode, displays: dict[int, Display]) -> None:
    """Leaves of every `<svg>` and `<math>` in `body` the text that is shown."""
    roots = body.css("svg,math")
    if not roots:
        return
    if body.css_first("svg text,svg foreignObject,math"):
        _keep_shown(body, displays)
        return
    for svg in roots:
        mark_drawing(svg, displays)
        svg.decompose()


def _keep_shown(body: LexborNode, displays: dict[int, Display]) -> None:
    places: dict[int, _Within] = {}
    for node in list(body.traverse(include_text=True)):
        parent = node.parent
        place = None if parent is None else places.get(parent.mem_id)
        if node.is_text_node:
            if place is not None:
                _keep_text(node, place)
        elif node.tag in {"svg", "math"}:
            mark_drawing(node, displays)
            places[node.mem_id] = _Within.SVG if node.tag == "svg" else _Within.MATH
        elif place is not None and node.is_element_node:
            _keep_element(node, place, places, displays)


def _keep_text(node: LexborNode, place: _Within) -> None:
    if place not in _SHOWN:
        node.decompose()
    elif (parent := node.parent) is not None and parent.tag == "mi" and "mathvariant" not in parent.attributes:
        letter = (node.text_content or "").strip()
        if len(letter) == 1:
            node.replace_with(letter.translate(_ITALIC))


def _keep_element(node: LexborNode, place: _Within, places: dict[int, _Within], displays: dict[int, Display]) -> None:
    tag = node.tag
    if tag in _NEVER_SHOWN:
        node.decompose()
        return
    if tag in _FIRST_CHILD_ONLY:
        _keep_first_child(node)
    if tag in {"text", "foreignObject"} or place in {_Within.MATH, _Within.MATH_TOKEN}:
        displays[node.mem_id] = Display.BLOCK
    if tag == "text":
        places[node.mem_id] = _Within.SVG_TEXT
    elif tag in _TOKENS:
        places[node.mem_id] = _Within.MATH_TOKEN
    elif tag != "foreignObject":  # what stands in there is HTML again
        places[node.mem_id] = place


def _keep_first_child(node: LexborNode) -> None:
    """Of `<switch>` the first whose language may be English; the others have no such attribute."""
    chosen = False
    for child in list(node.iter()):
        language = child.attributes.get("systemLanguage") or "en"
        if chosen or not language.startswith("en"):
            child.decompose()
        else:
            chosen = True
