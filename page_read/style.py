"""What a `style` attribute says about which text is shown and where it is broken.

Only the properties that change what Chromium's `innerText` gives are read. A value that its property does not know is
ignored, as in a browser.
"""

import re
from dataclasses import dataclass
from functools import lru_cache

from page_read.declarations import parse_declarations
from page_read.display import Display, parse_display


@dataclass(frozen=True, kw_only=True)
class Style:
    """The declarations that count. None: not declared."""

    display: Display | None = None
    out_of_flow: bool = False  # floating, or positioned absolutely
    visible: bool | None = None
    contents_hidden: bool = False  # `content-visibility: hidden`
    uppercase: bool | None = None


# For a style in small letters: with IGNORECASE the search takes four times as long.
_RELEVANT = re.compile(r"display|float|position|visibility|text-transform|all\s*:|\\")
_CACHED_LENGTH = 300

_GLOBAL = frozenset({"inherit", "initial", "unset", "revert", "revert-layer"})
_VALUES = {
    "float": _GLOBAL | {"left", "right", "inline-start", "inline-end", "none"},
    "position": _GLOBAL | {"absolute", "fixed", "relative", "sticky", "-webkit-sticky", "static"},
    "visibility": _GLOBAL | {"visible", "hidden", "collapse"},
    "content-visibility": _GLOBAL | {"visible", "hidden", "auto"},
    "text-transform": _GLOBAL | {"uppercase", "lowercase", "capitalize", "none", "full-width", "full-size-kana"},
}
_FLOATING = frozenset({"left", "right", "inline-start", "inline-end"})
_VISIBLE = {"visible": True, "initial": True, "hidden": False, "collapse": False}


def parse_style(style: str) -> Style | None:
    """The meaning of a `style` attribute's value, or None if it declares nothing that counts."""
    if not _RELEVANT.search(style.lower()):
        return None
    return _parse_cached(style) if len(style) <= _CACHED_LENGTH else _parse(style)


def _parse(style: str) -> Style:
    values: dict[str, str] = {}
    for name, value in parse_declarations(style):
        if name == "all" and value in _GLOBAL:
            values = {"display": value}
        elif value in _VALUES.get(name, ()) or (name == "display" and parse_display(value)):
            values[name] = value
    return Style(
        display=parse_display(values.get("display", "")),
        out_of_flow=values.get("float") in _FLOATING or values.get("position") in {"absolute", "fixed"},
        visible=_VISIBLE.get(values.get("visibility", "")),
        contents_hidden=values.get("content-visibility") == "hidden",
        uppercase=_uppercase(values.get("text-transform", "inherit")),
    )


_parse_cached = lru_cache(maxsize=4096)(_parse)


def _uppercase(value: str) -> bool | None:
    return None if value in {"inherit", "unset", "revert", "revert-layer"} else value == "uppercase"
