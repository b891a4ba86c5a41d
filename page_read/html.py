"""The text that a browser shows of an HTML page.

One walk reads it off the tree, from node to node in document order. The walk does not see where an element ends. It
need not: an end matters only if text follows at once, and then the two texts are in different blocks.
"""

import re
from html import escape
from io import StringIO
from typing import Final

from selectolax.lexbor import LexborDocumentOptions, LexborHTMLParser, LexborNode, SelectolaxError

from page_read.display import ATOMICS, BLOCKS, DRAWN, HIDDEN, NOT_TEXT, TABLE_PARTS, VOID, Display
from page_read.errors import PageTooComplex
from page_read.limits import check_markup
from page_read.styling import apply_styles

MAX_LANGUAGE_LENGTH = 100  # RFC 5646, section 4.4, asks for room for 35 characters

_SELF_CLOSED: Final = re.compile(
    rb"""<(?!(?:%b)[\s/])([a-z][^\s/>"']*)((?:[^<>"']|"[^"]*"|'[^']*')*?)/>""" % "|".join(VOID).encode(), re.IGNORECASE
)
_CDATA: Final = re.compile(rb"<!\[CDATA\[(.*?)(?:\]\]>|\Z)", re.DOTALL)
_WHITE: Final = frozenset(" \t\n\r\f\v")
_COLLAPSIBLE: Final = " \t\n\r\f"
_LINE: Final = "\v"
# An HTML parser leaves no U+0000 in text, so no page can contain marks that begin with it.
_DRAWING: Final = "\0="
_OPEN: Final = "\0<"
CLOSE: Final = "\0>"

_FOREIGN_TEXT: Final = frozenset("text foreignObject mi mn mo ms mtext mtd".split())
_FOREIGN_HIDDEN: Final = (
    frozenset("annotation annotation-xml desc filter linearGradient metadata mphantom radialGradient".split())
    | HIDDEN
    | NOT_TEXT
    | DRAWN
)
# `<mi>` with one letter is shown in italics (MathML Core, section 3.2.1.1), which are characters of their own.
_ITALIC: Final = {ord("h"): 0x210E} | {
    letter + offset: italic + offset
    for letter, italic, count in ((0x41, 0x1D434, 26), (0x61, 0x1D44E, 26), (0x391, 0x1D6E2, 25), (0x3B1, 0x1D6FC, 25))
    for offset in range(count)
    if letter + offset != ord("h")
}


def read_tree(tree: LexborHTMLParser) -> tuple[str, str | None]:
    """The text that a person reads on a page, and the language that the page declares (a BCP 47 tag), if any.

    The words are those of Chromium's `innerText` for the body; white space is not collapsed. What is not shown is taken
    out of the tree, and CLOSE stands in it where a box in a line ends.
    """
    language, body = tree.root.attributes.get("lang") if tree.root else None, tree.body
    text = _Walk(apply_styles(body)).read(body) if body else ""  # a frameset has no body
    return text, language if language and len(language) <= MAX_LANGUAGE_LENGTH else None


def parse_html(html: bytes) -> LexborHTMLParser:
    """The tree of a page in UTF-8, as a browser that runs scripts has it. Raises PageTooComplex.

    Bytes that are not UTF-8 count as U+FFFD.
    """
    check_markup(html)
    try:
        return LexborHTMLParser(html, options=LexborDocumentOptions.WO_EVENTS.value, scripting=True)
    except SelectolaxError as error:
        raise PageTooComplex("The page takes more memory than there is.") from error


def linked_quotations(tree: LexborHTMLParser) -> tuple[str, ...]:
    """The blocks of JSON-LD that tell of quotations."""
    if b"uotation" not in tree.raw_html:
        return ()
    return tuple([script.text() for script in tree.css("script[type='application/ld+json' i]")])


def xhtml_to_html(utf8: bytes) -> bytes:
    """XHTML as HTML: `<div/>` becomes `<div></div>`, and CDATA sections become text."""
    return _SELF_CLOSED.sub(rb"<\1\2></\1>", _CDATA.sub(_escape, utf8))


