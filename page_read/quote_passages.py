"""The passages of a page: what a reader sees as one paragraph, heading or line of a list, and where it is."""

import re
from dataclasses import dataclass, field
from typing import Final

from selectolax.lexbor import LexborHTMLParser, LexborNode

from page_read.display import BLOCKS, HIDDEN, NOT_TEXT, TABLE_PARTS
from page_read.html import CLOSE, is_blank_between

OPEN_Q: Final = "\ue000"  # where a `<q>` begins and ends: its marks are drawn by the browser
CLOSE_Q: Final = "\ue001"

_UNSEEN: Final = (
    HIDDEN | NOT_TEXT | frozenset("button canvas iframe math object option select svg textarea video audio".split())
)
_FURNITURE: Final = frozenset("nav footer menu".split())
_CODE: Final = frozenset("code pre samp kbd listing xmp".split())
_HEADINGS: Final = frozenset("h1 h2 h3 h4 h5 h6".split())
_DOUBLED: Final = (("‘‘", "“"), ("’’", "”"), ("``", "“"), ("''", '"'))  # what typewriters left of quotation marks
_LINE: Final = "\ue002"
_LINES: Final = re.compile(f" ?{_LINE}[ {_LINE}]*")
_PARSED: Final = LexborHTMLParser("x")
_TEXT: Final = next(iter(_PARSED.css("body"))).first_child.tag_id  # type: ignore[union-attr] # it has one
_BR: Final = _PARSED.create_node("br").tag_id
_BREAKING: Final = frozenset([_PARSED.create_node(tag).tag_id for tag in BLOCKS | TABLE_PARTS])
_TELLING_TAGS: Final = {
    _PARSED.create_node(tag).tag_id: tag
    for tag in BLOCKS | TABLE_PARTS | _UNSEEN | _FURNITURE | _CODE | _HEADINGS | {"a", "q"}
}


@dataclass(slots=True)
class Place:
    """Where a text is: its nearest block, and what it is inside of."""

    block: int = 0
    tag: str = "body"
    heading: str = ""
    furniture: bool = False
    code: bool = False
    unseen: bool = False
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


def read_passages(body: LexborNode) -> list[Passage]:
    """All passages below `body` in document order, without empty ones and without what is not shown."""
    walk = _Walk(body)
    for node in body.traverse(include_text=True, skip_empty=True):
        tag_id = node.tag_id
        if tag_id == _TEXT:
            walk.read_text(node)
        elif tag_id == _BR:
            walk.break_line()
        elif tag_id in _BREAKING:
            walk.end_passage()
    walk.end_passage()
    for passage in walk.passages:
        text = " ".join("".join(passage.parts).split())
        for doubled, mark in _DOUBLED if "’’" in text or "''" in text else ():
            text = text.replace(doubled, mark)
        passage.text = _LINES.sub("\n", text).strip() if _LINE in text else text
        passage.parts = []
    return walk.passages


class _Walk:
    def __init__(self, body: LexborNode) -> None:
        self._places = {body.mem_id: Place(block=body.mem_id)}
        self._current: Passage | None = None
        self._q = 0
        self._last: LexborNode | None = None  # the last text, if no white space ends it
        self.passages: list[Passage] = []

    def read_text(self, node: LexborNode) -> None:
        text = node.text_content or ""
        parent = node.parent
        if text == CLOSE or parent is None:
            return
        place = self._places.get(parent.mem_id) or _place(parent, self._places)
        if place.unseen:
            return
        current = self._current
        if current is None or current.place.block != place.block:
            self.end_passage()
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

    def break_line(self) -> None:
        if self._current is not None:
            self._current.parts.append(_LINE)
            self._last = None

    def end_passage(self) -> None:
        if self._q and self._current is not None:
            self._current.parts.append(CLOSE_Q)
        self._q, self._current, self._last = 0, None, None


def _place(element: LexborNode, places: dict[int, Place]) -> Place:
    passed: list[LexborNode] = []
    node: LexborNode | None = element
    while node is not None and node.mem_id not in places:
        passed.append(node)
        node = node.parent
    place = places[node.mem_id] if node is not None else Place()
    for node in reversed(passed):
        place = _inside(place, node)
        places[node.mem_id] = place
    return place


def _inside(outer: Place, node: LexborNode) -> Place:
    tag = _TELLING_TAGS.get(node.tag_id)
    if tag is None:
        return outer
    breaking = tag in BLOCKS or tag in TABLE_PARTS
    item, depth = outer.item, outer.depth
    if tag == "li":
        item, depth = node.mem_id, depth + 1
    return Place(
        node.mem_id if breaking else outer.block,
        tag if breaking else outer.tag,
        tag if tag in _HEADINGS else outer.heading,
        outer.furniture or tag in _FURNITURE,
        outer.code or tag in _CODE,
        outer.unseen or tag in _UNSEEN,
        outer.link or tag == "a",
        node.mem_id if tag == "q" else outer.q,
        outer.quote or (node.mem_id if tag == "blockquote" else 0),
        item,
        depth,
        outer.block if breaking else outer.parent,
    )
