"""The one path from a page's bytes to its word counts: no I/O, used alike by worker, command line and benchmarks."""

from collections import Counter
from dataclasses import dataclass

from page_read.content_type import Form, parse_content_type
from page_read.encoding import CharsetSource, decode_body
from page_read.visible_text import VisibleText, visible_text
from page_read.words.count import Tokenizer, WordCounts, frequencies, summarize
from page_read.xhtml import xhtml_to_html


@dataclass(frozen=True, kw_only=True)
class PageFrequencies:
    """How often each word stands on a page, and how the page was read."""

    frequencies: Counter[str]
    charset: str
    charset_source: CharsetSource
    language: str | None


@dataclass(frozen=True, kw_only=True)
class PageCount:
    """The word counts of a page, and how the page was read."""

    counts: WordCounts
    charset: str
    charset_source: CharsetSource
    language: str | None


def count_page(body: bytes, content_type: str | None, *, word: str | None, top: int, tokenizer: Tokenizer) -> PageCount:
    """The word counts of a page as fetched. Raises NotText if its content type is none whose words are counted."""
    page = page_frequencies(body, content_type, tokenizer=tokenizer)
    return PageCount(
        counts=summarize(page.frequencies, word=word, top=top),
        charset=page.charset,
        charset_source=page.charset_source,
        language=page.language,
    )


def page_frequencies(body: bytes, content_type: str | None, *, tokenizer: Tokenizer) -> PageFrequencies:
    """Every word of a page as fetched, with its count. Raises NotText like `count_page`."""
    served = parse_content_type(content_type, body)
    decoded = decode_body(body, served.charset_label)
    shown = _show(decoded.utf8, served.form)
    return PageFrequencies(
        frequencies=frequencies(shown.text, tokenizer=tokenizer),
        charset=decoded.charset,
        charset_source=decoded.charset_source,
        language=shown.language,
    )


def _show(utf8: bytes, form: Form) -> VisibleText:
    if form == "plain":
        return VisibleText(text=utf8.decode("utf-8", "replace"), language=None)
    return visible_text(xhtml_to_html(utf8) if form == "xhtml" else utf8)
