"""Applies the `style` attributes of a page, and the attributes that work like one, to its tree."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from selectolax.lexbor import LexborNode

from page_read.display import Display
from page_read.elements import default_display
from page_read.style import Style, parse_style

_SELECTOR = "[style],[hidden],[popover],[align]"
# Elements of SVG that no `display` takes out of `innerText`.
_SVG_CONTAINERS = frozenset({"clipPath", "defs", "g", "marker", "mask", "pattern", "switch", "symbol"})
_FLEXES = frozenset({Display.FLEX, Display.ATOMIC_FLEX})
_IN_LINE = frozenset({Display.INLINE, Display.CONTENTS})
_CHANGING = frozenset({"hidden", "popover", "align"})


@dataclass(frozen=True, kw_only=True)
class Styling:
    """What the styles of a page do: by an element's `mem_id`, its display where it is not the default one."""

    displays: dict[int, Display] = field(default_factory=dict)
    flex_items: set[int] = field(default_factory=set)
    inherited: dict[int, tuple[LexborNode, Style]] = field(default_factory=dict)  # declare what descendants inherit


def apply_styles(body: LexborNode) -> Styling:
    """Takes out of the tree below `body` what styles hide, and gives what they do to the rest."""
    styling = Styling()
    root_id = body.mem_id
    for node in body.css(_SELECTOR):
        _apply(node, node.attributes, styling, is_root=node.mem_id == root_id)
    return styling


def _apply(node: LexborNode, attributes: Mapping[str, str | None], styling: Styling, *, is_root: bool) -> None:
    style = parse_style(attributes.get("style") or "")
    if style is None and node.mem_id not in styling.flex_items and not _CHANGING.intersection(attributes):
        return
    style = style or Style()
    display = _display(node, attributes, style, styling.displays)
    if style.out_of_flow or node.mem_id in styling.flex_items:
        display = display.blockified()
    if not is_root and _hides(attributes, style, display):
        if not _is_listed_option(node):
            node.decompose()
        return
    if display is default_display(node.tag or "", {}):
        styling.displays.pop(node.mem_id, None)
    else:
        styling.displays[node.mem_id] = display
    if display in _FLEXES:
        _blockify_items(node, styling)
    if style.visible is not None or style.uppercase is not None:
        styling.inherited[node.mem_id] = (node, style)


def _display(
    node: LexborNode, attributes: Mapping[str, str | None], style: Style, displays: Mapping[int, Display]
) -> Display:
    tag, display = node.tag or "", style.display
    if display is None or display is Display.REVERT:
        return default_display(tag, attributes)
    if tag in _SVG_CONTAINERS:
        return Display.INLINE
    if display is Display.INHERIT:
        parent = node.parent
        known = None if parent is None else displays.get(parent.mem_id)
        return known or (Display.INLINE if parent is None else default_display(parent.tag or "", {}))
    if display is Display.INLINE and tag == "button":
        return Display.ATOMIC
    if tag in {"dialog", "legend"}:
        return display.blockified()
    return Display.INLINE if display is Display.UNSET else display


def _hides(attributes: Mapping[str, str | None], style: Style, display: Display) -> bool:
    contents_hidden = style.contents_hidden or (attributes.get("hidden") or "").lower() == "until-found"
    return display is Display.NONE or (contents_hidden and display not in _IN_LINE)


def _is_listed_option(node: LexborNode) -> bool:
    """Whether it is an option that a `<select>` lists; Chromium lists hidden ones too."""
    if node.tag not in {"option", "optgroup"}:
        return False
    parent = node.parent
    while parent is not None and parent.tag != "select":
        parent = parent.parent
    return parent is not None


def _blockify_items(container: LexborNode, styling: Styling) -> None:
    for item in container.iter():
        if item.is_element_node and item.tag not in {"br", "wbr"}:
            styling.flex_items.add(item.mem_id)
            styling.displays[item.mem_id] = default_display(item.tag or "", item.attributes).blockified()
