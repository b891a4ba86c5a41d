"""Reads the text off a tree, in one walk: breaks lines where elements do, and leaves out what is not shown.

The walk goes from node to node in document order and hears nothing of an element's end. It need not: an end matters
only if text follows at once, and then the two texts stand in different blocks.
"""

from io import StringIO
from typing import Final

from selectolax.lexbor import LexborHTMLParser, LexborNode

from page_read.display import Display
from page_read.elements import ATOMICS, BLOCKS, DRAWN, HIDDEN, NOT_TEXT, TABLE_PARTS
from page_read.foreign import Place, is_hidden_svg, reduce_foreign
from page_read.pruning import close_details, distribute_slots, empty, is_picture

_WHITE: Final = frozenset(" \t\n\r\f\v")
_COLLAPSIBLE: Final = " \t\n\r\f"
_LINE: Final = "\v"
# An HTML parser never leaves U+0000 in text, so marks that begin with it cannot be met on a page.
_DRAWING: Final = "\0="
_OPEN: Final = "\0<"
_CLOSE: Final = "\0>"

_ON_OWN_LINES: Final = frozenset({Display.BLOCK, Display.FLEX})
_ATOMIC: Final = frozenset({Display.ATOMIC, Display.ATOMIC_FLEX, Display.TABLE_PART})
_SHADOW_MODES: Final = frozenset({"open", "closed"})


def _tag_ids(*tags: str) -> dict[int, str]:
    """The parser's numbers of tags, which are quicker to ask for than their names. It must know them all."""
    tree = LexborHTMLParser("")
    return {tree.create_node(tag).tag_id: tag for tag in tags}


_TEXT: Final = next(iter(LexborHTMLParser("x").css("body"))).first_child.tag_id  # type: ignore[union-attr] # it has one
_BREAKING: Final = _tag_ids(*BLOCKS, "br").keys() - _tag_ids("details", "dialog", "option").keys()
_WITH_CONTENT_OF_ITS_OWN: Final = frozenset({*DRAWN, "math", "object", "option", "select", "svg"})
_BLOCK_IDS: Final = _tag_ids(*BLOCKS, *TABLE_PARTS).keys()


def read_text(body: LexborNode, displays: dict[int, Display]) -> str:
    """The text below `body`; `displays` holds what differs from the elements' default, by `mem_id`."""
    return _Reader(displays).read(body)


