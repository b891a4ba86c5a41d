"""Which responses are text whose words can be counted."""

import re

from page_read.content_type import form_of
from page_read.errors import NotText

# MIME Sniffing standard, "binary data byte" and the resource header; byte order marks say text whatever follows.
_BINARY = re.compile(rb"[\x00-\x08\x0b\x0e-\x1a\x1c-\x1f]")
_SNIFFED_BYTES = 1_445
_BYTE_ORDER_MARKS = (b"\xef\xbb\xbf", b"\xfe\xff", b"\xff\xfe")


def check_media_type(content_type: str | None) -> None:
    """Raises NotText, with the type's name, for what is neither HTML, XHTML nor plain text. A missing type passes."""
    if content_type is not None:
        form_of(content_type)


def check_untyped(content: bytes) -> None:
    """Raises NotText if the content of a response without a type is binary (MIME Sniffing standard, section 7.1)."""
    if not content.startswith(_BYTE_ORDER_MARKS) and _BINARY.search(content[:_SNIFFED_BYTES]):
        raise NotText("The page has no content type and is not text.")
