"""Compares the counter with a browser, page by page: `python -m dev.bench.accuracy FOLDER`.

Exits with 1 if a goal is missed: 97 % of pages with identical word frequencies, every page within 1 % of the browser's
words, all pages together within 0.1 %, and the same words in every piece of HTML of the reader's tests.
"""

import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from dev.bench.corpus import CorpusPage, read_corpus, read_pieces
from page_read.page import read_page
from page_read.words import frequencies

_WORST = 10
_MIN_IDENTICAL = 0.97  # of the pages
_MAX_DIFFERENCE = 0.01  # of a page's words
_MAX_TOTAL_DIFFERENCE = 0.001  # of all pages' words
_SHOWN_WORDS = 5


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """One page: the browser's number of words, ours, and the words on one side only."""

    name: str
    expected: int
    counted: int
    surplus: Counter[str]  # words that we count and the browser does not
    missing: Counter[str]  # the reverse

    @property
    def difference(self) -> float:
        """Of the totals, as a share of the browser's."""
        return abs(self.counted - self.expected) / max(self.expected, 1)

    @property
    def is_identical(self) -> bool:
        return not self.surplus and not self.missing


def compare(page: CorpusPage) -> Comparison:
    """The page's words as counted here and in the browser."""
    ours = frequencies(read_page(page.body, page.content_type).text, "words")
    theirs = Counter(page.frequencies)
    return Comparison(
        name=page.name,
        expected=theirs.total(),
        counted=ours.total(),
        surplus=ours - theirs,
        missing=theirs - ours,
    )


def report(comparisons: list[Comparison], pieces: list[Comparison]) -> bool:
    """Prints the table and the worst pages; returns whether all goals are met."""
    wrong = [piece for piece in pieces if not piece.is_identical]
    identical = sum(page.is_identical for page in comparisons)
    within = sum(page.difference <= _MAX_DIFFERENCE for page in comparisons)
    expected = sum(page.expected for page in comparisons)
    counted = sum(page.counted for page in comparisons)
    total = abs(counted - expected) / max(expected, 1)
    _line(f"{'':30} {'measured':>16} {'goal':>10}")
    _line(f"{'identical word frequencies':30} {f'{identical} of {len(comparisons)}':>16} {'97 %':>10}")
    _line(f"{'within 1 % of the words':30} {f'{within} of {len(comparisons)}':>16} {'all':>10}")
    _line(f"{'words of all pages':30} {counted:>16,} {expected:>10,}")
    _line(f"{'difference of these':30} {total:>16.3%} {'0.1 %':>10}")
    _line(f"{'pieces of HTML with equal words':30} {f'{len(pieces) - len(wrong)} of {len(pieces)}':>16} {'all':>10}")
    for page in (
        wrong[:_WORST]
        + sorted(comparisons, key=lambda page: (page.difference, not page.is_identical), reverse=True)[:_WORST]
    ):
        _line(_describe(page))
    is_close = identical >= _MIN_IDENTICAL * len(comparisons) and within == len(comparisons)
    return is_close and total <= _MAX_TOTAL_DIFFERENCE and not wrong


def _describe(page: Comparison) -> str:
    surplus = " ".join(f"+{word}" for word, _ in page.surplus.most_common(_SHOWN_WORDS))
    missing = " ".join(f"-{word}" for word, _ in page.missing.most_common(_SHOWN_WORDS))
    return f"{page.name}: {page.counted} of {page.expected} words ({page.difference:.2%}) {surplus} {missing}".rstrip()


def _line(text: str) -> None:
    sys.stdout.write(f"{text}\n")


if __name__ == "__main__":
    is_good = report(list(map(compare, read_corpus(Path(sys.argv[1])))), list(map(compare, read_pieces())))
    sys.exit(0 if is_good else 1)
