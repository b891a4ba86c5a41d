import pytest

from wordcount.table import write_table


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
