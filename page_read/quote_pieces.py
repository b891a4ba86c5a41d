"""Reads a small piece of markup that holds one quote: its text, who is named for it, and the work."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from selectolax.lexbor import LexborNode

from page_read.display import BLOCKS, TABLE_PARTS
from page_read.html import CLOSE
from page_read.quote_marks import Span, pair_marks
from page_read.quote_text import MAX_TEXT, count_first_words, is_spaceless, tidy
from page_read.quote_words import first_names, is_collection, is_first_name, name_particles

MAX_PIECE: Final = 20_000  # characters of markup; a longer one holds more than a quote

_LEFT_OUT: Final = frozenset(
    "script style button template noscript svg form img picture video audio select input nav sup "
    "h1 h2 h3 h4 h5 h6".split()
)
_TOKEN: Final = re.compile(r"[^\W_]+")
_AUTHOR: Final = frozenset(
    "author authors autor autora auteur autore byline by aut attribution attrib person speaker "
    "quotee name authorname authortitle authorortitle auteurs citeauthor автор автора".split()
)
_SOURCE: Final = frozenset(
    "source src work book werk quelle bron opus oeuvre fuente fonte obra livre libro źródło источник källa".split()
)
_PREFIXED: Final = frozenset("author autor auteur quelle source".split())  # with one letter before
_SIDE: Final = frozenset(
    "tag tags mytags share sharing social like likes rating stars date time actions action acties added meta "
    "note notes nota keywords copy role position company job button buttons avatar image icon number vote votes "
    "count comments reply".split()
)
_TEXT: Final = frozenset("text texte texto testo tekst body content contents".split())
_QUOTE: Final = re.compile(r"quote|zitat|cita|cyta|frase|aphor|aforis|testimonial|spruch|review|blockquote|b?q\Z")
_SOURCE_PROPERTIES: Final = frozenset({"isPartOf", "citation", "isBasedOn"})
_AUTHOR_PROPERTIES: Final = frozenset({"author", "creator", "spokenByCharacter"})
_COUNTER: Final = re.compile(r"[\s.,|·/#:+-]*\d[\d\s.,|·/#:+-]*[kKM]?")
_LETTERS: Final = re.compile(r"[^\W\d_]")
_LINES: Final = re.compile(r"[ \t\r\f\v\u00a0]*\n\s*")
_BLANKS: Final = re.compile(r"[ \t\r\f\v\u00a0\u2009\u202f]+")
_DASH: Final = re.compile(r"\A\s*(?:[-–—―~]{1,2}|&mdash;)\s*(?=[^\W\d_]|[\"“„«(])")
_BY: Final = re.compile(r"\A(?:by|von|de|par|di|door|por|av|от)\s+(?=[^\Wa-zß-ÿа-я])", re.IGNORECASE)
_COMMA: Final = re.compile(r"\A,\s*[^\Wa-zß-ÿа-яё]")
_LEFT_OVER: Final = re.compile(r"\A[\s.,;~–—―-]*(?:by|von|de|par|di|door|por|av|от)?[\s.,;:~–—―-]*\Z", re.IGNORECASE)
_IN_BRACKETS: Final = re.compile(r"\A\s*[(\[](?P<inside>[^()\[\]]{2,120})[)\]]\.?\s*\Z")
_AFTER_DASH: Final = re.compile(
    r"\A(?P<text>.{4,}?[.!?…。！？”\"»“])\s*(?:[—–―~]{1,2}|\s-{1,2}\s?|--)\s*"
    r"(?P<name>(?:[\[［（][一-鿿]{1,4}[\]］）])?(?:《|[^\Wa-zß-ÿа-я])[^.!?—–―]{0,100}(?:\.[^.!?—–―]{1,60})*)\.?\Z",
    re.DOTALL,
)
_EASTERN: Final = re.compile(
    r"\A[\s—–―-]*(?:[\[［（][一-鿿]{1,4}[\]］）])?\s*(?P<name>[^\s《》,，]{0,30})\s*(?:《(?P<work>[^《》]{1,60})》)\s*\Z"
)
_COUNTRY: Final = re.compile(r"\A[\[［（][一-鿿]{1,4}[\]］）]")  # before a name: `[英]培根`
_DASHES: Final = re.compile("[—–―~-]")
_BREAK: Final = "\ue010"
_EMPHASIS: Final = "\ue011"  # before a last line that begins with emphasised text
_NOTE: Final = re.compile(r"\s*\[[^\[\]]{1,200}\]\Z")
_STAGE_DIRECTION: Final = re.compile(r"\A\s*(?:[(\[][^()\[\]]{2,80}[)\]]:?|[★☆⭐✩✭\s]+)\s*(?=[“„«»\"「])")
_MIN_WORDS: Final = 3  # of a quote
_ENCLOSED: Final = re.compile(r"\A(?P<text>.{4,}?[.!?…”\"»])\s*\((?P<name>[^()]{3,160})\)\.?\Z", re.DOTALL)
_LEAST_BEFORE_LINK: Final = 3  # words
_STEPS_A_NODE: Final = 12
_FEW_NODES: Final = 10
_MOST_FOLLOWING: Final = 20  # nodes
_LONGEST_SOURCE: Final = 15  # words
_LONGEST_BYLINE: Final = 12
_LONGEST_ATTRIBUTION: Final = 20
_LONGEST_NAME_TEXT: Final = 80  # characters
_LOWER_WORDS: Final = 3  # words of a name without a capital
_LABEL: Final = 15  # words of what is said about a quote behind it
_SHORT_NAME: Final = 3  # words that may end with a full stop, as of `Monica R.`
_LONGEST_NAME: Final = 9  # words
_JOINING: Final = frozenset("& + and und et y e en i и og och ja".split())  # two names
_NAME_WORDS: Final = 6
_SPACELESS_NAME: Final = 12  # characters
_LONGEST_REST: Final = 12  # words after the name: a town, an office, a work
_SEPARATOR: Final = re.compile(r",|\s[/|]\s")
_YEARS: Final = re.compile(r"\s*[(\[][^()\[\]]{0,40}[)\]]\s*\Z")
_NOT_IN_NAMES: Final = re.compile(r"[\d:;!?“”„«»\"「」@|/…。！？，、]")
_ORIGINAL: Final = re.compile(
    r"\(Original[^:“„«»\"\n]{0,40}: ?(?P<text>[“„«»\"][^\n]*)\)\.?"
)  # `(Original engl.: "…")`
_SENTENCES: Final = re.compile(r"[^\W\d_]{5,}\. ")  # longer than `Prof. `
_FINAL: Final = re.compile(r"[.!?…。！？][\"'’”»“」』)]*\Z")


@dataclass(slots=True)
class Piece:
    """What a piece of markup holds. `marked`: the text stood in quotation marks."""

    text: str
    author: str | None = None
    source: str | None = None
    marked: bool = False


def read_pieces(element: LexborNode) -> list[Piece]:
    """The quote in an element, and its translations; none if there is no text, or too much or too tangled markup."""
    if len(element.html or "") > MAX_PIECE:
        return []
    try:
        return _PieceReader(element).read()
    except _TangledMarkup:
        return []


class _TangledMarkup(Exception):
    """To read an element takes far more steps than it has nodes."""


class _PieceReader:
    """Takes out of an element what is said about a quote; what stays is its text. The tree stays as it is."""

    def __init__(self, root: LexborNode) -> None:
        self._root = root
        self._taken: set[int] = set()  # `mem_id` of what is out
        self._words_before = 0
        self._steps_left = _STEPS_A_NODE * (_FEW_NODES + len(list(root.traverse())))
        self._body: LexborNode | None = None
        self._translations: list[str] = []
        self._authors: list[str] = []
        self._attributions: list[str] = []
        self._sources: list[str] = []

    def read(self) -> list[Piece]:
        for element in self._below(self._root):
            if not element.is_element_node or element.mem_id == self._root.mem_id:
                self._words_before += count_first_words(element.text_content or "")
                continue
            tag, attributes = element.tag or "", element.attributes
            tokens = _tokens(attributes.get("class") or "")
            kept_in = self._kept_in(element, tag, attributes, tokens)
            if kept_in is not None:
                if tag in {"footer", "figcaption"}:
                    self._take_work(element)
                kept_in.append(self._flat(element))
            if kept_in is not None or self._is_beside_the_quote(element, tag, tokens):
                self._taken.add(element.mem_id)
        piece = _split(self._lines(self._body or self._root), alone=True)
        piece.author = piece.author or self._beside_the_text()
        for attribution in [*self._authors, *self._attributions]:
            author, source = split_attribution(attribution)
            if piece.author and author and author != piece.author:
                source = source or author  # `Jane Austen / Emma`
            piece.author = piece.author or author
            piece.source = piece.source or source
        piece.source = next((tidy(source) for source in self._sources if tidy(source)), piece.source)
        others = [Piece(tidy(text), piece.author, piece.source, piece.marked) for text in self._translations]
        return [found for found in (piece, *others) if found.text]

    def _beside_the_text(self) -> str | None:
        """The name that stands beside what is called the text, in nothing that is called an author."""
        known = [split_attribution(text)[0] or "" for text in self._attributions]
        if self._body is None or self._authors or any(is_first_name(name.partition(" ")[0]) for name in known):
            return None
        self._taken.add(self._body.mem_id)
        for line in self._lines(self._root):
            name = name_on(line.rstrip(" /|"))
            if name and (line[-1] in "/|" or is_first_name(name.partition(" ")[0])):
                return name
        return None

    def _below(self, root: LexborNode) -> Iterator[LexborNode]:
        """`root` and the nodes in it, in document order, without those that are out when it comes to them."""
        waiting = [root]
        while waiting:
            node = waiting.pop()
            self._steps_left -= 1
            if self._steps_left < 0:
                raise _TangledMarkup
            if node.mem_id not in self._taken and node.tag != "rt" and node.text_content != CLOSE:
                yield node
                if node.mem_id not in self._taken:
                    waiting += reversed(list(node.iter(include_text=True)))

    def _is_beside_the_quote(self, element: LexborNode, tag: str, tokens: set[str]) -> bool:
        if tag in _LEFT_OUT or tag == "footer" or (tag == "blockquote" and self._root.tag == "blockquote"):
            return True
        is_side = tokens & _SIDE or ("footer" in tokens and "blockquote" not in tokens and self._words_before)
        if is_side and tag not in {"p", "blockquote", "q"} and not self._holds_an_author(element):
            return True
        if next(element.iter(), None) is None and _COUNTER.fullmatch(element.text()):
            return True
        if tag not in {"p", "div", "ul"} or self._words_before < _LEAST_BEFORE_LINK:
            return False
        return self._is_of_links(element) and self._is_last(element)

    def _holds_an_author(self, element: LexborNode) -> bool:
        """Whether an element inside this one, which may be called after its picture, too, is called an author."""
        return any(_tokens(node.attributes.get("class") or "") & _AUTHOR for node in element.css("[class]"))

    def _kept_in(
        self, element: LexborNode, tag: str, attributes: dict[str, str | None], tokens: set[str]
    ) -> list[str] | None:
        """The list that an element's text belongs in; None if it is no attribution."""
        properties = set((attributes.get("itemprop") or "").split())
        if "text" in properties or (self._body is None and _is_called_text(attributes.get("class") or "")):
            self._body = element
            return None
        if tag in {"p", "div"} and attributes.get("lang") and not self._holds_a_paragraph(element):
            return self._translations
        if tokens & _SIDE and not properties:
            return None
        is_signed = tag == "figcaption" and _DASH.match(element.text()) is not None
        is_called_source = tokens & _SOURCE and self._is_short(element, _LONGEST_SOURCE) and not is_signed
        if properties & _SOURCE_PROPERTIES or is_called_source:
            is_dashed = not properties and _DASH.match(element.text())
            return self._attributions if is_dashed else self._sources
        longest = _LONGEST_ATTRIBUTION if self._body else _LONGEST_BYLINE
        if properties & _AUTHOR_PROPERTIES or (tokens & _AUTHOR and self._is_short(element, longest)):
            return self._authors
        is_byline = tag == "footer" and not self._attributions and self._is_short(element, _LONGEST_ATTRIBUTION)
        is_attribution = is_byline or tag == "figcaption" or (tag == "cite" and self._is_last(element))
        return self._attributions if is_attribution else None

    def _holds_a_paragraph(self, element: LexborNode) -> bool:
        return any(node.tag in {"p", "div"} for node in self._below(element) if node.mem_id != element.mem_id)

    def _is_short(self, element: LexborNode, longest: int) -> bool:
        return count_first_words(self._flat(element)) <= longest

    def _take_work(self, footer: LexborNode) -> None:
        cite = next((node for node in self._below(footer) if node.tag == "cite"), None)
        if cite is not None and self._flat(cite) != self._flat(footer):
            self._sources.append(self._flat(cite))
            self._taken.add(cite.mem_id)

    def _is_last(self, element: LexborNode) -> bool:
        """Whether no words follow an element in its own block. What much markup follows is not the last."""
        following = element.next
        for _ in range(_MOST_FOLLOWING):
            if following is None:
                return True
            is_beside = following.tag in {"cite", "footer", "a", "span", "small", "br"}
            if not is_beside and count_first_words(self._flat(following)) >= _LEAST_BEFORE_LINK:
                return False
            following = following.next
        return False

    def _is_of_links(self, element: LexborNode) -> bool:
        """Whether all words of an element are links."""
        linked = "".join([self._flat(node) for node in self._below(element) if node.tag == "a"])
        return bool(linked) and _LETTERS.findall(linked) == _LETTERS.findall(self._flat(element))

    def _flat(self, node: LexborNode) -> str:
        texts = [text for part in self._below(node) if (text := part.text_content)]
        return _BLANKS.sub(" ", " ".join(texts).replace("\n", " ")).strip()

    def _lines(self, root: LexborNode) -> list[str]:
        parts: list[str] = []
        for node in self._below(root):
            if (text := node.text_content) is not None:
                parts.append(text.replace("\n", " "))
            elif node.tag == "br" or node.tag in BLOCKS or node.tag in TABLE_PARTS:
                parts.append(_BREAK)
            elif node.tag in {"i", "em"}:
                parts.append(_EMPHASIS)
        lines = [_BLANKS.sub(" ", line).strip() for line in "".join(parts).split(_BREAK)]
        bare = [line.replace(_EMPHASIS, "").strip() for line in lines]
        last = _EMPHASIS if lines and lines[-1].startswith(_EMPHASIS) else ""
        return [line for line in [*bare[:-1], last + bare[-1]] if line.strip(_EMPHASIS)]


