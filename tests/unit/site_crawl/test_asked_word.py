"""A word that is asked for is cut without a tokenizer as the tokenizer would cut it, and kept as a crawl keeps it."""

import re
from unicodedata import normalize

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st
from icu4py.breakers import WordBreaker

from page_read.words import TreebankTokenizer, shown
from site_crawl.asked_word import MAX_LENGTH, is_made_of, is_same, kept_form, parts, pieces, spellings

TRICKY = "abzAZ09 _-'’.,:;!?\"()\n\t\u00a0\u00ad\u200b\u200d\u0301éßΣςЖй״ארגك한국😀ℹªº·‧€™×²‿"


def of_icu(text: str) -> list[str]:
    return [segment for segment in WordBreaker(normalize("NFC", text), "en") if any(map(str.isalnum, segment))]


@given(st.text(TRICKY, max_size=12))
@example("U+1F")
@example('א"ר')
@example("א' ר'א a'")
@example("we,comma 1,000 1.a a.1 a:b TV한국")
def test_a_text_is_cut_as_icu_cuts_it(text: str) -> None:
    assume(not re.search("\u200d[™ℹ😀]", text))  # signs that are one picture
    assert pieces(text, "words") == of_icu(text)


@pytest.mark.parametrize(
    "text",
    [
        *("e-mail", "and/or", "we,comma", "U+1F", "@at", "=cmd", "-minus", "a b", "don't", "can't", "cannot", "I'm"),
        *("U.S", "end.", "3.14", "10:30", "a:b", "(you)", "wait...", "a--b", "“so”", "50%", "why?!", "gonna", "x²"),
    ],
)
def test_a_text_is_cut_as_by_treebanks_rules(text: str) -> None:
    assert pieces(text, "treebank") == [
        token for token in TreebankTokenizer().tokenize(text) if any(map(str.isalnum, token))
    ]


@given(st.text())
def test_the_form_of_a_word_is_bounded_and_stays_as_it_is(word: str) -> None:
    form = kept_form(word)
    assert len(form) <= MAX_LENGTH + 1
    assert "\0" not in form
    assert kept_form(form[:MAX_LENGTH]) == form[:MAX_LENGTH]


@pytest.mark.parametrize(
    ("word", "form"),
    [("Café", "café"), ("Cafe\u0301", "café"), ("J\u030c", "ǰ"), ("a\0B", "a\ufffdb"), ("B" * 101, "b" * 100 + "…")],
)
def test_words_are_kept_composed_in_lower_case_and_cut(word: str, form: str) -> None:
    assert kept_form(word) == form


def test_a_long_word_is_kept_as_results_show_it() -> None:
    assert kept_form("a" * 500) == shown("a" * 500)


@pytest.mark.parametrize(
    ("one", "other"), [("Don't", " don\u2019t"), ("cafe\u0301", "CAFÉ"), ("AND/or", "and/or"), ("don\u2019t", "don't")]
)
def test_case_apostrophes_and_form_tell_no_words_apart(one: str, other: str) -> None:
    assert is_same(one, other)
    assert is_same(other, one)
    assert not is_same(one, f"{other}s")


def test_a_word_has_a_spelling_for_each_apostrophe() -> None:
    assert spellings("word") == ["word"]
    assert set(spellings("don\u2019t")) == {"don't", "don\u2019t", "don\u02bct", "don\uff07t"}


def test_what_is_made_of_words_is_told_from_what_is_not() -> None:
    assert set(parts("abc")) == {"a", "ab", "abc", "b", "bc", "c"}
    assert is_made_of("你好世界", {"你好", "世界", "你"})
    assert not is_made_of("你好世界", {"你好", "世"})
