"""Words of a text: segments of UAX #29 as ICU cuts them, or the tokens of NLTK's Treebank rules."""

import re
from collections import Counter, deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from heapq import nsmallest
from typing import Literal
from unicodedata import normalize

from icu4py.breakers import WordBreaker
from nltk.tokenize import NLTKWordTokenizer
from nltk.tokenize.api import TokenizerI

Tokenizer = Literal["words", "treebank"]

MAX_SHOWN_LENGTH = 100  # of a word in a result, which would otherwise have no bound
_APOSTROPHES = str.maketrans("\u2019\u02bc\uff07", "'''")  # the typographic one, the letter, the wide one


class UnicodeWordTokenizer(TokenizerI):  # type: ignore[misc] # NLTK ships no types
    """The segments of UAX #29, Unicode Text Segmentation, with ICU's dictionaries for scripts without spaces."""

    def tokenize(self, s: str) -> list[str]:
        """Words, numbers, signs and symbols of `s` in order, without white space. Lone surrogates become U+FFFD."""
        return [segment for segment in self.segments(s) if not segment.isspace()]

    def count_words(self, text: str) -> Counter[str]:
        """How often each token with a letter occurs in `text`, in lower case.

        No such token contains white space, so chunks between white space are counted first. Most are one plain word.
        The others are cut in one call, because thousands of short ones take ICU far longer.
        """
        counts = Counter(_lower_ascii(text).split())
        others = [chunk for chunk in counts if not (chunk.isascii() and chunk.isalpha())]
        occurrences = iter([counts.pop(chunk) for chunk in others])
        count = 0
        for segment in self.segments("".join([f"\n{chunk}" for chunk in others])):
            if segment == "\n":
                count = next(occurrences)
            elif segment.isalpha() or (len(segment) > 1 and any(map(str.isalpha, segment))):
                word = segment.lower()
                counts[word] = counts.get(word, 0) + count
        return counts

    def segments(self, text: str) -> Iterable[str]:
        """All of `text` in pieces, white space as well. An iterator: a list takes more than 80 bytes for each."""
        try:
            return WordBreaker(text, "en")
        except UnicodeEncodeError:  # a lone surrogate
            return WordBreaker(text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace"), "en")


class TreebankTokenizer(TokenizerI):  # type: ignore[misc] # NLTK ships no types
    """The tokens of `nltk.word_tokenize(text, preserve_line=True)`."""

    def tokenize(self, s: str) -> list[str]:
        """The Treebank tokens of `s`."""
        # NLTK's rules look at both ends of a run of white space only, but take the square of the time for its length.
        tokens: list[str] = NLTKWordTokenizer().tokenize(re.sub(r"(?<=\s)\s+(?=\s)", "", s))
        return tokens

    def count_words(self, text: str) -> Counter[str]:
        """How often each token with a letter occurs in `text`, in lower case."""
        return Counter(token.lower() for token in self.tokenize(text) if any(map(str.isalpha, token)))


def _lower_ascii(text: str) -> str:
    """`text` with A to Z in lower case; the lower case of other letters, like `Σ`, depends on where a word ends."""
    return text.encode("utf-8", "surrogatepass").lower().decode("utf-8", "surrogatepass")


def frequencies(text: str, tokenizer: Tokenizer) -> Counter[str]:
    """How often each word occurs in `text`, in lower case. A token is a word if it contains a letter."""
    return (UnicodeWordTokenizer() if tokenizer == "words" else TreebankTokenizer()).count_words(text)


@dataclass(frozen=True, kw_only=True)
class WordCounts:
    """Figures of a text: words, distinct words, the most frequent ones, and the count of one word, if asked for."""

    words: int
    unique_words: int
    top: tuple[tuple[str, int], ...]
    word_count: int | None


def summarize(text: str, tokenizer: Tokenizer, *, word: str | None, top: int) -> WordCounts:
    """The figures of a result. A word of more than MAX_SHOWN_LENGTH characters is cut there and ends in an ellipsis."""
    counts = frequencies(text, tokenizer)
    return WordCounts(
        words=counts.total(),
        unique_words=len(counts),
        top=tuple((shown(each), count) for each, count in most_frequent(counts, top)),
        word_count=None if word is None else occurrences(word, text, counts, tokenizer),
    )


def occurrences(word: str, text: str, counts: Counter[str], tokenizer: Tokenizer) -> int:
    """How often `word` stands in `text`, whose frequencies are `counts`; in any case, form, and with any apostrophe.

    A word that is cut into several pieces is counted where these follow one another on a line, with nothing but signs
    and white space between: `e-mail` and `E mail`.
    """
    pieces = list(_pieces(word, tokenizer))
    found = _count_of(pieces[0], counts) if len(pieces) == 1 else _runs_of(pieces, text, tokenizer)
    # Treebank's rules may cut a word otherwise where it stands alone: a full stop off its end, say.
    return found or _count_of(_form(word.strip()), counts)


def _runs_of(pieces: Sequence[str], text: str, tokenizer: Tokenizer) -> int:
    """How often the pieces follow one another on a line of `text`, without overlap."""
    wanted, found = deque(pieces), 0
    for line in text.split("\n"):
        form = _form(line)
        if not pieces or not all(piece in form for piece in pieces):
            continue
        seen: deque[str] = deque(maxlen=len(pieces))
        for piece in _pieces(line, tokenizer):
            seen.append(piece)
            if seen == wanted:
                found += 1
                seen.clear()
    return found


def _count_of(piece: str, counts: Counter[str]) -> int:
    if "'" not in piece and piece.isascii():
        return counts[piece]
    return sum(count for each, count in counts.items() if _form(each) == piece)


def _pieces(text: str, tokenizer: Tokenizer) -> Iterator[str]:
    """The tokens with a letter or a digit, each as its `_form`."""
    straight = normalize("NFC", text).translate(_APOSTROPHES)
    words = tokenizer == "words"
    tokens = UnicodeWordTokenizer().segments(straight) if words else TreebankTokenizer().tokenize(straight)
    return (_form(token) for token in tokens if any(map(str.isalnum, token)))


def _form(text: str) -> str:
    """What texts have in common that are one where a word is asked for: NFC, lower case, one kind of apostrophe."""
    return normalize("NFC", normalize("NFC", text).translate(_APOSTROPHES).lower())


def most_frequent(counts: Counter[str], top: int) -> list[tuple[str, int]]:
    """The `top` most frequent words with their counts; equally frequent ones in alphabetical order."""
    return [(word, -count) for count, word in nsmallest(top, ((-count, word) for word, count in counts.items()))]


def shown(word: str) -> str:
    """The word, cut after MAX_SHOWN_LENGTH characters."""
    return word if len(word) <= MAX_SHOWN_LENGTH else f"{word[:MAX_SHOWN_LENGTH]}…"
