"""Which URLs belong to a crawl."""

import re
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Final, Literal
from urllib.parse import quote

from publicsuffixlist import PublicSuffixList

from site_crawl.url_key import normalise_escapes, split_url

MAX_GLOBS: Final = 50  # of each list
MAX_GLOB_LENGTH: Final = 200
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f]")
# Labels as DNS has them and sites use them. The URL standard lets more through, but no such name can be fetched.
_NAME: Final = re.compile(r"(?=.{1,253}\Z)[a-z0-9_-]{1,63}(?:\.[a-z0-9_-]{1,63})*")
_ASCII: Final = "".join(map(chr, range(0x21, 0x7F)))

Extent = Literal["host", "path", "domain"]


class InvalidGlob(Exception):
    """The message says what is wrong with it."""


@dataclass(frozen=True)
class Scope:
    """The URLs that a crawl from `start` may fetch; http and https, with and without `www.`, are one host.

    `extent`: the host of `start` on its port; its path up to the last `/`, and below; or all hosts of its registrable
    domain by the Public Suffix List whose names can exist. Where there are `include` globs, one of them must match the
    whole path, and none of `exclude` may. `*` stands for any characters but `/`, `**` for any. Raises InvalidGlob, and
    ValueError for a start that is no http or https URL.
    """

    start: str
    extent: Extent = "host"
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        split_url(self.start)
        for globs in (self.include, self.exclude):
            if len(globs) > MAX_GLOBS:
                raise InvalidGlob(f"There must not be more than {MAX_GLOBS} globs.")
            for glob in globs:
                _check(glob)

    def holds(self, url: str) -> bool:
        """Whether an http or https URL belongs to the crawl. The start always does."""
        _, host, port, path, query = split_url(url)
        if not self._holds_host(host, port):
            return False
        path = normalise_escapes(path)
        if (port, path, query) == self._start_target:
            return True
        if self.extent == "path" and not path.startswith(self._folder):
            return False
        if any(glob.matches(path) for glob in self._excluded):
            return False
        return not self._included or any(glob.matches(path) for glob in self._included)

    def holds_host(self, url: str) -> bool:
        """Whether an http or https URL is on a host of the crawl, whatever its path."""
        _, host, port, _, _ = split_url(url)
        return self._holds_host(host, port)

    def _holds_host(self, host: str, port: str) -> bool:
        _, start_host, start_port, _, _ = self._start
        if host.removeprefix("www.") == start_host.removeprefix("www.") and port == start_port:
            return True
        domain = self._domain if self.extent == "domain" else None
        return domain is not None and f".{host}".endswith(f".{domain}") and _NAME.fullmatch(host) is not None

    @cached_property
    def _start(self) -> tuple[str, str, str, str, str]:
        return split_url(self.start)

    @cached_property
    def _start_target(self) -> tuple[str, str, str]:
        _, _, port, path, query = self._start
        return port, normalise_escapes(path), query

    @cached_property
    def _folder(self) -> str:
        return self._start_target[1].rpartition("/")[0] + "/"

    @cached_property
    def _domain(self) -> str | None:
        """None for an address, and for a host that is a public suffix itself."""
        host = self._start[1]
        return None if host.startswith("[") or host[-1:].isdecimal() else _suffixes().privatesuffix(host)

    @cached_property
    def _included(self) -> tuple["_Glob", ...]:
        return tuple(map(_Glob, self.include))

    @cached_property
    def _excluded(self) -> tuple["_Glob", ...]:
        return tuple(map(_Glob, self.exclude))


@cache
def _suffixes() -> PublicSuffixList:
    """The list of the library's release, read at the first use: some 10,000 lines."""
    return PublicSuffixList()


def _check(glob: str) -> None:
    if not glob.startswith(("/", "*")):
        raise InvalidGlob("A glob must begin with / or *.")
    if len(glob) > MAX_GLOB_LENGTH:
        raise InvalidGlob(f"A glob must not be longer than {MAX_GLOB_LENGTH} characters.")
    if "?" in glob or "#" in glob:
        raise InvalidGlob("A glob is about the path: it must not hold ? or #.")
    if _CONTROL.search(glob):
        raise InvalidGlob("A glob must not hold control characters.")


class _Glob:
    """Follows all ways to match at once, as bits of a number: bit n says that the first n signs can be passed.

    So a look-up takes time linear in the path, whatever the glob.
    """

    def __init__(self, glob: str) -> None:
        self._head, signs = _signs(glob)
        self._places: dict[str, int] = {}
        self._stars = self._globstars = 0
        for place, sign in enumerate(signs):
            if sign == "*":
                self._stars |= 1 << place
            elif sign == "**":
                self._globstars |= 1 << place
            else:
                self._places[sign] = self._places.get(sign, 0) | 1 << place
        self._end = 1 << len(signs)
        self._always = self._end >> 1 if signs[-1:] == ["**"] else 0  # reached: whatever follows matches

    def matches(self, path: str) -> bool:
        if not path.startswith(self._head):
            return False
        places, globstars = self._places, self._globstars
        stars = self._stars | globstars
        reached = 1 | (stars & 1) << 1
        for character in path[len(self._head) :]:
            if reached & self._always:
                return True
            stay = reached & (globstars if character == "/" else stars)
            reached = (reached & places.get(character, 0)) << 1 | stay
            if not reached:
                return False
            reached |= (reached & stars) << 1
        return bool(reached & self._end)


def _signs(glob: str) -> tuple[str, list[str]]:
    """The characters before the first star, and what follows: characters, `*` and `**`, never two stars in a row."""
    parts = normalise_escapes(quote(glob, safe=_ASCII)).split("*")
    signs: list[str] = []
    for part in parts[1:]:
        if signs[-1:] in (["*"], ["**"]):
            signs[-1] = "**"
        else:
            signs.append("*")
        signs.extend(part)
    return parts[0], signs
