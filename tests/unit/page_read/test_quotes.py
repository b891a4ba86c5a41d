"""What is a quote on small pages of many shapes and languages, and what is not."""

import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from page_read.page import read_page
from page_read.quotes import MAX_QUOTES, Quote, find_quotes
from tests.unit.page_read.quote_pages import MARKED_UP, NO_QUOTES, RUNNING_TEXT, QuotePage

PROJECT = Path(__file__).parents[3]


def quotes_of(html: str, language: str | None = "en") -> list[Quote]:
    return find_quotes(replace(read_page(html.encode(), "text/html; charset=utf-8"), language=language))


def pairs(page: QuotePage) -> tuple[tuple[str, str | None], ...]:
    return tuple([(quote.text, quote.author) for quote in quotes_of(page.html, page.language)])


@pytest.mark.parametrize("page", RUNNING_TEXT, ids=lambda page: page.name)
def test_direct_speech_is_found_with_its_speaker(page: QuotePage) -> None:
    assert pairs(page) == page.quotes


@pytest.mark.parametrize("page", MARKED_UP, ids=lambda page: page.name)
def test_marked_up_quotes_are_found_with_their_authors(page: QuotePage) -> None:
    assert pairs(page) == page.quotes


@pytest.mark.parametrize("page", NO_QUOTES, ids=lambda page: page.name)
def test_what_only_looks_like_a_quote_is_left_out(page: QuotePage) -> None:
    assert pairs(page) == ()


def test_a_work_is_the_source_and_no_author() -> None:
    footer = "<footer>— Edith Vane, <cite>Letters from Home</cite></footer>"
    html = f"<blockquote>A garden is a slow letter.{footer}</blockquote>"
    (quote,) = quotes_of(html)
    assert (quote.author, quote.source, quote.kind, quote.rule) == (
        "Edith Vane",
        "Letters from Home",
        "marked",
        "blockquote",
    )


def test_a_quote_comes_with_the_text_around_it() -> None:
    (quote,) = quotes_of("<p>It rained. “We had no orders left,” Ruth Calloway said. She left.</p>")
    assert quote.kind == "speech"
    assert quote.context == "It rained. “We had no orders left,” Ruth Calloway said. She left."


QUOTATION = '{"@type": "Quotation", "text": "%s", "creator": {"@type": "Person", "name": "Ada Byron"}}'
BEFORE = "<p>The mill had burned down before anybody knew of it.</p><p>It rained on the third day, and so the crowd"
AFTER = "<p>All of it was read aloud in the hall.</p><p>" + "Later it was forgotten by those who had come. " * 5
FIGURE = (
    "<figure><blockquote><p>A garden is<br>a slow</p><p>letter to the rain.</p></blockquote>"
    "<figcaption>Ruth Vane</figcaption></figure>"
)
MICRODATA = "<div itemscope itemtype='//schema.org/Quotation'><p itemprop=text>{}<p itemprop=creator>Ruth Vane</div>"
AROUND = [
    ("blockquote", "thinned.</p><blockquote>{}<p>— Ruth Vane</blockquote>", "thinned. {} — Ruth Vane"),
    ("blockquote", f"thinned.</p>{FIGURE}", "thinned. {} Ruth Vane"),
    ("item", "thinned.</p><div class=quote><b class=author>Ruth Vane</b><p>“{}”</div>", "thinned. Ruth Vane “{}”"),
    ("line", "thinned.</p><p>“{}” — Ruth Vane</p>", "thinned. “{}” — Ruth Vane"),
    ("q", "read <q>{}</q> on the wall.</p>", "read “{}” on the wall."),
    ("data", f"thinned.</p>{MICRODATA}", "thinned. {} Ruth Vane"),
]


@pytest.mark.parametrize(("rule", "html", "shown"), AROUND, ids=[rule for rule, _, _ in AROUND])
def test_whatever_a_quote_is_found_by_it_comes_with_what_stands_before_and_after_it(
    rule: str, html: str, shown: str
) -> None:
    text = "A garden is a slow letter to the rain."
    (quote,) = quotes_of(f"{BEFORE} {html.format(text)}{AFTER}")
    assert (quote.rule, quote.text) == (rule, text)
    before, after = quote.context.split(text)
    own_before, own_after = shown.split("{}")
    led = "The mill had burned down before anybody knew of it. It rained on the third day, and so the crowd "
    followed = " All of it was read aloud in the hall." + " Later it was forgotten by those who had come." * 5
    assert before == (led + own_before)[-120:].lstrip()
    assert after == (own_after + followed)[:120].rstrip()


def test_the_quotes_of_a_list_are_around_each_other() -> None:
    lines = ["The sea keeps no letters.", "Every road forgets its rain.", "Bread is a promise kept."]
    html = "<h1>Quotes</h1><ul>" + "".join([f"<li>“{line}” — Ruth Vane</li>" for line in lines]) + "</ul>"
    context = " ".join(["Quotes", *[f"“{line}” — Ruth Vane" for line in lines]])
    assert [quote.context for quote in quotes_of(html)] == [context] * 3


