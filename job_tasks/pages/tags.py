"""Tags as the tokenizer of an HTML parser cuts them (HTML, section 13.2.5), and what they do to nesting."""

import re

from job_tasks.pages.elements import BLOCKS, TABLE_PARTS

# Elements whose content is text until their end tag.
RAW_NAMES = rb"script|style|textarea|title|xmp|iframe|noembed|noframes|noscript"
# A quote opens a value only after the `=` of a name (HTML, section 13.2.5.32 and on).
NAME_AND_VALUE = rb"""(?:=[^\s/>=]*|[^\s/>=]+)(?:\s*=\s*(?:"[^"]*(?:"|\Z)|'[^']*(?:'|\Z)|[^\s"'>][^\s>]*|(?=>)|\Z))?+"""
ATTRIBUTE = re.compile(rb"[\s/]*+" + NAME_AND_VALUE)
TAG = re.compile(
    rb"""<!--.*?(?:--!?>|\Z)
    | <(?P<raw>"""
    + RAW_NAMES
    + rb""")(?=[\s/>]).*?(?:</(?P=raw)(?=[\s/>])|\Z)
    | <(?P<end>/?)(?P<name>[a-z][^\s/>]*)(?:[\s/]|"""
    + NAME_AND_VALUE
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
NEVER_DEEP = _VOID | _SELF_LIMITING
FORMATTING = frozenset(
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
BREAKING = frozenset(tag.encode() for tag in (*BLOCKS, *TABLE_PARTS, "br"))
