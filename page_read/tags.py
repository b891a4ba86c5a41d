"""Tags as the tokenizer of an HTML parser cuts them (HTML, section 13.2.5), and what they do to nesting."""

import re

from page_read.elements import BLOCKS, TABLE_PARTS

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
    b"area base basefont bgsound br col embed frame hr img input link meta param source track wbr".split()
)
# Elements whose next start tag ends the one before, so that unclosed ones do not nest.
_SELF_LIMITING = frozenset(b"body dd dt head html li optgroup option p tbody td tfoot th thead tr".split())
NEVER_DEEP = _VOID | _SELF_LIMITING
FORMATTING = frozenset(b"a b big code em font i nobr s small strike strong tt u".split())
BREAKING = frozenset(tag.encode() for tag in (*BLOCKS, *TABLE_PARTS, "br"))
