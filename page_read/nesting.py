"""Cuts nesting, and tags that go on for long, while the tags of a page go by."""

import re
from collections import Counter
from collections.abc import Container

from page_read.tags import ATTRIBUTE, BREAKING, FORMATTING, NEVER_DEEP

MAX_DEPTH = 512
HARMLESS_TAG_BYTES = 40_000
_MAX_ATTRIBUTES = 1000


def end_of_attributes(html: bytes, position: int) -> tuple[int, bool]:
    """Where the attributes end of the tag that starts at `position`, at the latest the last one allowed; if it was."""
    for _ in range(_MAX_ATTRIBUTES):
        attribute = ATTRIBUTE.match(html, position)
        if attribute is None:
            return position, False
        position = attribute.end()
    return position, True


def is_foreign(raw_element: bytes, open_elements: Container[bytes]) -> bool:
    """Whether what stands in a `<style>` or the like is much markup, as it is inside of SVG and MathML."""
    return raw_element.count(b"<") > MAX_DEPTH and (b"svg" in open_elements or b"math" in open_elements)


class Nesting:
    """The elements that are open while tags go by."""

    def __init__(self) -> None:
        self._open: list[bytes] = []
        self._dropped: Counter[bytes] = Counter()
        self.exceeded = False
        self.end = 0  # of the last tag that went by

    def keep(self, tag: re.Match[bytes]) -> bytes:
        """The tag itself, or what stands for it where it is beyond a limit."""
        self.end = tag.end()
        if tag["raw"]:
            return self._keep_raw(tag[0])
        name = (tag["name"] or b"").lower()
        if name and tag.end() - tag.start() > HARMLESS_TAG_BYTES:
            end, exceeded = end_of_attributes(tag[0], tag.end("name") - tag.start())
            self.exceeded |= exceeded
            return tag[0][:end] + b">" if exceeded else tag[0]
        if not name or name in NEVER_DEEP:
            return tag[0]
        kept = self._close(name) if tag["end"] else self._start(name)
        return tag[0] if kept else _stand_in(name)

    def _keep_raw(self, element: bytes) -> bytes:
        if not is_foreign(element, self._open):
            return element
        self.exceeded = True
        return b""  # none of it is shown

    def _start(self, name: bytes) -> bool:
        if len(self._open) < MAX_DEPTH:
            self._open.append(name)
            return True
        self.exceeded = True
        self._dropped[name] += 1
        return False

    def _close(self, name: bytes) -> bool:
        if self._dropped[name]:
            self._dropped[name] -= 1
            return False
        if name in self._open:
            self._end(name)
        return True

    def _end(self, name: bytes) -> None:
        """A formatting element ends alone; any other ends with all that is open in it."""
        last = len(self._open) - 1 - self._open[::-1].index(name)
        if name in FORMATTING:
            del self._open[last]
        else:
            del self._open[last:]


def _stand_in(name: bytes) -> bytes:
    return b"\n" if name in BREAKING else b""
