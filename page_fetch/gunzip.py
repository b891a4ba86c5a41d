"""Gzip, decompressed within bounds."""

import zlib
from collections.abc import Iterable, Iterator

from page_fetch.errors import ConnectionFailed, InvalidResponse, PageTooLarge

_GZIP = 16 + zlib.MAX_WBITS
_STEP = 65_536
# Small bodies may be as repetitive as they like.
_FREE_OF_RATIO = 1_000_000


def gunzipped(pieces: Iterable[bytes], max_ratio: int) -> Iterator[bytes]:
    """`pieces` decompressed, in steps of 64 KiB at most. Like Chromium, ignores what follows the first gzip member.

    Raises InvalidResponse for what is no gzip, ConnectionFailed if its end is missing, and PageTooLarge for a bomb:
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
