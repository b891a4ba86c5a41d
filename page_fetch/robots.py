"""robots.txt: what a site asks crawlers to leave alone (RFC 9309).

Reading it is bounded in bytes and rules, and a look-up takes time linear in the length of the rules and of the URL,
whatever the site wrote.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any, Final, NamedTuple, Self

MAX_BYTES: Final = 500 * 1_024  # as much as section 2.5 wants a crawler to read
MAX_RULES: Final = 10_000
MAX_SITEMAPS: Final = 100
MAX_CRAWL_DELAY: Final = 30.0
_MAX_SITEMAP_LENGTH: Final = 2_048

_BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"
_TOKEN: Final = re.compile(rb"[a-zA-Z_-]*")
_SECONDS: Final = re.compile(rb"[0-9]{1,9}(\.[0-9]{0,9})?|\.[0-9]{1,9}")
_MISSPELT: Final = {
    b"useragent": b"user-agent",
    b"user agent": b"user-agent",
    b"disalow": b"disallow",
    b"dissallow": b"disallow",
    b"dissalow": b"disallow",
    b"diasllow": b"disallow",
    b"disallaw": b"disallow",
    b"site-map": b"sitemap",
}
# Escapes, and what a URL may hold only as an escape; `*` and `$` too, which mean something else in a rule (2.2.3).
_TO_NORMALISE: Final = re.compile(r"%[0-9A-Fa-f]{2}|[^A-Za-z0-9._~:/?#\[\]@!&'()+,;=-]")
_UNRESERVED: Final = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")


class Rule(NamedTuple):
    """A rule of the group that is ours. `pattern` is percent-normalised ASCII, with `*`, and `$` at its end only."""

    allow: bool
    pattern: str


class _Wildcard(NamedTuple):
    octets: int
    allow: bool
    start: str
    parts: tuple[str, ...]  # what must follow, in this order

    def matches(self, target: str) -> bool:
        if not target.startswith(self.start):
            return False
        position = len(self.start)
        for part in self.parts:
            found = target.find(part, position)
            if found < 0:
                return False
            position = found + len(part)
        return True


@dataclass(frozen=True)
class Robots:
    """The rules of a robots.txt for one crawler, its wait between two requests in seconds, and the sitemaps it names.

    `sitemaps` are as they stand in the file: not checked, and perhaps relative.
    """

    rules: tuple[Rule, ...] = ()
    crawl_delay: float | None = None
    sitemaps: tuple[str, ...] = ()

    def allows(self, target: str) -> bool:
        """Whether `target`, path and query as a URL has them when serialised (WHATWG), may be fetched.

        The longest rule that matches decides, and of equal ones an Allow (2.2.2). /robots.txt itself is always allowed.
        """
        if not self._has_refusals or target.partition("?")[0] == "/robots.txt":
            return True
        # No `$` is left in it, so one at its end is where a pattern's `$` matches, like any other character.
        target = _normalise(target.encode("utf-8", "replace") or b"/") + "$"
        octets, allowed = 0, True
        for length in self._prefix_lengths:
            if (found := self._prefixes.get(target[:length])) is not None:
                octets, allowed = length, found
                break
        for wildcard in self._wildcards:
            if wildcard.octets < octets:
                break
            if (wildcard.octets > octets or wildcard.allow) and wildcard.matches(target):
                return wildcard.allow
        return allowed

    def to_json(self) -> str:
        """For `from_json`; ASCII without control characters."""
        return json.dumps(asdict(self), separators=(",", ":"))

    @classmethod
    def from_json(cls, text: str) -> Self:
        """The Robots that `to_json` wrote."""
        content: dict[str, Any] = json.loads(text)
        return cls(tuple(Rule(*rule) for rule in content["rules"]), content["crawl_delay"], tuple(content["sitemaps"]))

    @cached_property
    def _has_refusals(self) -> bool:
        return not all(rule.allow for rule in self.rules)

    @cached_property
    def _prefixes(self) -> dict[str, bool]:
        """The patterns without `*`, each with whether it allows."""
        prefixes: dict[str, bool] = {}
        for allow, pattern in self.rules:
            if "*" not in pattern:
                prefixes[pattern] = allow or prefixes.get(pattern, False)
        return prefixes

    @cached_property
    def _prefix_lengths(self) -> list[int]:
        """The lengths of those that can be a target's, longest first."""
        return sorted({len(prefix) for prefix in self._prefixes}, reverse=True)

    @cached_property
    def _wildcards(self) -> list[_Wildcard]:
        """The other patterns in the order in which they decide."""
        wildcards = []
        for allow, pattern in self.rules:
            start, *parts = pattern.split("*")
            if parts:
                wildcards.append(_Wildcard(len(pattern), allow, start, tuple(filter(None, parts))))
        return sorted(wildcards, key=lambda each: each[:2], reverse=True)


