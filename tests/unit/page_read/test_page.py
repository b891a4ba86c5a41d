"""The one path from bytes to counts, and that no bytes whatever break it."""

import subprocess
import sys
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from page_read.errors import NotText
from page_read.page import PageText, read_page
from page_read.words import Tokenizer, WordCounts, summarize
from tests.examples import examples


def counts_of(
    body: bytes, content_type: str | None = "text/html; charset=utf-8", tokenizer: Tokenizer = "words"
) -> WordCounts:
    return summarize(read_page(body, content_type).text, tokenizer, word="word", top=3)


def test_a_page_is_read_with_how_it_was_read() -> None:
    body = "<html lang=de><title>no</title><p>Gr\u00f6\u00dfe <b>z\u00e4</b>hlt. Gr\u00f6\u00dfe!".encode("latin-1")
    page = read_page(body, "text/html; charset=iso-8859-1")
    assert page == PageText(text=page.text, language="de", charset="windows-1252", charset_source="header")
    assert page.text.strip() == "Gr\u00f6\u00dfe z\u00e4hlt. Gr\u00f6\u00dfe!"


def test_a_page_is_counted() -> None:
    assert counts_of(b"<title>no</title><p>A word, <b>w</b>ord for word.") == WordCounts(
        words=5, unique_words=3, top=(("word", 3), ("a", 1), ("for", 1)), word_count=3
    )


MARKUP = [
    *"""
<div> </div> <p > <b> </b> <table> <tr> <td> <select> <option> <svg> <text> <foreignObject> <math> <mi> <slot>
<details> <summary> </p> <button> </button> <script> </script> <!-- --> <style> <textarea> <frameset> <a> display:none
display:flex visibility:hidden text-transform:uppercase; ' <plaintext> &amp; &#0; &#xD800; word é 日本 😀
= / < <![CDATA[
""".split(),
    "<template shadowrootmode=open>",
    "<body ",
    ' style="',
    '"',
    "\x00",
    "\x0b",
    " ",
    "\n",
]


@given(st.lists(st.sampled_from(MARKUP), max_size=40).map("".join), st.sampled_from(["words", "treebank"]))
@settings(max_examples=examples(400))
def test_no_markup_breaks_it(html: str, tokenizer: Tokenizer) -> None:
    counts = counts_of(html.encode(), tokenizer=tokenizer)
    assert len(counts.top) == min(3, counts.unique_words) <= counts.words


@given(
    st.binary(), st.sampled_from([None, "text/html", "text/plain", "application/xhtml+xml", "text/html; charset=gbk"])
)
@settings(max_examples=examples(300))
def test_no_bytes_break_it(body: bytes, content_type: str | None) -> None:
    try:
        counts = counts_of(body, content_type)
    except NotText:
        assert content_type is None, "only without a type, binary is refused"
        return
    assert len(counts.top) == min(3, counts.unique_words) <= counts.words


MONSTERS = {
    "10,000 nested elements": (b"<div>" * 10_000 + b"x", 1),
    "nested and closed": (b"<div>" * 5_000 + b"x" + b"</div>" * 5_000, 1),
    "a token of 2 MB": (b"a" * 2_000_000, 1),
    "2 MB of <": (b"<" * 2_000_000, 0),
    "2 MB of white space": (b"a." + b" " * 2_000_000 + b"b", 2),
    "only entities": (b"&amp;&eacute;" * 100_000, 100_000),
    "NUL bytes": (b"\0" * 1_000_000 + b"<p>a\0b", 1),
    "lone surrogates": (b"&#xD800;x " * 100_000, 100_000),
    "unclosed formatting elements": (b"<b></p>" * 4_000 + b"x", 1),
    "text at every level": (b"<span>x<i></i>" * 5_000, 1),
    "quotes that open nothing": (b"<p '>" + b"<span x><pre style='all:unset'></i>" * 3_000 + b"x", 1),
    "hidden in hidden": (b"<div style='visibility:hidden'>x" * 9_000, 0),
    "flex in flex": (b"<div style='display:flex'>x" * 9_000, 9_000),
    "brackets in a style": (b"<p style='display:" + b"(" * 500_000 + b"'>x", 1),
    "comments in a style": (b"<p style='" + b"/*" * 500_000 + b"'>x", 1),
    "white space in a style": (b"<p style='display:" + b" " * 500_000 + b"! '>x", 1),
    "foreign in foreign": (b"<svg><foreignObject>x" * 3_000, 3_000),
    "options in options": (b"<select>" + b"<optgroup><option>x" * 4_000, 4_000),
    "images in a row": (b"x" + b"<img>" * 100_000 + b"y", 1),
    "100,000 rows": (b"<table>" + b"<tr><td>x" * 100_000, 100_000),
}


@pytest.mark.parametrize(("body", "words"), MONSTERS.values(), ids=MONSTERS.keys())
def test_no_monster_runs_away(body: bytes, words: int) -> None:
    start = time.process_time()
    counts = counts_of(body)
    assert time.process_time() - start < 4
    assert counts.words == words


@pytest.mark.parametrize("name", ["2 MB of white space", "a token of 2 MB", "100,000 rows"])
def test_no_monster_runs_away_from_treebank(name: str) -> None:
    body, words = MONSTERS[name]
    start = time.process_time()
    counts = counts_of(body, tokenizer="treebank")
    assert time.process_time() - start < 4
    assert counts.words == words


LARGE_MONSTERS = {
    "350,000 tags": ("""b"<div><p><b>x</b></div>" * 70_000, "text/html; charset=utf-8" """, 70_000),
    "10 MB of <p> with U+0000": ("""(b"<p>" + b"\\0" * 30) * 300_000, "text/html; charset=utf-8" """, 0),
    "9 MB in UTF-8 said to be UTF-16": (
        """b"<p>Some text that goes on here and there.</p>" * 200_000, "text/html; charset=utf-16le" """,
        3_600_000,
    ),
    "a million distinct words": (
        """b" ".join(b"w%07x" % number for number in range(1_000_000)), "text/plain" """,
        1_000_000,
    ),
}
COUNT_A_MONSTER = r"""
import re
from pathlib import Path
from page_read.errors import NotText
from page_read.page import read_page
from page_read.words import frequencies, summarize

body, content_type = PAGE
counts = summarize(read_page(body, content_type).text, "words", word=None, top=25)
# Not getrusage: what it says of a process begins with the memory of the one that started it.
kilobytes = re.search(r"VmHWM:\s+(\d+)", Path("/proc/self/status").read_text())[1]
print(counts.words, int(kilobytes) // 1024)
"""


@pytest.mark.parametrize(("page", "words"), LARGE_MONSTERS.values(), ids=LARGE_MONSTERS.keys())
def test_no_monster_takes_300_megabytes(page: str, words: int) -> None:
    code = COUNT_A_MONSTER.replace("PAGE", page)
    counted, peak_megabytes = map(int, printed_by(code).split())
    assert counted == words
    assert peak_megabytes < 300


WITHOUT_MEMORY = r"""
import resource
from page_read.errors import PageTooComplex
from page_read.page import read_page

resource.setrlimit(resource.RLIMIT_DATA, (90_000_000, 90_000_000))
try:
    read_page(b"<p>a<br>b</p>" * 150_000, "text/html")
except PageTooComplex as error:
    print(error)
"""


def test_a_page_that_the_parser_has_no_memory_for_is_too_complex() -> None:
    assert printed_by(WITHOUT_MEMORY) == "The page takes more memory than there is.\n"


def printed_by(code: str) -> str:
    """What a process of its own prints."""
    return subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True, timeout=60).stdout