def split_attribution(text: str) -> tuple[str | None, str | None]:
    """The name and the work of an attribution like `— Name, Work (1900)`."""
    if eastern := _EASTERN.match(text):
        return eastern["name"] or None, eastern["work"]
    bracketed = _IN_BRACKETS.match(text)
    if text.strip().startswith("[") and bracketed and not name_on(bracketed["inside"]):
        return None, tidy(bracketed["inside"])
    text = tidy(_BY.sub("", _DASH.sub("", bracketed["inside"] if bracketed else text).strip(" -–—―~")))
    name, rest = _after_name(text)
    name, bracket, inside = _COUNTRY.sub("", name).partition("(")
    name = tidy(name).strip(" .:;|/")
    source = tidy(rest).strip(" ()") or (tidy(inside).strip(" ()") if bracket else "")
    if not is_name(name):
        return None, text or None
    if " " not in name and " " not in source and source.lower() in first_names():
        return f"{source} {name}", None  # `Wilde, Oscar`
    person = _before_small_words(name)  # `Emily Byron in a letter to her sister`
    return (person, tidy(text[len(person) :])) if person != name else (name, source or None)


def _before_small_words(name: str) -> str:
    """The name with which a text begins that goes on in small letters; the whole text if it does not."""
    words = name.split()
    in_names = name_particles() | _JOINING
    end = next((place for place, word in enumerate(words) if word[0].islower() and word not in in_names), 0)
    return " ".join(words[:end]) if end > 1 and is_first_name(words[0]) else name


