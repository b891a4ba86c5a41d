"""Words after UAX #29, with ICU's dictionaries for the scripts that put no spaces between words."""

import re
from collections import Counter

from icu4py.breakers import WordBreaker
from nltk.tokenize.api import TokenizerI

# Letters of scripts with spaces: every one is ALetter (Word_Break), so a run of them is one segment.
_LETTERS = "A-Za-zªµºÀ-ÖØ-öø-ɏΆΈ-ϵϷ-ϿЀ-ҁҊ-ԧء-غف-ي"
# Signs that join nothing where only these letters and white space are near: no Extend, Format, ZWJ, digit or `_`.
_SIGNS = (
    r"!-/:-@[-^`{-~\xa1-\xa9\xab\xac\xae-\xb1\xb4\xb6-\xb8\xbb\xbf\xd7\xf7"
    r"\u2010-\u2015\u2018-\u201e\u2020-\u2022\u2026\u2039\u203a\u20ac\u2122"
)
# Hangul is joined to Hangul only.
_PLAIN = re.compile(rf"[{_SIGNS}]*([{_LETTERS}]*|[가-힣]+)[{_SIGNS}]*|[{_SIGNS}0-9]*").fullmatch


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
        if "Σ" not in text:  # whose small letter depends on what stands beside it
            text = text.lower()
        for chunk, count in Counter(text.split()).items():
            if chunk.isascii() and chunk.isalpha():
                word = chunk.lower()
            elif match := _PLAIN(chunk):
                word = (match[1] or "").lower()
            else:
                difficult.append((chunk, count))
                continue
            counts[word] = counts.get(word, 0) + count
        counts.pop("", None)
        _count_difficult(difficult, counts)
        return Counter(counts)


def _count_difficult(chunks: list[tuple[str, int]], counts: dict[str, int]) -> None:
    """Cuts all chunks in one go, which costs ICU far less than one by one."""
    remaining = iter(chunks)
    count = 0
    for segment in _segments("".join([f"\n{chunk}" for chunk, _ in chunks])):
        if segment == "\n":
            _, count = next(remaining)
        elif segment.isalpha() or any(map(str.isalpha, segment)):
            word = segment.lower()
            counts[word] = counts.get(word, 0) + count


def _segments(text: str) -> list[str]:
    try:
        return list(WordBreaker(text, "en"))
    except UnicodeEncodeError:  # a lone surrogate
        return list(WordBreaker(text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace"), "en"))
