"""What makes two names one author, and two texts one quote."""

import json
from uuid import UUID

import pytest

from page_read.quote_text import normal_form
from quote_store.keep import MAX_NAME, FoundQuote, author_key, keep_parameters, quote_key

ONE_AUTHOR = [
    ("Lao Tzu", "Tzu, Lao"),
    ("Lao Tzu", "  LAO\u00a0 tzu "),
    ("Müller", "Dr. Muller"),
    ("Müller", "Mu\u0308ller"),
    ("Antoine de Saint-Exupéry", "Antoine de Saint\u2010Exupery"),
    ("J. R. R. Tolkien", "J.R.R. Tolkien"),
    ("J. R. R. Tolkien", "Tolkien, J.R.R."),
    ("Flannery O'Connor", "Flannery O’Connor"),
    ("Lord Byron", "Byron"),
    ("St. Augustine", "Saint Augustine"),
    ("Martin Luther King Jr.", "Martin Luther King, Jr."),
    ("STRAUß", "Strauss"),
    ("Ｌａｏ Ｔｚｕ", "Lao Tzu"),
    ("— Lao Tzu", "Lao Tzu"),
]
TWO_AUTHORS = [
    ("Lao Tzu", "Sun Tzu"),
    ("Zoë", "Zoltan"),
    ("राम", "रीम"),  # vowels are marks
    ("かき", "がき"),
    ("孔子", "孟子"),
    ("President Lincoln", "President Johnson"),
    ("George H. W. Bush", "George W. Bush"),
]


@pytest.mark.parametrize(("one", "other"), ONE_AUTHOR)
def test_an_author_may_be_written_in_several_ways(one: str, other: str) -> None:
    assert author_key(one) == author_key(other) is not None


@pytest.mark.parametrize(("one", "other"), TWO_AUTHORS)
def test_authors_are_told_apart(one: str, other: str) -> None:
    assert author_key(one) != author_key(other)


@pytest.mark.parametrize("name", [None, "", " ", "—", "...", "\0", "\ud800", "Dr. ,", ",", ",,,"])
def test_what_names_nobody_has_no_key(name: str | None) -> None:
    assert author_key(name) in (None, "dr")


@pytest.mark.parametrize("name", ["x" * 100_000, "\ufdfa" * MAX_NAME, "a\u0301" * 5_000, "," * 100_000])
def test_a_key_is_never_long(name: str) -> None:
    assert len((author_key(name) or "").encode()) <= 4 * MAX_NAME


BE_YOURSELF = "“Be yourself; everyone else is taken.”"


@pytest.mark.parametrize(
    "text",
    [
        "BE YOURSELF, everyone else is taken",
        "Be\u00a0yourself; every\u00adone else is taken.",
        "«Be yourself — everyone else is taken…»",
        "Be yourself;\n\teveryone else is taken!",
        "Ｂｅ yourself; everyone else is taken.",
    ],
)
def test_a_quote_may_be_written_in_several_ways(text: str) -> None:
    assert quote_key(normal_form(text)) == quote_key(normal_form(BE_YOURSELF))


@pytest.mark.parametrize("text", ["Be yourself", "Be yourself; everyone else is not taken.", "Sei du selbst"])
def test_quotes_are_told_apart(text: str) -> None:
    assert quote_key(normal_form(text)) != quote_key(normal_form(BE_YOURSELF))


def sent(*quotes: FoundQuote) -> list[dict[str, object]]:
    """What goes to the database of the quotes of a page."""
    parameters = keep_parameters(
        quotes, job_id=UUID(int=1), lane_id=UUID(int=2), attempt=1, url="http://a.example/", site="a.example"
    )
    sent: list[dict[str, object]] = json.loads(str(parameters[3]))
    return sent


def quote(text: str = "One does what one can.", **more: object) -> FoundQuote:
    plain = {"language": "en", "kind": "marked", "author": None, "source": None, "rule": "q", "context": ""}
    given: dict[str, object] = plain | {"confidence": 0.5, "normal_form": normal_form(text)} | more
    return FoundQuote(text=text, **given)  # type: ignore[arg-type]


def test_of_spellings_on_one_page_the_surest_is_kept_and_else_the_first() -> None:
    first, second, surest = quote("One, two."), quote("One two!"), quote("ONE TWO", confidence=0.9)
    assert [each["text"] for each in sent(first, second, surest)] == ["ONE TWO"]
    assert [each["text"] for each in sent(first, second)] == ["One, two."]


def test_a_text_without_letters_or_too_long_is_left_out() -> None:
    assert sent(quote("?!"), quote("x" * 2_001)) == []
    assert len(sent(quote("x" * 2_000))) == 1


def test_an_author_without_a_letter_is_none() -> None:
    (kept,) = sent(quote(author="***"))
    assert (kept["author"], kept["author_key"]) == (None, None)


@pytest.mark.parametrize(
    ("declared", "kept"),
    [
        ("en", "en"),
        ("pt_BR", "pt-BR"),
        (" de ", "de"),
        ("", None),
        ("x" * 5_000, None),
        ("en; drop", None),
        (None, None),
    ],
)
def test_a_language_is_a_tag_or_none(declared: str | None, kept: str | None) -> None:
    (row,) = sent(quote(language=declared))
    assert row["language"] == kept
