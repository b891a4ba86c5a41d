"""How fast pages are counted, in one process and in memory: `python -m dev.bench.count FOLDER`.

Each round runs every way once over the same pages, one after the other, so that whatever slows the machine slows them
all. Medians over the rounds are printed, and their ratios. Only processor time counts.
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
from page_read.page import read_page
from page_read.words import summarize

_T = TypeVar("_T")
_ROUNDS = 7
_COMMON_WAY_PAGES = 6  # every n-th page only: it takes long
_LETTER = re.compile("[A-Za-z]")
_SIZES = (10_000, 100_000, 1_000_000, 10_000_000)
_NLTK = NLTKWordTokenizer()


def count_commonly(body: bytes) -> int:
    """The common way, without the sentence model of `word_tokenize`."""
    text = BeautifulSoup(body, "html.parser").get_text()
    return sum(_LETTER.search(token) is not None for token in _NLTK.tokenize(text))


def _count(page: CorpusPage) -> None:
    summarize(read_page(page.body, page.content_type).text, "words", word=None, top=25)


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
    _row("counting", len(pages) / median(counting), "pages/s")
    _row("parser alone, building its tree", len(pages) / median(parsing), "pages/s")
    _row("common way", len(few) / median(common), "pages/s")
    _row("times as fast as the common way", median(common) / median(counting_few), "x")
    _row("times the parser alone", median(counting) / median(parsing), "x")


def measure_growth(pages: Sequence[CorpusPage]) -> None:
    """Time for a page of 10 KB to 10 MB, made of a real one's paragraphs, and the memory that the largest adds."""
    before, used = 0.0, 0.0
    for size in _SIZES:
        page = _page_of(pages, size)
        used = _peak_megabytes()
        seconds = median([_seconds(_count, [page]) for _ in range(3)])
        note = f"{seconds / before:5.1f} times the one before" if before else ""
        _row(f"a page of {len(page.body):,} bytes", 1000 * seconds, f"ms {note}")
        before = seconds
    _row("memory that the last one adds", _peak_megabytes() - used, "MB")


def _page_of(pages: Sequence[CorpusPage], size: int) -> CorpusPage:
    """Of `size` bytes, all of one kind: the same element of a real page, over and over."""
    elements = (node.html or "" for page in pages for node in LexborHTMLParser(page.body).css("article,section,div"))
    element = next(html.encode() for html in elements if _SIZES[0] / 2 < len(html.encode()) < _SIZES[0])
    body = b"<!DOCTYPE html><body>" + element * (size // len(element))
    return CorpusPage(name="", body=body, content_type="text/html; charset=utf-8", frequencies={})


def _peak_megabytes() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _row(name: str, figure: float, unit: str) -> None:
    sys.stdout.write(f"{name:45} {figure:10.1f} {unit}\n")


if __name__ == "__main__":
    corpus = read_corpus(Path(sys.argv[1]))
    measure_growth(corpus)
    measure_ways(corpus)
