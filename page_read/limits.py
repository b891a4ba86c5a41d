"""Refuses pages whose markup costs the parser absurdly much, before the parser sees them.

At many a tag the parser looks through all open elements. It copies open formatting elements, like `<font>`, into each
block that follows. It compares an attribute with all attributes before. So each of these can cost the square of its
number. The bounds are far above real pages: one of 100,000 tags may have 500 elements open all the time.
"""

import re
from collections import Counter

from page_read.display import TABLE_PARTS, VOID
from page_read.errors import PageTooComplex

_MAX_TAGS = 600_000  # each takes the parser some 200 bytes
_MAX_STEPS = 50_000_000  # the sum, over all tags, of the elements that are open there
_MAX_COPIES = 800_000  # the same of formatting elements; a copy takes 350 bytes
_MAX_ATTRIBUTES = 1_000  # of a tag
# What is below cannot exceed these bounds by much, so almost every page is seen to be harmless at once.
_HARMLESS_TAGS = 1_800
_HARMLESS_DEPTH = 10_000
_HARMLESS_TAG_BYTES = 40_000

# Formatting elements, except `<a>` and `<nobr>`, of which only one can be open. Of equal ones only three are copied.
_FORMATTING = frozenset(b"b big code em font i s small strike strong tt u".split())
_EQUAL_COPIED = 3
_FORMATTING_WITH_ATTRIBUTES = re.compile(rb"<(?=[bcefistu])(?:%b)[\s/]" % b"|".join(_FORMATTING), re.IGNORECASE)
# No end tag inside these closes an element outside them.
_SCOPES = frozenset(b"applet foreignobject marquee math object select svg table template".split())
_FOREIGN = frozenset({b"math", b"svg"})
# No end tag need close these, and none nests in itself directly.
_NEVER_DEEP = frozenset(name.encode() for name in VOID | TABLE_PARTS | {"", "head", "li", "option", "p"})
# The attributes of another one are compared with those of the first.
_MERGED = frozenset({b"body", b"html"})

# An attribute as the tokenizer cuts it (HTML, section 13.2.5.32 and on): a quote opens a value only after `=`.
_ATTRIBUTE = rb"""(?:=[^\s/>=]*|[^\s/>=]+)(?:\s*=\s*(?:"[^"]*(?:"|\Z)|'[^']*(?:'|\Z)|[^\s"'>][^\s>]*|(?=>)|\Z))?+"""
_MANY_ATTRIBUTES = re.compile(rb"<[a-z][^\s/>]*+(?>[\s/]*+%b){%d}" % (_ATTRIBUTE, _MAX_ATTRIBUTES + 1), re.IGNORECASE)
_TAG = re.compile(
    rb"""<!--(?:-?>|.*?(?:--!?>|\Z))
    | <(?=[stxin])(?P<raw>script|style|textarea|title|xmp|iframe|noembed|noframes|noscript)(?=[\s/>])
      (?:[\s/]|%(attribute)b)*+ .*?(?:</(?P=raw)(?=[\s/>])|\Z)
    | <(?P<end>/)?(?P<name>[a-z][^\s/>]*+)(?:[\s/]|%(attribute)b)*+>?
      (?(end)|(?P<leaf>(?<=>)[^<]*+</(?P=name)(?=[\s/>]))?)"""
    % {b"attribute": _ATTRIBUTE},
    re.IGNORECASE | re.DOTALL | re.VERBOSE,
)


def check_markup(html: bytes) -> None:
    """Raises PageTooComplex for markup beyond the bounds. Takes time linear in the length of `html`."""
    if _has_more_tags(html, _HARMLESS_TAGS):
        formatting = len(_FORMATTING_WITH_ATTRIBUTES.findall(html)) + _EQUAL_COPIED * len(_FORMATTING)
        if _has_more_tags(html, min(_HARMLESS_DEPTH, _MAX_COPIES // formatting)):
            _check_nesting(html)
    # A tag with many attributes goes on for long without a `>`, but where its values hold some.
    step = _HARMLESS_TAG_BYTES // 2
    endless = (start for start in range(0, len(html) - step, step) if html.find(b">", start, start + step) < 0)
    for start in {html.rfind(b"<", 0, start + 1) for start in endless} - {-1}:
        _check_attributes(html, start)


def _has_more_tags(html: bytes, tags: int) -> bool:
    return b">" in html.replace(b">", b"<", tags)  # three times as fast as counting all


def _check_attributes(html: bytes, start: int) -> None:
    if _MANY_ATTRIBUTES.match(html, start):
        raise PageTooComplex(f"The page has a tag of more than {_MAX_ATTRIBUTES:,} attributes.")


def _check_nesting(html: bytes) -> None:
    if html.count(b">") > _MAX_TAGS:
        raise PageTooComplex(f"The page has more than {_MAX_TAGS:,} tags.")
    elements = _OpenElements()
    for tag in _TAG.finditer(html):
        elements.read(tag)
        if elements.steps > _MAX_STEPS or elements.copies > _MAX_COPIES:
            raise PageTooComplex("The page's elements are nested too deep.")
        if tag.end() - tag.start() > _HARMLESS_TAG_BYTES:
            _check_attributes(html, tag.start())


class _OpenElements:
    """Counts the elements that a parser has open while tags go by; in doubt rather more than fewer."""

    def __init__(self) -> None:
        self._scopes: list[tuple[bytes, Counter[bytes]]] = [(b"", Counter())]  # the open elements in each
        self._formatting: set[bytes] = set()
        self._depth = self._formatting_depth = 0
        self.steps = self.copies = 0

    def read(self, tag: re.Match[bytes]) -> None:
        raw, end, name, leaf = tag.groups()
        name = (name or b"").lower()
        if raw:
            self._read_raw(tag[0])
        elif end:
            self._end(name)
        elif name not in _NEVER_DEEP and (not leaf or name in _MERGED):
            self._start(name, tag[0])
        self.steps += self._depth
        self.copies += min(self._formatting_depth, _EQUAL_COPIED * len(self._formatting))

    def _start(self, name: bytes, tag: bytes) -> None:
        scope, opened = self._scopes[-1]
        if scope in _FOREIGN and tag.endswith(b"/>"):
            return
        opened[name] += 1
        self._depth += 1
        if name in _FORMATTING:
            self._formatting.add(tag)
            self._formatting_depth += 1
        if name in _SCOPES:
            self._scopes.append((name, Counter()))

    def _end(self, name: bytes) -> None:
        scope, opened = self._scopes[-1]
        if name == scope:
            del self._scopes[-1]
            self._depth -= opened.total()
            opened = self._scopes[-1][1]
        if opened[name]:
            opened[name] -= 1
            self._depth -= 1
            self._formatting_depth -= name in _FORMATTING

    def _read_raw(self, element: bytes) -> None:
        scope, opened = self._scopes[-1]
        if scope in _FOREIGN or scope == b"select":  # where it is markup like any other
            tags = element.count(b"<")
            opened[b""] += tags
            self._depth += tags
            self.steps += tags * tags
