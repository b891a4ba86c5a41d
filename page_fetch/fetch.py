"""Fetches one page, safely: the address guard at each hop, bounded bytes, and one deadline for everything."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from time import monotonic
from typing import TYPE_CHECKING

import requests

from page_fetch.body import read_body
from page_fetch.errors import InvalidRedirect, InvalidUrl, PageRefused, ServerBusy, TooManyRedirects
from page_fetch.guard import Resolver, system_resolver
from page_fetch.limits import Deadline, FetchLimits
from page_fetch.retry_after import retry_after_seconds
from page_fetch.transport import guarded_session
from page_fetch.url import MAX_ENCODED_LENGTH, WebUrl, parse_url
from page_read.content_type import form_of
from page_read.errors import NotText

if TYPE_CHECKING:
    from urllib3.response import HTTPResponse

REDIRECTS = {301, 302, 303, 307, 308}

_TRANSIENT = {408, 425, 429, *range(500, 600)}


def check_status(status: int, retry_after: str | None, url: WebUrl) -> None:
    """Nothing for a success of `url`; raises ServerBusy, which may carry `retry_after`, or PageRefused."""
    if 200 <= status < 300:  # noqa: PLR2004 - the class of successes, RFC 9110 section 15
        return
    if status in _TRANSIENT:
        raise ServerBusy(
            f"The site answered {_named(status)}.",
            retry_after=retry_after_seconds(retry_after, datetime.now(UTC)),
            host=url.host_name,
        )
    raise PageRefused(f"The site answered {_named(status)}.")


def redirect_target(current: WebUrl, location: str | None) -> WebUrl:
    """Where a redirect from `current` leads; raises InvalidRedirect if it is nowhere or not on the web."""
    if location is None:
        raise InvalidRedirect("The site redirects without saying where to.")
    try:
        return parse_url(_text(location), current)
    except InvalidUrl as error:
        raise InvalidRedirect(f"The redirect target {error}.") from error


def _text(header: str) -> str:
    """A header's bytes as UTF-8, which sites use; the HTTP library takes them for Latin-1."""
    raw = header.encode("latin-1")
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return header


def _named(status: int) -> str:
    return f"{status} {HTTPStatus(status).phrase}" if status in set(HTTPStatus) else str(status)


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


_SHOWN_CONTENT_TYPE = 255
_ACCEPT = "text/html, application/xhtml+xml, text/plain;q=0.9"


@dataclass(frozen=True, kw_only=True)
class Page:
    """A page as it was fetched.

    `body` is decompressed, `wire_bytes` is its size as it arrived, `content_type` is the header as it came, except for
    control characters and what is beyond 255, and `final_url` carries neither credentials nor a fragment.
    """

    final_url: str
    http_status: int
    content_type: str | None
    body: bytes
    wire_bytes: int
    fetch_ms: int


def fetch(url: str, limits: FetchLimits, *, resolver: Resolver = system_resolver) -> Page:
    """The page that `url` leads to, after redirects, if it is HTML or plain text.

    Raises InvalidUrl for an unusable URL. What may pass is a TransientFetchError (FetchTimedOut, ConnectionFailed,
    ServerBusy); what will not is one of AddressRefused, PageRefused, TooManyRedirects, InvalidRedirect,
    InvalidResponse, NotText, PageTooLarge and CertificateRefused. `resolver` gives the addresses of a host name.
    """
    started = monotonic()
    deadline = Deadline(limits.total_timeout_seconds)
    here = parse_url(url, max_length=MAX_ENCODED_LENGTH)
    with guarded_session(limits, deadline, resolver) as session:
        for _ in range(limits.max_redirects + 1):
            with _send(session, here) as response:
                if response.status_code not in REDIRECTS:
                    return _page(here, response, limits, started)
                here = redirect_target(here, response.headers.get("Location"))
    raise TooManyRedirects(f"The site redirects more than {limits.max_redirects} times.")


def _send(session: requests.Session, url: WebUrl) -> requests.Response:
    request = session.prepare_request(requests.Request("GET", str(url), headers={"Accept": _ACCEPT}))
    request.url = str(url)  # requests rewrites what it takes for mistakes, like %zz
    return session.send(request, stream=True)


def _page(url: WebUrl, response: requests.Response, limits: FetchLimits, started: float) -> Page:
    raw: HTTPResponse = response.raw
    check_status(raw.status, raw.headers.get("Retry-After"), url)
    content_type = _content_type(raw)
    check_media_type(content_type)
    body = read_body(raw, limits)
    if content_type is None:
        check_untyped(body.content)
    return Page(
        final_url=str(url),
        http_status=raw.status,
        content_type=content_type,
        body=body.content,
        wire_bytes=body.wire_bytes,
        fetch_ms=round((monotonic() - started) * 1_000),
    )


def _content_type(response: "HTTPResponse") -> str | None:
    """The last Content-Type header, which counts if there are several (Fetch standard, "extract a MIME type")."""
    *_, value = ["", *response.headers.getlist("Content-Type")]
    # A control character in a field is invalid and may be replaced by a space (RFC 9110 section 5.5).
    printable = "".join(character if character.isprintable() else " " for character in value[:_SHOWN_CONTENT_TYPE])
    return printable.strip() or None
