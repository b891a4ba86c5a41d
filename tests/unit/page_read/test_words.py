"""Words after UAX #29: its rules as cases of our own, other languages, and laws that hold for any text; Treebank."""

from collections import Counter

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from icu4py.breakers import WordBreaker
from nltk.tokenize import word_tokenize

from page_read.words import (
    Tokenizer,
    TreebankTokenizer,
    UnicodeWordTokenizer,
    frequencies,
    occurrences,
    summarize,
)
from tests.examples import examples

TOKENIZER = UnicodeWordTokenizer()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("can't can’t", "can't can’t"),  # WB6, WB7
        ("e-mail well-known", "e mail well known"),
        ("U.S. example.com", "u.s example.com"),
        ("3.14 1,000 a1b2 3D", "a1b2 3d"),  # WB8 to WB12; numbers alone are no words
        ("snake_case __init__", "snake_case __init__"),  # WB13a, WB13b
        ("cafe\u0301 a\u00adb x\u200dy", "cafe\u0301 a\u00adb x\u200dy"),  # WB4
        ("a\u200bb a\u00a0b", "a b a b"),
        ("צה\"ל ג'ירפה", "צה\"ל ג'ירפה"),  # WB7a to WB7c
        ("カタカナ アイス", "カタカナ アイス"),  # WB13
        ("😀 👩‍👩‍👧 🇩🇪 ☎ © ½", ""),  # WB3c, WB15, WB16
        ("😀one 😀two", "one two"),
        ("straße STRASSE", "straße strasse"),
        ("l'amour d’été", "l'amour d’été"),
        ("TV일반 한국어", "tv 일반 한국어"),
        ("ＡＢＣ", "ａｂｃ"),
        ("ΟΔΟΣ ΣΟΦΟΣ", "οδος σοφος"),
        ("a:b a/b a@b.c", "a:b a b a b.c"),
        ("日本語の文章です", "日本語 の 文章 です"),
        ("我们都是中国人", "我们 都是 中国人"),
        ("สวัสดีชาวโลก", "สวัสดี ชาว โลก"),
        ("ສະບາຍດີຊາວໂລກ", "ສະບາຍດີ ຊາວໂລກ"),
        ("សួស្តីពិភពលោក", "សួស្តី ពិភពលោក"),
        ("မင်္ဂလာပါကမ္ဘာ", "မင်္ဂလာ ပါ ကမ္ဘာ"),
        ("", ""),
    ],
)
def test_words_of(text: str, words: str) -> None:
    assert frequencies(text, "words") == Counter(words.split())


def segments_by_icu(text: str) -> Counter[str]:
    """The words of each stretch between white space, cut by nothing but ICU."""
    segments = [segment for chunk in text.split() for segment in WordBreaker(chunk, "en")]
    return Counter(segment.lower() for segment in segments if any(map(str.isalpha, segment)))


TRICKY = "abzAZ09 _-'’.,:;!?\"()\n\t\u00a0\u00ad\u200b\u200d\u0301éßΣςЖйשא״گيカひ日本ก한국😀ℹªº·‧€™©×"


@given(st.text(st.one_of(st.sampled_from(TRICKY), st.characters(exclude_categories=["Cs"])), max_size=30))
def test_short_cuts_give_what_icu_gives(text: str) -> None:
    assert frequencies(text, "words") == segments_by_icu(text)


@given(st.text(st.characters()), st.sampled_from(["words", "treebank"]))
def test_tokenizing_is_total(text: str, tokenizer: str) -> None:
    assert frequencies(text, tokenizer).total() >= 0  # type: ignore[arg-type] # one of the two


@given(st.text(), st.text())
def test_counts_of_joined_texts_add_up(one: str, other: str) -> None:
    joined = frequencies(f"{one}\n{other}", "words")
    assert joined == frequencies(one, "words") + frequencies(other, "words")


@given(st.text())
def test_words_are_stable_under_their_own_lower_case(text: str) -> None:
    words = frequencies(text, "words")
    assert all(word == word.lower() for word in words)


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_tokens_are_all_of_the_text_but_white_space(text: str) -> None:
    assert "".join("".join(TOKENIZER.tokenize(text)).split()) == "".join(text.split())


