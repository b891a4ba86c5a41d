"""The passages of a page: what a reader sees as one paragraph, heading or line of a list, and where it is."""

import re
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from selectolax.lexbor import LexborHTMLParser, LexborNode

from page_read.display import BLOCKS, HIDDEN, NOT_TEXT, TABLE_PARTS
from page_read.html import CLOSE, is_blank_between

OPEN_Q: Final = "\ue000"  # where a `<q>` begins and ends: its marks are drawn by the browser
CLOSE_Q: Final = "\ue001"

_UNREAD: Final = (
    HIDDEN
    | NOT_TEXT
    | frozenset(  # what is no text of the page, and its menus
        "audio button canvas footer iframe math menu nav object option select svg textarea video".split()
    )
)
_CODE: Final = frozenset("code pre samp kbd listing xmp".split())
_HEADINGS: Final = frozenset("h1 h2 h3 h4 h5 h6".split())
_DOUBLED: Final = (("‘‘", "“"), ("’’", "”"), ("``", "“"), ("''", '"'))  # what typewriters left of quotation marks
_REFERENCE: Final = re.compile(r"\[\d{1,3}\]")  # to a note, as wikis have them
_LINE: Final = "\ue002"
_LINES: Final = re.compile(f" ?{_LINE}[ {_LINE}]*")
_PARSED: Final = LexborHTMLParser("x")
_TEXT: Final = next(iter(_PARSED.css("body"))).first_child.tag_id  # type: ignore[union-attr] # it has one
_BR: Final = _PARSED.create_node("br").tag_id
_BREAKING: Final = frozenset([_PARSED.create_node(tag).tag_id for tag in BLOCKS | TABLE_PARTS])
_TELLING_TAGS: Final = {
    _PARSED.create_node(tag).tag_id: tag for tag in BLOCKS | TABLE_PARTS | _UNREAD | _CODE | {"a", "q"}
}


class Place(NamedTuple):
    """Where a text is: its nearest block, and what it is inside of."""

    block: int = 0
    tag: str = "body"
    heading: str = ""
    code: bool = False
    link: bool = False
    q: int = 0
    quote: int = 0  # the outermost <blockquote> or <figure>
    item: int = 0  # the nearest <li>
    depth: int = 0  # how many <li> are around it
    parent: int = 0  # the block around the block


@dataclass(slots=True)
class Passage:
    """`text` has single blanks, and a line feed for each `<br>`. `parts` are the elements that it was read from."""

    text: str
    place: Place
    node: LexborNode
    links: int = 0  # characters of it inside links
    parts: list[str] = field(default_factory=list)


def is_running_text(passage: Passage) -> bool:
    """Whether a passage is running text of the page: no heading, menu, code or link."""
    place = passage.place
    return not (place.code or place.heading or 2 * passage.links > len(passage.text))


def read_passages(body: LexborNode) -> list[Passage]:
    """All passages below `body` in document order, without empty ones, menus, footers and what is not shown."""
    walk = _Walk()
    walk.read(body)
    for passage in walk.passages:
        text = " ".join("".join(passage.parts).split())
        for doubled, mark in _DOUBLED if "’’" in text or "''" in text else ():
            text = text.replace(doubled, mark)
        if "[" in text:
            text = _REFERENCE.sub("", text)
        passage.text = _LINES.sub("\n", text).strip() if _LINE in text else text
        passage.parts = []
    return walk.passages


class _Walk:
    def __init__(self) -> None:
        self._current: Passage | None = None
        self._q = 0
        self._last: LexborNode | None = None  # the last text, if no white space ends it
        self.passages: list[Passage] = []

    def read(self, body: LexborNode) -> None:
        entered = [(body, Place(block=body.mem_id), body.iter(include_text=True, skip_empty=True))]
        while entered:
            parent, place, children = entered[-1]
            for node in children:
                tag_id = node.tag_id
                if tag_id == _TEXT:
                    self._read_text(node, parent, place)
                    continue
                tag = _TELLING_TAGS.get(tag_id)
                if tag_id == _BR:
                    self._break_line()
                elif tag_id in _BREAKING:
                    self._end_passage()
                if node.first_child is None or tag in _UNREAD:
                    continue
                inner = _inside(place, node, tag) if tag else place
                entered.append((node, inner, node.iter(include_text=True, skip_empty=True)))
                break
            else:
                entered.pop()
        self._end_passage()

    def _read_text(self, node: LexborNode, parent: LexborNode, place: Place) -> None:
        text = node.text_content or ""
        if text == CLOSE:
            return
        current = self._current
        if current is None or current.place.block != place.block:
            self._end_passage()
            current = self._current = Passage("", place, parent)
            self.passages.append(current)
        elif self._last and not text[0].isspace() and is_blank_between(self._last, node):
            current.parts.append(" ")
        self._last = None if text[-1].isspace() else node
        if place.q != self._q:
            current.parts.append((CLOSE_Q if self._q else "") + (OPEN_Q if place.q else ""))
            self._q = place.q
        current.parts.append(text)
        if place.link:
            current.links += len(text)

    def _break_line(self) -> None:
        if self._current is not None:
            self._current.parts.append(_LINE)
            self._last = None

    def _end_passage(self) -> None:
        if self._q and self._current is not None:
            self._current.parts.append(CLOSE_Q)
        self._q, self._current, self._last = 0, None, None


def _inside(outer: Place, node: LexborNode, tag: str) -> Place:
    mem_id, is_block = node.mem_id, node.tag_id in _BREAKING
    item, depth = (mem_id, outer.depth + 1) if tag == "li" else (outer.item, outer.depth)
    return Place(
        mem_id if is_block else outer.block,
        tag if is_block else outer.tag,
        tag if tag in _HEADINGS else outer.heading,
        outer.code or tag in _CODE,
        outer.link or tag == "a",
        mem_id if tag == "q" else outer.q,
        outer.quote or (mem_id if tag == "blockquote" else 0),
        item,
        depth,
        outer.block if is_block else outer.parent,
    )
