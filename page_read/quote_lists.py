"""Quotes in lists and cards: items that repeat, each with a text and mostly with somebody's name."""

import re
from dataclasses import dataclass, field
from typing import Final

from selectolax.lexbor import LexborHTMLParser, LexborNode

from page_read.quote_markup import Marked
from page_read.quote_passages import Passage
from page_read.quote_pieces import MAX_PIECE, Piece, is_name, read_piece, split_line
from page_read.quote_text import MAX_TEXT, count_words, tidy
from page_read.quote_words import collections

_MOST: Final = 500  # items of a page
_HIGHEST: Final = 6  # elements around a name in which its item is looked for
_MIN_RUN: Final = 3  # passages that make a list
_MIN_WORDS: Final = 3
_SHARE: Final = 0.7  # of a list's items that must look alike
_QUOTATION: Final = "[itemtype$='/Quotation'],[typeof~='Quotation'],[typeof='schema:Quotation']"
_NAMED: Final = (
    "[itemprop~=author],[itemprop~=creator],[class*=author i],[class*=autor i],[class*=auteur i],[class*=autore i],"
    "[class*=attribution i],[class*=byline i],[class*=speaker i],cite"
)
_CONTAINER: Final = re.compile(
    r"(?:^|[\s_-]|\b)(?:block)?(?:quote|zitat|citat|citation|cita|citazione|cytat|frase|aphorism|aforism|saying|testimonial|spruch|pensamento|proverb)", re.IGNORECASE
)
_QUOTE_CLASSES: Final = "[class*=quote i],[class*=zitat i],[class*=citat i],[class*=cytat i],[class*=citazion i],[class*=testimonial i],[class*=frase i],[class*=aphoris i],[class*=aforis i]"
_REPLY: Final = re.compile(r"bbcode|quoteblock|gmail|moz-cite|comment|reply|tweet|embed|quote-?(?:message|header|number)|postbody", re.IGNORECASE)
_NUMBERED: Final = re.compile(r"\A\s*(?:\(?\d{1,4}[.)、．:：]|[①-⑳])\s*")
_LAST_MARK: Final = re.compile(r"[.!?…。！？]['\"’”»“」』)]*\Z")
_EASTERN_SUBJECT: Final = re.compile("[\u3400-\u9fff·]{2,8}|[\u3040-\u30ff\u3400-\u9fff・]{2,12}")


@dataclass(slots=True)
class _Item:
    node: LexborNode
    numbers: list[int] = field(default_factory=list)


def find_in_microdata(tree: LexborHTMLParser, passages: list[Passage]) -> list[Marked]:
    """What microdata or RDFa calls a Quotation."""
    items = {node.mem_id: _Item(node) for node in tree.css(_QUOTATION)[:_MOST]}
    _locate(items, passages)
    return _read_items(items, passages, "data", 0.95)


def find_items(tree: LexborHTMLParser, passages: list[Passage], title: str) -> list[Marked]:
    """Quotes in elements that are called quotes, or whose list is, and that hold a name."""
    candidates = _candidates(tree, collections().search(title) is not None)
    _locate(candidates, passages)
    return [
        found
        for found in _read_items(candidates, passages, "item", 0.9)
        if found.piece.author or (found.piece.source and found.piece.marked)
    ]


def _read_items(items: dict[int, _Item], passages: list[Passage], rule: str, confidence: float) -> list[Marked]:
    found: list[Marked] = []
    taken: set[int] = set()
    for item in items.values():
        if not item.numbers or taken.intersection(item.numbers) or passages[item.numbers[0]].place.furniture:
            continue
        html = item.node.html or ""
        piece = read_piece(html) if len(html) <= MAX_PIECE else None
        if piece is not None and _is_quote(piece):
            taken.update(item.numbers)
            found.append(Marked(piece, rule, confidence, item.numbers))
    return found


def _candidates(tree: LexborHTMLParser, on_quotes: bool) -> dict[int, _Item]:
    """The smallest elements that hold one name and some text."""
    items: dict[int, _Item] = {}
    names: dict[int, int] = {}  # how many names an element holds
    lengths: dict[int, int] = {}
    for name in tree.css(_NAMED)[:_MOST]:
        named = count_words(name.text()[:200])
        node = name.parent
        called = on_quotes
        chosen: LexborNode | None = None
        for _ in range(_HIGHEST):
            if node is None or node.tag in {"body", "html"}:
                break
            key = node.mem_id
            if key not in names:
                names[key] = len(node.css(_NAMED))
                lengths[key] = count_words(node.text(separator=" ")[:MAX_PIECE])
            label = f"{node.attributes.get('class') or ''} {node.attributes.get('id') or ''}"
            if _REPLY.search(label):
                called, chosen = False, None
                break
            called = called or _CONTAINER.search(label) is not None
            if chosen is None and lengths[key] >= named + _MIN_WORDS:
                chosen = node if names[key] <= 3 and lengths[key] < MAX_TEXT // 4 else None
                if chosen is None:
                    break
            node = node.parent
        if called and chosen is not None:
            items.setdefault(chosen.mem_id, _Item(chosen))
    for node in tree.css(_QUOTE_CLASSES)[:_MOST]:
        label = node.attributes.get("class") or ""
        if node.tag not in {"body", "html"} and not _REPLY.search(label) and _CONTAINER.search(label) and len(node.css(_NAMED)) <= 1:
            items.setdefault(node.mem_id, _Item(node))
    return items


