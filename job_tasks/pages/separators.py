"""Puts separators into a tree where its text breaks, and reads the text off."""

import re

from selectolax.lexbor import LexborNode

from job_tasks.pages.display import Display
from job_tasks.pages.elements import ATOMICS, BLOCKS, TABLE_PARTS

# An HTML parser never leaves U+0000 in text, so marks that begin with it cannot be met on a page.
LINE = "\v"
_DRAWING = "\0="  # an image or the like: content of its line, but no text
_OPEN = "\0<"
_CLOSE = "\0>"
_MARK = re.compile("\0<[ \t\n\r\f]*|[ \t\n\r\f]*\0>|\0=")

_ON_OWN_LINES = frozenset({Display.BLOCK, Display.FLEX})
_SEPARATING = BLOCKS | TABLE_PARTS | ATOMICS | {"br", "img", "input"}


def mark_drawing(node: LexborNode, displays: dict[int, Display]) -> None:
    """Notes before a node that it draws something, for the time when its content is gone."""
    node.insert_before(LINE if displays.get(node.mem_id) in _ON_OWN_LINES else _DRAWING)


def separated_text(body: LexborNode, displays: dict[int, Display]) -> str:
    """The text of `body`, in which elements that stand on lines of their own are set apart.

    White space at the inner edges of atomic inlines, like buttons, is dropped, as it is where lines begin and end.
    """
    for node in [node for node in body.traverse() if node.tag in _SEPARATING or node.mem_id in displays]:
        tag = node.tag or ""
        _separate(node, tag, displays.get(node.mem_id) or _default(tag), displays)
    text = body.text()
    return _MARK.sub("", text) if "\0" in text else text


def _default(tag: str) -> Display:
    if tag in BLOCKS:
        return Display.BLOCK
    if tag in TABLE_PARTS:
        return Display.TABLE_PART
    return Display.ATOMIC if tag in ATOMICS else Display.INLINE


def _separate(node: LexborNode, tag: str, display: Display, displays: dict[int, Display]) -> None:
    if tag == "br":
        node.insert_before(LINE)
    elif display in _ON_OWN_LINES or (tag == "p" and display is not Display.CONTENTS):
        _surround(node, LINE, LINE)
    elif tag in {"img", "input"}:
        node.insert_before(_DRAWING)
    elif display is Display.TABLE_PART and tag in TABLE_PARTS:
        if node.prev is not None:
            node.insert_before(LINE)
    elif display in {Display.ATOMIC, Display.ATOMIC_FLEX, Display.TABLE_PART}:
        _surround(node, _OPEN, _CLOSE)
        if display is Display.TABLE_PART and _follows_table_part(node, displays):
            node.insert_before(LINE)


def _surround(node: LexborNode, before: str, after: str) -> None:
    node.insert_before(before)
    node.insert_after(after)


def _follows_table_part(node: LexborNode, displays: dict[int, Display]) -> bool:
    """Whether a table part comes before, with nothing but white space and marks in between."""
    sibling = node.prev
    while sibling is not None and sibling.is_text_node and not (sibling.text_content or "").strip(" \t\n\r\f\v\0<>"):
        sibling = sibling.prev
    return sibling is not None and displays.get(sibling.mem_id) is Display.TABLE_PART
