"""URLs, parsed once and as browsers parse them (WHATWG URL standard, by the Ada parser)."""

import re
from dataclasses import dataclass
from functools import cached_property, lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address

from ada_url import URL

from page_fetch.errors import InvalidUrl

MAX_LENGTH = 2_048
# As sent, where a character may be twelve; what servers commonly take for a request line.
MAX_ENCODED_LENGTH = 8_192
DEFAULT_PORTS = {"http": 80, "https": 443}

# What DNS can hold and sites use: letters, digits, hyphens and underscores (RFC 1123 section 2.1, RFC 2181 section 11).
# The standard lets more through, but no public name has it, and other parsers disagree about it.
_LABEL = re.compile(r"[a-z0-9_-]{1,63}")
_MAX_NAME_LENGTH = 253

# The parts of a URL that the parser has written: each stands where it must, and what would end it is percent-encoded.
_HREF = re.compile(r"(https?)://(?:[^/?#@]*@)?(\[[^\]]*\]|[^/?#:]*)(?::(\d+))?([^#]*)")


@dataclass(frozen=True, kw_only=True)
class WebUrl:
    """An http or https URL without credentials and fragment; `str()` of it may be shown.

    `host` is a name in ASCII, or an address without brackets; `target` is path and query as they stand in a request.
    """

    scheme: str
    host: str
    port: int
    target: str

    @cached_property
    def address(self) -> IPv4Address | IPv6Address | None:
        """The host as an address, if it is one."""
        # The parser has turned whatever ends in a number into four decimal numbers, or has refused it.
        is_address = ":" in self.host or self.host.rpartition(".")[2].isdecimal()
        return ip_address(self.host) if is_address else None

    @property
    def host_name(self) -> str:
        """The host without the dot that a complete name may end in."""
        return self.host.removesuffix(".")

    @property
    def origin(self) -> str:
        """Scheme, host and port (RFC 6454)."""
        return f"{self.scheme}://{self.authority}"

    @property
    def authority(self) -> str:
        """Host and port, the latter unless it is the scheme's own."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == DEFAULT_PORTS[self.scheme] else f"{host}:{self.port}"

    def __str__(self) -> str:
        return f"{self.scheme}://{self.authority}{self.target}"


def parse_url(text: str, base: WebUrl | None = None, *, max_length: int = MAX_LENGTH) -> WebUrl:
    """The URL that `text` stands for, relative to `base` if there is one.

    Raises InvalidUrl if it is too long, not http or https, or without a usable host.
    """
    if len(text) > max_length:
        raise _invalid(f"must not be longer than {max_length:,} characters")
    return _parse(text, str(base) if base else None)


@lru_cache(maxsize=1_024)  # a job's URL is checked and then asked for its host, for a whole batch one after the other
def _parse(text: str, base: str | None) -> WebUrl:
    try:
        href = URL(text, base).href
    except UnicodeEncodeError as error:
        raise _invalid("must be valid Unicode text") from error
    except ValueError as error:
        raise _invalid("must be a full URL with a valid host, like https://example.com/page") from error
    parts = _HREF.match(href)
    if parts is None:
        raise _invalid("must begin with http:// or https://")
    scheme, host, port, target = parts.groups()
    _check_host(host)
    url = WebUrl(scheme=scheme, host=host.strip("[]"), port=int(port) if port else DEFAULT_PORTS[scheme], target=target)
    if len(str(url)) > MAX_ENCODED_LENGTH:
        raise _invalid(f"must not be longer than {MAX_ENCODED_LENGTH:,} characters when percent-encoded")
    return url


def meant_url(address: str) -> str:
    """The URL that a person means by an address, white space around it aside: people leave out https://."""
    stripped = address.strip()
    return stripped if "://" in stripped else f"https://{stripped}"


def has_credentials(text: str) -> bool:
    """Whether the URL that `text` stands for, which parse_url takes, names a user or a password."""
    if "@" not in text:
        return False
    parsed = URL(text)
    return bool(parsed.username or parsed.password)


def _check_host(host: str) -> None:
    name = host.removesuffix(".")
    is_name = not host.startswith("[")
    if is_name and (len(name) > _MAX_NAME_LENGTH or not all(map(_LABEL.fullmatch, name.split(".")))):
        raise _invalid("must have a host name that can exist, like example.com")


def _invalid(why: str) -> InvalidUrl:
    return InvalidUrl(why)
