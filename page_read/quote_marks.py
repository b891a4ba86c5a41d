"""Which quotation marks of a passage belong together."""

import re
from typing import Final, NamedTuple

from page_read.quote_passages import CLOSE_Q, OPEN_Q

_MARK: Final = re.compile(f'[“”„‟«»"「」『』＂{OPEN_Q}{CLOSE_Q}]')
_ANY: Final = re.compile(f"[‘'‚“”„‟«»\"「」『』＂{OPEN_Q}{CLOSE_Q}]")
_SINGLE: Final = re.compile(
    r"(?<![\w.,!?])[‘'‚](?=\w)(?P<text>[^‘“\"„«\n]{12,2000}?[,.!?…])[’'‘](?!\w)|(?<!\w)‘(?=\w)[^‘’“\"„«\n]{12,500}’(?=[,.])"
)
_SINGLES: Final = re.compile("[‘'‚]")
_CLOSERS: Final = {
    "“": '”"‟',
    "‟": '”"',
    "”": "”",
    "„": '“”"‟',
    "«": "»",
    "»": "«»",
    '"': '"”“',
    "＂": "＂",
    "「": "」",
    "『": "』",
    OPEN_Q: CLOSE_Q,
}
_DIRECTED: Final = "„「『" + OPEN_Q  # these open wherever they stand
_BEFORE_OPENING: Final = " \n\u00a0\u202f([{—–-:;,.!?/…>’'‘“”„«»\"*|"
_STRAIGHT: Final = frozenset('"”')  # these open and close alike
_EITHER_WAY: Final = frozenset('"”“')
_NESTED_AT_MOST: Final = 3


class Span(NamedTuple):
    """A stretch in quotation marks: `start` and `end` include them. `closed` is False where the passage ends first."""

    start: int
    end: int
    closed: bool = True

    def inside(self, text: str) -> str:
        """What is between the marks."""
        return text[self.start + 1 : self.end - 1 if self.closed else self.end]


def pair_marks(text: str) -> list[Span]:
    """The outermost stretches in quotation marks, in order. Takes time linear in the length of `text`."""
    if not _ANY.search(text):
        return []
    pairing = _Pairing()
    for found in _MARK.finditer(text):
        at = found.start()
        pairing.read(at, found[0], text[at - 1 : at] or " ", text[at + 1 : at + 2] or " ")
    pairing.end(len(text))
    singles = _singles(text)
    if not pairing.spans or not singles:
        return pairing.spans or singles
    return sorted([*pairing.spans, *_between(singles, pairing.spans)], key=lambda span: span.start)


def _singles(text: str) -> list[Span]:
    """The stretches in single marks. Tried only where one stands, since the pattern takes long at any other letter."""
    spans: list[Span] = []
    for mark in _SINGLES.finditer(text):
        if not (spans and mark.start() < spans[-1].end) and (found := _SINGLE.match(text, mark.start())):
            spans.append(Span(found.start(), found.end()))
    return spans


def _between(singles: list[Span], spans: list[Span]) -> list[Span]:
    """Those of `singles` that no span overlaps; both in order."""
    free: list[Span] = []
    place = 0
    for single in singles:
        while place < len(spans) and spans[place].end <= single.start:
            place += 1
        if place == len(spans) or single.end <= spans[place].start:
            free.append(single)
    return free


class _Pairing:
    def __init__(self) -> None:
        self.spans: list[Span] = []
        self._opened: list[tuple[int, str]] = []
        self._last_closer = -1

    def read(self, at: int, mark: str, before: str, after: str) -> None:
        opens = _may_open(mark, before, after)
        if not self._opened:
            if opens:
                self._opened = [(at, mark)]
                self._last_closer = -1
            return
        outer, inner = self._opened[0][1], self._opened[-1][1]
        if mark in _CLOSERS[inner]:
            if mark in _EITHER_WAY and inner in _STRAIGHT and opens and not _may_close(before, after):
                if len(self._opened) == 1:  # a straight one that opens again: the one before was none
                    self._opened = [(at, mark)]
                return
            start, _ = self._opened.pop()
            self._last_closer = at
            if not self._opened:
                self.spans.append(Span(start, at + 1))
        elif opens and mark not in _STRAIGHT and len(self._opened) < _NESTED_AT_MOST:
            self._opened.append((at, mark))
        elif len(self._opened) > 1 and mark in _CLOSERS[outer]:
            self.spans.append(Span(self._opened[0][0], at + 1))
            self._opened.clear()

    def end(self, length: int) -> None:
        if not self._opened:
            return
        start = self._opened[0][0]
        if self._last_closer > start:  # only an inner one was closed, or the last one stands for both
            self.spans.append(Span(start, self._last_closer + 1))
        else:
            self.spans.append(Span(start, length, closed=False))


def _may_open(mark: str, before: str, after: str) -> bool:
    if mark in _DIRECTED:
        return True
    if mark in "」』" + CLOSE_Q:
        return False
    if mark in "«»":  # French has blanks inside, so a blank after it says nothing
        return before in _BEFORE_OPENING and (mark == "«" or not after.isspace())
    if mark == "“" and (before in _BEFORE_OPENING or not before.isascii()):
        return True
    return before in _BEFORE_OPENING and not after.isspace() and after not in ",.;:!?)"


def _may_close(before: str, after: str) -> bool:
    return not before.isspace() and (after.isspace() or after in ",.;:!?)]}—–-…’'\"”»")