def _after_name(text: str) -> tuple[str, str]:
    """What stands before and after the first comma or slash."""
    name, *rest = _SEPARATOR.split(text, maxsplit=1)
    return name, " ".join(rest)


def is_name(text: str) -> bool:
    """Whether `text` may be the name of a person, a group or a work: short, and no sentence."""
    words = text.split()
    return (
        bool(words)
        and len(words) <= _LONGEST_NAME
        and len(text) <= _LONGEST_NAME_TEXT
        and any(c.isalpha() for c in text)
        and not (text[0].islower() and len(words) > _LOWER_WORDS)
        and not _SENTENCES.search(text)
    )


def name_on(line: str) -> str | None:
    """The name that a line consists of, or begins with before a comma: `Ada Byron, London`."""
    line = line.strip(" -–—―~\n")
    line = _YEARS.sub("", line) if line[-1:] in {")", "]"} else line
    name, rest = _after_name(line)
    words = name.split()
    if line.endswith(":") or (_FINAL.search(line) and count_first_words(line) > _SHORT_NAME):
        return None
    if not words or len(rest.split()) > _LONGEST_REST or _NOT_IN_NAMES.search(name) or not is_name(name):
        return None
    if is_spaceless(name):
        return name if len(name) <= _SPACELESS_NAME else None
    is_short = len(words) <= _NAME_WORDS and (len(words[-1]) <= 2 or not _FINAL.search(name))  # noqa: PLR2004 - an initial
    small = name_particles() | _JOINING
    capitals = all(word[0].isupper() or word.lower() in small for word in words)
    return name if is_short and capitals and words[0][0].isupper() and not is_collection(name) else None


