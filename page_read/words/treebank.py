"""NLTK's Treebank tokens, several times as fast as NLTK's own call."""

import re
from collections import Counter
from collections.abc import Iterator
from itertools import chain

from nltk.tokenize import NLTKWordTokenizer
from nltk.tokenize.api import TokenizerI

# Words that a rule cuts. `(?i)` and not `lower()`: it is how the rules compare, and Unicode holds more than one `i`.
_CUT_WORD = re.compile(r"(?i)cannot|gimme|gonna|gotta|lemme|wanna").search
_CUT_PARTS = ("cannot", "mme", "nna", "otta")  # one of which each of these has, whatever its `i`
# Chunks with nothing but signs that the rules always cut off, each by itself; and the tokens of such a chunk.
_STEM = r"[^\W_]+(?:[-./][^\W_]+)*"
_OPENING = r"(\[{\u201c\xab\u2018\u201e"
_CLOSING = r")\]}\u201d\xbb\u2019,:;?!"
_CUTTING = r"\u2019\u2012-\u2015"
_PLAIN = re.compile(rf"[{_OPENING}]*{_STEM}(?:[{_CUTTING}]{_STEM})*\.?[{_CLOSING}]*").fullmatch
_TOKENS_OF_PLAIN = re.compile(rf"{_STEM}\.?|[{_OPENING}{_CLOSING}{_CUTTING}]").findall
_OPENING_QUOTE = re.compile(r"""["'](?<!\S["'])""")
_CLOSING_QUOTE = re.compile(r"'(?!\S)")
_QUOTES = frozenset("\"'")
# From the last chunk on that is more than this, rules look at where the text ends.
_CLOSERS = "])}>\"'»”\u2019. \t\n\r\f\v\xa0"
_MARK = "\ue000"  # a private character that no rule knows
# Texts that hold it, or white space that not every rule takes for such, go to NLTK as they are.
_ODD = re.compile("[\ue000\x1c-\x1f\x85]").search


class TreebankTokenizer(TokenizerI):  # type: ignore[misc] # NLTK ships no types
    """The tokens of `nltk.word_tokenize(text, preserve_line=True)`.

    Treebank's rules look no further than to the white space around a chunk, except where the text begins and ends. So
    each distinct chunk goes through them once, all together in one text, and plain ones not at all.
    """

    def tokenize(self, s: str) -> list[str]:
        """The Treebank tokens of `s`."""
        first, last = _middle(s)
        if first >= last or _ODD(s):
            return _tokenize(s)
        keys, table = _look_up(s[first : last + 1])
        uncut = [key for key in dict.fromkeys(keys) if key not in table]
        # One call for all: the text's own begin and end, and between them what rules may cut, set off by marks.
        tokens = _tokenize("".join([s[: first + 1], *[_MARK + key for key in uncut], _MARK, s[last:]]))
        marks = [index for index, token in enumerate(tokens) if token == _MARK]
        for key, start, end in zip(uncut, marks, marks[1:], strict=False):
            table[key] = tokens[start + 1 : end]
        return [*tokens[: marks[0]], *chain.from_iterable(map(table.__getitem__, keys)), *tokens[marks[-1] + 1 :]]

    def count_words(self, text: str) -> Counter[str]:
        """How often each token of `text` with a letter in it occurs, in lower case."""
        counts: Counter[str] = Counter()
        for token, count in Counter(self.tokenize(text)).items():
            if token.isalpha() or any(map(str.isalpha, token)):
                counts[token.lower()] += count
        return counts


def _tokenize(text: str) -> list[str]:
    tokens: list[str] = _NLTK.tokenize(text)
    return tokens


_NLTK = NLTKWordTokenizer()


def _middle(text: str) -> tuple[int, int]:
    """Where the white space is that ends the first chunk, and that which begins the part where end rules apply."""
    first = re.match(r"\s*\S*", text).end()  # type: ignore[union-attr] # matches any text
    end = len(text.rstrip(_CLOSERS))
    while end and not text[end - 1].isspace():
        end -= 1
    return first, end - 1


def _look_up(text: str) -> tuple[list[str], dict[str, list[str]]]:
    """The chunks of a text that begins and ends with white space, and the tokens of those that are plain.

    The others stand with the white space around them, whose kind matters beside a quote.
    """
    chunks = text.split()
    distinct = set(chunks)
    table = {chunk: [chunk] for chunk in distinct if chunk.isalnum()}
    table |= {chunk: _TOKENS_OF_PLAIN(chunk) for chunk in filter(_PLAIN, distinct.difference(table))}
    lowered = text.lower()
    if any(part in lowered for part in _CUT_PARTS):
        for cut in filter(_CUT_WORD, list(table)):
            del table[cut]
    before = (text[match.start() - 1] for match in _OPENING_QUOTE.finditer(text))
    after = (text[match.end()] for match in _CLOSING_QUOTE.finditer(text))
    return [chunk if chunk in table else _in_place(chunk, before, after) for chunk in chunks], table


def _in_place(chunk: str, before: Iterator[str], after: Iterator[str]) -> str:
    left = next(before) if chunk[0] in _QUOTES else " "
    right = next(after) if chunk[-1] == "'" else " "
    return left + chunk + right
