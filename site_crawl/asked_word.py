"""A word that is asked for: the form in which a crawl keeps it, and how its tokenizer cuts it.

Whoever answers holds no tokenizer. So these are its rules as far as they need no dictionary and no context; a text is
held against the words of the crawl where they do.
"""

import re
from collections.abc import Collection, Iterator
from unicodedata import category, name, normalize

MAX_LENGTH = 100  # of a word, which would otherwise have no bound
APOSTROPHES = "'\u2019\u02bc\uff07"  # which are one where a word is asked for

# UAX #29, WB4 to WB13b, on a text that is given by a letter for the class of each character: letter, number, connector,
# what joins letters, numbers or both, what goes with the character before, scripts without spaces, Hangul (which ICU
# keeps apart), other numbers, Hebrew and what joins or ends only that.
_PART = r"(?:EX*qX*(?=E)|[LE]X*(?:[lba]X*(?=[LE]))?|NX*(?:[nba]X*(?=N))?|CX*)"
_TOKEN = re.compile(rf"{_PART}*EX*a(?!X*[LE])X*|{_PART}+|(?:SX*)+|H+X*|OX*")
_CLASSES = dict.fromkeys(":\u00b7\u0387\u055f\u05f4\u2027\ufe13\ufe55\uff1a", "l")
_CLASSES |= dict.fromkeys(",;\u037e\u0589\u060c\u060d\u066c\u07f8\u2044\ufe10\ufe14\ufe50\ufe54\uff0c\uff1b", "n")
_CLASSES |= dict.fromkeys(".\u2018\u2019\u2024\ufe52\uff07\uff0e", "b")
_CLASSES |= {"\u200b": " ", "\u202f": "C", "'": "a", '"': "q", "\u066b": "N"}
_OF_CATEGORY = {"Nd": "N", "Nl": "L", "No": "O", "Pc": "C", "Mn": "X", "Mc": "X", "Me": "X", "Cf": "X"}
_OF_SCRIPT = dict.fromkeys(("CJK", "HIRAGANA", "KATAKANA", "THAI", "LAO", "KHMER", "MYANMAR"), "S") | {
    "HANGUL": "H",
    "HEBREW": "E",
}

# Of the Treebank rules, what cuts a text that stands alone.
_TREEBANK = re.compile(
    r"""[\s;@#$%&?!*()\[\]{}<>"«»“”„\u2018\u2019`\u2012-\u2015]|--|\.{2,}|[:,](?!\d)|(?<!\.)\.'*$|'+$|^'"""
    r"""|(?<=[^' ])(?='(?:s|m|d|ll|re|ve)$)|(?<=[^' ])(?=n't$)"""
    r"""|(?<=\bcan)(?=not\b)|(?<=\bgim)(?=me\b)|(?<=\bgon)(?=na\b)|(?<=\bgot)(?=ta\b)|(?<=\blem)(?=me\b)""",
    re.IGNORECASE,
)


class NotOneWord(Exception):
    """The text is no word of a crawl: `str` says how it is not, of the text."""


def kept_form(word: str) -> str:
    """The word as crawls keep it: composed (NFC), in lower case, cut after MAX_LENGTH characters, without NUL."""
    form = normalize("NFC", normalize("NFC", word).lower())
    if len(form) > MAX_LENGTH:
        form = f"{form[:MAX_LENGTH]}…"
    return form.replace("\0", "\N{REPLACEMENT CHARACTER}")


def spellings(word: str) -> list[str]:
    """The word with each of the apostrophes, itself first."""
    others = {word.translate(dict.fromkeys(map(ord, APOSTROPHES), each)) for each in APOSTROPHES}
    return [word, *sorted(others - {word})]


def is_same(one: str, other: str) -> bool:
    """Whether two texts are the same word, in any case and with any apostrophe."""
    return kept_form(other.strip()) in spellings(kept_form(one.strip()))


def pieces(text: str, tokenizer: str) -> list[str]:
    """The pieces with a letter or a number that the tokenizer cuts the text into."""
    text = normalize("NFC", text)
    if tokenizer == "words":
        classes = "".join(map(_class_of, text))
        tokens = [text[token.start() : token.end()] for token in _TOKEN.finditer(classes)]
    else:
        tokens = _TREEBANK.split(text)
    return [token for token in tokens if any(map(str.isalnum, token))]


def parts(text: str) -> Iterator[str]:
    """All that stands in the text, itself too."""
    return (text[start:end] for start in range(len(text)) for end in range(start + 1, len(text) + 1))


def is_made_of(text: str, words: Collection[str]) -> bool:
    """Whether the text is nothing but some of the words, one after the other."""
    ends = {0}
    for end in range(1, len(text) + 1):
        if any(text[start:end] in words for start in ends):
            ends.add(end)
    return len(text) in ends


def is_without_spaces(text: str) -> bool:
    """Whether a dictionary decides where the words of the text end."""
    return len(text) > 1 and _class_of(text[0]) == "S"


def _class_of(character: str) -> str:
    if character in _CLASSES:
        return _CLASSES[character]
    if character.isalpha():
        return _OF_SCRIPT.get(name(character, " ").split(" ", 1)[0], "L")
    return _OF_CATEGORY.get(category(character), " ")
