"""Asking a site for its robots.txt, and what each answer means (RFC 9309 section 2.3.1)."""

from dataclasses import dataclass
from typing import Literal

from page_fetch.errors import AddressRefused, FetchError, HostNotFound, PageRefused, TooManyRedirects
from page_fetch.fetch import PageFetcher
from page_fetch.robots import MAX_BYTES, Robots, parse_robots

ALLOW_ALL = Robots()


@dataclass(frozen=True, kw_only=True)
class RobotsAnswer:
    """What a site answered. Nothing may be asked of it while its robots.txt is unreachable; `detail` says why it is.

    `is_host_found` is False if that is so because there is no such host.
    """

    state: Literal["parsed", "unavailable", "unreachable"]
    http_status: int | None
    robots: Robots
    detail: str | None = None
    is_host_found: bool = True


def ask_for_robots(fetcher: PageFetcher, origin: str, product: str) -> RobotsAnswer:
    """The rules of `origin` (scheme, host and port) for the crawler `product`.

    That there is none (4xx, but for 429) means that all is allowed; no answer, or an error of the server's, nothing.
    """
    try:
        page = fetcher.fetch(f"{origin}/robots.txt", accept="text/plain, */*;q=0.1", cut_at=MAX_BYTES)
    except PageRefused as error:
        return RobotsAnswer(state="unavailable", http_status=error.http_status, robots=ALLOW_ALL)
    except (TooManyRedirects, AddressRefused):  # what refuses addresses refuses the pages there, too
        return RobotsAnswer(state="unavailable", http_status=None, robots=ALLOW_ALL)
    except FetchError as error:
        return RobotsAnswer(
            state="unreachable",
            http_status=error.http_status,
            robots=ALLOW_ALL,
            detail=str(error),
            is_host_found=not isinstance(error, HostNotFound),
        )
    return RobotsAnswer(state="parsed", http_status=page.http_status, robots=parse_robots(page.body, product))