def _split(lines: list[str], *, alone: bool = False) -> Piece:
    """The text without an attribution on its last lines, or behind it. `alone`: there is nothing but a quote."""
    author, source = _take_last_lines(lines, alone=alone)
    text = " ".join(lines).strip()
    if _is_dialogue(lines):
        return Piece(tidy(text), author, source)
    spans = pair_marks(text)
    is_in_marks = bool(spans) and spans[0].start == 0 and spans[-1].closed
    found = _split_at_marks(text, spans, lines, alone=alone) if is_in_marks else None
    found = found or (Piece(tidy(text)) if author else _split_unmarked(text, alone=alone))
    return Piece(found.text, author or found.author, source or found.source, found.marked)


def _take_last_lines(lines: list[str], *, alone: bool) -> tuple[str | None, str | None]:
    """The name and the work on last lines, which are taken out of `lines`."""
    author = source = None
    if lines and lines[-1].startswith(_EMPHASIS):
        author, source = _emphasised(lines)
    if alone and len(lines) > 1 and _FINAL.search(lines[-2]) and not _DASH.match(lines[-1]) and name_on(lines[-1]):
        author, source = split_attribution(lines.pop())
    elif alone and len(lines) > 2 and _FINAL.search(lines[-3]) and _is_signature(*lines[-2:]):  # noqa: PLR2004
        author = name_on(lines[-2])
        del lines[-2:]
    while len(lines) > 1 and is_attribution(lines[-1]) and not _is_dialogue(lines):
        found_author, found_source = split_attribution(lines.pop())
        author, source = author or found_author, found_source or source
    return author, source


