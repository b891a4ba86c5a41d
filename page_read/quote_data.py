"""Quotes that a page declares as data: schema.org's Quotation in JSON-LD and in microdata."""

import json
from collections.abc import Iterator, Sequence
from typing import Any, Final

from page_read.quote_pieces import Piece
from page_read.quote_text import count_words, tidy

MAX_BLOCK: Final = 500_000  # characters of a JSON-LD block that is read
_MAX_VALUES: Final = 20_000  # of all blocks of a page
_TYPE: Final = "quotation"


def find_in_json(blocks: Sequence[str]) -> list[Piece]:
    """What blocks of JSON-LD say. A broken one is passed over."""
    pieces: list[Piece] = []
    values = 0
    for block in blocks:
        if _TYPE not in block.lower() or len(block) > MAX_BLOCK:
            continue
        try:
            data = json.loads(block, strict=False)
        except (ValueError, RecursionError):
            continue
        for value in _values(data):
            values += 1
            if values > _MAX_VALUES:
                return pieces
            if _TYPE in _types(value):
                text = value.get("text")
                if isinstance(text, str) and count_words(tidy(text)) > 1:
                    author = next(
                        filter(None, (_name(value.get(key)) for key in ("spokenByCharacter", "creator", "author"))),
                        None,
                    )
                    source = next(
                        filter(None, (_name(value.get(key)) for key in ("isPartOf", "citation", "isBasedOn"))), None
                    )
                    pieces.append(Piece(tidy(text), author, source))
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
    return tidy(value) or None if isinstance(value, str) and not value.startswith(("http://", "https://")) else None
