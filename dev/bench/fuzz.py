"""Looks for bytes that break the counter or let it run away: `python -m dev.bench.fuzz SECONDS [SEED]`.

Pages are random pieces of markup, repeated, cut, mixed and corrupted. An exception, or more processor time for a page
than its size allows, ends the search with the page on standard output.
"""

import random
import sys
import time
from contextlib import suppress

from page_read.errors import ReadError
from page_read.page import read_page
from page_read.words import Tokenizer, summarize

_MAX_SECONDS = 2.0
_MAX_SECONDS_PER_MEGABYTE = 2.0  # the pace of NLTK's own rules, which some texts need
_TAGS = (
    "a b br button caption details dialog div form frameset html body head img iframe input li math mi mtext noscript "
    "object ol optgroup option p plaintext pre ruby rt script select slot span style summary svg text tspan switch td "
    "foreignObject table tbody template textarea title tr ul video xmp annotation-xml".split()
)
_ATTRIBUTES = [
    *"""
hidden hidden=until-found open popover style='display:none' style='display:inline-flex' style='float:left'
style='visibility:hidden' style='visibility:visible' style='all:unset' style='text-transform:uppercase'
style='display:table-cell' style='display:inherit' shadowrootmode=open slot=x name=x type=hidden lang=de align=left
charset=gbk = '
""".split(),
    "style='d\\6c :(\"'",
    '"',
]
_TEXTS = [
    *"word it's 日本語 ไทย 한국어 é 😀 &amp; &#0; &#xD800; \0 <!-- --> <![CDATA[ ]]>".split(" "),
    " ",
    "\n",
]
_CONTENT_TYPES = [
    *(None, "text/html", "text/html; charset=utf-8", "text/html; charset=gbk", "text/html; charset=iso-2022-jp"),
    *("text/html; charset=utf-16le", "text/plain", "application/xhtml+xml"),
]
_TOKENIZERS: tuple[Tokenizer, ...] = ("words", "treebank")


def _start_tag(chance: random.Random) -> str:
    attributes = "".join(f" {chance.choice(_ATTRIBUTES)}" for _ in range(chance.randrange(3)))
    return f"<{chance.choice(_TAGS)}{attributes}>"


def _end_tag(chance: random.Random) -> str:
    return f"</{chance.choice(_TAGS)}>"


def _text(chance: random.Random) -> str:
    return chance.choice(_TEXTS)


def _page(chance: random.Random) -> bytes:
    pieces = [
        make(chance) for make in chance.choices([_start_tag, _end_tag, _text], [2, 1, 2], k=chance.randrange(1, 40))
    ]
    start = chance.randrange(len(pieces))
    pieces[start:] = pieces[start:] * chance.choice([1] * 16 + [10, 100, 1000, 5000])
    body = bytearray("".join(pieces), "utf-8")
    for _ in range(chance.choice((0, 0, 1, 10))):
        body[chance.randrange(len(body))] = chance.randrange(256)
    return bytes(body)


def _try(body: bytes, content_type: str | None, tokenizer: Tokenizer) -> None:
    start = time.process_time()
    with suppress(ReadError):
        summarize(read_page(body, content_type).text, tokenizer, word="word", top=3)
    seconds = time.process_time() - start
    if seconds > _MAX_SECONDS + _MAX_SECONDS_PER_MEGABYTE * len(body) / 1_000_000:
        raise TimeoutError(f"{len(body)} bytes took {seconds:.1f} s")


def fuzz(seconds: float, seed: int) -> int:
    """The number of pages tried within `seconds`; if one breaks, its bytes are printed and the error is raised."""
    chance = random.Random(seed)  # noqa: S311 - nothing secret
    end, tried = time.monotonic() + seconds, 0
    while time.monotonic() < end:
        body, content_type, tokenizer = _page(chance), chance.choice(_CONTENT_TYPES), chance.choice(_TOKENIZERS)
        try:
            _try(body, content_type, tokenizer)
        except BaseException:
            sys.stdout.write(f"{body[:2000]!r} {content_type} {tokenizer}\n")
            raise
        tried += 1
    return tried


def main(arguments: list[str]) -> None:
    """Fuzzes for the seconds in the first argument, from the seed in the second, or from a random one."""
    seed = int(arguments[1]) if arguments[1:] else random.SystemRandom().randrange(2**32)
    sys.stdout.write(f"seed {seed}\n")
    sys.stdout.write(f"{fuzz(float(arguments[0]), seed):,} pages, nothing found\n")


if __name__ == "__main__":
    main(sys.argv[1:])
