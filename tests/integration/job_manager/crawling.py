"""Crawls as the manager shows them: a job and its frontier, worked on by the steps that lanes take."""

import json
from collections.abc import Mapping
from hashlib import blake2b
from typing import Any

from job_tasks.crawl import CrawlRequest
from site_crawl.frontier import Bounds, CrawlPage, FoundUrl, Frontier, Lane, PageEnd
from site_crawl.words import put_together, stored
from tests.integration.job_store import Store

HOST = "example.com"
SITE = f"https://{HOST}"


class Crawl:
    """A crawl of SITE that has begun, with one lane."""

    def __init__(self, store: Store, **asked: Any) -> None:
        self._store = store
        self.request = CrawlRequest(**{"url": f"{SITE}/"} | asked)
        self.held = store.claimed(kind="crawl", label=self.request.url, request=self.request.model_dump())
        self.id = self.held.job_id
        self.frontier = Frontier(store.database, self.id)

    def begin(self) -> None:
        """Write the start into the frontier, and begin to read it."""
        self.frontier.begin(self.request.start(), Bounds(pages=self.request.max_pages, bytes=10**9, seconds=3600.0))
        lane = self._store.claimed()
        self._lane = Lane(self._store.database, crawl_id=self.id, lane_id=lane.job_id, attempt=lane.attempt, host=HOST)
        self.page = self._lane.next_page()

    def count(self, words: Mapping[str, int], *links: str, own: int | None = None, left_out: int | None = None) -> None:
        """The page that is being read has these words and links, and the next one begins.

        `own` is how often the crawl's own word stands on it; None: as often as `words` says.
        """
        word = (self.request.word or "").lower()
        hashed = blake2b(json.dumps(words).encode(), digest_size=16).digest()
        self._end(
            *links,
            outcome="counted",
            words=sum(words.values()),
            word_count=own if own is not None else words.get(word, 0) if word else None,
            bytes=100,
            text_hash=hashed,
            counts=stored(words),
            words_left_out=left_out,
            http_status=200,
        )

    def fail(self, reason: str, detail: str) -> None:
        """The page that is being read cannot be."""
        self._end(outcome="failed", reason=reason, detail=detail, http_status=404)

    def finish(self) -> None:
        """No page is left: put the words together."""
        put_together(self._store.database, self.id)
        self.frontier.finish()

    def _end(self, *links: str, **end: Any) -> None:
        page: CrawlPage | None = self.page
        assert page is not None
        found = [
            FoundUrl(
                url=SITE + link, key=blake2b(link.encode(), digest_size=16).digest(), host=HOST, depth=page.depth + 1
            )
            for link in links
        ]
        self.page = self._lane.next_page(PageEnd(id=page.id, host_failed=False, **end), found)
