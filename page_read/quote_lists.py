"""Quotes in lists and cards: items that repeat, each with a text and mostly with somebody's name."""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final

from selectolax.lexbor import LexborHTMLParser, LexborNode

from page_read.quote_markup import Marked
from page_read.quote_passages import Passage
from page_read.quote_pieces import (
    Piece,
    is_attribution,
    is_name,
    is_quote,
    name_on,
    read_label,
    read_pieces,
    split_attribution,
    split_line,
)
from page_read.quote_speakers import is_eastern_name
from page_read.quote_text import MAX_TEXT, count_first_words, is_title, tidy
from page_read.quote_words import about_somebody, find_collection, first_names, is_collection, wrongly_ascribed

_MOST: Final = 500  # items of a page
_ROWS: Final = "tr,li,dt"
_MOST_ROWS: Final = 3  # of one item
_DEEPEST: Final = 6  # elements called quotes, one inside the other
_HIGHEST: Final = 6  # elements around a name in which its item is looked for
_MIN_RUN: Final = 3  # passages that make a list
_MIN_WORDS: Final = 3
_MOST_NAMES: Final = 3  # that one item holds: author, work, translator
_NAME_WORDS: Final = (2, 5)  # fewest and most
_MOST_SOURCES: Final = 2  # of a quote, in a list below it
_OWNER: Final = re.compile(r"['’]s\s")  # `Ann Lee's favourite`
_SURE: Final = 0.8
_SHARE: Final = 0.7  # of a list's items that must look alike
_QUOTATION: Final = "[itemtype$='/Quotation'],[typeof~='Quotation'],[typeof='schema:Quotation']"
_NAMED: Final = (
    "[itemprop~=author],[itemprop~=creator],[class*=aut i],"
    "[class*=attribution i],[class*=byline i],[class*=speaker i],[class*=name i],cite"
)
_NAME_CLASS: Final = re.compile(
    r"(?:^|[\s_-])(?:aut(?:h?or|eur)?e?(?![a-z])|author|autor)|author|autor(?:en)?(?![a-z])|attribution|byline|speaker|(?:^|[\s_-])name(?![a-z])",
    re.IGNORECASE,
)
_CONTAINER: Final = re.compile(
    r"(?:^|[\s_-]|\b)(?:block)?(?:quote|zitat|citat|citation|cita|citazione|cytat|frase|aphorism|aforism|saying|testimonial|spruch|pensamento|proverb)",
    re.IGNORECASE,
)
_QUOTE_WORDS: Final = tuple("quote zitat citat cytat citazion testimonial frase aphoris aforis".split())
_QUOTE_CLASSES: Final = ",".join([f"[class*={word} i]" for word in _QUOTE_WORDS])
_REPLY: Final = re.compile(
    r"bbcode|quoteblock|gmail|moz-cite|comment|reply|tweet|embed|quote-?(?:message|header|number)|postbody",
    re.IGNORECASE,
)
_NUMBERED: Final = re.compile(r"\A\s*(?:\(?(?:\d{1,4}|[IVXLC]{1,8})[.)、．:：]|[①-⑳])\s*")
_PREPOSITION: Final = re.compile(r"\s*(?:von|by|from|of|d[ei]|av|af|par|van|из|от)?\s+", re.IGNORECASE)
_ONLY_YEARS: Final = re.compile(r"\s*\(?\D{0,3}\d{3,4}\s?[-–—]\s?\d{3,4}\)?\s*")
_YEARS_BEHIND: Final = re.compile(r"\s*\(\D{0,3}\d{3,4}\s?[-–—]\s?\d{3,4}\)\s*\Z")
_SENTENCE_END: Final = re.compile(r"[.!?…]\s")
_DIGIT: Final = re.compile(r"\d")
_LETTER: Final = re.compile(r"[^\W\d_]")
_OPENING: Final = tuple('“„«»"「”')
_LOWER_WORD: Final = re.compile(r"\b[a-zß-ÿа-яё]\w+")
_PARTS: Final = re.compile(r"\s*[|:–—•·]\s*|\s-\s")
_LAST_MARK: Final = re.compile(r"[.!?…。！？]['\"’”»“」』)]*\Z")


@dataclass(slots=True)
class _Item:
    node: LexborNode
    numbers: list[int] = field(default_factory=list)


def find_in_microdata(tree: LexborHTMLParser, passages: list[Passage]) -> list[Marked]:
    """What microdata or RDFa calls a Quotation."""
    if b"uotation" not in tree.raw_html:
        return []
    items = {node.mem_id: _Item(node) for node in tree.css(_QUOTATION)[:_MOST]}
    _locate(items, passages)
    return _read_items(items, "data", 0.95)


