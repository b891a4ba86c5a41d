"""Fills the tables of crawls as large ones would leave them."""

from random import Random
from uuid import UUID

from dev.bench.crawl_pages import VOCABULARY, word
from dev.tables import Tables
from job_core.store.database import Database
from site_crawl.words import put_together, stored

DISTINCT_WORDS = 600  # of a page

_JOB = """
    INSERT INTO jobs (id, kind, label, request, state, on_failure, attempt, max_attempts, max_crashes, due_at,
                      finished_at, result, error)
    SELECT gen_random_uuid(), 'crawl', 'http://site.example/', '{"url": "http://site.example/"}', state, 'retry', 1, 5,
           3, CASE WHEN state = 'RETRY' THEN now() + interval '1 day' END, CASE WHEN state = 'SUCCESS' THEN now() END,
           CASE WHEN state = 'SUCCESS' THEN '{"pages": 1, "words": 1}'::json END,
           CASE WHEN state = 'RETRY' THEN '{"type": "server-busy", "detail": "It is busy."}'::json END
    FROM (SELECT %s) AS asked (state)
    RETURNING id::text
"""
_CRAWL = """
    INSERT INTO crawls (job_id, max_pages, max_urls, max_bytes, ends_at, discovered, waiting)
    VALUES (%s, 100000, 2000000, 1000000000, now() + interval '1 day', %s, %s) RETURNING job_id
"""


def fill_frontier(tables: Tables, rows: int) -> str:
    """A crawl with so many pages that wait; its id."""
    ((crawl_id,),) = tables.query(_JOB, "RETRY")
    tables.query(_CRAWL, crawl_id, rows, rows)
    tables.query(
        "WITH new AS (INSERT INTO crawl_pages (crawl_id, key, url, host, depth)"
        " SELECT %s, decode(md5(number::text), 'hex'), 'http://site.example/page/' || number, 'site.example', 5"
        " FROM generate_series(1, %s) AS number RETURNING 1) SELECT count(*) FROM new",
        *(crawl_id, rows),
    )
    return str(crawl_id)


def fill_words(tables: Tables, database_url: str, pages: int) -> str:
    """A crawl that has counted so many pages; its id."""
    ((crawl_id,),) = tables.query(_JOB, "SUCCESS")
    tables.query(_CRAWL, crawl_id, pages, 0)
    for number in range(pages):
        chance = Random(number)  # noqa: S311 - pages to measure by
        counts = {word(int(VOCABULARY ** chance.random())): chance.randint(1, 50) for _ in range(DISTINCT_WORDS)}
        tables.query(
            "INSERT INTO crawl_pages (crawl_id, key, url, host, depth, state, outcome, words, counts) VALUES"
            " (%s, decode(md5(%s::text), 'hex'), 'http://site.example/page/' || %s, 'site.example', 5, 'ENDED',"
            " 'counted', %s, %s) RETURNING id",
            *(crawl_id, number, number, sum(counts.values()), stored(counts)),
        )
    put_together(Database(database_url, pool_size=1), UUID(crawl_id))
    tables.query(
        "UPDATE crawls SET finished_at = now(), stop_reason = 'finished' WHERE job_id = %s RETURNING 1", crawl_id
    )
    return str(crawl_id)
