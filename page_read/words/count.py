"""How often each word stands in a text."""

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from heapq import nsmallest
from typing import Literal, Protocol

from page_read.words.treebank import TreebankTokenizer
from page_read.words.unicode_words import UnicodeWordTokenizer

Tokenizer = Literal["words", "treebank"]

MAX_SHOWN_LENGTH = 100  # of a word, so that a page of one endless word makes no endless result


class _CountsWords(Protocol):
    def count_words(self, text: str) -> Counter[str]: ...


_TOKENIZERS: dict[Tokenizer, _CountsWords] = {"words": UnicodeWordTokenizer(), "treebank": TreebankTokenizer()}


@dataclass(frozen=True, kw_only=True)
class WordCounts:
    """The words of a text: their number, how many differ, the most frequent, and the count of the one asked for."""

    words: int
    unique_words: int
    top: tuple[tuple[str, int], ...]
    word_count: int | None


def frequencies(text: str, *, tokenizer: Tokenizer) -> Counter[str]:
    """How often each word stands in `text`, in lower case. A token is a word if it holds a letter."""
    return _TOKENIZERS[tokenizer].count_words(text)


def summarize(counts: Counter[str], *, word: str | None, top: int) -> WordCounts:
    """The figures that a result holds, out of all frequencies; equally frequent words in alphabetical order.

    A word of more than MAX_SHOWN_LENGTH characters is shown up to there, with an ellipsis.
    """
    return WordCounts(
        words=counts.total(),
        unique_words=len(counts),
        top=tuple((_shown(each), count) for each, count in most_frequent(counts, top)),
        word_count=None if word is None else counts[word.lower()],
    )


def _shown(word: str) -> str:
    return word if len(word) <= MAX_SHOWN_LENGTH else f"{word[:MAX_SHOWN_LENGTH]}…"


def most_frequent(counts: Counter[str], top: int) -> list[tuple[str, int]]:
    """The `top` most frequent words; equally frequent ones in alphabetical order."""
    items = _frequent(counts, top)
    descending = sorted([count for _, count in items], reverse=True)[: max(top, 0)]
    if not descending:
        return []
    least = descending[-1]
    above = sorted([item for item in items if item[1] > least], key=lambda item: (-item[1], item[0]))
    level = nsmallest(len(descending) - len(above), [word for word, count in items if count == least])
    return above + [(word, least) for word in level]


def _frequent(counts: Counter[str], top: int) -> Collection[tuple[str, int]]:
    """Words and counts without most of the rare ones, which most words are; at least the `top` most frequent."""
    items: Collection[tuple[str, int]] = counts.items()
    least = 1
    while len(above := [item for item in items if item[1] > least]) >= max(top, 1):
        items, least = above, 2 * least
    return items
