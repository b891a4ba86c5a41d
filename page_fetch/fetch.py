"""Fetches one page, safely: the address guard at each hop, bounded bytes, and one deadline for everything."""

from dataclasses import dataclass
from time import monotonic
from typing import TYPE_CHECKING

import requests

from page_fetch.adapter import guarded_session
from page_fetch.body import read_body
from page_fetch.deadline import Deadline
from page_fetch.errors import TooManyRedirects
from page_fetch.limits import FetchLimits
from page_fetch.media_type import check_media_type, check_untyped
from page_fetch.name_lookup import Resolver, system_resolver
from page_fetch.status import REDIRECTS, check_status, redirect_target
from page_fetch.url import MAX_ENCODED_LENGTH, WebUrl, parse_url

if TYPE_CHECKING:
    from urllib3.response import HTTPResponse

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
