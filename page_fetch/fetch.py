"""Fetches pages, safely: the address guard at each hop, bounded bytes, and one deadline for everything."""

import re
import string
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from time import monotonic
from urllib.parse import quote

from urllib3 import HTTPHeaderDict
from urllib3.response import HTTPResponse

from page_fetch.body import read_body
from page_fetch.cookies import Cookies
from page_fetch.errors import InvalidRedirect, InvalidUrl, PageRefused, ServerBusy, TooManyRedirects
from page_fetch.guard import Resolver, system_resolver
from page_fetch.limits import Deadline, FetchLimits
from page_fetch.retry_after import retry_after_seconds
from page_fetch.transport import Exchange, Transport
from page_fetch.url import MAX_ENCODED_LENGTH, WebUrl, parse_url

_REDIRECTS = {301, 302, 303, 307, 308}
_TRANSIENT = {408, 425, 429, *range(500, 600)}
_SHOWN_CONTENT_TYPE = 255
_TYPE = re.compile(r"(?!\*/\*\s*\Z)[^\s;(]*/")


@dataclass(frozen=True, kw_only=True)
class Page:
    """A page as it was fetched.

    `body` is decompressed, `wire_bytes` is its size as it arrived, `content_type` is the header as it came, except for
    control characters and what is beyond 255, and `final_url` carries neither credentials nor a fragment.
    """

    final_url: str
    http_status: int
    headers: HTTPHeaderDict
    content_type: str | None
    body: bytes
    wire_bytes: int
    fetch_ms: int


@dataclass(frozen=True, kw_only=True)
class AskedPage:
    """A page that a site was asked for, whose answer `PageFetcher.fetch` reads, or `close` leaves unread."""

    url: WebUrl
    exchange: Exchange
    deadline: Deadline
    asked_at: float

    def close(self) -> None:
        """End the connection."""
        self.exchange.close()


class PageFetcher:
    """Fetches pages within `limits`. One serves all fetches and threads of a process, and keeps nothing of any fetch.

    With `keep_alive` it keeps its connection to a site open for the next page there, until `close`, so it is for one
    thread.
    `resolver` returns the addresses of a host name.
    """

    def __init__(self, limits: FetchLimits, resolver: Resolver = system_resolver, *, keep_alive: bool = False) -> None:
        self._limits = limits
        self._transport = Transport(limits, resolver, keep_alive=keep_alive)

    def ask(self, url: str, *, accept: str = "*/*") -> AskedPage:
        """Ask for a page, which `fetch` reads later: its site may answer while the caller does something else.

        Raises InvalidUrl, a TransientFetchError or another PermanentFetchError, as `fetch` does.
        """
        deadline = Deadline(self._limits.total_timeout_seconds)
        here = parse_url(url, max_length=MAX_ENCODED_LENGTH)
        exchange = self._transport.send(here, {"Accept": accept}, deadline)
        return AskedPage(url=here, exchange=exchange, deadline=deadline, asked_at=monotonic())

    def fetch(
        self,
        url: str,
        *,
        asked: AskedPage | None = None,
        accept: str = "*/*",
        check_type: Callable[[str | None], object] = lambda _: None,
        check_redirect: Callable[[WebUrl], object] = lambda _: None,
        cut_at: int | None = None,
    ) -> Page:
        """The page that `url` leads to, after redirects.

        It is read from `asked` if it was asked for before. `accept` is the header of this name. `check_type` gets the
        content type before the body is read, and `check_redirect` the target of a redirect before it is asked for; both
        may raise an error of the caller's own. Of a body longer than `cut_at` bytes, the rest is not read. Beside these
        errors this raises InvalidUrl for an unusable URL, a TransientFetchError (FetchTimedOut, ConnectionFailed,
        ServerBusy), or another PermanentFetchError (AddressRefused, PageRefused, TooManyRedirects, InvalidRedirect,
        InvalidResponse, PageTooLarge, CertificateRefused).
        """
        started = monotonic()
        asked = asked or self.ask(url, accept=accept)
        here, exchange, deadline = asked.url, asked.exchange, asked.deadline
        deadline.put_off(monotonic() - asked.asked_at)
        cookies = Cookies()  # for the redirects of this fetch
        for redirects in range(self._limits.max_redirects + 1):
            if redirects:
                exchange = self._transport.send(here, {"Accept": accept, **cookies.header_for(here)}, deadline)
            with exchange as response:
                if response.status not in _REDIRECTS:
                    _check_status(here, response)
                    content_type = _content_type(response)
                    check_type(content_type)
                    body, wire_bytes = read_body(response, self._limits, cut_at)
                    return Page(
                        final_url=str(here),
                        http_status=response.status,
                        headers=response.headers,
                        content_type=content_type,
                        body=body,
                        wire_bytes=wire_bytes,
                        fetch_ms=round((monotonic() - started) * 1_000),
                    )
                cookies.keep(here, response.headers.getlist("Set-Cookie"))
                here = _redirect_target(here, response.headers.getlist("Location"))
                check_redirect(here)
        raise TooManyRedirects(f"The site redirects more than {self._limits.max_redirects} times.")

    def close(self) -> None:
        """End the connection that was kept open."""
        self._transport.close()

    def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> tuple[int, float | None]:
        """Send `body`; return the answer's status and the seconds of its Retry-After. Redirects are not followed.

        Raises InvalidUrl, AddressRefused, CertificateRefused, InvalidResponse, FetchTimedOut or ConnectionFailed.
        """
        deadline = Deadline(self._limits.total_timeout_seconds)
        here = parse_url(url, max_length=MAX_ENCODED_LENGTH)
        with self._transport.send(here, headers, deadline, body) as response:
            return response.status, _retry_after(response)