def _is_signature(name: str, office: str) -> bool:
    """Whether two lines are those of a person: `Nadia Byron`, `Head of Insight, Fernhill`."""
    is_person = name_on(name) is not None and is_first_name(name.partition(" ")[0])
    return is_person and not _FINAL.search(office) and count_first_words(office) <= _LONGEST_REST


def _is_dialogue(lines: list[str]) -> bool:
    return len(lines) > 1 and _DASH.match(lines[0]) is not None


def _split_at_marks(text: str, spans: list[Span], lines: list[str], *, alone: bool) -> Piece | None:
    """What a text that begins with quotation marks holds; None if what follows them belongs to it."""
    rest = text[spans[-1].end :].strip("/| \n")
    between = text[spans[0].end : spans[-1].start].strip() if len(spans) > 1 else ""
    if not _LEFT_OVER.sub("", rest) and not between:
        return Piece(tidy(text[: spans[-1].end]), marked=True)
    if len(spans) > 1:
        return None
    inside, words = tidy(spans[0].inside(text)), count_first_words(rest)
    is_below = len(lines) > 1 and rest == lines[-1].strip() and words <= _LABEL and not _FINAL.search(rest)
    if is_below and not name_on(rest):
        return Piece(inside, source=tidy(rest), marked=True)
    leads_over = _DASH.match(rest) or _IN_BRACKETS.match(rest) or _COMMA.match(rest)
    if is_below or (leads_over and words <= _LONGEST_ATTRIBUTION):
        return Piece(inside, *split_attribution(rest.lstrip(",")), marked=True)
    if alone and 2 * len(rest) < len(text) and words <= _LABEL:
        label, colon, work = rest.partition(":")
        return Piece(inside, source=tidy(work) if colon and label else None, marked=True)
    return None


