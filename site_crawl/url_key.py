"""Which URLs are one page. A key is for comparing only: what is fetched is the URL as it was linked."""

import re
from functools import lru_cache
from hashlib import blake2b
from typing import Final
from urllib.parse import unquote_plus

from ada_url import normalize_url

_URL: Final = re.compile(r"(https?)://(?:[^/?#@]*@)?(\[[^\]]*\]|[^/?#:]*)(:\d+)?([^?#]*)(?:\?([^#]*))?")
_ESCAPE: Final = re.compile(r"%[0-9A-Fa-f]{2}|%")
_UNRESERVED: Final = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
_REMEMBERED: Final = 1_024  # each URL that is found is looked at from several sides, one after the other

# Names of one visitor's session, and of the way by which a visitor came; neither chooses what a page shows.
_SESSION_IN_PATH: Final = re.compile(r";jsessionid=[^/;]*|/\(S\([0-9a-z]{24}\)\)(?=/)", re.IGNORECASE)
_SESSION: Final = re.compile(r"jsessionid|phpsessid|aspsessionid[a-z]{8}|cfid|cftoken")
_SID_VALUE: Final = re.compile(r"[0-9a-f]{32}", re.IGNORECASE)
_TRACKING: Final = frozenset("gclid fbclid mc_cid mc_eid msclkid yclid _ga".split())


def url_key(url: str) -> bytes:
    """16 bytes that are the same for URLs of one page. Raises ValueError if it is no http or https URL."""
    return blake2b(folded(url).encode(), digest_size=16).digest()


@lru_cache(maxsize=_REMEMBERED)
def folded(url: str) -> str:
    """An http or https URL without what makes no other page: escapes, order of parameters, session, way of coming.

    Folding twice changes nothing more. Raises ValueError if it is no such URL.
    """
    scheme, host, port, path, query = split_url(url)
    path = normalise_escapes(_SESSION_IN_PATH.sub("", path)) or "/"
    kept = [parameter for parameter in query.split("&") if not _is_noise(parameter)] if query else []
    kept = [normalise_escapes(parameter).replace("%20", "+") for parameter in kept]
    kept.sort(key=lambda parameter: parameter.partition("=")[0])  # stable: the order of equal names may matter
    return f"{scheme}://{host}{port}{path}" + (f"?{'&'.join(kept)}" if any(kept) or len(kept) > 1 else "")


@lru_cache(maxsize=_REMEMBERED)
def split_url(url: str) -> tuple[str, str, str, str, str]:
    """Scheme, host without a last dot, port with its colon unless it is the scheme's own, path, query."""
    parts = _URL.match(normalize_url(url))
    if parts is None:
        raise ValueError("The URL is not http or https.")
    scheme, host, port, path, query = parts.groups(default="")
    return scheme, host.removesuffix("."), port, path, query


def host_name(url: str) -> str:
    """The host of an http or https URL, without a last dot and without the brackets of an address."""
    return split_url(url)[1].strip("[]")


def normalise_escapes(text: str) -> str:
    """`text` with unreserved characters not escaped, and the rest in capitals (RFC 3986, section 6.2.2)."""
    return _ESCAPE.sub(_normalise_escape, text) if "%" in text else text


def _normalise_escape(escape: re.Match[str]) -> str:
    if escape[0] == "%":  # not one: a server reads the sign itself, and what follows must not make it one
        return "%25"
    character = chr(int(escape[0][1:], 16))
    return character if character in _UNRESERVED else escape[0].upper()


def _is_noise(parameter: str) -> bool:
    name, _, value = parameter.partition("=")
    name = unquote_plus(name).lower()
    return (
        name.startswith("utm_")
        or name in _TRACKING
        or _SESSION.fullmatch(name) is not None
        or (name == "sid" and _SID_VALUE.fullmatch(value) is not None)
    )
