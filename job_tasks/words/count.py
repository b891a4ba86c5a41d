"""How often each word stands in a text."""

from collections import Counter
from dataclasses import dataclass
from typing import Literal

from nltk.tokenize.api import TokenizerI

from job_tasks.words.tokenizers import TreebankTokenizer, UnicodeWordTokenizer

Tokenizer = Literal["words", "treebank"]

_TOKENIZERS: dict[Tokenizer, TokenizerI] = {"words": UnicodeWordTokenizer(), "treebank": TreebankTokenizer()}


@dataclass(frozen=True, kw_only=True)
class WordCounts:
    """The words of a text: their number, how many differ, the most frequent, and the count of the one asked for."""

    words: int
    unique_words: int
    top: tuple[tuple[str, int], ...]
    word_count: int | None


def count_words(text: str, *, word: str | None, top: int, tokenizer: Tokenizer) -> WordCounts:
    """Counts of the words of `text`, and its `top` most frequent ones; equally frequent ones in alphabetical order."""
    return summarize(frequencies(text, tokenizer=tokenizer), word=word, top=top)


def frequencies(text: str, *, tokenizer: Tokenizer) -> Counter[str]:
    """How often each word, in lower case, stands in `text`. A token is a word if it holds a letter."""
    counts: Counter[str] = Counter()
    for token, count in Counter(_TOKENIZERS[tokenizer].tokenize(text)).items():
        if any(map(str.isalpha, token)):
            counts[token.lower()] += count
    return counts


def summarize(counts: Counter[str], *, word: str | None, top: int) -> WordCounts:
    """The figures that a result holds, out of all frequencies."""
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return WordCounts(
        words=counts.total(),
        unique_words=len(counts),
        top=tuple(ordered[:top]),
        word_count=None if word is None else counts[word.lower()],
    )
