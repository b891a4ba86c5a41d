"""The cookies of one fetch, by RFC 6265: each goes back only where its domain, path and `Secure` let it.

http.cookiejar follows the older rules of Netscape: it would send a cookie of example.com to all names below it.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from email.utils import parsedate_tz
from time import gmtime

from page_fetch.url import WebUrl

_MAX_BYTES = 4_096  # of name and value (section 6.1)
_WHITE = " \t"
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
_SECONDS = re.compile(r"-?[0-9]{1,18}")
# No list of public suffixes is kept. Below a country's domain, these names stand for it.
_COUNTRY = 2  # letters
_REGISTRIES = frozenset("ac co com edu go gob gouv gov ltd me mil ne net nom or org plc sch".split())


@dataclass(frozen=True, kw_only=True)
class _Cookie:
    name: str
    value: str
    domain: str
    host_only: bool
    path: str
    secure: bool

    def goes_to(self, url: WebUrl) -> bool:
        """Section 5.4, step 1."""
        return (
            (url.host_name == self.domain or (not self.host_only and _is_below(url, self.domain)))
            and _path_matches(url.target.partition("?")[0], self.path)
            and (url.scheme == "https" or not self.secure)
        )


class Cookies:
    """The cookies that the responses of one fetch have set."""

    def __init__(self) -> None:
        self._cookies: dict[tuple[str, str, str], _Cookie] = {}

    def keep(self, url: WebUrl, headers: Iterable[str]) -> None:
        """Keep what the `Set-Cookie` headers of a response of `url` set; one that has expired is removed."""
        for header in headers:
            pair, _, rest = header.partition(";")
            attributes = _attributes(rest)
            cookie = _cookie(url, pair, attributes)
            if cookie is None:
                continue
            key = (cookie.name, cookie.domain, cookie.path)
            if _has_expired(attributes):
                self._cookies.pop(key, None)
            else:
                self._cookies[key] = cookie

    def header_for(self, url: WebUrl) -> dict[str, str]:
        """The `Cookie` header of a request for `url`, if any cookie goes there: longer paths first."""
        sent = sorted((cookie for cookie in self._cookies.values() if cookie.goes_to(url)), key=lambda c: -len(c.path))
        pairs = [f"{cookie.name}={cookie.value}" if cookie.name else cookie.value for cookie in sent]
        return {"Cookie": "; ".join(pairs)} if pairs else {}


def _attributes(text: str) -> dict[str, str]:
    """Attributes by their names in lower case; the last of a name counts (section 5.2)."""
    parts = (part.partition("=") for part in text.split(";"))
    return {name.strip(_WHITE).lower(): value.strip(_WHITE) for name, _, value in parts}


def _cookie(url: WebUrl, pair: str, attributes: dict[str, str]) -> _Cookie | None:
    """Section 5.3; None if it may not be set. Like browsers, take a value without a name."""
    name, equals, value = pair.partition("=")
    name, value = (name.strip(_WHITE), value.strip(_WHITE)) if equals else ("", name.strip(_WHITE))
    secure = "secure" in attributes
    if not name + value or len(name + value) > _MAX_BYTES or _CONTROL.search(name + value):
        return None
    if secure and url.scheme != "https":
        return None
    named = attributes.get("domain", "").lower().removeprefix(".")
    domain = named or url.host_name
    host_only = not named or _is_shared(named)
    if domain != url.host_name and (host_only or not _is_below(url, domain)):
        return None
    path = attributes.get("path", "")
    return _Cookie(
        name=name,
        value=value,
        domain=domain,
        host_only=host_only,
        path=path if path.startswith("/") else _default_path(url),
        secure=secure,
    )


def _has_expired(attributes: dict[str, str]) -> bool:
    if _SECONDS.fullmatch(attributes.get("max-age", "")):
        return int(attributes["max-age"]) <= 0
    expires = parsedate_tz(attributes.get("expires", ""))  # in UTC, whatever it says (section 5.1.1)
    return expires is not None and expires[:6] < gmtime()[:6]


def _is_shared(domain: str) -> bool:
    """Whether names below `domain` belong to different people."""
    name, dot, top = domain.partition(".")
    return not dot or (name in _REGISTRIES and len(top) == _COUNTRY)


def _is_below(url: WebUrl, domain: str) -> bool:
    return url.address is None and url.host_name.endswith(f".{domain}")


def _default_path(url: WebUrl) -> str:
    """Section 5.1.4."""
    return url.target.partition("?")[0].rpartition("/")[0] or "/"


def _path_matches(path: str, cookie_path: str) -> bool:
    """Section 5.1.4."""
    return path == cookie_path or path.startswith(cookie_path if cookie_path.endswith("/") else f"{cookie_path}/")
