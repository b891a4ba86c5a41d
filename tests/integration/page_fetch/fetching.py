"""One fetch, by a fetcher of its own."""

from typing import Any

from page_fetch.fetch import Page, PageFetcher
from page_fetch.guard import Resolver, system_resolver
from page_fetch.limits import FetchLimits


def fetch(url: str, limits: FetchLimits, *, resolver: Resolver = system_resolver, **options: Any) -> Page:
    return PageFetcher(limits, resolver).fetch(url, **options)
