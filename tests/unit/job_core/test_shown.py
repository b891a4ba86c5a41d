"""What is shown of a job to those who may not see all of it."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from job_core.kinds import plain_summary
from job_core.shown import MAX_ESCAPED, MAX_SHOWN, without_secrets


@pytest.mark.parametrize(
    "text",
    [
        "https://example.com/a/page.html",
        "http://127.0.0.1:8000/",
        "https://bücher.example/straße",
        "two greetings, at 10:30",
        "what is it?",
        "",
    ],
)
def test_what_holds_no_secret_is_shown_as_it_is(text: str) -> None:
    assert without_secrets(text) == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("https://example.com/?token=S3CRET", "https://example.com/?…"),
        ("https://example.com/a?b#S3CRET", "https://example.com/a?…"),
        ("https://example.com/#S3CRET", "https://example.com/?…"),
        ("https://user:S3CRET@example.com/", "https://example.com/"),
        ("https://S3CRET@example.com", "https://example.com"),
        ("HTTPS:user:S3CRET@example.com/", "HTTPS:example.com/"),
        ("https:\\\\user:S3CRET@example.com\\a", "https:\\\\example.com\\a"),
        ("https://a@user:S3CRET@example.com/", "https://example.com/"),
        ("redis://:S3CRET@127.0.0.1:6379/0", "redis://127.0.0.1:6379/0"),
        (
            "from https://u:S3CRET@a.example/x to https://u:S3CRET@b.example/y",
            "from https://a.example/x to https://b.example/y",
        ),
        ("https://a.example/?then=https://b.example/S3CRET", "https://a.example/?…"),
        ("https://a.example/b c?d e=S3CRET", "https://a.example/b c?…"),
        ("https://a.example/?\n\tS3CRET", "https://a.example/?…"),
        ("https://a.example?S3CRET", "https://a.example?…"),
        ("https:\t//user:S3CRET@example.com/", "https://example.com/"),
        ("https:/\n/user:S3CRET@example.com/", "https://example.com/"),
    ],
)
def test_credentials_and_queries_are_not_shown(text: str, shown: str) -> None:
    assert without_secrets(text) == shown


@given(st.text(), st.text(alphabet="abc:%1\t\n\u202e"), st.text())
def test_no_text_hides_the_credentials_of_a_url_from_this(before: str, password: str, after: str) -> None:
    shown = without_secrets(f"{before}https://user:S3CRET{password}@example.com/{after}")
    assert "S3CRET" not in shown
    assert len(shown) <= MAX_SHOWN
    assert len(json.dumps(shown)[1:-1]) <= MAX_ESCAPED
    assert shown.isprintable()


@pytest.mark.parametrize(("character", "kept"), [("a", 199), ('"', 199), ("é", 99), ("漢", 99), ("😀", 49)])
def test_a_long_text_is_cut_by_what_it_takes_in_a_message(character: str, kept: int) -> None:
    assert without_secrets(character * 300) == f"{character * kept}…"
    assert without_secrets(character * kept) == character * kept


def test_a_result_that_says_nothing_about_itself_is_shown_by_its_first_plain_values() -> None:
    result = {"longest": "queue", "all": ["a"], "letters": 5, "mean": 1.5, "more": 1}
    assert plain_summary(result) == "longest: queue, letters: 5, mean: 1.5"
    assert plain_summary({}) == ""