class _Reader:
    def __init__(self, displays: dict[int, Display]) -> None:
        self._displays = displays
        self._places: dict[int, Place] = {}
        self._blocks: dict[int, int] = {}
        self._text = StringIO()
        self._add = self._text.write

    def read(self, body: LexborNode) -> str:
        displays, add = self._displays, self._add
        last: LexborNode | None = None  # the last text, if no line has been broken since
        since = body  # that text, or what was read after it
        glued = False  # whether no white space ends what was read last
        for node in body.traverse(include_text=True, skip_empty=True):
            tag_id = node.tag_id
            if tag_id == _TEXT:
                text = node.text_content or ""
                if last is not None and (glued or text == _CLOSE) and text[:1] not in _WHITE:
                    self._part(last, since, node)
                add(text)
                glued = text[-1:] not in _WHITE
                last = since = node
            elif tag_id in _BREAKING and not (displays and node.mem_id in displays):
                add(_LINE)
                last = None
            elif tag_id in _SPECIAL or (displays and node.mem_id in displays):
                if last is not None and glued and _is_blank_between(since, node):
                    add(" ")
                self._read_element(node, tag_id)
                since, glued = node, True
        return _without_marks(self._text.getvalue())

    def _part(self, last: LexborNode, since: LexborNode, text: LexborNode) -> None:
        """Parts two texts by the white space between them, and by a line if a block has ended there.

        Where a block has begun, the line is broken already.
        """
        blank = _is_blank_between(since, text)
        if blank:
            self._add(" ")
        if (not blank or text.text_content == _CLOSE) and self._block(last) != self._block(text):
            self._add(_LINE)

    def _read_element(self, node: LexborNode, tag_id: int) -> None:
        if self._displays and node.mem_id in self._displays:
            self._read_styled(node)
        else:
            _SPECIAL[tag_id](self, node)

    def _block(self, node: LexborNode) -> int:
        """The `mem_id` of the block in which a text stands. Remembered for each parent, for nesting may be deep."""
        passed: list[int] = []
        block = 0
        parent = node.parent
        while parent is not None:
            known = self._blocks.get(parent.mem_id)
            if known is not None or self._is_block(parent):
                block = known or parent.mem_id
                break
            passed.append(parent.mem_id)
            parent = parent.parent
        self._blocks.update(dict.fromkeys(passed, block))
        return block

    def _is_block(self, node: LexborNode) -> bool:
        display = self._displays.get(node.mem_id) if self._displays else None
        if display is None:
            return node.tag_id in _BLOCK_IDS
        return display in _ON_OWN_LINES or (node.tag == "p" and display is not Display.CONTENTS)

    def _read_styled(self, node: LexborNode) -> None:
        tag, display = node.tag or "", self._displays[node.mem_id]
        if tag in NOT_TEXT:
            empty(node)
        elif tag == "br" or self._is_block(node):
            self._add(_LINE)
        elif display in _ATOMIC:
            if display is Display.TABLE_PART and self._follows_table_part(node):
                self._add(_LINE)
            self._add(_OPEN)
            node.insert_after(_CLOSE)
        if tag == "details":
            close_details(node)
        elif tag in _WITH_CONTENT_OF_ITS_OWN:
            _SPECIAL_BY_TAG[tag](self, node)

    def _follows_table_part(self, node: LexborNode) -> bool:
        """Whether a table part comes before, with nothing but white space in between."""
        sibling = node.prev
        while sibling is not None and sibling.is_text_node and not (sibling.text_content or "").strip("\0> \t\n\r\f"):
            sibling = sibling.prev
        return sibling is not None and self._displays.get(sibling.mem_id) is Display.TABLE_PART

    def read_table_part(self, node: LexborNode) -> None:
        if node.prev is not None:
            self._add(_LINE)

    def read_atomic(self, node: LexborNode) -> None:
        self._add(_OPEN)
        node.insert_after(_CLOSE)

    def read_details(self, details: LexborNode) -> None:
        self._add(_LINE)
        close_details(details)

    def leave_out(self, node: LexborNode) -> None:
        empty(node)

    def read_template(self, template: LexborNode) -> None:
        if (template.attributes.get("shadowrootmode") or "").lower() in _SHADOW_MODES:
            distribute_slots(template)
        empty(template)

    def read_drawn(self, node: LexborNode) -> None:
        self._add(_DRAWING)
        empty(node)

    def read_audio(self, audio: LexborNode) -> None:
        if "controls" in audio.attributes:
            self._add(_DRAWING)
        empty(audio)

    def read_input(self, field: LexborNode) -> None:
        if (field.attributes.get("type") or "").lower() != "hidden":
            self._add(_DRAWING)
        empty(field)

    def read_dialog(self, dialog: LexborNode) -> None:
        if "open" in dialog.attributes:
            self._add(_LINE)
        else:
            empty(dialog)

    def read_object(self, node: LexborNode) -> None:
        if (node.attributes.get("type") or "").lower() in _IMAGES:
            empty(node)

    def read_select(self, select: LexborNode) -> None:
        """The text of every option on a line of its own; hidden ones too, as Chromium has it."""
        options = select.css("option,optgroup")
        for option in options:
            if option.tag == "option":
                self.read_option(option)
            else:
                self._add(_LINE)
        if not options:
            self._add(_DRAWING)
        empty(select)

    def read_option(self, option: LexborNode) -> None:
        """All its text, whatever its elements are, but for scripts."""
        for script in option.css("script"):
            script.decompose()
        self._add(f"{_LINE}{option.text()}{_LINE}")
        empty(option)

    def read_foreign(self, root: LexborNode) -> None:
        self._add(_DRAWING)
        is_outer_svg = root.tag == "svg" and root.mem_id not in self._places
        if (is_outer_svg and is_picture(root)) or is_hidden_svg(root):
            empty(root)
        else:
            reduce_foreign(root, self._displays, self._places)


_IMAGES: Final = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp", "image/bmp", "image/avif"})


_SPECIAL_BY_TAG: Final = {
    **dict.fromkeys(TABLE_PARTS, _Reader.read_table_part),
    **dict.fromkeys(ATOMICS, _Reader.read_atomic),
    **dict.fromkeys((*HIDDEN, *NOT_TEXT), _Reader.leave_out),
    **dict.fromkeys(DRAWN, _Reader.read_drawn),
    "audio": _Reader.read_audio,
    "details": _Reader.read_details,
    "dialog": _Reader.read_dialog,
    "input": _Reader.read_input,
    "math": _Reader.read_foreign,
    "object": _Reader.read_object,
    "option": _Reader.read_option,
    "select": _Reader.read_select,
    "svg": _Reader.read_foreign,
    "template": _Reader.read_template,
}
_SPECIAL: Final = {tag_id: _SPECIAL_BY_TAG[tag] for tag_id, tag in _tag_ids(*_SPECIAL_BY_TAG).items()}


def _is_blank_between(since: LexborNode, node: LexborNode) -> bool:
    """Whether a text of nothing but white space, which the walk skips, stands between two nodes."""
    start = since.mem_id
    while True:
        before = node.prev
        if before is None:
            parent = node.parent
            if parent is None or parent.mem_id == start:
                return False
            node = parent
            continue
        node = before
        while (child := node.last_child) is not None:
            node = child
        if node.is_empty_text_node:
            return True
        if node.is_text_node or node.mem_id == start:
            return False


def _without_marks(text: str) -> str:
    """`text` without white space at the inner edges of atomic inlines, and without the marks that show them."""
    if "\0" not in text:
        return text
    if _OPEN in text or _CLOSE in text:
        *closed, rest = text.split(_CLOSE)
        text = "".join([part.rstrip(_COLLAPSIBLE) + _CLOSE for part in closed]) + rest
        first, *opened = text.split(_OPEN)
        text = (first + "".join([part.lstrip(_COLLAPSIBLE) for part in opened])).replace(_CLOSE, "")
    return text.replace(_DRAWING, "")
