"""Words after UAX #29, with ICU's dictionaries for the scripts that put no spaces between words."""

import re
from collections import Counter
from collections.abc import Iterable

from icu4py.breakers import WordBreaker
from nltk.tokenize.api import TokenizerI

# Letters of scripts with spaces: every one is ALetter (Word_Break), so a run of them is one segment, also over single
# apostrophes and full stops (WB5 to WB7); or one of Hangul.
_LETTERS = (
    r"[A-Za-z\xaa\xb5\xba\xc0-\xd6\xd8-\xf6\xf8-\u024f"
    r"\u0386\u0388-\u038a\u038c\u038e-\u03a1\u03a3-\u03f5\u03f7-\u03ff"
    r"\u0400-\u0481\u048a-\u0527\u0621-\u063a\u0641-\u064a]++"
)
_WORD = re.compile(rf"{_LETTERS}(?:['\u2019.]{_LETTERS})*+|[\uac00-\ud7a3]++").fullmatch
# Signs that join nothing where they stand between white space and a letter or one another.
SIGNS = (
    "!\"#$%&'()*+,-./:;<=>?@[\\]^`{|}~"
    "\xa1\xa2\xa3\xa4\xa5\xa6\xa7\xa8\xa9\xab\xac\xae\xaf\xb0\xb1\xb4\xb6\xb7\xbb\xbf\xd7\xf7"
    "\u2010\u2011\u2012\u2013\u2014\u2015\u2018\u2019\u201a\u201c\u201d\u201e\u2020\u2021\u2022\u2026\u2039\u203a\u20ac\u2122"
)


class UnicodeWordTokenizer(TokenizerI):  # type: ignore[misc] # NLTK ships no types
    """The segments of UAX #29, Unicode Text Segmentation, as ICU cuts them."""

    def tokenize(self, s: str) -> list[str]:
        """Words, numbers, signs and symbols of `s` in their order, without white space. Lone surrogates are U+FFFD."""
        return [segment for segment in _segments(s) if not segment.isspace()]

    def count_words(self, text: str) -> Counter[str]:
        """How often each token of `text` with a letter in it occurs, in lower case.

        No segment holds white space and a letter, so each distinct chunk between white space is cut only once, and
        most need not be cut at all.
        """
        counts: dict[str, int] = {}
        difficult: list[tuple[str, int]] = []
        for chunk, count in Counter(_lower_ascii(text).split()).items():
            if chunk.isascii() and chunk.isalpha():  # as most are
                counts[chunk] = counts.get(chunk, 0) + count
                continue
            core = chunk.strip(SIGNS)
            if (core.isascii() and core.isalnum()) or _WORD(core):
                if not core.isdecimal():
                    word = core.lower()
                    counts[word] = counts.get(word, 0) + count
            elif core:
                difficult.append((chunk, count))
        _count_difficult(difficult, counts)
        return Counter(counts)


def _lower_ascii(text: str) -> str:
    """`text` with A to Z in lower case: quicker than all letters, and no context changes them, as it does `Σ`."""
    return text.encode("utf-8", "surrogatepass").lower().decode("utf-8", "surrogatepass")


def _count_difficult(chunks: list[tuple[str, int]], counts: dict[str, int]) -> None:
    """Cuts all chunks in one go, which costs ICU far less than one by one."""
    remaining = iter(chunks)
    count = 0
    for segment in _segments("".join([f"\n{chunk}" for chunk, _ in chunks])):
        if segment == "\n":
            _, count = next(remaining)
        elif segment.isalpha() or (len(segment) > 1 and any(map(str.isalpha, segment))):
            word = segment.lower()
            counts[word] = counts.get(word, 0) + count


def _segments(text: str) -> Iterable[str]:
    """One by one, for a list of them would take over 80 bytes for each."""
    try:
        return WordBreaker(text, "en")
    except UnicodeEncodeError:  # a lone surrogate
        return WordBreaker(text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace"), "en")
