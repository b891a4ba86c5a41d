"""Where a page leads, and what it asks of crawlers: its links, its canonical URL, and its robots directives.

Links are what browsers follow of themselves or on a click. URLs are resolved as browsers do (WHATWG URL standard).
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, NamedTuple

from selectolax.lexbor import LexborHTMLParser

from page_read.charsets import encode_query
from page_read.web_url import MAX_URL_LENGTH, web_url

PRODUCT: Final = "wordcount-stack"  # the name by which a site may address this crawler alone
MAX_LINKS: Final = 2_000
_MAX_HREF_LENGTH: Final = 8_192  # as written, with what resolving takes out of it

_CARRIERS: Final = "a[href], area[href], base[href], iframe[src], frame[src], link[rel][href], meta[content]"
_OTHER_SCHEME: Final = re.compile(r"[\0- ]*(?!https?:)[a-z][a-z0-9+.-]*:", re.IGNORECASE)
_REMOVED: Final = str.maketrans("", "", "\t\n\r")
_STRIPPED: Final = "".join(map(chr, range(0x21)))
# https://html.spec.whatwg.org/multipage/semantics.html#shared-declarative-refresh-steps
_REFRESH: Final = re.compile(
    r"""\s*+[0-9.]++(?:\s*+[;,]|\s)\s*+(?:url\s*+=\s*+)?+(?:"([^"]*)|'([^']*)|(.*))""", re.IGNORECASE | re.DOTALL
)
_AGENT: Final = re.compile(r"\s*(?!unavailable_after|max-)([\w.-]+)\s*:(.*)", re.IGNORECASE | re.DOTALL)
# https://www.rfc-editor.org/rfc/rfc8288#section-3
_LINK_VALUE: Final = re.compile(r"""<([^<>]*)>((?:[^,"<]|"(?:[^"\\]|\\.)*+")*+)""")
_REL: Final = re.compile(r""";\s*rel\s*=\s*(?:"([^"]*)"|([^\s;,"]+))""", re.IGNORECASE)


class Link(NamedTuple):
    """An absolute http or https URL without fragment and credentials. `nofollow`: every link to it says so."""

    url: str
    nofollow: bool


class Directives(NamedTuple):
    """What a page or its header asks of this crawler: not to follow its links, not to show it in an index."""

    nofollow: bool = False
    noindex: bool = False


@dataclass(frozen=True)
class PageLinks:
    """The links of a page in document order, each URL once, and what else it tells crawlers.

    `canonical` is None where the page names none, or several. `is_cut`: there were more than MAX_LINKS links.
    `too_long` is the number of those left out because they are longer than MAX_URL_LENGTH.
    """

    links: tuple[Link, ...] = ()
    canonical: str | None = None
    nofollow: bool = False
    noindex: bool = False
    is_cut: bool = False
    too_long: int = 0


def find_links(tree: LexborHTMLParser, url: str, charset: str) -> PageLinks:
    """The links of a page that was fetched from `url`, and was encoded in `charset`.

    The tree must not have been changed since it was parsed: read_tree takes out of it what is not shown.
    """
    carriers = [(node.tag or "", node.attributes) for node in tree.css(_CARRIERS)]
    found = _Found(_base(carriers, url), charset)
    for tag, attributes in carriers:
        _READERS[tag](found, attributes)
    return found.links()


def header_links(link: Iterable[str], refresh: Iterable[str], url: str) -> PageLinks:
    """The links of an answer's `Link` (RFC 8288) and `Refresh` headers."""
    found = _Found(url, "utf-8")
    for value in link:
        for target, parameters in _LINK_VALUE.findall(value):
            if rel := _REL.search(parameters):
                found.add_related(target, rel[1] or rel[2] or "")
    for value in refresh:
        found.add_refresh(value)
    return found.links()


def header_robots(values: Iterable[str]) -> Directives:
    """What the `X-Robots-Tag` headers of an answer ask of this crawler."""
    directives: set[str] = set()
    for value in values:
        is_ours = True
        for part in value.split(","):
            directive = part
            if agent := _AGENT.fullmatch(part):
                is_ours = agent[1].lower() == PRODUCT
                directive = agent[2]
            if is_ours:
                directives |= _words(directive)
    return _directives(directives)


