"""Quotes that a page declares as data: schema.org's Quotation in JSON-LD and in microdata."""

import json
from collections.abc import Iterator, Sequence
from html import unescape
from typing import Any, Final

from bs4 import BeautifulSoup

from page_read.display import BLOCKS
from page_read.quote_pieces import Piece
from page_read.quote_text import MAX_TEXT, count_first_words, tidy

MAX_BLOCKS: Final = 500_000  # characters of a page's JSON-LD that are read
_MAX_VALUES: Final = 20_000  # of all blocks of a page
_LONGEST: Final = 2 * MAX_TEXT  # characters of a string with its markup
_TYPE: Final = "quotation"


def find_in_json(blocks: Sequence[str]) -> list[Piece]:
    """What blocks of JSON-LD say. A broken one is passed over."""
    pieces: list[Piece] = []
    values, left = 0, MAX_BLOCKS
    for block in blocks:
        if _TYPE not in block.lower() or len(block) > left:
            continue
        left -= len(block)
        try:
            data = json.loads(block, strict=False)
        except (ValueError, RecursionError):
            continue
        for value in _values(data):
            values += 1
            if values > _MAX_VALUES:
                return pieces
            if _TYPE in _types(value):
                text = _plain(value.get("text"))
                if count_first_words(text) > 1:
                    author = next(
                        filter(None, (_name(value.get(key)) for key in ("spokenByCharacter", "creator", "author"))),
                        None,
                    )
                    source = next(
                        filter(None, (_name(value.get(key)) for key in ("isPartOf", "citation", "isBasedOn"))), None
                    )
                    pieces.append(Piece(text, author, source))
    return pieces


def _values(data: object) -> Iterator[dict[str, Any]]:
    waiting = [data]
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            yield value
            waiting.extend(reversed(list(value.values())))
        elif isinstance(value, list):
            waiting.extend(reversed(value))


def _types(value: dict[str, Any]) -> set[str]:
    types = value.get("@type")
    return {str(name).rpartition("/")[2].lower() for name in (types if isinstance(types, list) else [types])}


def _name(value: object) -> str | None:
    if isinstance(value, list):
        return next(filter(None, map(_name, value[:5])), None)
    if isinstance(value, dict):
        value = value.get("name") or value.get("headline")
        return _name(value) if isinstance(value, str) else None
    text = _plain(value)
    return text if text and not text.startswith(("http://", "https://")) else None


def _plain(value: object) -> str:
    """A string as it is stored. Some hold markup: plugins copy there what an author wrote for the page."""
    if not isinstance(value, str) or len(value) > _LONGEST:
        return ""
    if "<" not in value:
        return tidy(unescape(value))
    soup = BeautifulSoup(value, "html.parser")
    for element in soup.find_all(["br", *BLOCKS]):
        element.insert_before(" ")
    return tidy(soup.get_text())
