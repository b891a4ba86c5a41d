"""The body of a response, read and decompressed within bounds."""

import re
import zlib
from collections.abc import Iterable, Iterator

from urllib3.response import HTTPResponse

from page_fetch.errors import ConnectionFailed, InvalidResponse, PageTooLarge
from page_fetch.limits import FetchLimits
from page_fetch.transport import translated_failures

_STEP = 65_536
# Chunks come one by one, and a page of one-byte chunks would cost seconds of processor time. Real chunks are larger.
_MAX_PIECES = 50_000
_LENGTH = re.compile(r"[0-9]{1,18}")
_GZIP = 16 + zlib.MAX_WBITS
# Registered content codings (RFC 9110 section 16.6.1), and transformations of bytes that go by these names elsewhere.
_CODINGS = frozenset(
    "aes128gcm base64 br brotli bzip2 compress dcb dcz deflate exi gzip lz4 lzma pack200-gzip rot13 sdch snappy "
    "x-bzip2 x-compress x-deflate x-gzip xz zlib zstd".split()
)
# Small bodies may be as repetitive as they like.
_FREE_OF_RATIO = 1_000_000


def read_body(response: HTTPResponse, limits: FetchLimits, cut_at: int | None = None) -> tuple[bytes, int]:
    """The body, decompressed, and how many bytes of it arrived. What follows the first `cut_at` bytes is not read.

    Raises PageTooLarge, InvalidResponse, ConnectionFailed or FetchTimedOut.
    """
    is_compressed = _is_compressed(response)
    _check_framing(response, limits)
    arriving = _Arriving(response, limits)
    parts: list[bytes] = []  # a bytearray would grow, and be copied, several times
    left = limits.max_decoded_bytes
    for part in gunzipped(arriving, limits.max_compression_ratio) if is_compressed else arriving:
        parts.append(part)
        left -= len(part)
        if left < 0:
            raise PageTooLarge(f"The page is larger than {limits.max_decoded_bytes:,} bytes.")
        if cut_at is not None and limits.max_decoded_bytes - left >= cut_at:
            return b"".join(parts)[:cut_at], arriving.wire_bytes
    return b"".join(parts), arriving.wire_bytes


class _Arriving:
    def __init__(self, response: HTTPResponse, limits: FetchLimits) -> None:
        self._response = response
        self._limits = limits
        self.wire_bytes = 0

    def __iter__(self) -> Iterator[bytes]:
        with translated_failures():
            for number, piece in enumerate(self._response.stream(_STEP, decode_content=False)):
                if number == _MAX_PIECES:
                    raise InvalidResponse(f"The page comes in more than {_MAX_PIECES:,} pieces.")
                self.wire_bytes += len(piece)
                if self.wire_bytes > self._limits.max_wire_bytes:
                    raise _too_large(self._limits)
                yield piece


def _is_compressed(response: HTTPResponse) -> bool:
    """Whether the body is gzip. Compressed twice or in another way is InvalidResponse: we asked for gzip only.

    Names of no coding, like `UTF-8` or `none`, are ignored as in browsers.
    """
    codings = [name for name in _names(response, "Content-Encoding") if name in _CODINGS]
    if not codings:
        return False
    if codings in (["gzip"], ["x-gzip"]):  # the same thing (RFC 9110 section 8.4.1.3)
        return True
    raise InvalidResponse("The page is compressed in a way that was not asked for.")


def _check_framing(response: HTTPResponse, limits: FetchLimits) -> None:
    """Refuse what leaves the body's end in doubt (RFC 9112 section 6.3), and a length that is too large already.

    `chunked` said twice is meant once, as browsers have it.
    """
    if not {"", "chunked", "identity"}.issuperset(_names(response, "Transfer-Encoding")):
        raise InvalidResponse("The page comes in a transfer coding that was not asked for.")
    lengths = {length.strip() for length in response.headers.get("Content-Length", "0").split(",")}
    if len(lengths) > 1 or not all(map(_LENGTH.fullmatch, lengths)):
        raise InvalidResponse("The page's length is not a number.")
    if int(lengths.pop()) > limits.max_wire_bytes:
        raise _too_large(limits)


def _names(response: HTTPResponse, header: str) -> list[str]:
    return [name.strip(" \t").lower() for name in response.headers.get(header, "").split(",")]


def _too_large(limits: FetchLimits) -> PageTooLarge:
    return PageTooLarge(f"The page is larger than {limits.max_wire_bytes:,} bytes.")


def gunzipped(pieces: Iterable[bytes], max_ratio: int) -> Iterator[bytes]:
    """`pieces` decompressed, in steps of 64 KiB at most. Like Chromium, ignores what follows the first gzip member.

    Raises InvalidResponse if they are not gzip, ConnectionFailed if its end is missing, and PageTooLarge for a bomb:
    more than a megabyte, and more than `max_ratio` times what was read.
    """
    decompressor = zlib.decompressobj(_GZIP)
    compressed_bytes = decoded_bytes = 0
    for piece in pieces:
        compressed_bytes += len(piece)
        for part in _decompressed(decompressor, piece):
            decoded_bytes += len(part)
            used_bytes = compressed_bytes - len(decompressor.unconsumed_tail)
            if decoded_bytes > max(_FREE_OF_RATIO, max_ratio * used_bytes):
                raise PageTooLarge("The page decompresses to far more than what was sent.")
            yield part
    # An empty body marked as compressed is an empty page.
    if compressed_bytes and not decompressor.eof:
        raise ConnectionFailed("The page was cut short in the middle of its compressed data.")


def _decompressed(decompressor: "zlib._Decompress", piece: bytes) -> Iterator[bytes]:
    data = piece
    # No output is left behind inside of zlib: the checksum at the end is input that comes after all output.
    while data and not decompressor.eof:
        try:
            yield decompressor.decompress(data, _STEP)
        except zlib.error as error:
            raise InvalidResponse("The page is not the gzip data that it says it is.") from error
        data = decompressor.unconsumed_tail