def _escape(section: re.Match[bytes]) -> bytes:
    return escape(section[1].decode("utf-8", "replace"), quote=False).encode()


def _tag_ids(*tags: str) -> dict[int, str]:
    """The parser's numbers of tags, which are quicker to read than their names. The parser must know all of them."""
    tree = LexborHTMLParser("")
    return {tree.create_node(tag).tag_id: tag for tag in tags}


_TEXT: Final = next(iter(LexborHTMLParser("x").css("body"))).first_child.tag_id  # type: ignore[union-attr] # it has one
_BLOCK_IDS: Final = _tag_ids(*BLOCKS, *TABLE_PARTS).keys()
_EDGED: Final = frozenset({Display.ATOMIC, Display.ATOMIC_FLEX, Display.TABLE_PART})  # at whose edges space is dropped
_ATOMIC_IDS: Final = _tag_ids(*ATOMICS).keys()
_BREAKING: Final = _tag_ids(*BLOCKS, "br").keys() - _tag_ids("details", "dialog", "option").keys()


class _Walk:
    def __init__(self, displays: dict[int, Display]) -> None:
        self._displays = displays
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
                if last is not None and (glued or text == CLOSE) and text[:1] not in _WHITE:
                    self._part(last, since, node)
                add(text)
                glued = text[-1:] not in _WHITE
                last = since = node
            elif tag_id in _BREAKING and not (displays and node.mem_id in displays):
                add(_LINE)
                last = None
            elif tag_id in _SPECIAL or (displays and node.mem_id in displays):
                if last is not None and glued:
                    if is_blank_between(since, node):
                        add(" ")
                    elif self._is_atomic(node, tag_id) and self._block(last) != self._block(node):
                        add(_LINE)  # now, because white space at the start of an atomic inline is dropped
                self._read_element(node, tag_id)
                since, glued = node, True
        return _without_marks(self._text.getvalue())

    def _part(self, last: LexborNode, since: LexborNode, text: LexborNode) -> None:
        """Separates two texts by the white space between them, and by a line if a block has ended there.

        Where a block has begun, the line is broken already.
        """
        blank = is_blank_between(since, text)
        if blank:
            self._add(" ")
        if (not blank or text.text_content == CLOSE) and self._block(last) != self._block(text):
            self._add(_LINE)

    def _block(self, node: LexborNode) -> int:
        """The `mem_id` of the block that contains a text. Remembered for each parent, because nesting may be deep."""
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
        return display in {Display.BLOCK, Display.FLEX} or (node.tag == "p" and display is not Display.CONTENTS)

    def _is_atomic(self, node: LexborNode, tag_id: int) -> bool:
        display = self._displays.get(node.mem_id) if self._displays else None
        return tag_id in _ATOMIC_IDS if display is None else display in _EDGED

    def _read_element(self, node: LexborNode, tag_id: int) -> None:
        display = self._displays.get(node.mem_id) if self._displays else None
        if display is None:
            _SPECIAL[tag_id](self, node)
            return
        if node.tag == "br" or (self._is_block(node) and node.tag != "select"):
            self._add(_LINE)
        elif display in _EDGED:
            if display is Display.TABLE_PART and self._follows_table_part(node):
                self._add(_LINE)
            self.read_atomic(node)
        if node.tag in _WITH_CONTENT_OF_ITS_OWN:
            _SPECIAL[tag_id](self, node)

    def _follows_table_part(self, node: LexborNode) -> bool:
        before = node.prev
        while before is not None and not before.is_element_node:
            if before.is_text_node and not before.is_empty_text_node and before.text_content != CLOSE:
                return False
            before = before.prev
        if before is None:
            return False
        display = self._displays.get(before.mem_id)
        return display is Display.TABLE_PART or (display is None and before.tag in TABLE_PARTS)

    def read_table_part(self, node: LexborNode) -> None:
        if node.prev is not None:
            self._add(_LINE)

    def read_atomic(self, node: LexborNode) -> None:
        self._add(_OPEN)
        node.insert_after(CLOSE)

    def leave_out(self, node: LexborNode) -> None:
        while (child := node.first_child) is not None:
            child.decompose()

    def read_drawn(self, node: LexborNode) -> None:
        self._add(_DRAWING)
        self.leave_out(node)

    def read_details(self, details: LexborNode) -> None:
        """A closed one shows its first `<summary>` only."""
        if details.mem_id not in self._displays:
            self._add(_LINE)
        if "open" in details.attributes:
            return
        summary_found = False
        for child in list(details.iter(include_text=True)):
            if child.tag == "summary" and not summary_found:
                summary_found = True
            else:
                child.decompose()

    def read_dialog(self, dialog: LexborNode) -> None:
        if "open" in dialog.attributes:
            self._add(_LINE)
        else:
            self.leave_out(dialog)

    def read_object(self, node: LexborNode) -> None:
        kind = (node.attributes.get("type") or "").lower()
        if kind.startswith("image/") and "svg" not in kind:
            self.leave_out(node)

    def read_select(self, select: LexborNode) -> None:
        """The text of every option on a line of its own, also of hidden ones, as Chromium has it."""
        self._add(_DRAWING)
        for option in select.css("option,optgroup"):
            if option.tag == "option":
                self.read_option(option)
            else:
                self._add(_LINE)
        self.leave_out(select)

    def read_option(self, option: LexborNode) -> None:
        """All its text, whatever its elements are."""
        self._add(f"{_LINE}{option.text()}{_LINE}")
        self.leave_out(option)

    def read_foreign(self, root: LexborNode) -> None:
        """Of SVG, text in `<text>` and `<foreignObject>` is shown; of MathML, that of the tokens. Each has its line."""
        self._add(_DRAWING)
        shown: dict[int, bool | None] = {}  # None: neither is anything inside
        for node in root.traverse(include_text=True):
            parent = node.parent
            inside = shown.get(parent.mem_id, False) if parent else False
            if not node.is_text_node:
                begins = inside is not None and (node.tag in _FOREIGN_TEXT or (inside and node.tag in BLOCKS))
                shown[node.mem_id] = None if node.tag in _FOREIGN_HIDDEN else begins or inside
                self._add(_LINE if begins else "")
            elif parent and inside:
                is_letter = parent.tag == "mi" and "mathvariant" not in parent.attributes
                text = node.text_content or ""
                self._add(text.translate(_ITALIC) if is_letter and len(text) == 1 else text)
        if True in shown.values():
            self._add(_LINE)
        self.leave_out(root)