def parse_robots(body: bytes, product: str) -> Robots:
    """What the robots.txt `body` says to the crawler with the product token `product`.

    Whatever cannot be read is passed over. What is beyond MAX_BYTES, MAX_RULES or MAX_SITEMAPS is left out.
    """
    reading = _Reading(product.encode("ascii").lower())
    for key, value in _lines(body):
        if key == b"user-agent":
            reading.name_agent(value)
        elif key in {b"allow", b"disallow"}:
            reading.add_rule(value, allow=key == b"allow")
        elif key == b"crawl-delay":
            reading.set_delay(value)
        elif key == b"sitemap":
            reading.add_sitemap(value)
    ours = reading.ours if reading.ours.is_named else reading.everybody
    return Robots(tuple(ours.rules), ours.delay, tuple(reading.sitemaps))


def _lines(body: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Key, in lower case and as it should be spelt, and value of each line that has both."""
    if len(body) > MAX_BYTES:
        body = body[: max(body.rfind(end, 0, MAX_BYTES) for end in (b"\n", b"\r")) + 1]
    start = next(length for length in (3, 2, 1, 0) if body.startswith(_BYTE_ORDER_MARK[:length]))
    for line in body[start:].splitlines():
        key, colon, value = line.partition(b"#")[0].partition(b":")
        if not colon:  # forgotten by many
            key, *values = key.split()[:3] or [b""]
            if len(values) != 1:
                continue
            value = values[0]
        key = key.strip().lower()
        yield _MISSPELT.get(key, key), value.strip()


class _Agent:
    """What the file says to one agent, in all its groups together."""

    def __init__(self) -> None:
        self.is_named = False
        self.rules: dict[Rule, None] = {}
        self.delay: float | None = None


class _Reading:
    """The groups that are ours, or everybody's, while lines go by."""

    def __init__(self, product: bytes) -> None:
        self._product = product
        self.ours, self.everybody = _Agent(), _Agent()
        self.sitemaps: dict[str, None] = {}
        self._group: list[_Agent] = []
        self._delay: float | None = None
        self._is_complete = True  # whether an agent begins a new group

    def name_agent(self, value: bytes) -> None:
        if self._is_complete:
            self._group, self._delay, self._is_complete = [], None, False
        token = _TOKEN.match(value)
        if value.split()[:1] == [b"*"]:
            self._join(self.everybody)
        elif token and token[0].lower() == self._product:
            self._join(self.ours)

    def _join(self, agent: _Agent) -> None:
        agent.is_named = True
        self._group.append(agent)
        _delay(agent, self._delay)

    def add_rule(self, value: bytes, *, allow: bool) -> None:
        self._is_complete = True
        if not self._group or not value.startswith((b"/", b"*")):
            return
        pattern = "*".join(map(_normalise, re.split(rb"\*+", value.removesuffix(b"$"))))
        rule = Rule(allow, pattern + "$" * value.endswith(b"$"))
        for agent in self._group:
            if len(agent.rules) < MAX_RULES:
                agent.rules[rule] = None

    def set_delay(self, value: bytes) -> None:
        """Says nothing about where a group ends: the agents that follow share it."""
        if _SECONDS.fullmatch(value):
            self._delay = min(float(value), MAX_CRAWL_DELAY)
            for agent in self._group:
                _delay(agent, self._delay)

    def add_sitemap(self, value: bytes) -> None:
        url = value.decode("utf-8", "replace")
        if url and len(self.sitemaps) < MAX_SITEMAPS and len(url) <= _MAX_SITEMAP_LENGTH and url.isprintable():
            self.sitemaps[url] = None


def _delay(agent: _Agent, seconds: float | None) -> None:
    if seconds is not None:
        agent.delay = max(seconds, agent.delay or 0)


def _normalise(text: bytes) -> str:
    """`text` with nothing escaped that need not be, and everything else in one way (RFC 3986, section 6.2.2)."""
    return _TO_NORMALISE.sub(_escape, text.decode("latin-1"))


def _escape(match: re.Match[str]) -> str:
    octet = int(match[0][1:], 16) if len(match[0]) > 1 else ord(match[0])
    return chr(octet) if chr(octet) in _UNRESERVED else f"%{octet:02X}"
