"""The one path from bytes to counts, and that no bytes whatever break it."""

import subprocess
import sys
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from page_read.counting import PageCount, count_page
from page_read.errors import NotText
from page_read.words.count import WordCounts
from tests.examples import examples


def test_a_page_is_counted_with_how_it_was_read() -> None:
    body = "<html lang=de><title>no</title><p>Gr\u00f6\u00dfe <b>z\u00e4</b>hlt. Gr\u00f6\u00dfe!".encode("latin-1")
    counted = count_page(body, "text/html; charset=iso-8859-1", word="GR\u00d6\u00dfE", top=1, tokenizer="words")
    assert counted == PageCount(
        counts=WordCounts(words=3, unique_words=2, top=(("gr\u00f6\u00dfe", 2),), word_count=2),
        charset="windows-1252",
        charset_source="header",
        language="de",
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
def test_no_markup_breaks_it(html: str, tokenizer: str) -> None:
    page = count_page(html.encode(), "text/html; charset=utf-8", word="word", top=3, tokenizer=tokenizer)  # type: ignore[arg-type]
    assert len(page.counts.top) == min(3, page.counts.unique_words) <= page.counts.words


@given(
    st.binary(), st.sampled_from([None, "text/html", "text/plain", "application/xhtml+xml", "text/html; charset=gbk"])
)
@settings(max_examples=examples(300))
def test_no_bytes_break_it(body: bytes, content_type: str | None) -> None:
    try:
        counted = count_page(body, content_type, word=None, top=3, tokenizer="words").counts
    except NotText:
        assert content_type is None, "only without a type, binary is refused"
        return
    assert len(counted.top) == min(3, counted.unique_words) <= counted.words


MONSTERS = {
    "100,000 nested elements": (b"<div>" * 100_000 + b"x", 1),
    "nested and closed": (b"<div>" * 50_000 + b"x" + b"</div>" * 50_000, 1),
    "200,000 attributes": (b"<p " + b" ".join(b"a%d=1" % number for number in range(200_000)) + b">x", 1),
    "attributes with > in them": (b"<p " + b" ".join(b'a%d=">"' % number for number in range(100_000)) + b">x", 1),
    "a token of 2 MB": (b"a" * 2_000_000, 1),
    "2 MB of <": (b"<" * 2_000_000, 0),
    "only entities": (b"&amp;&eacute;" * 100_000, 100_000),
    "unclosed everything": (b"<div><p><b><i><a>x<ul><li><table><tr><td>" * 10_000, 10_000),
    "NUL bytes": (b"\0" * 1_000_000 + b"<p>a\0b", 1),
    "lone surrogates": (b"&#xD800;x " * 100_000, 100_000),
    "open formatting elements": (b"<b></p>" * 50_000 + b"x", 1),
    "nesting that poses as raw text": (b"<math><xmp>" + b"<mrow>x" * 50_000, 0),
    "text at every level": (b"<span>x<i></i>" * 9_000, 1),
    "quotes that open nothing": (b"<p '>" + b"<span x><pre style='all:unset'></i>" * 8_000 + b"x", 1),
    "hidden in hidden": (b"<div style='visibility:hidden'>x" * 20_000, 0),
    "brackets in a style": (b"<p style='display:" + b"(" * 500_000 + b"'>x", 1),
    "images in a row": (b"x" + b"<img>" * 100_000 + b"y", 1),
}


@pytest.mark.parametrize(("body", "words"), MONSTERS.values(), ids=MONSTERS.keys())
def test_no_monster_runs_away(body: bytes, words: int) -> None:
    start = time.process_time()
    counted = count_page(body, "text/html; charset=utf-8", word=None, top=3, tokenizer="words").counts
    assert time.process_time() - start < 4
    assert counted.words == words


LARGE_MONSTERS = {
    "10 MB of unclosed markup": (
        """b"<div><p><b><i><a>x<ul><li><table><tr><td>" * 240_000, "text/html; charset=utf-8" """,
        240_000,
    ),
    "9 MB of <p> with U+0000": ("""b"<p>\\0" * 2_250_000, "text/html; charset=utf-8" """, 0),
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
from page_read.counting import count_page

body, content_type = PAGE
counted = count_page(body, content_type, word=None, top=25, tokenizer="words")
# Not getrusage: what it says of a process begins with the memory of the one that started it.
kilobytes = re.search(r"VmHWM:\s+(\d+)", Path("/proc/self/status").read_text())[1]
print(counted.counts.words, int(kilobytes) // 1024)
"""


@pytest.mark.parametrize(("page", "words"), LARGE_MONSTERS.values(), ids=LARGE_MONSTERS.keys())
def test_no_monster_takes_300_megabytes(page: str, words: int) -> None:
    code = COUNT_A_MONSTER.replace("PAGE", page)
    alone = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True, timeout=60)
    counted, peak_megabytes = map(int, alone.stdout.split())
    assert counted == words
    assert peak_megabytes < 300