def _check_status(url: WebUrl, response: HTTPResponse) -> None:
    """Raise ServerBusy or PageRefused unless `url` was answered by a success."""
    status = response.status
    if 200 <= status < 300:  # noqa: PLR2004 - the class of successes, RFC 9110 section 15
        return
    named = f"{status} {HTTPStatus(status).phrase}" if status in set(HTTPStatus) else str(status)
    if status in _TRANSIENT:
        retry_after = _retry_after(response)
        raise ServerBusy(f"The site answered {named}.", retry_after, host=url.host_name, http_status=status)
    raise PageRefused(f"The site answered {named}.", http_status=status)


def _retry_after(response: HTTPResponse) -> float | None:
    return retry_after_seconds(response.headers.get("Retry-After"), datetime.now(UTC))


def _redirect_target(current: WebUrl, locations: Sequence[str]) -> WebUrl:
    """Where a redirect from `current` leads; raises InvalidRedirect if that is nowhere, in doubt, or not on the web."""
    if not locations:
        raise InvalidRedirect("The site redirects without saying where to.")
    if len(set(locations)) > 1:
        raise InvalidRedirect("The site redirects to several targets at once.")
    try:
        return parse_url(_as_text(locations[0]), current)
    except InvalidUrl as error:
        raise InvalidRedirect(f"The redirect target {error}.") from error


def _as_text(location: str) -> str:
    """The text of a Location header, which the HTTP library takes for Latin-1. Sites send UTF-8.

    If it is not, each byte stands for itself, as in browsers.
    """
    as_sent = location.encode("latin-1")
    try:
        return as_sent.decode("utf-8")
    except UnicodeDecodeError:
        return quote(as_sent, safe=string.printable)


def _content_type(response: HTTPResponse) -> str | None:
    """The last Content-Type header that names a type (Fetch standard, "extract a MIME type"), or else the last one."""
    values = ["", *response.headers.getlist("Content-Type")]
    value = next((value for value in reversed(values) if _TYPE.match(value)), values[-1])
    # A control character in a field is invalid and may be replaced by a space (RFC 9110 section 5.5).
    printable = "".join(character if character.isprintable() else " " for character in value[:_SHOWN_CONTENT_TYPE])
    return printable.strip() or None
