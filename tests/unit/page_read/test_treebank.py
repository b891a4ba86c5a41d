"""Treebank's tokens are NLTK's own, token for token."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from nltk.tokenize import word_tokenize

from page_read.words.count import frequencies
from page_read.words.treebank import TreebankTokenizer
from tests.examples import examples

PIECES = [
    *(
        "a",
        "Word",
        "é",
        "ß",
        "12",
        "3.5",
        "cannot",
        "Gımme",
        "wanna",
        "more'n",
        "d'ye",
        "'tis",
        "n't",
        "'s",
        "'ll",
        "_",
    ),
    *(
        '"',
        "''",
        "'",
        "`",
        "``",
        ".",
        "...",
        ",",
        ":",
        ";",
        "?",
        "!",
        "(",
        ")",
        "[",
        "]",
        "{",
        "<",
        ">",
        "-",
        "--",
        "%",
    ),
    *("—", "“", "”", "‘", "’", "«", "»", "„", " ", " ", "  ", "\n", "\t", "\u00a0", "\x1c", "\x85", "\ue000", "😀"),
]


@given(st.lists(st.sampled_from(PIECES), max_size=20).map("".join))
@settings(max_examples=examples(500))
@example('""\u00a0a b')
@example("x. ) ] . ")
@example("one two' three")
@example("")
def test_tokens_are_nltks(text: str) -> None:
    assert TreebankTokenizer().tokenize(text) == word_tokenize(text, preserve_line=True)


@given(st.text())
def test_tokens_of_any_text_are_nltks(text: str) -> None:
    assert TreebankTokenizer().tokenize(text) == word_tokenize(text, preserve_line=True)


@pytest.mark.parametrize(
    ("text", "words"),
    [("I can't, won't.", {"i": 1, "ca": 1, "wo": 1, "n't": 2}), ("e-mail U.S. 3.14 ...", {"e-mail": 1, "u.s.": 1})],
)
def test_a_token_with_a_letter_is_a_word(text: str, words: dict[str, int]) -> None:
    assert frequencies(text, tokenizer="treebank") == words
