"""The CSS property `display`, as far as it decides where text is broken."""

from enum import Enum, auto


class Display(Enum):
    """How an element takes part in the text: alone on its lines, inside of a line, or not at all."""

    NONE = auto()
    CONTENTS = auto()  # as if its tags were not there
    INLINE = auto()
    ATOMIC = auto()  # in the line, but with lines of its own: white space at its inner edges is dropped
    ATOMIC_FLEX = auto()  # the same, and its children are blocks
    BLOCK = auto()
    FLEX = auto()  # a block whose children are blocks
    TABLE_PART = auto()  # separated from the next of its kind only
    UNSET = auto()  # the keyword: inline, but inherited for nothing that matters here
    REVERT = auto()  # the keyword: as without a style
    INHERIT = auto()  # the keyword: as the parent

    def blockified(self) -> "Display":
        """What a float, an absolutely positioned box or a flex item becomes (CSS Display 3, section 2.7)."""
        if self in {Display.INLINE, Display.ATOMIC, Display.TABLE_PART}:
            return Display.BLOCK
        return Display.FLEX if self is Display.ATOMIC_FLEX else self


_SINGLE = {
    "none": Display.NONE,
    "contents": Display.CONTENTS,
    "inline-block": Display.ATOMIC,
    "inline-table": Display.ATOMIC,
    "inline-flex": Display.ATOMIC_FLEX,
    "inline-grid": Display.ATOMIC_FLEX,
    "-webkit-box": Display.BLOCK,
    "-webkit-inline-box": Display.ATOMIC,
    "-webkit-flex": Display.FLEX,
    "-webkit-inline-flex": Display.ATOMIC_FLEX,
    "table-caption": Display.BLOCK,
    "table-column": Display.NONE,
    "table-column-group": Display.NONE,
    "table-cell": Display.TABLE_PART,
    "table-row": Display.TABLE_PART,
    "table-row-group": Display.TABLE_PART,
    "table-header-group": Display.TABLE_PART,
    "table-footer-group": Display.TABLE_PART,
    "ruby-text": Display.INLINE,
    "unset": Display.UNSET,
    "initial": Display.UNSET,
    "revert": Display.REVERT,
    "revert-layer": Display.REVERT,
    "inherit": Display.INHERIT,
}
_OUTSIDE = ("block", "inline")
_INSIDE = ("flow", "flow-root", "table", "flex", "grid", "ruby", "math")
_LIST_ITEM = ("list-item",)


def parse_display(value: str) -> Display | None:
    """The value of `display` (CSS Display 3, section 2), or None if it is no such value."""
    if "var(" in value:  # without style sheets no variable has a value, and the declaration counts as unset
        return Display.UNSET
    if single := _SINGLE.get(value):
        return single
    words = value.split()
    outside, inside, list_item = (
        [word for word in words if word in group] for group in (_OUTSIDE, _INSIDE, _LIST_ITEM)
    )
    if not words or len(outside) + len(inside) + len(list_item) < len(words):
        return None
    if max(len(outside), len(inside), len(list_item)) > 1 or (list_item and inside and "flow" not in inside[0]):
        return None
    return _combine("".join(outside), "".join(inside))


def _combine(outside: str, inside: str) -> Display:
    inline = outside == "inline" or (not outside and inside in {"ruby", "math"})
    if inside in {"flex", "grid"}:
        return Display.ATOMIC_FLEX if inline else Display.FLEX
    if not inline:
        return Display.BLOCK
    return Display.ATOMIC if inside in {"flow-root", "table"} else Display.INLINE
