"""How fast pages are counted, in one process and in memory: `python -m dev.bench.count FOLDER`.

Each round runs every way once over the same pages, one after the other, so that what slows the machine slows them all;
medians over the rounds and their ratios are printed.
"""

import re
import resource
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median
from typing import TypeVar

from bs4 import BeautifulSoup
from nltk.tokenize import NLTKWordTokenizer
from selectolax.lexbor import LexborHTMLParser

from dev.bench.corpus import CorpusPage, read_corpus
from page_read.counting import count_page
from page_read.visible_text import visible_text
from page_read.words.treebank import TreebankTokenizer

_T = TypeVar("_T")
_ROUNDS = 7
_COMMON_WAY_PAGES = 6  # every n-th page only: it takes long
_LETTER = re.compile("[A-Za-z]")
_SIZES = (10_000, 100_000, 1_000_000, 10_000_000)
_MEGABYTE = 1024 * 1024

_NLTK = NLTKWordTokenizer()
_TREEBANK = TreebankTokenizer()


def count_commonly(body: bytes) -> int:
    """Today's common way, without the sentence model of `word_tokenize`."""
    text = BeautifulSoup(body, "html.parser").get_text()
    return sum(_LETTER.search(token) is not None for token in _NLTK.tokenize(text))


def _count(page: CorpusPage) -> None:
    count_page(page.body, page.content_type, word=None, top=25, tokenizer="words")


def _seconds(action: Callable[[_T], object], subjects: Sequence[_T]) -> float:
    start = time.process_time()
    for subject in subjects:
        action(subject)
    return time.process_time() - start


def measure_ways(pages: Sequence[CorpusPage]) -> None:
    """Pages per second: counting, the parser alone, and the common way."""
    few = pages[::_COMMON_WAY_PAGES]
    counting, parsing, counting_few, common = [], [], [], []
    for _ in range(_ROUNDS):
        counting.append(_seconds(_count, pages))
        parsing.append(_seconds(lambda page: LexborHTMLParser(page.body), pages))
        counting_few.append(_seconds(_count, few))
        common.append(_seconds(lambda page: count_commonly(page.body), few))
    _row("count_page", len(pages) / median(counting), "pages/s")
    _row("parser alone, building its tree", len(pages) / median(parsing), "pages/s")
    _row("common way", len(few) / median(common), "pages/s")
    _row("times as fast as the common way (goal: 20)", median(common) / median(counting_few), "x")
    _row("times the parser alone (goal: at most 3)", median(counting) / median(parsing), "x")


def measure_treebank(pages: Sequence[CorpusPage]) -> None:
    """NLTK's own call against ours, on the visible texts; they must give the same tokens."""
    texts = [visible_text(page.body).text for page in pages]
    for text in texts:
        if _NLTK.tokenize(text) != _TREEBANK.tokenize(text):
            raise SystemExit("treebank tokens differ from NLTK's")
    theirs, ours = [], []
    for _ in range(_ROUNDS):
        theirs.append(_seconds(_NLTK.tokenize, texts))
        ours.append(_seconds(_TREEBANK.tokenize, texts))
    _row("treebank, times as fast as NLTK (goal: 3)", median(theirs) / median(ours), "x")


def measure_growth(pages: Sequence[CorpusPage]) -> None:
    """Time for a page of 10 KB to 10 MB, made of a real one's paragraphs, and the memory that the largest adds."""
    before = 0.0
    for size in _SIZES:
        body = _page_of(pages, size)
        used = _peak_memory()
        seconds = median([_seconds(_count_body, [body]) for _ in range(3)])
        note = f"{seconds / before:5.1f} times the one before (goal: 12)" if before else ""
        _row(f"a page of {len(body):,} bytes", 1000 * seconds, f"ms {note}")
        before = seconds
        added = _peak_memory() - used
    _row("memory that the last one adds (goal: 150)", added, "MB")


def _count_body(body: bytes) -> None:
    count_page(body, "text/html; charset=utf-8", word=None, top=25, tokenizer="words")


def _page_of(pages: Sequence[CorpusPage], size: int) -> bytes:
    """Of `size` bytes, all of one kind: the same element of a real page, again and again."""
    elements = (node.html or "" for page in pages for node in LexborHTMLParser(page.body).css("article,section,div"))
    element = next(html.encode() for html in elements if _SIZES[0] / 2 < len(html.encode()) < _SIZES[0])
    return b"<!DOCTYPE html><body>" + element * (size // len(element))


def _peak_memory() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / _MEGABYTE


def _row(name: str, figure: float, unit: str) -> None:
    sys.stdout.write(f"{name:45} {figure:10.1f} {unit}\n")


if __name__ == "__main__":
    corpus = read_corpus(Path(sys.argv[1]))
    measure_growth(corpus)
    measure_ways(corpus)
    measure_treebank(corpus)
