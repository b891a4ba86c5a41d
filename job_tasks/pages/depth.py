"""Keeps pages with absurdly deep nesting from costing absurdly much.

A parser looks through the elements that are open at many a tag, so that its time grows with their number. Chromium
nests at most 512 deep; so does what is parsed here. Tags beyond become line breaks, or nothing where they are inline.
"""

import re
from collections import Counter

from job_tasks.pages.elements import BLOCKS

_MAX_DEPTH = 512
# With fewer tags than this no nesting costs much.
_HARMLESS_TAGS = 10_000
_TAG = re.compile(
    rb"""<!--.*?(?:-->|\Z)
    | <(?P<raw>script|style|textarea|title|xmp|iframe|noembed|noframes|noscript)(?=[\s/>]).*?(?:</(?P=raw)(?=[\s/>])|\Z)
    | <(?P<end>/?)(?P<name>[a-z][^\s/>]*)(?:[^>"']|"[^"]*"|'[^']*')*+>?""",
    re.IGNORECASE | re.DOTALL | re.VERBOSE,
)
_VOID = frozenset(
    [
        *(b"area", b"base", b"basefont", b"bgsound", b"br", b"col", b"embed", b"frame", b"hr", b"img", b"input", b"link"),
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
_FORMATTING = frozenset(
    [
        *(b"a", b"b", b"big", b"code", b"em", b"font", b"i", b"nobr", b"s", b"small", b"strike", b"strong", b"tt", b"u"),
    ]
)
_BLOCKS = frozenset(tag.encode() for tag in BLOCKS)


def limit_depth(html: bytes) -> bytes:
    """`html`, or where its elements nest deeper than 512 levels, a version of it that does not."""
    if html.count(b"<") < _HARMLESS_TAGS:
        return html
    nesting = _Nesting()
    limited = _TAG.sub(nesting.keep, html)
    return limited if nesting.was_too_deep else html


class _Nesting:
    """The elements that are open while tags go by."""

    def __init__(self) -> None:
        self._open: list[bytes] = []
        self._dropped: Counter[bytes] = Counter()
        self.was_too_deep = False

    def keep(self, tag: re.Match[bytes]) -> bytes:
        """The tag itself, or what stands for it where it is too deep."""
        name = (tag["name"] or b"").lower()
        if not name or name in _VOID or name in _SELF_LIMITING:
            return tag[0]
        kept = self._close(name) if tag["end"] else self._start(name)
        if kept:
            return tag[0]
        return b"<br>" if name in _BLOCKS else b""

    def _start(self, name: bytes) -> bool:
        if len(self._open) < _MAX_DEPTH:
            self._open.append(name)
            return True
        self.was_too_deep = True
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
