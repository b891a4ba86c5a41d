"""The URLs that a sitemap names: an urlset or an index (https://www.sitemaps.org/protocol.html), a feed, or a list.

It is read piece by piece, within bounds of bytes, URLs and nesting, whatever a site wrote.
"""

import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from typing import Final
from xml.parsers import expat

from page_read.errors import NotSitemap
from page_read.web_url import MAX_URL_LENGTH, web_url

MAX_BYTES: Final = 50 * 1_024 * 1_024  # decompressed, as the protocol has it
MAX_URLS: Final = 50_000  # the same
_MAX_RATIO: Final = 200  # of decompressed bytes to compressed ones, beyond the first megabyte
_FREE_OF_RATIO: Final = 1_000_000
_MAX_ENTRIES: Final = 10 * MAX_URLS  # with those that are passed over
_MAX_ELEMENTS: Final = 2_000_000
_MAX_DEPTH: Final = 100
_MAX_TOKEN: Final = 256 * 1_024  # expat looks through an unfinished tag or comment again with every piece
_STEP: Final = 65_536
_INPUT_STEP: Final = 16_384
_GZIP_MAGIC: Final = b"\x1f\x8b"
_GZIP: Final = 16 + zlib.MAX_WBITS
_BOM: Final = b"\xef\xbb\xbf"
_MAX_TEXT: Final = 4 * MAX_URL_LENGTH  # of a URL, with white space and escapes

# By the name of the root, the path below it to each URL.
_PATHS: Final = {
    "urlset": ["url", "loc"],
    "sitemapindex": ["sitemap", "loc"],
    "rss": ["channel", "item", "link"],
    "RDF": ["item", "link"],  # RSS 1.0
    "feed": ["entry", "link"],  # Atom
}


@dataclass(frozen=True)
class Sitemap:
    """Absolute http(s) URLs of pages and of further sitemaps, each once, in their order.

    `is_cut`: the file goes on, but beyond the bounds, or broken.
    """

    pages: tuple[str, ...] = ()
    sitemaps: tuple[str, ...] = ()
    is_cut: bool = False


def read_sitemap(body: bytes) -> Sitemap:
    """What the sitemap `body`, gzipped or not, names. Entries that are no URLs or too long are passed over.

    Raises NotSitemap if it is none, or has a document type.
    """
    pieces = _Pieces(body)
    head = b""
    for piece in pieces:
        head = (head + piece).removeprefix(_BOM).lstrip()
        if head:
            break
    found = _Found()
    try:
        if head.startswith((b"http://", b"https://")):
            _read_list(head, pieces, found)
        elif head.startswith((b"<", b"\xff\xfe", b"\xfe\xff")):
            _Xml(found).read(head, pieces)
        else:
            raise NotSitemap("It is neither XML nor a list of URLs.")
    except _Enough:
        found.is_cut = True
    return Sitemap(tuple(found.pages), tuple(found.sitemaps), found.is_cut or pieces.is_cut)


class _Pieces:
    """The bytes of a file, decompressed, in steps of 64 KiB at most."""

    def __init__(self, body: bytes) -> None:
        self._pieces = self._gunzip(body) if body.startswith(_GZIP_MAGIC) else self._cut(body)
        self.is_cut = False

    def __iter__(self) -> Iterator[bytes]:
        return self._pieces

    def _cut(self, body: bytes) -> Iterator[bytes]:
        self.is_cut = len(body) > MAX_BYTES
        for start in range(0, min(len(body), MAX_BYTES), _STEP):
            yield body[start : min(start + _STEP, MAX_BYTES)]

    def _gunzip(self, body: bytes) -> Iterator[bytes]:
        """What can be read of a file that is damaged or a bomb."""
        self.is_cut = True
        decompressor = zlib.decompressobj(_GZIP)
        decoded_bytes = 0
        for start in range(0, len(body), _INPUT_STEP):
            data = body[start : start + _INPUT_STEP]
            while data and not decompressor.eof:
                try:
                    piece = decompressor.decompress(data, _STEP)
                except zlib.error:
                    return
                decoded_bytes += len(piece)
                data = decompressor.unconsumed_tail
                used_bytes = start + _INPUT_STEP - len(data)
                if decoded_bytes > min(MAX_BYTES, max(_FREE_OF_RATIO, _MAX_RATIO * used_bytes)):
                    return
                yield piece
        self.is_cut = not decompressor.eof


