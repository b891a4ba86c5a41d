"""Keeps absurd markup from costing absurdly much.

A parser looks through the open elements at many a tag, and through a tag's attributes at each of them, and it keeps
some 200 bytes for every tag. So nesting is cut at 512 levels, which is Chromium's own limit, a tag at 1,000 attributes,
and a page at 400,000 tags. Tags beyond become white space where they are blocks, and nothing where they are inline.
"""

import re

from page_read.nesting import HARMLESS_TAG_BYTES, Nesting, end_of_attributes
from page_read.nesting_check import may_nest_too_deep
from page_read.tags import BREAKING, TAG

_MAX_TAGS = 400_000
# Up to here nothing costs much, and nothing need be looked at.
_HARMLESS_TAGS = 10_000
# For text in Latin-1, one character a byte: Python takes 80 bytes for each piece of bytes that it joins.
_ANY_TAG = re.compile(TAG.pattern.decode(), TAG.flags | re.ASCII)
_BREAKING_TAG = re.compile(
    rf"""</?(?:{"|".join(sorted(name.decode() for name in BREAKING))})(?=[\s/>])"""
    r"""[^<>"']*+(?:"[^<>"]*+"[^<>"']*+|'[^<>']*+'[^<>"']*+)*+>""",
    re.IGNORECASE | re.ASCII,
)


def limit_markup(html: bytes) -> bytes:
    """`html` where its markup is within the limits, else a version of it that is."""
    has_many_tags = _has_more_tags(html, _HARMLESS_TAGS - 1)
    suspect = (has_many_tags and html.count(b">") > _MAX_TAGS) or _may_have_many_attributes(html)
    if not suspect and not (has_many_tags and may_nest_too_deep(html)):
        return html
    nesting = Nesting()
    limited, cut = TAG.subn(nesting.keep, html, count=_MAX_TAGS)
    if cut == _MAX_TAGS:
        rest = html[nesting.end :]
        return limited[: len(limited) - len(rest)] + _without_tags(rest)
    return limited if nesting.exceeded else html


def _has_more_tags(html: bytes, tags: int) -> bool:
    """Whether `html` holds more than so many `>`. Replacing the first ones is twice as fast as counting them all."""
    return b">" in html.replace(b">", b"<", tags)


def _without_tags(html: bytes) -> bytes:
    return _ANY_TAG.sub("", _BREAKING_TAG.sub("\n", html.decode("latin-1"))).encode("latin-1")


def _may_have_many_attributes(html: bytes) -> bool:
    """Whether some tag goes on for long, and not by a long value."""
    step = HARMLESS_TAG_BYTES // 2
    endless = (start for start in range(0, len(html) - step, step) if html.find(b">", start, start + step) < 0)
    starts = {html.rfind(b"<", 0, start + 1) for start in endless}
    return any(html[start + 1 : start + 2].isalpha() and end_of_attributes(html, start + 1)[1] for start in starts)