@pytest.mark.parametrize(
    ("word", "top", "expected"),
    [
        ("The", 2, (("the", 3), ("a", 2), 3)),
        ("absent", 0, (0,)),
        (None, 10, (("the", 3), ("a", 2), ("b", 2), ("c", 1), ("d", 1), None)),
    ],
)
def test_a_result_is_bounded_and_ordered(word: str | None, top: int, expected: tuple[object, ...]) -> None:
    counted = summarize("the b a The c THE b a d", "words", word=word, top=top)
    assert (counted.words, counted.unique_words) == (9, 5)
    assert (*counted.top, counted.word_count) == expected


@pytest.mark.parametrize(
    ("word", "text", "words", "treebank"),
    [
        ("e-mail", "E-mail, an e-mail and e mail. One email; mail", 3, 2),
        ("state-of-the-art", "A state-of-the-art oven is state of the art.", 2, 1),
        ("book bakery", "The Book Bakery: a book, bakery and book\nbakery", 2, 2),
        ("the the", "the the the the the", 2, 2),
        ("windows 11", "Windows 11, Windows 10 and windows 1 1", 1, 1),
        ("book bakery", "a book 5 bakery", 0, 0),
        ("cafe\u0301", "Café cafe\u0301 CAFÉ", 3, 3),
        ("Café", "cafe\u0301", 1, 1),
        ("cafe\u0301 noir", "Café noir, CAFE\u0301 NOIR", 2, 2),
        ("J\u030c", "\u01f0 J\u030c", 2, 2),
        ("don't", "Don\u2019t say don't, or donʼt.", 3, 3),
        ("DON\u2019T", "Don\u2019t say don't, or donʼt.", 3, 3),
        ("I don't", "I don\u2019t know, I don't! I, don", 2, 2),
        ("C++", "C and C++", 2, 1),
        (" queue ", "a queue", 1, 1),
        ("a.", "«A.»", 1, 1),
        ("東京タワー", "東京タワーと東京", 1, 0),
        ("ΟΔΟΣ", "οδος ΟΔΟΣ", 2, 2),
        ("\U0001f600", "\U0001f600", 0, 0),
        ("a\ud800b", "a\ud800b", 1, 1),
    ],
)
def test_a_word_is_counted_as_it_is_cut(word: str, text: str, words: int, treebank: int) -> None:
    counted = {
        "words": summarize(text, "words", word=word, top=0).word_count,
        "treebank": summarize(text, "treebank", word=word, top=0).word_count,
    }
    assert counted == {"words": words, "treebank": treebank}


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=50), st.sampled_from(["words", "treebank"]))
def test_every_word_of_a_text_is_found_if_it_is_asked_for(text: str, tokenizer: Tokenizer) -> None:
    counts = frequencies(text, tokenizer)
    for word in counts:
        assert occurrences(word, text, counts, tokenizer) >= (counts[word] if tokenizer == "words" else 1)


def test_a_long_word_is_counted_whole_and_shown_in_part() -> None:
    counted = summarize(f"{'a' * 100} {'b' * 101} {'b' * 102}", "words", word="B" * 101, top=3)
    assert (counted.words, counted.unique_words, counted.word_count) == (3, 3, 1)
    assert counted.top == (("a" * 100, 1), (f"{'b' * 100}…", 1), (f"{'b' * 100}…", 1))


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
def test_treebank_tokens_are_nltks(text: str) -> None:
    assert TreebankTokenizer().tokenize(text) == word_tokenize(text, preserve_line=True)


@given(st.text())
def test_treebank_tokens_of_any_text_are_nltks(text: str) -> None:
    assert TreebankTokenizer().tokenize(text) == word_tokenize(text, preserve_line=True)


@pytest.mark.parametrize(
    ("text", "words"),
    [("I can't, won't.", {"i": 1, "ca": 1, "wo": 1, "n't": 2}), ("e-mail U.S. 3.14 ...", {"e-mail": 1, "u.s.": 1})],
)
def test_a_treebank_token_with_a_letter_is_a_word(text: str, words: dict[str, int]) -> None:
    assert frequencies(text, "treebank") == words
