"""Styles that go down to descendants: visibility, and letters turned to capitals."""

from selectolax.lexbor import LexborNode

from job_tasks.pages.display import Display
from job_tasks.pages.style import Style

_OWN_LETTER_CASE = frozenset({"button", "input", "select", "textarea"})


def apply_inherited(styled: list[tuple[LexborNode, Style]], displays: dict[int, Display]) -> None:
    """Takes out the text that is not visible, with the breaks it would have made, and turns text to capitals.

    `styled` holds every element that declares one of the two, with its style, in document order.
    """
    visible = {node.mem_id: style.visible for node, style in styled if style.visible is not None}
    uppercase = {node.mem_id: style.uppercase for node, style in styled if style.uppercase is not None}
    for node, style in styled:
        if style.visible is False:
            _hide(node, visible, displays)
        if style.uppercase:
            _turn_to_capitals(node, uppercase)


def _hide(root: LexborNode, visible: dict[int, bool], displays: dict[int, Display]) -> None:
    for node in _heirs(root, visible, frozenset()):
        if node.is_text_node or node.tag in {"br", "select"}:
            node.decompose()
        else:
            displays[node.mem_id] = Display.CONTENTS


def _turn_to_capitals(root: LexborNode, uppercase: dict[int, bool]) -> None:
    for node in _heirs(root, uppercase, _OWN_LETTER_CASE):
        if node.is_text_node:
            node.replace_with((node.text_content or "").upper())


def _heirs(root: LexborNode, declared: dict[int, bool], apart: frozenset[str]) -> list[LexborNode]:
    """`root` and the nodes below it that take its value, as they declare none of their own."""
    heirs, ids = [root], {root.mem_id}
    for node in root.traverse(include_text=True):
        parent = node.parent
        if parent is not None and parent.mem_id in ids and node.mem_id not in declared and node.tag not in apart:
            heirs.append(node)
            ids.add(node.mem_id)
    return heirs
