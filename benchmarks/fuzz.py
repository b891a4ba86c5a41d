"""Looks for bytes that break the counter or let it run away: `python -m benchmarks.fuzz SECONDS [SEED]`.

Pages are made of random pieces of markup, repeated, cut, mixed and spoilt. An exception, or more than two seconds of
processor time for a page (all are far below 10 MB), ends it with the page's bytes on standard output.
"""

import random
import sys
import time

from job_tasks.counting import count_page
from job_tasks.words.count import Tokenizer

_MAX_SECONDS = 2.0
_TAGS = ["a", "b", "br", "button", "caption", "details", "dialog", "div", "form", "frameset", "html", "body",
    "head", "iframe", "img", "input", "li", "math", "mi", "mtext", "noscript", "object", "ol", "optgroup",
    "option", "p", "plaintext", "pre", "ruby", "rt", "script", "select", "slot", "span", "style", "summary",
    "svg", "text", "tspan", "switch", "foreignObject", "table", "tbody", "td", "template", "textarea", "title",
    "tr", "ul", "video", "xmp", "custom-element", "annotation-xml"]  # fmt: skip
_ATTRIBUTES = (
    "hidden", "hidden=until-found", "open", "popover", "style='display:none'", "style='display:inline-flex'",
    "style='float:left'", "style='visibility:hidden'", "style='visibility:visible'", "style='all:unset'",
    "style='text-transform:uppercase'", "style='display:table-cell'", "style='display:inherit'",
    "style='disp\\6c ay:(\"'",
    "shadowrootmode=open", "slot=x", "name=x", "type=hidden", "lang=de", "align=left", "charset=gbk", "=", "'", '"',
)  # fmt: skip
_TEXTS = (
    "word",
    " ",
    "\n",
    "it's",
    "日本語",
    "ไทย",
    "한국어",
    "é",
    "😀",
    "&amp;",
    "&#0;",
    "&#xD800;",
    "\0",
    "<!--",
    "-->",
    "<![CDATA[",
    "]]>",
)
_CONTENT_TYPES = (
    None, "text/html", "text/html; charset=utf-8", "text/html; charset=gbk", "text/html; charset=iso-2022-jp",
    "text/html; charset=utf-16le", "text/plain", "application/xhtml+xml",
)  # fmt: skip
_TOKENIZERS: tuple[Tokenizer, ...] = ("words", "treebank")


def _piece(chance: random.Random) -> str:
    kind = chance.random()
    if kind < 0.4:
        attributes = "".join(f" {chance.choice(_ATTRIBUTES)}" for _ in range(chance.randrange(3)))
        return f"<{chance.choice(_TAGS)}{attributes}>"
    if kind < 0.6:
        return f"</{chance.choice(_TAGS)}>"
    return chance.choice(_TEXTS)


def _page(chance: random.Random) -> bytes:
    pieces = [_piece(chance) for _ in range(chance.randrange(1, 40))]
    if chance.random() < 0.2:
        start = chance.randrange(len(pieces))
        pieces[start:] = pieces[start:] * chance.choice((10, 100, 1000, 5000))
    body = bytearray("".join(pieces), "utf-8", "surrogatepass")
    for _ in range(chance.choice((0, 0, 1, 10))):
        body[chance.randrange(len(body))] = chance.randrange(256)
    return bytes(body)


def fuzz(seconds: float, seed: int) -> int:
    """The number of pages tried within `seconds`; whatever breaks one is raised after its bytes were printed."""
    chance = random.Random(seed)  # noqa: S311 - nothing secret
    end, tried = time.monotonic() + seconds, 0
    while time.monotonic() < end:
        body, content_type, tokenizer = _page(chance), chance.choice(_CONTENT_TYPES), chance.choice(_TOKENIZERS)
        try:
            start = time.process_time()
            count_page(body, content_type, word="word", top=3, tokenizer=tokenizer)
            if time.process_time() - start > _MAX_SECONDS:
                raise TimeoutError(f"{len(body)} bytes took {time.process_time() - start:.1f} s")
        except BaseException:
            sys.stdout.write(f"{body[:2000]!r} {content_type} {tokenizer}\n")
            raise
        tried += 1
    return tried


if __name__ == "__main__":
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else random.SystemRandom().randrange(2**32)
    sys.stdout.write(f"seed {seed}\n")
    sys.stdout.write(f"{fuzz(float(sys.argv[1]), seed)} pages, nothing found\n")
