"""Which quotation marks of a passage belong together."""

import re
from dataclasses import dataclass
from typing import Final

from page_read.quote_passages import CLOSE_Q, OPEN_Q

_MARK: Final = re.compile(f'[“”„‟«»"「」『』＂{OPEN_Q}{CLOSE_Q}]')
_SINGLE: Final = re.compile(r"(?<![\w.,!?])[‘'‚](?=\w)(?P<text>[^‘“\"„«\n]{12,2000}?[,.!?…])[’'‘](?!\w)")
_CLOSERS: Final = {
    "“": '”"‟', "‟": '”"', "”": "”", "„": '“”"‟', "«": "»", "»": "«»", '"': '"”“', "＂": "＂", "「": "」", "『": "』", OPEN_Q: CLOSE_Q
}  # fmt: skip
_DIRECTED: Final = "„「『" + OPEN_Q  # these open wherever they stand
_BEFORE_OPENING: Final = " \n\u00a0\u202f([{—–-:;,.!?/…>’'‘“”„«»\"*|"
_NESTED_AT_MOST: Final = 3


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch in quotation marks: `start` and `end` include them. `closed` is False where the passage ends first."""

    start: int
    end: int
    closed: bool = True

    def inside(self, text: str) -> str:
        """What is between the marks."""
        return text[self.start + 1 : self.end - 1 if self.closed else self.end]


def pair_marks(text: str) -> list[Span]:
    """The outermost stretches in quotation marks, in order. Takes time linear in the length of `text`."""
    spans: list[Span] = []
    opened: list[tuple[int, str]] = []
    last_closer = -1
    for found in _MARK.finditer(text):
        at, mark = found.start(), found[0]
        before, after = text[at - 1 : at] or " ", text[at + 1 : at + 2] or " "
        opens = _may_open(mark, before, after)
        if opened:
            closes = mark in _CLOSERS[opened[-1][1]]
            if closes and mark in '"”“' and opened[-1][1] in '"”' and opens and not _may_close(before, after):
                if len(opened) == 1:  # a straight one that opens again: the one before was none
                    opened = [(at, mark)]
                continue
            if closes:
                start, _ = opened.pop()
                last_closer = at
                if not opened:
                    spans.append(Span(start, at + 1))
            elif opens and mark != '"' and len(opened) < _NESTED_AT_MOST and mark != "”":
                opened.append((at, mark))
            elif len(opened) > 1 and mark in _CLOSERS[opened[0][1]]:
                last_closer = at
                spans.append(Span(opened[0][0], at + 1))
                opened.clear()
        elif opens:
            opened = [(at, mark)]
            last_closer = -1
    if opened:
        start = opened[0][0]
        if last_closer > start:  # only an inner one was closed twice, or the last one stands for both
            spans.append(Span(start, last_closer + 1))
        elif opened[0][1] not in '"”':
            spans.append(Span(start, len(text), closed=False))
    if not spans and not opened:
        spans = [Span(found.start(), found.end()) for found in _SINGLE.finditer(text)]
    return spans


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