class _Found:
    def __init__(self) -> None:
        self.pages: dict[str, None] = {}
        self.sitemaps: dict[str, None] = {}
        self.is_cut = False
        self._entries = 0

    def add(self, text: str, urls: dict[str, None]) -> None:
        """Raises _Enough if `text` is one URL or one entry too many."""
        self._entries += 1
        if self._entries > _MAX_ENTRIES:
            raise _Enough
        if len(text) > _MAX_TEXT:
            return
        url = web_url(text)
        if url is None or len(url) > MAX_URL_LENGTH or url in urls:
            return
        if len(urls) == MAX_URLS:
            raise _Enough
        urls[url] = None


class _Enough(Exception):
    """What follows is beyond the bounds."""


def _read_list(head: bytes, pieces: _Pieces, found: _Found) -> None:
    """A URL a line."""
    rest = b""
    for piece in chain([head], pieces, [b"\n"]):
        *lines, rest = (rest + piece.replace(b"\r", b"\n")).split(b"\n")
        rest = rest[: _MAX_TEXT + 1]  # no URL, however it goes on
        for line in filter(None, lines):
            found.add(line.decode("utf-8", "replace"), found.pages)


class _Xml:
    """Follows the elements from the root down, and takes the text of those that hold a URL."""

    def __init__(self, found: _Found) -> None:
        self._found = found
        self._urls = found.pages
        self._path_to_url: list[str] = []
        self._path: list[str] = []  # the open elements below the root
        self._elements = 0
        self._text: list[str] | None = None  # of the URL that is being read
        self._text_length = 0
        self._parser = expat.ParserCreate()
        self._parser.buffer_text = True
        self._parser.StartDoctypeDeclHandler = self._refuse_doctype
        self._parser.StartElementHandler = self._start_root

    def read(self, head: bytes, pieces: _Pieces) -> None:
        """Raises NotSitemap if the root is not that of a sitemap. Damage further on ends the reading."""
        passed_bytes = 0
        try:
            for piece in chain([head], pieces):
                self._parser.Parse(piece, False)  # noqa: FBT003 - takes it by place only
                passed_bytes += len(piece)
                if passed_bytes - self._parser.CurrentByteIndex > _MAX_TOKEN:
                    break
            self._parser.Parse(b"", True)  # noqa: FBT003 - the same
        except (expat.ExpatError, LookupError, ValueError) as error:  # the latter two for encodings
            if not self._path_to_url:
                raise NotSitemap("It is not XML that can be read.") from error
            raise _Enough from error

    def _refuse_doctype(self, *_: object) -> None:
        raise NotSitemap("It has a document type, which no sitemap needs.")

    def _start_root(self, name: str, _attributes: dict[str, str]) -> None:
        prefix, colon, local = name.rpartition(":")
        if local not in _PATHS:
            raise NotSitemap("It is XML of another kind.")
        if local == "RDF":  # the one root whose namespace is not that of what is in it
            prefix = colon = ""
        self._path_to_url = [prefix + colon + step for step in _PATHS[local]]
        if local == "sitemapindex":
            self._urls = self._found.sitemaps
        self._parser.StartElementHandler = self._start_in_feed if local == "feed" else self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._add_text

    def _start(self, name: str, _attributes: dict[str, str]) -> None:
        if self._enter(name):
            self._text, self._text_length = [], 0

    def _start_in_feed(self, name: str, attributes: dict[str, str]) -> None:
        """Of an Atom entry's links, the page is the one that is `alternate`, as it is without a `rel` (RFC 4287)."""
        if self._enter(name) and attributes.get("rel", "alternate") == "alternate":
            self._found.add(attributes.get("href", ""), self._urls)

    def _enter(self, name: str) -> bool:
        """Whether the element that begins holds a URL."""
        self._path.append(name)
        self._elements += 1
        if len(self._path) > _MAX_DEPTH or self._elements > _MAX_ELEMENTS:
            raise _Enough
        return self._path == self._path_to_url

    def _add_text(self, text: str) -> None:
        if self._text is not None:
            self._text_length += len(text)
            if self._text_length <= _MAX_TEXT:
                self._text.append(text)

    def _end(self, _name: str) -> None:
        if self._text is not None and self._path == self._path_to_url:
            if self._text_length <= _MAX_TEXT:
                self._found.add("".join(self._text), self._urls)
            self._text = None
        if self._path:
            del self._path[-1]
