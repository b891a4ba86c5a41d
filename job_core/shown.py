"""Texts about a job for people, where others than its owner look: in the queue's messages, and in Flower."""

import json
import re
from bisect import bisect

MAX_SHOWN = 200  # characters
MAX_ESCAPED = 600  # bytes of these in the JSON of a message, which takes twelve for an emoji
_IGNORED_IN_URLS = re.compile(r"[\t\n\r]")  # by browsers: https://url.spec.whatwg.org/#url-parsing
# Of web URLs, browsers take any number of slashes, in either direction.
_AFTER_SCHEME = re.compile(r"(:(?:[/\\]{2,}|(?:(?<=http:)|(?<=https:))[/\\]*))", re.IGNORECASE)
_END_OF_AUTHORITY = re.compile(r"[/\\?#]")  # as browsers have it: https://url.spec.whatwg.org/#authority-state
_END_OF_PATH = re.compile(r"[?#]")


def without_secrets(text: str) -> str:
    """`text` as one line, cut at MAX_SHOWN and MAX_ESCAPED, without the credentials and the query of URLs in it.

    Where a query or a fragment begins, the text ends: white space ends neither, and either may hold another URL.
    """
    if ":" in text:
        text = _IGNORED_IN_URLS.sub("", text)
    shown, *urls = _AFTER_SCHEME.split(text)
    for after_scheme, rest in zip(urls[::2], urls[1::2], strict=True):
        end = found.start() if (found := _END_OF_AUTHORITY.search(rest)) else len(rest)
        path, *secret = _END_OF_PATH.split(rest[end:], maxsplit=1)
        shown += after_scheme + rest[:end].rpartition("@")[2] + path
        if secret:
            shown += "?…"
            break
    if not shown.isprintable():
        shown = "".join(character if character.isprintable() else " " for character in shown)
    if len(shown) <= MAX_SHOWN and _escaped_bytes(shown) <= MAX_ESCAPED:
        return shown
    fitting = bisect(range(MAX_SHOWN), MAX_ESCAPED, key=lambda length: _escaped_bytes(f"{shown[:length]}…"))
    return f"{shown[: fitting - 1]}…"


def _escaped_bytes(text: str) -> int:
    return len(json.dumps(text)) - len('""')