def find_items(tree: LexborHTMLParser, passages: list[Passage], *, on_quotes: bool) -> list[Marked]:
    """Quotes in elements that are called quotes, or that are on a page of quotes, and that hold a name."""
    called = _outermost(tree.css(_QUOTE_CLASSES)[:_MOST])
    if not called and not on_quotes:
        return []
    candidates = _candidates(tree, called, on_quotes=on_quotes)
    _locate(candidates, passages)
    return [
        found
        for found in _read_items(candidates, "item", 0.9)
        if found.piece.author or (found.piece.source and found.piece.marked)
    ]


def _read_items(items: dict[int, _Item], rule: str, confidence: float) -> list[Marked]:
    found: list[Marked] = []
    taken: set[int] = set()
    for item in items.values():
        if not item.numbers or taken.intersection(item.numbers):
            continue
        pieces = [piece for piece in read_pieces(item.node) if is_quote(piece) and not name_on(piece.text)]
        if pieces:
            taken.update(item.numbers)
            found += [Marked(piece, rule, confidence, item.numbers) for piece in pieces]
    return found


def _outermost(called: list[LexborNode]) -> list[LexborNode]:
    """The elements without those nested deep in others, since each is read once for every one around it."""
    depths: dict[int, int] = {}
    for node in called:  # in document order
        around = next((depths[each.mem_id] for each in _around(node) if each.mem_id in depths), 0)
        depths[node.mem_id] = around + 1
    return [node for node in called if depths[node.mem_id] <= _DEEPEST]


def _candidates(tree: LexborHTMLParser, called_quotes: list[LexborNode], *, on_quotes: bool) -> dict[int, _Item]:
    """The smallest elements that hold one name and some text."""
    items: dict[int, _Item] = {}
    named = tree.css(_NAMED)[: 2 * _MOST]
    chains = [list(_around(name)) for name in named]
    names = Counter([node.mem_id for chain in chains for node in chain])  # how many an element holds
    classes = Counter([node.attributes.get("class") for node in named])
    labels: dict[int, str] = {}
    for name, chain in zip(named, chains, strict=True):
        if not _holds_a_name(name):
            continue
        for node in chain:
            labels.setdefault(node.mem_id, _label(node))
        chosen = _smallest(chain, names, _MIN_WORDS + count_first_words(name.text()))
        is_one_of_many = on_quotes and classes[name.attributes.get("class")] > 1
        called = is_one_of_many or any(_CONTAINER.search(labels[node.mem_id]) for node in chain)
        if chosen and called and not any(_REPLY.search(labels[node.mem_id]) for node in chain):
            items.setdefault(chosen.mem_id, _Item(chosen))
    single = list(filter(_is_called_a_quote, called_quotes))
    several = _holding_several(single)
    for node in single:
        if node.mem_id not in several:
            items.setdefault(node.mem_id, _Item(node))
    return items


def _holding_several(called: list[LexborNode]) -> set[int]:
    """The elements that hold more than one of a class."""
    texts = [each for each in called if count_first_words(each.text()) > _MIN_WORDS]
    held = Counter([(node.mem_id, each.attributes.get("class")) for each in texts for node in _around(each)])
    return {mem_id for (mem_id, _), number in held.items() if number > 1}


def _around(name: LexborNode) -> Iterator[LexborNode]:
    node = name.parent
    for _ in range(_HIGHEST):
        if node is None or node.tag in {"body", "html"}:
            return
        yield node
        node = node.parent


def _smallest(chain: list[LexborNode], names: Counter[int], words: int) -> LexborNode | None:
    """The smallest of the elements around a name with so many words; None if it holds more than one quote does."""
    for node in chain:
        if names[node.mem_id] > _MOST_NAMES:
            return None
        if node.tag in {"footer", "figcaption", "cite"}:
            continue
        text = node.text(separator=" ", strip=True)
        is_attribution_alone = name_on(text) is not None and not _SENTENCE_END.search(text)
        if count_first_words(text) >= words and not is_attribution_alone:
            return node if len(text) <= 2 * MAX_TEXT else None
    return None


def _label(node: LexborNode) -> str:
    attributes = node.attributes
    return f"{attributes.get('class') or ''} {attributes.get('id') or ''}"


def _holds_a_name(node: LexborNode) -> bool:
    attributes = node.attributes
    called = _NAME_CLASS.search(attributes.get("class") or "") is not None
    return node.tag == "cite" or bool(attributes.get("itemprop")) or called


