"""Compares the counter with a browser, page by page: `python -m dev.bench.accuracy FOLDER`.

Exits with 1 if a goal is missed: 97 % of pages with identical word frequencies, every page within 1 % of the browser's
words, all pages together within 0.1 %.
"""

import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from dev.bench.corpus import CorpusPage, read_corpus
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


def report(comparisons: list[Comparison]) -> bool:
    """Prints the table and the worst pages; returns whether all goals are met."""
    pages = len(comparisons)
    identical = sum(page.is_identical for page in comparisons)
    within = sum(page.difference <= _MAX_DIFFERENCE for page in comparisons)
    expected = sum(page.expected for page in comparisons)
    counted = sum(page.counted for page in comparisons)
    total = abs(counted - expected) / max(expected, 1)
    _line(f"{'':30} {'measured':>16} {'goal':>10}")
    _line(f"{'identical word frequencies':30} {f'{identical} of {pages}':>16} {'97 %':>10}")
    _line(f"{'within 1 % of the words':30} {f'{within} of {pages}':>16} {'all':>10}")
    _line(f"{'words of all pages':30} {counted:>16,} {expected:>10,}")
    _line(f"{'difference of these':30} {total:>16.3%} {'0.1 %':>10}")
    for page in sorted(comparisons, key=lambda page: (page.difference, not page.is_identical), reverse=True)[:_WORST]:
        _line(_describe(page))
    return identical >= _MIN_IDENTICAL * pages and within == pages and total <= _MAX_TOTAL_DIFFERENCE


def _describe(page: Comparison) -> str:
    surplus = " ".join(f"+{word}" for word, _ in page.surplus.most_common(_SHOWN_WORDS))
    missing = " ".join(f"-{word}" for word, _ in page.missing.most_common(_SHOWN_WORDS))
    return f"{page.name}: {page.counted} of {page.expected} words ({page.difference:.2%}) {surplus} {missing}".rstrip()


def _line(text: str) -> None:
    sys.stdout.write(f"{text}\n")


if __name__ == "__main__":
    sys.exit(0 if report([compare(page) for page in read_corpus(Path(sys.argv[1]))]) else 1)
