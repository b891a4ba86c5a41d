"""The head of a response, read as Chromium reads it: a line that is no header costs only itself.

http.client would read it as the head of an e-mail, which ends at such a line: the headers that follow would be lost.
"""

import http.client
import io
import re
from collections.abc import Iterator
from http import HTTPStatus

from page_fetch.errors import InvalidResponse

MAX_HEADERS = 200

_HTTP_1_1 = 11  # as http.client has it

_STATUS_LINE = re.compile(rb"HTTP/1\.([0-9])[ \t]+([1-9][0-9]{2})(?![0-9])")
# A token (RFC 9110 section 5.6.2) and a value, which goes on in lines that begin with white space (RFC 9112 section
# 5.2). White space before the colon is no part of the name, and a carriage return alone ends a line.
_HEADER = re.compile(rb"[\r\n]([!#$%&'*+.^_`|~0-9A-Za-z-]+)[ \t]*:([^\r\n]*(?:[\r\n]+[ \t][^\r\n]*)*)")
_FOLD = re.compile(rb"[\r\n]+[ \t]+")
_LENGTH = re.compile(r"[0-9]{1,18}")


class FinalResponse(http.client.HTTPResponse):
    """The response after any interim ones like 103 (RFC 9110 section 15.2)."""

    def begin(self) -> None:
        """Read the head. Raises InvalidResponse if it has too many headers, HTTPException if it is not HTTP/1."""
        self.status = HTTPStatus.CONTINUE
        while self.status < HTTPStatus.OK and self.status != HTTPStatus.SWITCHING_PROTOCOLS:
            self.version, self.status = _read_status(self.fp)
            head = _read_lines(self.fp)
        self.reason = ""
        self.headers = self.msg = http.client.HTTPMessage()
        for number, (name, value) in enumerate(_headers(head)):
            if number == MAX_HEADERS:
                raise InvalidResponse(f"The site sends more than {MAX_HEADERS} headers.")
            self.headers[name] = value
        self._begin_body()

    def _begin_body(self) -> None:
        # Chunks are put together by urllib3. It does not look at a length before the body is read; then page_fetch.body
        # has refused a malformed length, and several that differ.
        self.chunked = False
        length = self.headers.get("Content-Length", "").partition(",")[0].strip()
        self.length = int(length) if _LENGTH.fullmatch(length) else None
        if self.status in {HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED, HTTPStatus.SWITCHING_PROTOCOLS}:
            self.length = 0
        self.will_close = True  # as far as http.client knows

    @property
    def leaves_open(self) -> bool:
        """Whether the connection may be used again: the body had an end of its own, and was read up to it.

        In HTTP/1.1 that is so unless the site says otherwise (RFC 9112 section 9.3).
        """
        is_chunked = "chunked" in self.headers.get("Transfer-Encoding", "").lower()
        says = ",".join(self.headers.get_all("Connection", [])).lower()
        has_one_end = is_chunked != (self.length is not None)
        return self.version == _HTTP_1_1 and "close" not in says and has_one_end and self.isclosed()


def _read_status(stream: io.BufferedReader) -> tuple[int, int]:
    """The version, as http.client has it, and the status."""
    line = stream.readline()
    found = _STATUS_LINE.match(line)
    if found is None:
        raise http.client.BadStatusLine(line.decode("latin-1"))
    return 10 if found[1] == b"0" else 11, int(found[2])


def _read_lines(stream: io.BufferedReader) -> bytes:
    lines = [b"\n"]
    while (line := stream.readline()) not in {b"\r\n", b"\n"}:
        lines.append(line)
    return b"".join(lines)


def _headers(head: bytes) -> Iterator[tuple[str, str]]:
    for header in _HEADER.finditer(head):
        yield header[1].decode("ascii"), _FOLD.sub(b" ", header[2]).strip(b" \t").decode("latin-1")