def _locate(items: dict[int, _Item], passages: list[Passage]) -> None:
    """Finds the passages of each item."""
    inside: dict[int, list[int]] = {}
    for number, passage in enumerate(passages if items else []):
        around = inside.get(passage.node.mem_id)
        if around is None:
            around = []
            node: LexborNode | None = passage.node
            while node is not None:
                if node.mem_id in items:
                    around.append(node.mem_id)
                node = node.parent
            inside[passage.node.mem_id] = around
        for key in around:
            items[key].numbers.append(number)


def find_lists(passages: list[Passage], used: set[int], title: str) -> list[Marked]:
    """Quotes on lines of their own, one after another, on a page or below a heading that says so."""
    found: list[Marked] = []
    headings: dict[str, str] = {"": title}  # that are in force, by their rank
    run: list[int] = []
    for number, passage in enumerate(passages):
        rank = passage.place.heading
        if rank:
            found += _read_run(passages, run, list(headings.values()))
            run = []
            headings = {higher: text for higher, text in headings.items() if higher < rank} | {rank: passage.text}
            continue
        if number in used or passage.place.furniture or passage.place.code or not any([c.isalpha() for c in passage.text]):
            continue
        if run and not _is_alike(passages[run[-1]], passage):
            found += _read_run(passages, run, list(headings.values()))
            run = []
        run.append(number)
    return found + _read_run(passages, run, list(headings.values()))


def _is_alike(one: Passage, other: Passage) -> bool:
    return one.place.tag == other.place.tag and (one.place.parent == other.place.parent or one.place.item > 0 < other.place.item)


def _read_run(passages: list[Passage], run: list[int], headings: list[str]) -> list[Marked]:
    if not run:
        return []
    pieces = [split_line(_NUMBERED.sub("", passages[number].text)) for number in run]
    signed = [piece.marked and (piece.author or piece.source) is not None for piece in pieces]
    said_so = any([collections().search(heading) for heading in headings])
    if not said_so or len(run) < _MIN_RUN:
        return [
            Marked(piece, "line", 0.85, [number])
            for piece, number, is_signed in zip(pieces, run, signed, strict=True)
            if is_signed and piece.author and _is_quote(piece)
        ]
    marked = sum([piece.marked for piece in pieces])
    named = sum([piece.author is not None for piece in pieces])
    numbered = sum([_NUMBERED.match(passages[number].text) is not None for number in run])
    sentences = sum([_LAST_MARK.search(piece.text) is not None for piece in pieces if not piece.marked])
    in_items = passages[run[0]].place.item > 0
    wanted = _SHARE * len(run)
    if marked + named >= wanted and (marked >= wanted or named >= wanted):
        chosen = [piece.marked or piece.author is not None for piece in pieces]
    elif numbered >= wanted or (in_items and sentences >= wanted):
        chosen = [True] * len(pieces)
    else:
        return []
    about = next(filter(None, map(_subject, reversed(headings))), None)
    found = []
    for piece, number, is_chosen in zip(pieces, run, chosen, strict=True):
        if is_chosen and _is_quote(piece) and 2 * passages[number].links <= len(passages[number].text):
            piece.author = piece.author or about
            found.append(Marked(piece, "list", 0.8, [number]))
    return found


def _is_quote(piece: Piece) -> bool:
    return count_words(piece.text) >= _MIN_WORDS and len(piece.text) <= MAX_TEXT


def _subject(heading: str) -> str | None:
    """Whose quotes they are: `Zitate von Paulo Bittencourt`, `Oscar Wilde Quotes`, `老子名言`."""
    match = collections().search(heading)
    if match is None:
        return None
    for part in (heading[match.end() :], heading[: match.start()]):
        part = re.split(r"[|:—–•·]|\s-\s", part.strip(" :|–—-"))[0 if part is heading[match.end() :] else -1]
        part = re.sub(r"\A(?:von|by|from|of|de|di|av|af|par|van|z|из|от)\s+", "", part.strip(), flags=re.IGNORECASE)
        part = re.sub(r"['’]s?\Z|的\Z|の\Z", "", part.strip())
        words = part.split()
        if _EASTERN_SUBJECT.fullmatch(part) or (2 <= len(words) <= 5 and is_name(part) and words[0][0].isupper() and words[-1][0].isupper()):
            return tidy(part)
    return None
