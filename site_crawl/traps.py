"""Where a site goes on for ever: what a URL alone gives a trap away by, and how many alike are taken of the others."""

import re
from typing import Final

from site_crawl.url_key import folded, split_url

MAX_SEGMENTS: Final = 20
MAX_REPETITIONS: Final = 2  # of a segment, or of two, in a row
MAX_PARAMETERS: Final = 6
MAX_VALUE_COMBINATIONS: Final = 50  # of one `facets`
MAX_SAME_TEXTS: Final = 20  # of one `template`, after which it is followed no further
_FACETS: Final = 3  # parameters: a page is often named by one or two, like f=2&t=345 in a forum

# An escape is kept as it stands; the rest is what numbers, dates, UUIDs and hashes are written in.
_VARYING: Final = re.compile(
    r"(%[0-9A-Fa-f]{2})|[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}|(?=[a-f]*[0-9])[0-9a-f]{8,}(?![0-9a-z])|[0-9]+",
    re.IGNORECASE,
)


def max_template_pages(max_pages: int) -> int:
    """How many pages of one template a crawl of `max_pages` takes."""
    return max(200, max_pages // 5)


def template(url: str) -> str:
    """`url` with `#` for each number, UUID and hexadecimal hash in its path and in the values of its parameters."""
    _, host, port, path, query = split_url(folded(url))
    parameters = [
        name + equals + _VARYING.sub(_vary, value)
        for name, equals, value in (parameter.partition("=") for parameter in query.split("&"))
    ]
    return f"{host}{port}{_VARYING.sub(_vary, path)}" + (f"?{'&'.join(parameters)}" if query else "")


def facets(url: str) -> str | None:
    """What all combinations of values of a faceted page have in common: host and path. None for any other page."""
    _, host, port, path, query = split_url(folded(url))
    return f"{host}{port}{path}" if query.count("&") >= _FACETS - 1 else None


def trap_of(url: str) -> str | None:
    """The outcome of a URL that is a trap by itself: `trap-path` or `trap-parameters`; else None."""
    _, _, _, path, query = split_url(folded(url))
    segments = path.removesuffix("/").split("/")[1:]
    if len(segments) > MAX_SEGMENTS or _repeats(segments, 1) or _repeats(segments, 2):
        return "trap-path"
    return "trap-parameters" if query and query.count("&") >= MAX_PARAMETERS else None


def _vary(match: re.Match[str]) -> str:
    return match[1] or "#"


def _repeats(segments: list[str], length: int) -> bool:
    """Whether `length` segments follow on themselves more often than they may."""
    equal = 0
    for segment, before in zip(segments[length:], segments, strict=False):
        equal = equal + 1 if segment == before else 0
        if equal == MAX_REPETITIONS * length:
            return True
    return False
