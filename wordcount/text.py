"""Text that others wrote, on its way to a terminal: URLs and errors must not move the cursor or hide what they are."""

import json
import re

# DEL, the C1 controls, and what reorders or hides text (Unicode Bidi_Control and zero-width characters). JSON itself
# escapes only C0.
_UNSAFE = re.compile("[\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff]")


def visible(text: str) -> str:
    """The text with every character that is not printable as an escape of Python's."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def json_line(value: object) -> str:
    """The value as one line of JSON, which a terminal shows as it is."""
    return _UNSAFE.sub(lambda found: f"\\u{ord(found[0]):04x}", json.dumps(value, ensure_ascii=False)) + "\n"


def counted(number: int, noun: str) -> str:
    """`1 job`, `10,000 jobs`."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"
