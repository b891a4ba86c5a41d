import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wordcount.output import counted, json_line, visible, write_table


@given(st.text())
def test_shown_text_is_printable_whatever_it_was(text: str) -> None:
    assert visible(text).isprintable()


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("https://example.com/ä?q=词", "https://example.com/ä?q=词"),
        ("a\x1b[2Jb", "a\\x1b[2Jb"),
        ("one\ntwo", "one\\ntwo"),
        ("\u202egpj.exe", "\\u202egpj.exe"),
        ("\ud800", "\\ud800"),
    ],
)
def test_what_moves_the_cursor_or_turns_the_text_is_an_escape(text: str, shown: str) -> None:
    assert visible(text) == shown


@given(st.text(st.characters(exclude_categories=[])))
def test_json_is_one_line_that_says_the_same_and_can_be_written(text: str) -> None:
    line = json_line({"url": text})
    assert json.loads(line) == {"url": text}
    assert len(line.splitlines()) == 1
    line.encode("utf-8")


def test_json_leaves_no_control_character_and_keeps_letters() -> None:
    assert json_line(["\x1b\x7f\x9b\u202e\U0001f600é"]) == '["\\u001b\\u007f\\u009b\\u202e\U0001f600é"]\n'


def test_numbers_have_thousands_and_a_noun() -> None:
    assert [counted(number, "job") for number in (0, 1, 10_000)] == ["0 jobs", "1 job", "10,000 jobs"]


def test_columns_are_aligned_numbers_on_the_right_and_wide_letters_take_two_cells(
    capsys: pytest.CaptureFixture[str],
) -> None:
    write_table(
        ["STATUS", "WORDS", "URL"], [["SUCCESS", 1_200, "https://例.test"], ["例", None, "b"], ["", 3, "c\x1b"]]
    )
    assert capsys.readouterr().out.splitlines() == [
        "STATUS   WORDS  URL",
        "SUCCESS  1,200  https://例.test",
        "例              b",
        "             3  c\\x1b",
    ]


def test_without_rows_there_are_headings(capsys: pytest.CaptureFixture[str]) -> None:
    write_table(["ID", "URL"], [])
    assert capsys.readouterr().out == "ID  URL\n"