def _is_called_a_quote(node: LexborNode) -> bool:
    label = node.attributes.get("class") or ""
    is_item = node.tag not in {"body", "html"} and len(node.css(_NAMED)) <= 1 and len(node.css(_ROWS)) <= _MOST_ROWS
    return is_item and _CONTAINER.search(label) is not None and not _REPLY.search(label)


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


def find_lists(passages: list[Passage], used: set[int], title: str, *, is_marked_up: bool) -> list[Marked]:
    """Quotes on lines of their own, one after another, on a page or below a heading that says so.

    `is_marked_up`: the page's quotes are known by their markup, so lines without marks and names are something else.
    """
    found: list[Marked] = []
    headings: dict[str, str] = {"": title}  # that are in force, by their rank
    below = [passage.text for passage in passages if passage.place.heading]
    said_so = {heading: is_collection(heading) for heading in [title, *below]}
    named = _names_among_headings(passages) if any(said_so.values()) else {}
    in_list = said_so[title]
    run: list[int] = []
    for number, passage in enumerate(passages):
        place, text = passage.place, passage.text
        if place.heading:
            found += _read_run(passages, run, list(headings.values()), named, in_list=in_list)
            run = []
            headings = _in_force(headings, passage)
            in_list = any(said_so[name] for name in headings.values())
            continue
        if number in used or place.code or not (in_list or run or text.startswith(_OPENING)):
            continue
        if not _LETTER.search(text):
            continue
        if run and not _is_alike(passages[run[0]], passage):
            found += _read_run(passages, run, list(headings.values()), named, in_list=in_list)
            run = []
            if not (in_list or text.startswith(_OPENING)):
                continue
        run.append(number)
    found += _read_run(passages, run, list(headings.values()), named, in_list=in_list)
    surest = sum([item.confidence >= _SURE for item in found])
    return [item for item in found if item.confidence >= _SURE or (surest < _MIN_RUN and not is_marked_up)]


def _in_force(headings: dict[str, str], heading: Passage) -> dict[str, str]:
    """The headings, by their rank, that what follows `heading` stands below."""
    rank = heading.place.heading
    return {other: text for other, text in headings.items() if other < rank} | {rank: heading.text}


def _is_alike(first: Passage, other: Passage) -> bool:
    """Whether a passage goes on with a list: by an entry like the first, or by what stands in a list below an entry."""
    one, two = first.place, other.place
    is_entry = one.tag == two.tag and (one.parent == two.parent or one.item > 0 < two.item)
    return is_entry or two.depth > one.depth


def _is_translation(first: str, second: str) -> bool:
    """Whether the first of two lines below a quote is another form of it: a sentence, before where it is from."""
    return _LAST_MARK.search(first) is not None and not _DIGIT.search(first) and _DIGIT.search(second) is not None


@dataclass(slots=True)
class _Line:
    """A line of a list: what is on it, and the passages that it was read from."""

    piece: Piece
    numbers: list[int]
    numbered: bool
    below: bool = False  # whether its source stands in a list of its own below it
    is_foreign: bool = False  # whether it is marked as of another language than the page

    @property
    def has_source(self) -> bool:
        """Whether its source stands behind it: `A line. (A work, 1900)`."""
        return self.piece.source is not None and not self.below

    @property
    def is_named(self) -> bool:
        """Whether somebody or a work stands behind it."""
        return self.piece.author is not None or self.has_source


def _read_lines(passages: list[Passage], run: list[int]) -> list[_Line]:
    """The lines of a list; names and sources that stand on lines of their own belong to the line before."""
    lines: list[_Line] = []
    depth = min([passages[number].place.depth for number in run])
    for number in run:
        text = passages[number].text
        before = lines[-1] if lines else None
        below = passages[number].place.depth > depth
        is_signature = is_attribution(text) and "\n" not in text  # else a dialogue
        if before is not None and below:
            before.below = True
            kind, said = read_label(text)
            if kind == "author":
                before.piece.author = before.piece.author or said
            elif before.piece.source and before.is_foreign and _is_translation(before.piece.source, text):
                translation = Piece(before.piece.source, source=tidy(said))
                lines.append(_Line(translation, before.numbers[1:], numbered=False, below=True))
                before.piece.source = tidy(said)
            else:
                before.piece.source = before.piece.source or tidy(said)
            before.numbers.append(number)
        elif before is not None and not before.piece.author and is_signature:
            author, source = split_attribution(text)
            before.piece.author, before.piece.source = author, before.piece.source or source
            before.numbers.append(number)
        elif not below:
            is_foreign = "lang" in passages[number].node.attributes
            piece = split_line(_NUMBERED.sub("", text))
            lines.append(_Line(piece, [number], _NUMBERED.match(text) is not None, is_foreign=is_foreign))
    return lines