def _words(directives: str) -> set[str]:
    return set(directives.replace(",", " ").lower().split())


def _directives(words: set[str]) -> Directives:
    return Directives(
        nofollow=not words.isdisjoint({"nofollow", "none"}), noindex=not words.isdisjoint({"noindex", "none"})
    )


_Attributes = dict[str, str | None]


def _base(carriers: Iterable[tuple[str, _Attributes]], url: str) -> str:
    """The first `<base>` with an href decides, wherever it stands; one that cannot be a base does not count."""
    href = next((attributes["href"] for tag, attributes in carriers if tag == "base"), None)
    return web_url(href or "", url) or url


@lru_cache(maxsize=MAX_LINKS)
def _from_root(path: str, root: str) -> str | None:
    """What a link that begins with a slash leads to: the same on all pages of a site, whose menus consist of such."""
    return web_url(path, root)


class _Found:
    def __init__(self, base: str, charset: str) -> None:
        self._base = base
        self._root = web_url("/", base) or base
        self._charset = charset
        self._links: dict[str, bool] = {}
        self._canonicals: set[str] = set()
        self._words: set[str] = set()
        self._is_cut = False
        self._too_long = 0

    def links(self) -> PageLinks:
        links = tuple([Link(url, nofollow) for url, nofollow in self._links.items()])
        canonical = next(iter(self._canonicals)) if len(self._canonicals) == 1 else None
        return PageLinks(links, canonical, *_directives(self._words), self._is_cut, self._too_long)

    def _resolve(self, href: str) -> str | None:
        if _OTHER_SCHEME.match(href):
            return None
        href = href.partition("#")[0]
        if len(href) > _MAX_HREF_LENGTH:
            self._too_long += 1
            return None
        if not href.isascii() and "?" in href:
            path, _, query = href.translate(_REMOVED).strip(_STRIPPED).partition("?")
            href = f"{path}?{encode_query(query, self._charset)}"
        url = _from_root(href, self._root) if href.startswith("/") else web_url(href, self._base)
        if url is not None and len(url) > MAX_URL_LENGTH:
            self._too_long += 1
            return None
        return url

    def add(self, href: str, *, nofollow: bool = False) -> None:
        if self._is_cut or (url := self._resolve(href)) is None:
            return
        if url in self._links:
            self._links[url] &= nofollow
        elif len(self._links) < MAX_LINKS:
            self._links[url] = nofollow
        else:
            self._is_cut = True

    def add_related(self, href: str, rel: str) -> None:
        kinds = _words(rel)
        if "canonical" in kinds and (url := self._resolve(href)) is not None:
            self._canonicals.add(url)
        if not kinds.isdisjoint({"next", "prev"}):
            self.add(href, nofollow="nofollow" in kinds)

    def add_refresh(self, content: str) -> None:
        refresh = _REFRESH.match(content)
        if refresh and (href := refresh[1] or refresh[2] or refresh[3]):
            self.add(href)

    def add_directives(self, content: str) -> None:
        self._words |= _words(content)


def _read_anchor(found: _Found, attributes: _Attributes) -> None:
    rel = attributes.get("rel")
    found.add(attributes["href"] or "", nofollow=rel is not None and "nofollow" in _words(rel))


def _read_base(_found: _Found, _attributes: _Attributes) -> None:
    """It has been read first."""


def _read_frame(found: _Found, attributes: _Attributes) -> None:
    if source := attributes["src"]:
        found.add(source)


def _read_link(found: _Found, attributes: _Attributes) -> None:
    found.add_related(attributes["href"] or "", attributes["rel"] or "")


def _read_meta(found: _Found, attributes: _Attributes) -> None:
    content = attributes["content"] or ""
    if (attributes.get("name") or "").strip().lower() in {"robots", PRODUCT}:
        found.add_directives(content)
    if (attributes.get("http-equiv") or "").lower() == "refresh":
        found.add_refresh(content)


_READERS: Final = {
    "a": _read_anchor,
    "area": _read_anchor,
    "base": _read_base,
    "frame": _read_frame,
    "iframe": _read_frame,
    "link": _read_link,
    "meta": _read_meta,
}