_SPECIAL_BY_TAG: Final = {
    **dict.fromkeys(TABLE_PARTS, _Walk.read_table_part),
    **dict.fromkeys(ATOMICS, _Walk.read_atomic),
    **dict.fromkeys(HIDDEN | NOT_TEXT, _Walk.leave_out),
    **dict.fromkeys(DRAWN, _Walk.read_drawn),
    "details": _Walk.read_details,
    "dialog": _Walk.read_dialog,
    "math": _Walk.read_foreign,
    "object": _Walk.read_object,
    "option": _Walk.read_option,
    "select": _Walk.read_select,
    "svg": _Walk.read_foreign,
}
_SPECIAL: Final = {tag_id: _SPECIAL_BY_TAG[tag] for tag_id, tag in _tag_ids(*_SPECIAL_BY_TAG).items()}
_WITH_CONTENT_OF_ITS_OWN: Final = DRAWN | NOT_TEXT | {"details", "math", "object", "option", "select", "svg"}


def is_blank_between(since: LexborNode, node: LexborNode) -> bool:
    """Whether a text of nothing but white space, which a walk skips, is between two nodes."""
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
    *closed, rest = text.split(CLOSE)
    text = "".join([part.rstrip(_COLLAPSIBLE) + CLOSE for part in closed]) + rest
    first, *opened = text.split(_OPEN)
    text = first + "".join([part.lstrip(_COLLAPSIBLE) for part in opened])
    return text.replace(CLOSE, "").replace(_DRAWING, "")