def _read_run(
    passages: list[Passage], run: list[int], headings: list[str], names: dict[str, str], *, in_list: bool
) -> list[Marked]:
    if not run or (in_list and any(wrongly_ascribed().search(heading) for heading in headings[1:])):
        return []
    depths = [passages[number].place.depth for number in run]
    if len(run) > _MOST_SOURCES + 1 and depths[0] == 0 < min(depths[1 : _MOST_SOURCES + 2]):
        run = run[1:]  # what stands before a list
    lines = _read_lines(passages, run)
    if not in_list or (len(lines) < _MIN_RUN and not lines[0].below):
        return _read_single_lines(lines, headings, names, in_list=in_list)
    lines, confidence = _judge_lines(lines, is_list=passages[run[0]].place.item > 0, below_a_name=headings[-1] in names)
    about = _whose(headings, names, lines)
    found = []
    for line in lines:
        passage = passages[line.numbers[0]]
        if is_quote(line.piece) and 2 * passage.links <= len(passage.text):
            if about is None and line.below and line.piece.source:
                line.piece.author, line.piece.source = split_attribution(line.piece.source)
            piece = _attributed(line.piece, about, sure=headings[-1] in names)
            found.append(Marked(piece, "list", confidence, line.numbers))
    return found


def _judge_lines(lines: list[_Line], *, is_list: bool, below_a_name: bool) -> tuple[list[_Line], float]:
    """Those lines of a list on a page of quotes that are quotes, and how surely."""
    if sum([is_title(line.piece.text) for line in lines]) >= _SHARE * len(lines):
        return [], 0.0  # works
    lines = _without_introduction(lines)
    marked = sum([line.piece.marked for line in lines])
    named = sum([line.is_named for line in lines])
    numbered = sum([line.numbered for line in lines])
    sentences = sum([_LAST_MARK.search(line.piece.text) is not None for line in lines if not line.piece.marked])
    wanted = _SHARE * len(lines)
    if marked >= wanted or named >= wanted or (marked and below_a_name):
        is_numbered = numbered >= wanted
        return [line for line in lines if line.piece.marked or line.is_named or (is_numbered and line.numbered)], 0.8
    if lines[0].below and (len(lines) > 1 or _LAST_MARK.search(lines[0].piece.text)):
        return lines, 0.8
    if numbered >= wanted or (is_list and sentences >= wanted):
        return lines, 0.8 if below_a_name else 0.7
    return [], 0.0


def _read_single_lines(
    lines: list[_Line], headings: list[str], names: dict[str, str], *, in_list: bool
) -> list[Marked]:
    about = _whose(headings, names, lines) if in_list else None
    attributed = [(line.piece, line.numbers) for line in lines if line.piece.marked or line.has_source]
    return [
        Marked(_attributed(piece, about, sure=headings[-1] in names), "line", 0.85, numbers)
        for piece, numbers in attributed
        if (piece.author or about) and is_quote(piece) and not is_title(piece.text)
    ]


def _without_introduction(lines: list[_Line]) -> list[_Line]:
    """`lines` from the first to the last in marks, with a name or a number, if there are some."""
    sure = [place for place, line in enumerate(lines) if line.piece.marked or line.is_named or line.numbered]
    return lines[sure[0] : sure[-1] + 1] if len(sure) >= _MIN_RUN else lines


def attribute(found: list[Marked], passages: list[Passage], title: str) -> None:
    """Name those whose quotes a page, or a part of it, says it holds as the authors of quotes without one."""
    nameless: dict[int, list[Marked]] = {}
    for item in found:
        if item.passages and not item.piece.author:
            nameless.setdefault(item.passages[0], []).append(item)
    if not nameless:
        return
    titles = [passage.text for passage in passages if passage.place.heading]
    said = _words_said([item.piece.text for item in found], titles)
    headings = {"": title}  # that are in force, by their rank
    names = _names_among_headings(passages)
    for number, passage in enumerate(passages):
        if passage.place.heading:
            headings = _in_force(headings, passage)
        elif number in nameless and any(map(is_collection, headings.values())):
            above = list(headings.values())
            about = names.get(above[-1]) or _subject(above, said)
            for item in nameless[number]:
                item.piece.author = about


