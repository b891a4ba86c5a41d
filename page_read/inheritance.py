"""Styles that go down to descendants: visibility, and letters turned to capitals."""

from selectolax.lexbor import LexborNode

from page_read.display import Display
from page_read.style import Style

_INITIAL = Style(visible=True, uppercase=False)
_OWN_LETTER_CASE = frozenset({"button", "input", "select", "textarea"})


def apply_inherited(styled: dict[int, tuple[LexborNode, Style]], displays: dict[int, Display]) -> None:
    """Takes out the text that is not visible, with the breaks it would have made, and turns text to capitals.

    `styled` holds every element that declares one of the two, with its style, by `mem_id` in document order.
    """
    inherited: dict[int, Style] = {}
    for root_id, (root, _) in styled.items():
        if root_id not in inherited:
            _apply_below(root, styled, inherited, displays)


def _apply_below(
    root: LexborNode,
    styled: dict[int, tuple[LexborNode, Style]],
    inherited: dict[int, Style],
    displays: dict[int, Display],
) -> None:
    for node in list(root.traverse(include_text=True)):
        parent = node.parent
        style = _INITIAL if parent is None else inherited.get(parent.mem_id, _INITIAL)
        if node.is_text_node:
            _apply_to_text(node, style)
            continue
        own = styled.get(node.mem_id)
        style = _inherit(node, own[1] if own else None, style)
        inherited[node.mem_id] = style
        if not style.visible:
            _hide(node, displays)


def _inherit(node: LexborNode, own: Style | None, parent: Style) -> Style:
    uppercase = False if node.tag in _OWN_LETTER_CASE else parent.uppercase
    if own is None:
        return parent if uppercase == parent.uppercase else Style(visible=parent.visible, uppercase=uppercase)
    return Style(
        visible=parent.visible if own.visible is None else own.visible,
        uppercase=uppercase if own.uppercase is None else own.uppercase,
    )


def _apply_to_text(text: LexborNode, style: Style) -> None:
    if not style.visible:
        text.decompose()
    elif style.uppercase:
        text.replace_with((text.text_content or "").upper())


def _hide(node: LexborNode, displays: dict[int, Display]) -> None:
    if node.tag in {"br", "select"}:
        node.decompose()
    else:
        displays[node.mem_id] = Display.CONTENTS
