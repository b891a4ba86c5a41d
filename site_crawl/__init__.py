"""What of a site is crawled: which URLs are one page, which belong to the crawl, and which are traps."""
