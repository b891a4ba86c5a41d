"""Scrapy on the sites of `make bench-crawl`: it follows every link and counts nothing.

Runs in an environment of its own: `python scrapy_spider.py URL...` prints in JSON how many pages it got, and the
seconds that passed, by the clock and of a processor, from the first request on.
"""

import json
import sys
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from scrapy import Spider  # type: ignore[import-not-found] # in the spider's own environment
from scrapy.crawler import CrawlerProcess  # type: ignore[import-not-found]
from scrapy.linkextractors import LinkExtractor  # type: ignore[import-not-found]

AT_ONCE = 16
PER_HOST = 8  # as FETCH_MAX_PER_HOST


class _Follower(Spider):  # type: ignore[misc] # it has no types here
    name = "follower"
    start_urls = sys.argv[1:]
    allowed_domains = tuple(urlsplit(url).hostname for url in start_urls)
    pages = 0
    extractor = LinkExtractor()

    def parse(self, response: Any) -> Iterator[Any]:  # noqa: ANN401 - it has no types here
        """Follow every link."""
        type(self).pages += 1
        for link in self.extractor.extract_links(response):
            yield response.follow(link)


def _main() -> None:
    process = CrawlerProcess(
        {
            "LOG_LEVEL": "ERROR",
            "ROBOTSTXT_OBEY": True,
            "CONCURRENT_REQUESTS": AT_ONCE,
            "CONCURRENT_REQUESTS_PER_DOMAIN": PER_HOST,
            "DOWNLOAD_DELAY": 0,
            "TELNETCONSOLE_ENABLED": False,
        }
    )
    process.crawl(_Follower)
    clock, processor = time.monotonic(), time.process_time()
    process.start()
    seconds, used = time.monotonic() - clock, time.process_time() - processor
    sys.stdout.write(json.dumps({"pages": _Follower.pages, "seconds": seconds, "processor": used}))


if __name__ == "__main__":
    _main()
