"""The visible text, held against what Chromium 156 gave for the same HTML (`innerText`, white space collapsed).

`browser_answers.json` pairs each piece of HTML with the browser's answer. The browser was asked with scripts and style
sheets off and `style` attributes on.
"""

import json
from pathlib import Path

import pytest

from page_read.html import parse_html, read_tree

ANSWERS: list[tuple[str, str]] = [
    (html, answer) for html, answer in json.loads(Path(__file__).with_name("browser_answers.json").read_text("utf-8"))
]


def shown(html: str) -> str:
    return " ".join(read_tree(parse_html(html.encode()))[0].split())


@pytest.mark.parametrize(("html", "answer"), ANSWERS, ids=[html for html, _ in ANSWERS])
def test_shows_what_the_browser_shows(html: str, answer: str) -> None:
    assert shown(html) == " ".join(answer.split())


def test_the_browsers_answers_are_many() -> None:
    assert len(ANSWERS) >= 1_400


@pytest.mark.parametrize(
    ("html", "answer", "reason"),
    [
        ('<body style="display:none">Words<script>code()</script>', "Words", "innerText would give the script as well"),
        ("<table style='display:inline-table'><tr><td>a</table>b", "a b", "tables always stand on their own lines"),
        (
            "<b style='display:table-cell'>a</b> b",
            "a b",
            "the browser drops white space beside a lone cell",
        ),
        ("<p>a<noscript style='display:contents'>b</noscript>", "a", "innerText would give the markup inside as well"),
        ("a<object type=application/pdf>b</object>c", "abc", "a viewer for PDF is not everywhere"),
    ],
)
def test_differs_from_the_browser_on_purpose(html: str, answer: str, reason: str) -> None:
    assert shown(html) == answer, reason


@pytest.mark.parametrize(
    ("html", "language"),
    [
        ("<html lang=de><p>x", "de"),
        ("<html lang='zh-Hant-TW'>", "zh-Hant-TW"),
        ("<html lang><p>x", None),
        (f"<html lang={'x' * 100}>", "x" * 100),
        (f"<html lang={'x' * 101}>", None),
        ("<p lang=fr>x", None),
        ("", None),
    ],
)
def test_reports_the_language_of_the_page(html: str, language: str | None) -> None:
    assert read_tree(parse_html(html.encode()))[1] == language


def test_text_cannot_pose_as_the_readers_own_marks() -> None:
    assert shown("a&#0;= b\0< c&#1;>") == "a\ufffd= b< c\x01>"
