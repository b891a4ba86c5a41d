"""Keeps absurd markup from costing absurdly much.

A parser looks through the open elements at many a tag, and through a tag's attributes at each of them, and it keeps
some 200 bytes for every tag. So nesting is cut at 512 levels, which is Chromium's own limit, a tag at 1,000 attributes,
and a page at 400,000 tags. Tags beyond become white space where they are blocks, and nothing where they are inline.
"""

import re
from collections import Counter
from collections.abc import Container

from job_tasks.pages.elements import BLOCKS, TABLE_PARTS

_MAX_DEPTH = 512
_MAX_ATTRIBUTES = 1000
_MAX_TAGS = 400_000
# Up to here nothing costs much, and nothing need be looked at.
_HARMLESS_TAGS = 10_000
_HARMLESS_TAG_BYTES = 40_000
# A quote opens a value only after the `=` of a name (HTML, section 13.2.5.32 and on).
_NAME_AND_VALUE = (
    rb"""(?:=[^\s/>=]*|[^\s/>=]+)(?:\s*=\s*(?:"[^"]*(?:"|\Z)|'[^']*(?:'|\Z)|[^\s"'>][^\s>]*|(?=>)|\Z))?+"""
)
_ATTRIBUTE = re.compile(rb"[\s/]*+" + _NAME_AND_VALUE)
_TAG = re.compile(
    rb"""<!--.*?(?:--!?>|\Z)
    | <(?P<raw>script|style|textarea|title|xmp|iframe|noembed|noframes|noscript)(?=[\s/>]).*?(?:</(?P=raw)(?=[\s/>])|\Z)
    | <(?P<end>/?)(?P<name>[a-z][^\s/>]*)(?:[\s/]|"""
    + _NAME_AND_VALUE
    + rb")*+>?",
    re.IGNORECASE | re.DOTALL | re.VERBOSE,
)
_VOID = frozenset(
    [
        *(
            b"area",
            b"base",
            b"basefont",
            b"bgsound",
            b"br",
            b"col",
            b"embed",
            b"frame",
            b"hr",
            b"img",
            b"input",
            b"link",
        ),
        *(b"meta", b"param", b"source", b"track", b"wbr"),
    ]
)
# Elements whose next start tag ends the one before, so that unclosed ones do not nest.
_SELF_LIMITING = frozenset(
    [
        *(b"body", b"dd", b"dt", b"head", b"html", b"li", b"optgroup", b"option", b"p", b"tbody", b"td", b"tfoot"),
        *(b"th", b"thead", b"tr"),
    ]
)
_NEVER_DEEP = _VOID | _SELF_LIMITING
_FORMATTING = frozenset(
    [
        *(
            b"a",
            b"b",
            b"big",
            b"code",
            b"em",
            b"font",
            b"i",
            b"nobr",
            b"s",
            b"small",
            b"strike",
            b"strong",
            b"tt",
            b"u",
        ),
    ]
)
_BREAKING = frozenset(tag.encode() for tag in (*BLOCKS, *TABLE_PARTS, "br"))


def limit_markup(html: bytes) -> bytes:
    """`html` where its markup is within the limits, else a version of it that is."""
    tags = html.count(b">")
    suspect = tags > _MAX_TAGS or _may_have_many_attributes(html)
    if not suspect and (tags < _HARMLESS_TAGS or not _may_exceed(html)):
        return html
    nesting = _Nesting()
    limited = _TAG.sub(nesting.keep, html)
    return limited if nesting.exceeded else html


def _may_exceed(html: bytes) -> bool:
    """Whether a tag is long, or too many elements are open at once if only their own end tags end them."""
    open_elements: Counter[bytes] = Counter()
    depth = 0
    for tag in _TAG.finditer(html):
        name = (tag["name"] or b"").lower()
        long = name and tag.end() - tag.start() > _HARMLESS_TAG_BYTES
        if long or (tag["raw"] and _is_foreign(tag[0], open_elements)):
            return True
        if not name or name in _NEVER_DEEP:
            continue
        if not tag["end"]:
            open_elements[name] += 1
            depth += 1
            if depth > _MAX_DEPTH:
                return True
        elif open_elements[name]:
            open_elements[name] -= 1
            depth -= 1
    return False


def _is_foreign(raw_element: bytes, open_elements: Container[bytes]) -> bool:
    """Whether what stands in a `<style>` or the like is much markup, as it is inside of SVG and MathML."""
    return raw_element.count(b"<") > _MAX_DEPTH and (b"svg" in open_elements or b"math" in open_elements)


def _may_have_many_attributes(html: bytes) -> bool:
    """Whether some tag goes on for long, and not by a long value."""
    step = _HARMLESS_TAG_BYTES // 2
    endless = (start for start in range(0, len(html) - step, step) if html.find(b">", start, start + step) < 0)
    starts = {html.rfind(b"<", 0, start + 1) for start in endless}
    return any(html[start + 1 : start + 2].isalpha() and _end_of_attributes(html, start + 1)[1] for start in starts)


def _end_of_attributes(html: bytes, position: int) -> tuple[int, bool]:
    """Where the attributes end of the tag that starts at `position`, at the latest the last one allowed; if it was."""
    for _ in range(_MAX_ATTRIBUTES):
        attribute = _ATTRIBUTE.match(html, position)
        if attribute is None:
            return position, False
        position = attribute.end()
    return position, True


class _Nesting:
    """The elements that are open while tags go by."""

    def __init__(self) -> None:
        self._open: list[bytes] = []
        self._dropped: Counter[bytes] = Counter()
        self._tags = 0
        self.exceeded = False

    def keep(self, tag: re.Match[bytes]) -> bytes:
        """The tag itself, or what stands for it where it is beyond a limit."""
        self._tags += 1
        if self._tags > _MAX_TAGS:
            self.exceeded = True
            return _stand_in((tag["name"] or b"").lower())
        if tag["raw"]:
            return self._keep_raw(tag[0])
        name = (tag["name"] or b"").lower()
        if name and tag.end() - tag.start() > _HARMLESS_TAG_BYTES:
            end, exceeded = _end_of_attributes(tag[0], tag.end("name") - tag.start())
            self.exceeded |= exceeded
            return tag[0][:end] + b">" if exceeded else tag[0]
        if not name or name in _NEVER_DEEP:
            return tag[0]
        kept = self._close(name) if tag["end"] else self._start(name)
        return tag[0] if kept else _stand_in(name)

    def _keep_raw(self, element: bytes) -> bytes:
        if not _is_foreign(element, self._open):
            return element
        self.exceeded = True
        return b""  # none of it is shown

    def _start(self, name: bytes) -> bool:
        if len(self._open) < _MAX_DEPTH:
            self._open.append(name)
            return True
        self.exceeded = True
        self._dropped[name] += 1
        return False

    def _close(self, name: bytes) -> bool:
        if self._dropped[name]:
            self._dropped[name] -= 1
            return False
        if name in self._open:
            self._end(name)
        return True

    def _end(self, name: bytes) -> None:
        """A formatting element ends alone; any other ends with all that is open in it."""
        last = len(self._open) - 1 - self._open[::-1].index(name)
        if name in _FORMATTING:
            del self._open[last]
        else:
            del self._open[last:]


def _stand_in(name: bytes) -> bytes:
    return b"\n" if name in _BREAKING else b""
