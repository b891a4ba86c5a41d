"""NLTK tokenizers: UAX #29 words, and Treebank's rules."""

from icu4py.breakers import WordBreaker
from nltk.tokenize import NLTKWordTokenizer
from nltk.tokenize.api import TokenizerI


class UnicodeWordTokenizer(TokenizerI):  # type: ignore[misc] # NLTK ships no types
    """Segments after UAX #29, with ICU's dictionaries for the scripts that put no spaces between words."""

    def tokenize(self, s: str) -> list[str]:
        """Every segment of `s`, spaces and punctuation too: joined they are `s` again, but for lone surrogates."""
        return list(WordBreaker(s.encode("utf-8", "replace").decode(), "en"))


class TreebankTokenizer(TokenizerI):  # type: ignore[misc] # NLTK ships no types
    """The tokens of `nltk.word_tokenize(text, preserve_line=True)`."""

    def tokenize(self, s: str) -> list[str]:
        """The Treebank tokens of `s`."""
        tokens: list[str] = NLTKWordTokenizer().tokenize(s)
        return tokens
