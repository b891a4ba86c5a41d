"""What a quote is: words that a page presents as said or written by somebody."""

from dataclasses import dataclass
from typing import Final, Literal

from selectolax.lexbor import LexborDocumentOptions, LexborHTMLParser, SelectolaxError

from page_read.errors import PageTooComplex
from page_read.limits import check_markup
from page_read.quote_passages import read_passages
from page_read.quote_speech import find_speech
from page_read.quote_text import MAX_TEXT, normal_form, tidy
from page_read.quote_words import words_of
from page_read.styling import apply_styles

MAX_QUOTES: Final = 500  # of a page


@dataclass(frozen=True, kw_only=True)
class Quote:
    """A quote as found: `rule` says how, `confidence` (0 to 1) how surely; `context` is the text around it."""

    text: str
    author: str | None
    source: str | None
    kind: Literal["marked", "speech"]
    rule: str
    confidence: float
    context: str


def find_quotes(html: bytes, language: str | None) -> list[Quote]:
    check_markup(html)
    try:
        tree = LexborHTMLParser(html, options=LexborDocumentOptions.WO_EVENTS.value, scripting=True)
    except SelectolaxError as error:
        raise PageTooComplex("The page takes more memory than there is.") from error
    body = tree.body
    if body is None:
        return []
    apply_styles(body)
    passages = read_passages(body)
    words = words_of(" ".join([p.text for p in passages if not p.place.furniture and 2*p.links < len(p.text)])[:8000], language)
    used = {n for n, p in enumerate(passages) if p.place.quote}
    return [Quote(text=s.text, author=s.author, source=None, kind="speech", rule=s.rule, confidence=s.confidence, context=s.context) for s in find_speech(passages, used, words)]
