"""A quick look at how deep a page nests, which tells that almost every page is harmless.

Most tags are plain: written in small letters, with a name before every `=` and a value after it, and with no quote, `<`
or `>` but the quotes around values. The first `>` ends such a tag, whatever a tokenizer makes of the rest. Plain
elements with nothing but text in them, and those that cannot nest, are passed over without a stop.
"""

import re
from collections import Counter
from collections.abc import Iterator

from page_read.nesting import HARMLESS_TAG_BYTES, MAX_DEPTH, is_foreign
from page_read.tags import NEVER_DEEP, RAW_NAMES, TAG

_NAME = rb"[a-z][a-z0-9-]*+"
_ATTRIBUTES = rb"""(?:[\s/](?:[^<>"'=]*+(?<![\s/"'])=(?:"[^<>"]*+"|'[^<>']*+'|[^\s<>"'=]++(?=[\s>])))*+[^<>"'=]*+)?+>"""
_RAW_TEXT = rb"[^<]*+(?:<(?!(?i:/(?P=raw)[\s/>]))[^<]*+)*+"
_PLAIN = re.compile(
    rb"(?:[^<]++|<(?:(?P<leaf>%(name)b)%(attributes)b[^<]*+</(?P=leaf)>"
    rb"|/?(?:%(never_deep)b)%(attributes)b"
    rb"|(?P<raw>%(raw_names)b)%(attributes)b%(raw_text)b</(?i:(?P=raw))>"
    rb"|!--(?!-?>)[^-]*+(?:-(?!-!?>)[^-]*+)*+--!?>)){0,200}"
    rb"(?:<(?P<end>/?)(?!(?:%(raw_names)b)[\s/>])(?P<name>%(name)b)%(attributes)b)?"
    % {
        b"name": _NAME,
        b"attributes": _ATTRIBUTES,
        b"never_deep": b"|".join(sorted(NEVER_DEEP)),
        b"raw_names": RAW_NAMES,
        b"raw_text": _RAW_TEXT,
    }
)


def may_nest_too_deep(html: bytes) -> bool:
    """Whether a tag is long, or too many elements are open at once if only their own end tags end them."""
    open_elements: Counter[bytes] = Counter()
    depth = 0
    for tag in _tags(html):
        if tag["raw"] and is_foreign(tag[0], open_elements):
            return True
        name = (tag["name"] or b"").lower()
        if name and tag.end() - tag.start("name") > HARMLESS_TAG_BYTES:
            return True
        if not name or name in NEVER_DEEP:
            continue
        if not tag["end"]:
            open_elements[name] += 1
            depth += 1
            if depth >= MAX_DEPTH:  # one more may be open in what is passed over
                return True
        elif open_elements[name]:
            open_elements[name] -= 1
            depth -= 1
    return False


def _tags(html: bytes) -> Iterator[re.Match[bytes]]:
    """The tags that may nest: plain ones with all that is passed over before them, and others one by one."""
    position = 0
    while position < len(html):
        tag = _PLAIN.match(html, position)
        if tag is None or tag.end() == position:
            tag = TAG.match(html, position)
        if tag is None:
            position += 1
        else:
            position = tag.end()
            yield tag
