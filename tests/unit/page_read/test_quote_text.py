"""What makes two texts one quote, and how a text is stored."""

import pytest

from page_read.quote_text import count_first_words, normal_form, tidy


@pytest.mark.parametrize(
    "same",
    [
        "“Be yourself; everyone else is taken.”",
        "BE YOURSELF, everyone else is taken",
        "Be\u00a0your\u00adself — everyone else is taken…",
        "»Be yourself: everyone else is taken!«",
        "Ｂｅ yourself; everyone else is taken.",
        "\u200bBe yourself...  everyone\n else is taken",
    ],
)
def test_spellings_of_one_quote_have_one_normal_form(same: str) -> None:
    assert normal_form(same) == normal_form("Be yourself; everyone else is taken.")


@pytest.mark.parametrize(
    "other", ["Be yourself", "Be yourself; everybody else is taken.", "Be yourself; everyone is taken."]
)
def test_other_words_are_another_quote(other: str) -> None:
    assert normal_form(other) != normal_form("Be yourself; everyone else is taken.")


def test_a_text_without_letters_has_no_normal_form() -> None:
    assert normal_form("“…” – !") == ""


@pytest.mark.parametrize(
    ("printed", "stored"),
    [
        ("“We won,”", "We won"),
        ("  «\u202fOui,\n c’est moi\u202f»  ", "Oui, c’est moi"),
        ("“A” and “B”", "“A” and “B”"),
        ("He said ‘go’", "He said ‘go’"),
        ("[…] and so on …", "[…] and so on …"),
        ("Cafe\u0301 at noon", "Café at noon"),
    ],
)
def test_a_text_is_stored_without_outer_marks_and_as_it_is_inside(printed: str, stored: str) -> None:
    assert tidy(printed) == stored


@pytest.mark.parametrize(("text", "words"), [("It's a well-known fact", 4), ("今年的苹果", 2), ("", 0)])
def test_two_characters_without_blanks_count_as_one_word(text: str, words: int) -> None:
    assert count_first_words(text) == words
