"""The text of a quote: how it is stored, how long it is, and what makes two texts one quote."""

import re
import unicodedata
from functools import lru_cache
from typing import Final

MAX_TEXT: Final = 2_000  # characters that are kept of a quote

_INVISIBLE: Final = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff\ue000\ue001]")
_PAIRS: Final = (
    "“”",
    "„“",
    "„”",
    "““",
    "””",
    "«»",
    "»«",
    "»»",
    "‹›",
    "›‹",
    "「」",
    "『』",
    "‘’",
    "‚‘",
    "‚’",
    '""',
    "''",
    "〝〟",
)
_MARKS: Final = "“”„‟«»‹›「」『』‘’‚‛\"'"
_SPACELESS: Final = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]")
_WORD: Final = re.compile(r"\w+(?:['’.\-]\w+)*")
_BEGINNING: Final = 400  # characters in which words are counted
_SENTENCE_END: Final = re.compile(r"[.!?…。！？]['’”»]*\s*\Z")
_LIGHT: Final = 3  # letters of a word without weight
_LONGEST_TITLE: Final = 10  # words of weight
_BEFORE_ATTRIBUTION: Final = " ,;"


def tidy(text: str) -> str:
    """`text` as it is stored: NFC, single blanks, without outer quotation marks and what led over to an attribution."""
    if not text.isascii():
        text = _INVISIBLE.sub("", unicodedata.normalize("NFC", text))
    text = " ".join(text.split())
    while len(text) > 1 and text[0] + text[-1] in _PAIRS and _is_outer(text):
        text = text[1:-1].strip()
    return text.rstrip(_BEFORE_ATTRIBUTION)


def _is_outer(text: str) -> bool:
    """Whether the first mark is closed by the last one, and not in between, as in `“A” and “B”`."""
    opening, closing = text[0], text[-1]
    inner = text[1:-1]
    if opening == closing:
        return opening not in inner or (inner.count(opening) % 2 == 0 and inner[:1].isalnum())
    if closing not in inner:
        return True
    depth = 0
    for character in inner:
        depth += (character == opening) - (character == closing)
        if depth < 0:
            return False
    return True


def normal_form(text: str) -> str:
    """What texts of one quote have in common: letters, digits and symbols, without case or compatibility forms.

    Blanks, punctuation, quotation marks, dashes and what is invisible do not count. Empty for a text without any.
    """
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    for character in set(folded):
        if not _counts(character):
            folded = folded.replace(character, "")
    return folded


@lru_cache(maxsize=2_000)
def _counts(character: str) -> bool:
    return unicodedata.category(character)[0] in "LNMS"


def count_first_words(text: str) -> int:
    """The words in the beginning of `text`, which are enough to tell a name or a label from a quote.

    In scripts that put no blanks between words, two characters count as one.
    """
    text = text[:_BEGINNING]
    spaceless = 0 if text.isascii() else len(_SPACELESS.findall(text))
    return spaceless // 2 + len(_WORD.findall(_SPACELESS.sub(" ", text) if spaceless else text))


def is_title(text: str) -> bool:
    """Whether `text` looks like the title of a work: no sentence, and all words of weight begin with a capital."""
    heavy = [word for word in text.split() if len(word) > _LIGHT and word[0].isalpha()]
    return (
        text.rstrip("'’")[-1:].isalpha()
        and 0 < len(heavy) <= _LONGEST_TITLE
        and all(word[0].isupper() for word in heavy)
    )


def is_spaceless(text: str) -> bool:
    """Whether `text` is written without blanks between words, as Chinese and Japanese are."""
    return 2 * len(_SPACELESS.findall(text[:200])) > len(text[:200].strip())


def ends_sentence(text: str) -> bool:
    """Whether `text` ends with the mark that ends a sentence."""
    return _SENTENCE_END.search(text) is not None
