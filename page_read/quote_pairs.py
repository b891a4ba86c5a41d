"""Quotes and names on lines in turn: a list of definitions, the cells of a table, cards without classes."""

import re
from collections import Counter
from dataclasses import dataclass
from typing import Final

from page_read.quote_markup import Marked
from page_read.quote_passages import Passage
from page_read.quote_pieces import Piece, is_name, is_quote, name_on, split_attribution, split_line
from page_read.quote_text import count_first_words, tidy
from page_read.quote_words import first_names, is_collection, wrongly_ascribed

_FEWEST: Final = 2  # pairs of text and name
_SHARE: Final = 0.7  # of the texts that must have a name on the same side,
_SHARE_OF_PERSONS: Final = 0.6  # if many of these are persons by their first names
_SHARE_OF_TURNS: Final = 0.5  # of lines with a name before them, if there are many
_MANY: Final = 5
_NAME_AND_WORK: Final = 2  # lines
_LONGEST_SIGNATURE: Final = 8  # words
_TEXT_WORDS: Final = 6  # from which a line without a full stop is a text
_FINAL: Final = re.compile(r"[.!?…。！？][\"'’”»“」』)]*\Z")


_DIRECTION: Final = re.compile(r"\A\[[^\[\]]{1,80}\]\s*(?=\S)")  # of a play: `[aside]`
_NAME_FIRST: Final = re.compile(r"\A(?P<name>[^:：]{2,60})[:：]\s*(?P<text>\S.*)\Z", re.DOTALL)


@dataclass(slots=True)
class _Line:
    """A line of the page: `piece` if it may be a quote, `name` if it may be a name."""

    number: int
    text: str
    look: tuple[str, bool]
    depth: int
    piece: Piece | None
    name: str | None


def find_pairs(passages: list[Passage], used: set[int], title: str) -> list[Marked]:
    """Quotes each of which has its name before or after it, on a page or below a heading that says so."""
    found: list[Marked] = []
    rank = "" if is_collection(title) else None  # of the heading that says so
    lines: list[_Line] = []
    for number, passage in enumerate(passages):
        place = passage.place
        if place.heading:
            says_so = is_collection(passage.text)
            if rank is not None and (says_so or place.heading <= rank):
                found += _read_pairs(lines)
                lines, rank = [], "" if is_collection(title) else None
            if says_so:
                rank = place.heading if wrongly_ascribed().search(passage.text) is None else None
                continue
        if rank is not None and not place.code:
            lines += _lines(number, passage) if number not in used else [_Line(number, "", ("", False), 0, None, None)]
    return found + _read_pairs(lines)


def _lines(number: int, passage: Passage) -> list[_Line]:
    parts = [part for part in passage.text.split("\n") if part.strip()]
    if len(parts) > 1:
        author = name_on(parts[0]) if len(parts) == _NAME_AND_WORK and "," not in parts[0] else None
        if author and count_first_words(parts[1]) <= _LONGEST_SIGNATURE:
            return [_Line(number, ", ".join(parts), ("", False), passage.place.depth, None, author)]
        *text, last = parts
        name = name_on(last) or (_signature(last) if split_line("\n".join(text)).marked else None)
        pieces = [split_line(part) for part in parts]
        if len([piece for piece in pieces if piece.marked or piece.author]) > 1:
            return [_line(number, passage, part) for part in parts]
        if name and count_first_words(" ".join(text)) > count_first_words(last):
            return [
                _line(number, passage, "\n".join(text)),
                _Line(number, last, ("", False), passage.place.depth, None, name),
            ]
    return [_line(number, passage, passage.text)]


def _signature(line: str) -> str | None:
    """Who signs what stands in quotation marks: a few words, as `The Byron family, Ely`."""
    name = line.partition(",")[0].strip(" -–—―~")
    is_short = len(line.split()) <= _LONGEST_SIGNATURE and is_name(name)
    return name if is_short and name[0].isupper() and line[-1] not in "!?…:" else None


def _line(number: int, passage: Passage, text: str) -> _Line:
    piece = split_line(text)
    name = None if piece.marked else name_on(text)
    is_text = piece.marked or bool(_FINAL.search(piece.text)) or count_first_words(piece.text) >= _TEXT_WORDS
    may_be = is_text and name is None and is_quote(piece) and not passage.place.heading
    is_sentence = _FINAL.search(piece.text) is not None and count_first_words(piece.text) >= _TEXT_WORDS
    linked = 2 * passage.links > len(passage.text) and not (piece.marked or is_sentence)
    return _Line(
        number,
        text,
        (passage.place.tag, piece.marked),
        passage.place.depth,
        piece if may_be and not linked else None,
        name,
    )


def _read_pairs(lines: list[_Line]) -> list[Marked]:
    found = _read_named(lines)
    looks = Counter([line.look for line in lines if line.piece])
    in_marks = sum([count for (_, is_marked), count in looks.items() if is_marked])
    for look, count in looks.items():
        if not look[1] and in_marks >= count:
            continue  # what is said about those in quotation marks
        places = [place for place, line in enumerate(lines) if line.piece and line.look == look]
        if len(places) < _FEWEST:
            continue
        after, before = (_names_beside(lines, places, step) for step in (1, -1))
        chosen = max(after, before, key=_weight)
        are_names, _, persons = _weight(chosen)
        share = _SHARE if persons < _MANY else _SHARE_OF_PERSONS
        if len(chosen) < max(_FEWEST, share * len(places)) or not are_names:
            continue
        for place, name in chosen.items():
            text, beside = lines[place], lines[place + (1 if chosen is after else -1)]
            if text.piece is not None:
                author, source = split_attribution(beside.text)
                piece = Piece(text.piece.text, author or text.piece.author or name, text.piece.source or source)
                if author and text.piece.author not in {None, author}:
                    piece.source = text.piece.author  # `Jane Austen | “…” (Emma)`
                found.append(Marked(piece, "list", 0.8, sorted({text.number, beside.number})))
    return found


def _read_named(lines: list[_Line]) -> list[Marked]:
    """Quotes on a line with their name: before it and a colon, or behind it where lines share a passage."""
    named = [line for line in lines if line.piece and line.piece.marked and line.piece.author]
    several = Counter([line.number for line in named])
    behind = [
        Marked(line.piece, "list", 0.8, [line.number]) for line in named if line.piece and several[line.number] > 1
    ]
    first = [(line.number, piece) for line in lines if line.piece and (piece := _after_name(line.piece))]
    share = _SHARE if len(first) < _MANY else _SHARE_OF_TURNS
    if len(first) < max(_FEWEST, share * len([line for line in lines if line.piece])):
        return behind
    return behind + [Marked(piece, "list", 0.8, [number]) for number, piece in first]


def _after_name(piece: Piece) -> Piece | None:
    found = _NAME_FIRST.match(piece.text)
    name = name_on(found["name"]) if found else None
    return Piece(tidy(_DIRECTION.sub("", found["text"])), name, piece.source) if found and name else None


def _names_beside(lines: list[_Line], places: list[int], step: int) -> dict[int, str]:
    beside = {place: lines[place + step] for place in places if 0 <= place + step < len(lines)}
    return {place: line.name for place, line in beside.items() if line.name and line.depth <= lines[place].depth}


def _weight(names: dict[int, str]) -> tuple[bool, int, int]:
    """Whether they may be names and no words of a menu, which are the same everywhere; how many they are."""
    different = set(names.values())
    persons = len([name for name in different if name.split()[0].lower() in first_names()])
    return 2 * len(different) > len(names) or persons > 0, len(names), persons