def _split_unmarked(text: str, *, alone: bool) -> Piece:
    """What a text without quotation marks holds: a name behind a dash, or something in brackets, ends it."""
    behind = (_AFTER_DASH.match(text) or _AFTER_DASH.match(_NOTE.sub("", text))) if _DASHES.search(text) else None
    if behind and is_name(_after_name(behind["name"])[0]):
        return Piece(tidy(behind["text"]), *split_attribution(behind["name"]))
    enclosed = _ENCLOSED.match(text) if text.endswith((")", ").")) else None
    name = name_on(enclosed["name"]) if enclosed else None
    if enclosed and (name or not alone):
        return Piece(tidy(enclosed["text"]), name, None if name else tidy(enclosed["name"]))
    return Piece(tidy(text))


def _emphasised(lines: list[str]) -> tuple[str | None, str | None]:
    """The name or the work on an emphasised last line below a text that has ended. It is taken out of `lines`."""
    last = lines.pop().removeprefix(_EMPHASIS)
    is_below = bool(lines) and _FINAL.search(lines[-1]) and not _FINAL.search(last)
    if not is_below or count_first_words(last) > _LONGEST_BYLINE:
        lines.append(last)
        return None, None
    name = name_on(last)
    return split_attribution(last) if name and name.split()[0].lower() in first_names() else (None, tidy(last))


def is_attribution(line: str) -> bool:
    """Whether a line is nothing but an attribution, like `— Name, Work`."""
    return (_DASH.match(line) or _IN_BRACKETS.match(line)) is not None and count_first_words(
        line
    ) <= _LONGEST_ATTRIBUTION


def read_label(text: str) -> tuple[str | None, str]:
    """What a line like `Source: A work` tells of, `author` or `source`, and what it says; None for any other line."""
    label, colon, rest = text.partition(":")
    word = label.strip().lower()
    kind = "author" if word in _AUTHOR else "source" if word in _SOURCE else None
    return (kind, rest.strip()) if colon and kind else (None, text)


def is_quote(piece: Piece) -> bool:
    """Whether what was read is long enough for a quote, and not too long."""
    return count_first_words(piece.text) >= _MIN_WORDS and len(piece.text) <= MAX_TEXT


def split_line(text: str) -> Piece:
    """The quote on lines of plain text."""
    if original := _ORIGINAL.fullmatch(text.strip()):
        text = original["text"]
    return _split([line for line in _STAGE_DIRECTION.sub("", text).split("\n") if line.strip()])


def _is_called_text(classes: str) -> bool:
    """Whether an element is called the text of a quote: `quote-text`, or nothing but `text`."""
    for name in classes.lower().split():
        *others, last = _TOKEN.findall(name) or [""]
        is_text = last in _TEXT and (not others or any(map(_QUOTE.match, others)))
        if is_text or last[1:] in _TEXT or name in {"quotetext", "quotebody"}:
            return True
    return False


def names_author(element: LexborNode) -> bool:
    """Whether an element is called an author."""
    return bool(_tokens(element.attributes.get("class") or "") & _AUTHOR)


def _tokens(classes: str) -> set[str]:
    joined = " ".join(classes.lower().split())
    tokens = {*_TOKEN.findall(joined), joined.replace("-", "").replace("_", "")}
    return tokens | {token[1:] for token in tokens if token[1:] in _PREFIXED}  # `qauthor`