def _whose(headings: list[str], names: dict[str, str], lines: list[_Line]) -> str | None:
    """Whose quotes are below some headings: of the name in the last one, or of whom one says that they are about."""
    return names.get(headings[-1]) or _subject(headings, _words_said([line.piece.text for line in lines], headings))


def _words_said(texts: list[str], headings: list[str]) -> set[str]:
    """The ordinary words of some quotes, and the headings of one word that stand in them: what they are about."""
    ordinary = {word for text in texts for word in _LOWER_WORD.findall(text)}
    return ordinary | {word.lower() for word in headings if " " not in word and any(word in text for text in texts)}


def _attributed(piece: Piece, about: str | None, *, sure: bool) -> Piece:
    """`piece`, on a page or below a heading `about` somebody, whose works may stand where names do elsewhere."""
    is_person = about is not None and (sure or _may_be_person(about) or " " not in about)
    if piece.author and (piece.author[0].islower() or (is_person and not _may_be_person(piece.author))):
        piece.source = ", ".join(filter(None, [piece.author, piece.source]))
        piece.author = about
    piece.author = piece.author or about
    return piece


def _names_among_headings(passages: list[Passage]) -> dict[str, str]:
    """The headings of a rank at which all are names, some of them with a first name: each with its name."""
    ranks: dict[str, list[str]] = {}
    for passage in passages:
        if passage.place.heading:
            ranks.setdefault(passage.place.heading, []).append(passage.text)
    followed_by_years = {
        one.text for one, two in pairwise(passages) if one.place.heading and _ONLY_YEARS.fullmatch(two.text)
    }
    named: dict[str, str] = {}
    for texts in ranks.values():
        names = {text: name for text in texts if "," not in text.partition(" (")[0] and (name := name_on(text))}
        known = [
            name
            for text, name in names.items()
            if name.split()[0].lower() in first_names() or text in followed_by_years
        ]
        if len(names) > 1 and len(names) >= _SHARE * len(texts) and 3 * len(known) >= len(names):
            named.update(names)
    return named


def _subject(headings: list[str], said: set[str]) -> str | None:
    """Whose quotes they are: `Quotes by Oscar Wilde`, `Oscar Wilde Quotes`, `老子名言`, or a heading that is a name."""
    for heading in reversed(headings):
        match = find_collection(heading)
        if about_somebody().match(heading, match.end() + 1 if match else len(heading)):
            return None
        if match is None:
            name = _YEARS_BEHIND.sub("", heading)
            is_subject = headings[0].startswith(name) or name != heading
            if heading in headings[1:] and is_subject and _is_person(name, said):
                return tidy(name)
            continue
        for part in _PARTS.split(heading):
            is_name_alone = _looks_like_a_name(part) and not is_collection(part)
            if is_name_alone and part.split()[0].lower() in first_names():
                return tidy(part)
        after = _PREPOSITION.match(heading[match.end() :])
        following = re.split(r"[|:–—•·,(]|\s-\s", heading[match.end() :][after.end() :] if after else "")[0].strip()
        before = re.split(r"[|:–—•·]|\s-\s", heading[: match.start()].strip(" :|–—-/"))[-1].strip()
        before = re.sub(r"['’]s?\Z|的\Z|の\Z", "", before)
        first, _, rest = following.partition(" ")
        if first[:1].isupper() and first.lower() not in said and not rest[:1].isupper():
            following = first  # `Frases de Séneca sobre la vida`
        is_called_by = (
            after is not None and after[0].strip() != "" and (_looks_like_a_name(following) or following == first != "")
        )
        if after and (is_called_by or _is_person(following, said) or is_eastern_name(following)):
            return tidy(following)
        if (
            is_eastern_name(before)
            or _is_person(before, said)
            or (before in headings[1:] and before.lower() not in said)
        ):
            return tidy(before)
    return None


def _may_be_person(name: str) -> bool:
    first = name.split(maxsplit=1)[0].lower()
    return first in first_names() or first.endswith(".") or is_eastern_name(name)


def _looks_like_a_name(text: str) -> bool:
    words = text.split()
    is_short = _NAME_WORDS[0] <= len(words) <= _NAME_WORDS[1] and is_name(text) and not _OWNER.search(text)
    return is_short and words[0][0].isupper() and words[-1][0].isupper()


def _is_person(text: str, said: set[str]) -> bool:
    """Whether `text` is a name: it begins with a first name or an initial, or none of its words is an ordinary one."""
    words = text.split()
    if not _looks_like_a_name(text):
        return False
    return words[0].lower() in first_names() or words[0].endswith(".") or not said.intersection(text.lower().split())