def test_what_stands_in_data_only_has_nothing_around_it() -> None:
    data = f'<script type="application/ld+json">{QUOTATION % "We won, and lost."}</script>'
    assert [quote.context for quote in quotes_of(data)] == [""]
    shown = "<p>It rained.</p><blockquote>We won, and lost.<p>Ada Byron</blockquote><p>They left."
    (quote,) = quotes_of(data + shown)
    assert (quote.rule, quote.context) == ("data", "It rained. We won, and lost. Ada Byron They left.")


def test_quotes_come_in_document_order_and_once() -> None:
    sentence = "<p>“{}, and nobody came,” Tom Reed said.</p>"
    html = "".join([sentence.format(word) for word in ("First", "Second", "First", "Third")])
    assert [quote.text.partition(",")[0] for quote in quotes_of(html)] == ["First", "Second", "Third"]


def test_text_beyond_the_limit_is_left_out() -> None:
    long = "a " * 1_001
    assert quotes_of(f"<blockquote>{long}<footer>— Tom Reed</footer></blockquote>") == []


@pytest.mark.parametrize(
    ("text", "means"),
    [
        ("<p>We <em>won</em>,</p><p>and lost.</p>", "We won, and lost."),
        ("We won<br>and lost.", "We won and lost."),
        ("&ldquo;Won &amp; lost.&rdquo;", "Won & lost."),
        ("2 < 3 and 4 > 1, always.", "2 < 3 and 4 > 1, always."),
    ],
)
def test_markup_in_data_is_read_as_markup(text: str, means: str) -> None:
    (quote,) = quotes_of(f'<script type="application/ld+json">{QUOTATION % text}</script>')
    assert (quote.text, quote.author) == (means, "Ada Byron")


@pytest.mark.parametrize(
    "html",
    [
        "<p>" + "“" * 1_000_000,
        "<p>" + '" a' * 300_000,
        "<p>" + "“a b c d e” " * 100_000,
        "<blockquote>" * 400 + "We won the game today.",
        '<script type="application/ld+json">{"@type": "Quotation", "text": ' + "[" * 500_000 + "</script><p>Hello",
        f'<script type="application/ld+json">[{QUOTATION % ("<b>" * 1_300)}]</script>' * 400,
        "<h1>Quotes</h1><p>" + "We won. — " * 100_000,
        "<h1>Quotes</h1>" + "<p>We won the game.<p>Ada Byron" * 40_000,
        "<p>“We won the game,” " + " ".join([f"Ada{number:x}" for number in range(100_000)]) + " said.",
        "<p>" + "‘we won the game " * 50_000,
        ("<blockquote>We won the game" + "<cite>x</cite><i></i>" * 850 + "</blockquote>") * 60,
        ("<p class=quote>We won the game" + "<div>" * 400 + "so" + "</div>" * 400 + "<cite>Ann Lee</cite>") * 100,
        ("<blockquote>We won the game" + "<div><a>so</a></div>" * 800 + "</blockquote>") * 60,
        "<p>It was cold. “So,” she said. "
        + " ".join([f"near Ada{number:x} Lee" for number in range(1_500)])
        + ". “No one came,” she said. " * 1_000,
        "<p>Ann Lee read “It”" + ", “It”" * 9_000 + ".",
        "<h1>Quotes</h1>" + "<div class=quote>" * 450 + "<p>some words here" * 20_000,
    ],
    ids=[
        "marks",
        "straight marks",
        "pairs",
        "nested blockquotes",
        "broken JSON-LD",
        "markup in JSON-LD",
        "dashes",
        "names",
        "different names",
        "single marks",
        "cites",
        "nested elements",
        "links",
        "names of places",
        "titles",
        "elements called quotes",
    ],
)
def test_a_hostile_page_costs_bounded_work(html: str) -> None:
    start = time.process_time()
    assert len(quotes_of(html)) <= MAX_QUOTES
    assert time.process_time() - start < 20


READS_PAGES_WITHOUT_COMPILING = """
import re
from page_read.quote_words import load_words
from tests.unit.page_read.quote_pages import MARKED_UP, RUNNING_TEXT
from tests.unit.page_read.test_quotes import pairs

load_words()
re.compile = None
print(all(pairs(page) == page.quotes for page in (*MARKED_UP, *RUNNING_TEXT)))
"""


def test_once_words_are_loaded_no_page_waits_for_them() -> None:
    code = READS_PAGES_WITHOUT_COMPILING
    ended = subprocess.run([sys.executable, "-c", code], cwd=PROJECT, capture_output=True, text=True, check=True)
    assert ended.stdout == "True\n"
