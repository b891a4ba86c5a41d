"""Applies the `style` attributes of a page, and the attributes that work like one, to its tree."""

from collections.abc import Mapping

from selectolax.lexbor import LexborNode

from page_read.display import DRAWN, FOREIGN, Display, Style, default_display, parse_style

_SELECTOR = "[style],[hidden],[popover],[align]"
_CHANGING = frozenset({"hidden", "popover", "align"})
_OWN_LETTER_CASE = frozenset({"button", "input", "option", "select", "textarea"})
# Whatever their style.
_NEVER_SHOWN = frozenset({"noembed", "noscript"})
# Gone if their display is `contents` (CSS Display 3, appendix B).
_UNUSUAL = DRAWN | {"embed", "math", "object", "option", "select", "svg"}
_INLINE_BOXES = DRAWN | FOREIGN | {"select"}
_UNSTYLED = Style()


def apply_styles(body: LexborNode) -> dict[int, Display]:
    """Removes hidden text from the tree below `body`. Returns displays that differ from the default, by `mem_id`."""
    styling = _Styling(body)
    for node in body.css(_SELECTOR):
        styling.apply(node, node.attributes)
    styling.apply_inherited()
    return styling.displays


class _Styling:
    def __init__(self, root: LexborNode) -> None:
        self._root_id = root.mem_id
        self._flex_items: set[int] = set()
        self._parsed: dict[str, Style] = {"": _UNSTYLED}
        self._inheriting: dict[int, tuple[LexborNode, Style]] = {}  # elements with a style that descendants inherit
        self.displays: dict[int, Display] = {}

    def apply(self, node: LexborNode, attributes: Mapping[str, str | None]) -> None:
        node_id = node.mem_id
        style = self._parse(attributes.get("style") or "")
        if style == _UNSTYLED and node_id not in self._flex_items and not _CHANGING.intersection(attributes):
            return
        tag = node.tag or ""
        display = self._display(node_id, tag, attributes, style)
        if _hides(tag, attributes, style, display) and node_id != self._root_id:
            if not _is_listed_option(node):
                node.decompose()
            return
        if display is default_display(tag, {}):
            self.displays.pop(node_id, None)
        else:
            self.displays[node_id] = display
        is_within_flex = display is Display.CONTENTS and node_id in self._flex_items
        if display in {Display.FLEX, Display.ATOMIC_FLEX} or is_within_flex:
            self._blockify_items(node)
        if style.visible is not None or style.uppercase is not None:
            self._inheriting[node_id] = (node, style)

    def _parse(self, style: str) -> Style:
        if style not in self._parsed:
            self._parsed[style] = parse_style(style)
        return self._parsed[style]

    def _display(self, node_id: int, tag: str, attributes: Mapping[str, str | None], style: Style) -> Display:
        if tag in _NEVER_SHOWN or (tag == "audio" and "controls" not in attributes):
            return Display.NONE
        display = style.display or default_display(tag, attributes)
        if display is Display.CONTENTS and tag in _UNUSUAL:
            return Display.NONE
        if tag == "button" and display in {Display.INLINE, Display.TABLE_PART}:
            display = Display.ATOMIC
        is_popup = tag == "dialog" or ("popover" in attributes and tag not in FOREIGN)
        if style.out_of_flow or is_popup or tag == "legend" or node_id in self._flex_items:
            display = display.blockified()
        return display

    def _blockify_items(self, container: LexborNode) -> None:
        for item in container.iter():
            if item.is_element_node and item.tag not in {"br", "wbr"}:
                self._flex_items.add(item.mem_id)
                display = default_display(item.tag or "", item.attributes).blockified()
                if display is not Display.NONE:
                    self.displays[item.mem_id] = display

    def apply_inherited(self) -> None:
        """Removes text that is not visible, with the breaks it would have made, and turns text to capitals."""
        inherited: dict[int, tuple[bool, bool]] = {}  # whether text is visible, and in capitals
        for root_id, (root, _) in self._inheriting.items():
            if root_id not in inherited:
                for node in list(root.traverse(include_text=True)):
                    self._inherit(node, inherited)

    def _inherit(self, node: LexborNode, inherited: dict[int, tuple[bool, bool]]) -> None:
        parent = node.parent
        visible, uppercase = inherited.get(parent.mem_id if parent else 0, (True, False))
        if node.is_text_node:
            if not visible:
                node.decompose()
            elif uppercase:
                node.replace_with((node.text_content or "").upper())
            return
        _, own = self._inheriting.get(node.mem_id, (node, _UNSTYLED))
        visible = visible if own.visible is None else own.visible
        uppercase = (uppercase and node.tag not in _OWN_LETTER_CASE) if own.uppercase is None else own.uppercase
        inherited[node.mem_id] = visible, uppercase
        if not visible:
            self.displays[node.mem_id] = Display.CONTENTS
            if node.tag in {"br", "select"}:
                node.decompose()


def _hides(tag: str, attributes: Mapping[str, str | None], style: Style, display: Display) -> bool:
    if display is Display.NONE:
        return True
    has_contents = display not in {Display.INLINE, Display.CONTENTS} or tag in _INLINE_BOXES
    until_found = (attributes.get("hidden") or "").lower() == "until-found" and tag not in FOREIGN
    return has_contents and (style.contents_hidden or until_found)


def _is_listed_option(node: LexborNode) -> bool:
    """Whether a `<select>` lists it: Chromium lists hidden options as well."""
    parent = node.parent
    return node.tag in {"option", "optgroup"} and parent is not None and parent.tag in {"select", "optgroup"}
