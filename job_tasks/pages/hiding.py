"""Takes out what `style` attributes and a browser's own style sheet hide."""

from selectolax.lexbor import LexborNode

from job_tasks.pages.display import Display
from job_tasks.pages.elements import DRAWN, HIDDEN, NOT_TEXT, default_display
from job_tasks.pages.separators import mark_drawing
from job_tasks.pages.style import Style, parse_style

_ALIGNABLE = ("img", "iframe", "object", "input")
_SIDES = ("left", "right")  # an `align` that makes these float
_ALIGNED = [f"{tag}[align={side} i]" for tag in _ALIGNABLE for side in _SIDES]
_SVG = ["[visibility=hidden i]", *(f"{tag}[display=none i]" for tag in ("svg", "text", "tspan"))]
_STYLED = ",".join(["[style]", "[hidden]", "[popover]", "dialog", *_ALIGNED, *_SVG])
_UNSHOWN = ",".join((*HIDDEN, *NOT_TEXT, *DRAWN))
# Elements of SVG that no `display` takes out of `innerText`.
_SVG_CONTAINERS = frozenset({"clipPath", "defs", "g", "marker", "mask", "pattern", "switch", "symbol"})
_FLEXES = frozenset({Display.FLEX, Display.ATOMIC_FLEX})
_IN_LINE = frozenset({Display.INLINE, Display.CONTENTS})


def apply_styles(body: LexborNode) -> tuple[dict[int, Display], list[tuple[LexborNode, Style]]]:
    """Takes out what a style hides.

    Gives the display of every other element that a style, its own or its parent's, changes, by `mem_id`; and the
    elements with a style that goes down to their descendants.
    """
    displays: dict[int, Display] = {}
    flex_items: set[int] = set()
    inherited: list[tuple[LexborNode, Style]] = []
    for node in body.css(_STYLED):
        style = parse_style(_style_attribute(node))
        display = _display(node, style, displays)
        if style.out_of_flow or node.mem_id in flex_items or _is_out_of_flow(node):
            display = display.blockified()
        if node.mem_id != body.mem_id and _hides(node, style, display):
            node.decompose()
            continue
        displays[node.mem_id] = display
        if display in _FLEXES:
            _blockify_items(node, displays, flex_items)
        if style.visible is not None or style.uppercase is not None:
            inherited.append((node, style))
    return displays, inherited


def _style_attribute(node: LexborNode) -> str:
    """The style, with SVG's attributes that stand for properties before it."""
    attributes = node.attributes
    style = attributes.get("style") or ""
    for name in ("visibility", "display"):
        if (value := attributes.get(name)) and node.tag != "math":
            style = f"{name}:{value};{style}"
    return style


def _display(node: LexborNode, style: Style, displays: dict[int, Display]) -> Display:
    display = style.display
    if display is None or display is Display.REVERT:
        return default_display(node)
    if node.tag in _SVG_CONTAINERS:
        return Display.INLINE
    if display is Display.INHERIT:
        parent = node.parent
        return Display.INLINE if parent is None else displays.get(parent.mem_id) or default_display(parent)
    if display is Display.INLINE and node.tag == "button":
        return Display.ATOMIC
    return Display.INLINE if display is Display.UNSET else display


def _is_out_of_flow(node: LexborNode) -> bool:
    """By the browser's own style sheet."""
    attributes = node.attributes
    floats = node.tag in _ALIGNABLE and (attributes.get("align") or "").lower() in _SIDES
    return floats or node.tag == "dialog" or "popover" in attributes


def _hides(node: LexborNode, style: Style, display: Display) -> bool:
    contents_hidden = style.contents_hidden or (node.attributes.get("hidden") or "").lower() == "until-found"
    return display is Display.NONE or (contents_hidden and display not in _IN_LINE)


def _blockify_items(container: LexborNode, displays: dict[int, Display], flex_items: set[int]) -> None:
    for child in container.iter():
        if child.is_element_node and child.tag != "wbr":
            flex_items.add(child.mem_id)
            displays[child.mem_id] = default_display(child).blockified()


def hide_unshown(body: LexborNode, displays: dict[int, Display]) -> None:
    """Takes out the elements whose content is never text, and those a browser hides unless a style shows them."""
    for node in body.css(_UNSHOWN):
        if node.tag in DRAWN:
            mark_drawing(node, displays)
        elif node.mem_id in displays and node.tag not in NOT_TEXT:
            continue
        node.decompose()
