"""What a quote is: words that a page presents as said or written by somebody.

Surest first: what the page declares as data, then items of lists and cards, then blockquotes, then lists of lines, then
direct speech in running text. A later rule drops what an earlier one has.
"""

from dataclasses import dataclass, replace
from typing import Final, Literal

from page_read.page import PageText
from page_read.quote_data import find_in_json
from page_read.quote_lists import attribute, find_in_microdata, find_items, find_lists
from page_read.quote_markup import Marked, find_blockquotes, is_repeated
from page_read.quote_pairs import find_pairs
from page_read.quote_passages import CLOSE_Q, OPEN_Q, Passage, is_running_text, read_passages
from page_read.quote_speakers import Speakers
from page_read.quote_speech import Introductions, find_speech, may_hold_speech
from page_read.quote_text import MAX_TEXT, normal_form, tidy
from page_read.quote_words import is_collection, is_unlike_collection, words_of

MAX_QUOTES: Final = 500  # of a page
_SHORT: Final = 30  # characters of a passage that tells nothing, as in menus
_FEW: Final = 3  # quotes
_CONTEXT: Final = 120  # characters on each side
_DRAWN: Final = str.maketrans({OPEN_Q: "“", CLOSE_Q: "”"})
_REPETITION: Final = 12  # letters from which a part of another quote is one


@dataclass(frozen=True, kw_only=True)
class Quote:
    """A quote as found: `rule` says how, `confidence` (0 to 1) how surely; `context` is it with the text around it.

    `author` is the name in its fullest form on the page; None if none is given. `source` is the work.
    """

    text: str
    author: str | None
    source: str | None
    kind: Literal["marked", "speech"]
    rule: str
    confidence: float
    context: str


def find_quotes(page: PageText) -> list[Quote]:
    """The quotes of a page, in document order, without repetitions, at most MAX_QUOTES."""
    tree = page.tree
    if tree is None or tree.body is None:
        return []
    declared = find_in_json(page.linked_data)
    title_element = tree.css_first("title")
    title = title_element.text().strip() if title_element else ""
    passages = read_passages(tree.body)
    running = [passage for passage in passages if is_running_text(passage)]
    marked = find_in_microdata(tree, passages)
    headline = next((passage.text for passage in passages if passage.place.heading == "h1"), "")
    is_unlike = any(is_unlike_collection(each.text) for each in passages if each.place.heading == "h1")
    is_unlike = is_unlike or is_unlike_collection(title)
    on_quotes = is_collection(f"{title} {headline}") and not is_unlike
    marked += find_items(tree, passages, on_quotes=on_quotes)
    quoted = {number for number, passage in enumerate(passages) if passage.place.quote}
    speaking = any(map(may_hold_speech, running))
    texts = [passage.text for passage in running if len(passage.text) > _SHORT] if speaking or quoted else []
    words = words_of(" ".join(texts), page.language)
    speakers = Speakers(texts, words)
    marked += find_blockquotes(tree, passages, Introductions(passages, words, speakers), on_quotes=on_quotes)
    attribute(marked, passages, title)
    repeated = {node.mem_id for node in tree.css("blockquote") if is_repeated(node)} if quoted else set()
    never = {number for number in quoted if passages[number].place.quote in repeated}
    used = {number for found in marked for number in found.passages}
    marked += [] if is_unlike else find_pairs(passages, used | never, title)
    used = {number for found in marked for number in found.passages}
    if not is_unlike:
        is_marked_up = sum([item.piece.author is not None for item in marked]) >= _FEW
        marked += find_lists(passages, used | quoted, title, is_marked_up=is_marked_up)
    used = {number for found in marked for number in found.passages} | never
    found = [(-1, 0, _from_piece(Marked(piece, "data", 0.95, []))) for piece in declared]
    found += [(item.passages[0] if item.passages else -1, 0, _from_piece(item)) for item in marked]
    for speech in find_speech(passages, used, words, speakers) if speaking and not is_unlike else []:
        is_marked = speech.rule in {"line", "q"}
        quote = Quote(
            text=speech.text, author=speech.author, source=None, kind="marked" if is_marked else "speech",
            rule=speech.rule, confidence=speech.confidence, context="" if is_marked else speech.context,
        )  # fmt: skip
        found.append((*speech.order, quote))
    return [
        replace(quote, context=(quote.context or _around(quote.text, number, offset, passages)).translate(_DRAWN))
        for number, offset, quote in _without_repetitions(found)
    ]


def _from_piece(found: Marked) -> Quote:
    piece = found.piece
    return Quote(
        text=piece.text, author=piece.author, source=piece.source, kind="marked",
        rule=found.rule, confidence=found.confidence, context="",
    )  # fmt: skip


def _around(text: str, number: int, offset: int, passages: list[Passage]) -> str:
    """`text` as it stands from there on, with _CONTEXT characters before and after it; empty if it stands nowhere."""
    if number < 0:
        return ""
    own, enough = passages[number].text.replace("\n", " "), len(text) + 3 * _CONTEXT
    offset = max(own.find(text, offset), offset)
    before, ahead = own[:offset][-_CONTEXT:], own[offset:][:enough]
    for earlier in range(number - 1, -1, -1):
        if len(before) >= _CONTEXT:
            break
        before = f"{passages[earlier].text[-_CONTEXT:]} {before}"
    for later in range(number + 1, len(passages)):
        if len(ahead) >= enough:
            break
        ahead = f"{ahead} {passages[later].text[:enough]}"
    if text not in ahead:  # it is of several lines, or was tidied
        ahead = tidy(ahead)
    start = max(ahead.find(text), 0)
    led = f"{before}{ahead[:start]}"[-_CONTEXT:]
    return " ".join(f"{led}{ahead[start : start + len(text) + _CONTEXT]}".split())


def _without_repetitions(found: list[tuple[int, int, Quote]]) -> list[tuple[int, int, Quote]]:
    """In document order; of the same text the surest; without what is only a part of another one."""
    best: dict[str, tuple[int, int, Quote]] = {}
    for entry in sorted(found, key=lambda entry: -entry[2].confidence):
        quote = entry[2]
        form = normal_form(quote.text)
        if not form or len(quote.text) > MAX_TEXT:
            continue
        known = best.get(form)
        if known is None:
            best[form] = entry
        else:
            place = entry[:2] if known[0] < 0 else known[:2]
            best[form] = (*place, replace(known[2], author=known[2].author or quote.author))
    chosen = sorted(best.items(), key=lambda item: item[1][:2])[:MAX_QUOTES]
    every = "\n".join([form for form, _ in chosen])
    return [entry for form, entry in chosen if len(form) < _REPETITION or every.count(form) == 1]
