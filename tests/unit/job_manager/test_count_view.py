import pytest

from job_manager.web.count_view import BARS, Bar, bars, stop_words


def test_bars_are_as_long_as_their_counts() -> None:
    assert bars([["the", 8], ["queue", 4], ["end", 1]], frozenset()) == (
        Bar(word="the", count=8, percent=100.0),
        Bar(word="queue", count=4, percent=50.0),
        Bar(word="end", count=1, percent=12.5),
    )


def test_the_longest_of_those_that_are_left_is_whole() -> None:
    assert bars([["the", 8], ["queue", 4], ["broker", 1]], stop_words("en-GB")) == (
        Bar(word="queue", count=4, percent=100.0),
        Bar(word="broker", count=1, percent=25.0),
    )


def test_no_more_than_can_be_read_at_a_glance() -> None:
    top = [[f"word{number}", 100 - number] for number in range(100)]
    assert [bar.word for bar in bars(top, frozenset({"word0"}))] == [f"word{number}" for number in range(1, BARS + 1)]


def test_a_stop_word_is_hidden_whatever_its_apostrophe() -> None:
    assert bars([["don\u2019t", 8], ["don't", 4], ["queue", 1]], stop_words("en")) == (
        Bar(word="queue", count=1, percent=100.0),
    )


@pytest.mark.parametrize(
    "language",
    "ar cs da de el en es fi fr he hi hu id it ja ko nl no pl pt ro ru sv th tr uk vi zh".split(),
)
def test_many_languages_have_stop_words(language: str) -> None:
    assert len(stop_words(language)) > 50


def test_no_words_are_no_bars() -> None:
    assert bars([], frozenset()) == ()


def test_stop_words_are_those_of_the_pages_language() -> None:
    assert "the" in stop_words("EN")
    assert "der" in stop_words("de-CH")
    assert "the" not in stop_words("de")
    assert "og" in stop_words("nb-NO") & stop_words("nn") & stop_words("no")
    assert stop_words("pt_BR") == stop_words("pt")
    assert stop_words("tlh") == stop_words("") == stop_words(None) == frozenset()
