"""Crawls among the load of a chaos run: each of a site of its own with known answers, which a calm crawl has found.

`check` compares each crawl with the calm one, with the rows of its frontier, and with what its site was asked for.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, fields
from typing import Any
from urllib.parse import urlsplit

from dev.chaos.checks import Breach, Flaw, Found
from dev.crawl_site import MAX_DEPTH
from job_core.job import JsonObject

SITE_PAGES = 40  # of the tree, beside those that misbehave
PAGE_SECONDS = 0.1
ALL_PAGES = 1_000
SOME_PAGES = 20
NETWORK = "127.0.0.0/8"
CALM_ADDRESS = "127.0.255.1"
COMPARED = ("pages", "words", "unique_words", "top", "word", "outcomes", "stop_reason", "bytes")
ASIDE = ("/robots.txt", "/sitemap")

# Every crawl that has ended by itself, its counters, and what these must be by its rows.
CRAWLS = """
    SELECT jobs.id::text, label, (request ->> 'max_pages')::integer, jobs.result,
           crawls.waiting, crawls.running, crawls.outcomes, crawls.taken, crawls.discovered, crawls.words,
           rows.waiting, rows.running, rows.outcomes, rows.taken, rows.discovered, rows.words, rows.repeated
    FROM jobs JOIN crawls ON job_id = jobs.id
    CROSS JOIN LATERAL (
        SELECT count(*) FILTER (WHERE state = 'WAITING'), count(*) FILTER (WHERE state = 'RUNNING'),
               (SELECT coalesce(jsonb_object_agg(outcome, urls), '{}') FROM (
                    SELECT outcome, count(*) AS urls FROM crawl_pages WHERE crawl_id = job_id AND outcome IS NOT NULL
                    GROUP BY outcome) AS by_outcome),
               count(*) FILTER (WHERE was_taken), count(*), coalesce(sum(words), 0),
               count(text_hash) - count(DISTINCT text_hash)
        FROM crawl_pages WHERE crawl_id = job_id
    ) AS rows (waiting, running, outcomes, taken, discovered, words, repeated)
    WHERE jobs.state = 'SUCCESS'
"""


@dataclass(frozen=True, kw_only=True)
class Sums:
    """The counters of a crawl."""

    waiting: int
    running: int
    outcomes: dict[str, int]
    taken: int
    discovered: int
    words: int


@dataclass(frozen=True, kw_only=True)
class CrawlRow:
    """A crawl that has ended: its counters, those that its rows add up to, and how many texts it counted repeatedly."""

    id: str
    label: str
    max_pages: int
    result: JsonObject
    sums: Sums
    sums_of_rows: Sums
    repeated_texts: int


def crawl_of(row: tuple[Any, ...]) -> CrawlRow:
    """A row of CRAWLS."""
    names = [field.name for field in fields(Sums)]
    sums, of_rows = (Sums(**dict(zip(names, part, strict=True))) for part in (row[4:10], row[10:16]))
    return CrawlRow(
        id=row[0],
        label=row[1],
        max_pages=row[2],
        result=row[3],
        sums=sums,
        sums_of_rows=of_rows,
        repeated_texts=row[16],
    )


def crawl_body(url: str, max_pages: int) -> JsonObject:
    """The submission of a crawl."""
    return {"url": url, "max_depth": MAX_DEPTH, "word": "pear", "max_pages": max_pages, "top": 10}


def check(crawls: Sequence[CrawlRow], asked: Callable[[str], Sequence[str]]) -> Iterator[Breach]:
    """All breaches. `asked` returns what an address was asked for, path by path."""
    calm = next(crawl for crawl in crawls if urlsplit(crawl.label).hostname == CALM_ADDRESS)
    of_site = Counter(crawl.label for crawl in crawls)
    for crawl in crawls:
        address = urlsplit(crawl.label).hostname or ""
        found = [*_of_sums(crawl), *_of_result(crawl, calm)]
        pages = {path for path in asked(address) if not path.startswith(ASIDE)}
        if of_site[crawl.label] == 1 and len(pages) > crawl.max_pages:
            found.append((Flaw.WRONG, f"{len(pages)} pages were asked for, of {crawl.max_pages} at most"))
        yield from (Breach(flaw=flaw, job_id=crawl.id, detail=detail) for flaw, detail in found)


def _of_sums(crawl: CrawlRow) -> Found:
    sums = crawl.sums
    if sums != crawl.sums_of_rows:
        yield Flaw.WRONG, f"its counters are {sums}, and its rows say {crawl.sums_of_rows}"
    if sums.running or sums.discovered != sum(sums.outcomes.values()) + sums.waiting:
        yield Flaw.LOST, f"not every URL has come to an end: {sums}"
    if sums.taken > crawl.max_pages:
        yield Flaw.WRONG, f"{sums.taken} pages were taken, of {crawl.max_pages} at most"
    if crawl.repeated_texts:
        yield Flaw.DOUBLED, f"{crawl.repeated_texts} pages were counted under several URLs"


def _of_result(crawl: CrawlRow, calm: CrawlRow) -> Found:
    if crawl.max_pages < ALL_PAGES:
        return
    differing = [name for name in COMPARED if crawl.result[name] != calm.result[name]]
    if differing:
        found = {name: (crawl.result[name], calm.result[name]) for name in differing}
        yield Flaw.WRONG, f"its result is not that of the calm crawl: {found}"
