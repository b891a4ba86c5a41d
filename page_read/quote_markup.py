"""Quotes that are set off by markup: `<blockquote>`, alone or in a `<figure>`."""

import re
from dataclasses import dataclass
from typing import Final

from selectolax.lexbor import LexborHTMLParser, LexborNode

from page_read.quote_passages import Passage
from page_read.quote_pieces import (
    Piece,
    is_attribution,
    is_name,
    is_quote,
    name_on,
    names_author,
    read_pieces,
    split_attribution,
    split_line,
)
from page_read.quote_speech import Introductions
from page_read.quote_text import MAX_TEXT, count_first_words

_MOST: Final = 300  # blockquotes of a page
_SAME_SPEAKER: Final = 4  # passages in which `she` is still who was quoted last
_DEEPEST: Final = 8  # elements between a quote's box and a name in it
_SHORT_NAME: Final = 5  # words
_FEW_WORDS: Final = 5
_SENTENCE: Final = re.compile(r"[.!?…。！？]['’”»]*\Z")
_LETTER: Final = re.compile(r"[^\W\d_]")
_MOST_LINKED: Final = 0.4  # of the text
_NO_QUOTE: Final = re.compile(
    r"tweet|twitter|instagram|tiktok|facebook|\bfb-|embed|gmail|moz-cite|bbcode|quoteblock|quote-?(?:message|header)|\breply|\bnote\b|warning|\btip\b|"
    r"alert|\binfo\b|callout|admonition|caution|important|hint\b|spoiler|signature|comment-?(?:text|body|content)",
    re.IGNORECASE,
)
_OTHER_CONTENT: Final = "h1,h2,h3,h4,h5,h6,pre,table,ul,ol,blockquote,form,iframe"


@dataclass(slots=True)
class Marked:
    """A quote found by markup, and the numbers of the passages that it was read from."""

    piece: Piece
    rule: str
    confidence: float
    passages: list[int]


def find_blockquotes(
    tree: LexborHTMLParser, passages: list[Passage], introductions: Introductions, *, on_quotes: bool
) -> list[Marked]:
    """The quotes in the page's blockquotes: those that name somebody, or that the text before them introduces.

    `on_quotes`: the page calls itself a collection of quotes, so that all of them are.
    """
    places: dict[int, list[int]] = {}
    for number, passage in enumerate(passages):
        if passage.place.quote:
            places.setdefault(passage.place.quote, []).append(number)
    found: list[Marked] = []
    last: Marked | None = None  # the one before
    for node in tree.css("blockquote")[:_MOST] if places else []:
        numbers = places.get(node.mem_id)
        if not numbers or _is_something_else(node, [passages[number] for number in numbers]):
            continue
        several = [split_line(passages[number].text) for number in numbers] if len(numbers) > 1 else []
        if several and all(piece.marked and (piece.author or piece.source) for piece in several):
            found += [
                Marked(piece, "blockquote", 0.85, [number]) for piece, number in zip(several, numbers, strict=True)
            ]
            continue
        read = _read(node, numbers, passages, introductions, last, on_quotes=on_quotes)
        if read:
            last = read[0]
            found += read
    return found


def _beside(quote: LexborNode, numbers: list[int], passages: list[Passage]) -> int | None:
    """The number of the passage with a name that shares an element with a quote alone, or whose element says so."""
    box = quote.parent
    if box is None or box.tag in {"body", "html"}:
        return None
    around = [*range(max(0, numbers[0] - 2), numbers[0]), *range(numbers[-1] + 1, min(len(passages), numbers[-1] + 3))]
    others: list[int] = [
        number for number in around if _LETTER.search(passages[number].text) and _is_inside(passages[number].node, box)
    ]
    if len(others) == 1 and _may_sign(passages[others[0]].text):
        return others[0]
    after = numbers[-1] + 1
    behind = quote.next
    while behind is not None and not behind.is_element_node:
        behind = behind.next
    is_named = behind is not None and names_author(behind) and after in around and bool(name_on(passages[after].text))
    return after if is_named else None


def _may_sign(text: str) -> bool:
    """Whether a text that stands alone beside a quote may be a name: that of a paper, too, as `Le Journal des îles`."""
    is_short = is_name(text) and len(text.split()) <= _SHORT_NAME and text[-1:].isalpha()
    return is_short or name_on(text) is not None


def _is_inside(node: LexborNode, box: LexborNode) -> bool:
    around: LexborNode | None = node
    for _ in range(_DEEPEST):
        if around is None or around.mem_id == box.mem_id:
            return around is not None
        around = around.parent
    return False


def is_repeated(node: LexborNode) -> bool:
    """Whether a blockquote is an embed, a note, or a part of a mail or post that is replied to."""
    attributes = node.attributes
    named = f"{attributes.get('class') or ''} {attributes.get('id') or ''}"
    return _NO_QUOTE.search(named) is not None or (attributes.get("type") or "").lower() == "cite"


def _is_something_else(node: LexborNode, passages: list[Passage]) -> bool:
    """Whether it is an embed, a reply, a note, a link or a layout."""
    text = sum([len(passage.text) for passage in passages])
    return (
        is_repeated(node)
        or sum([passage.links for passage in passages]) > _MOST_LINKED * text
        or text > 2 * MAX_TEXT
        or all(passage.place.heading or passage.place.code for passage in passages)
        or len([part for part in node.css(_OTHER_CONTENT) if part.mem_id != node.mem_id]) > len(passages) // 2
    )


def _read(
    node: LexborNode,
    numbers: list[int],
    passages: list[Passage],
    introductions: Introductions,
    last: Marked | None,
    *,
    on_quotes: bool,
) -> list[Marked]:
    figure = node.parent if node.parent is not None and node.parent.tag == "figure" else None
    pieces = [piece for piece in read_pieces(figure or node) if is_quote(piece)]
    if not pieces:
        return []
    piece = pieces[0]
    rule, confidence = "blockquote", 0.85
    if not piece.author and not piece.source:
        following = numbers[-1] + 1
        after = passages[following].text if following < len(passages) else ""
        if is_attribution(after):
            piece.author, piece.source = split_attribution(after)
            numbers = [*numbers, following]
        elif (beside := _beside(node, numbers, passages)) is not None:
            piece.author, piece.source = split_attribution(passages[beside].text)
            numbers = sorted([*numbers, beside])
    if piece.author and is_name(piece.author):
        pass
    elif piece.source or on_quotes:
        confidence = 0.7
    elif last is not None and last.passages[-1] == numbers[0] - 1:  # the same in another language
        piece.author, rule, confidence = last.piece.author, last.rule, last.confidence
    else:
        told = introductions.before(numbers[0])
        is_same = last is not None and numbers[0] - last.passages[-1] <= _SAME_SPEAKER
        is_sentence = _SENTENCE.search(piece.text) is not None and count_first_words(piece.text) > _FEW_WORDS
        if not told.is_there and not (is_sentence and (piece.marked or (told.leads_over and is_same))):
            return []
        piece.author = told.speaker or (last.piece.author if last and is_same else None)
        rule, confidence = "introduced", 0.7 if piece.author else 0.55
    for other in pieces[1:]:
        other.author, other.source = piece.author, piece.source
    return [Marked(each, rule, confidence, numbers) for each in pieces]
