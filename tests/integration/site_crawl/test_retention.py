"""Crawls that ended long ago are forgotten in pieces, each in a bounded time."""

from datetime import timedelta
from time import monotonic

import pytest

from job_core.store import retention
from site_crawl.frontier import Bounds, Frontier
from site_crawl.retention import ROWS, delete_ended
from tests.integration.job_store import Store
from tests.integration.site_crawl.test_frontier import found

AGE = timedelta(0)
PAGES = 100_000
MANY_PAGES = """
    INSERT INTO crawl_pages (crawl_id, key, url, host, state, outcome, words, counts)
    SELECT :id, sha256(number::text::bytea), 'http://site.example/' || number, 'site.example', 'ENDED', 'counted', 3,
           '{"a": 3}'
    FROM generate_series(CAST(:first AS integer), :first + 4999) AS number
"""


@pytest.fixture
def crawl(store: Store) -> Frontier:
    """A crawl of very many pages."""
    job = store.submit(kind="crawl")
    crawl = Frontier(store.database, job.id)
    crawl.begin(found("/", 0), Bounds(pages=PAGES, bytes=10**9, seconds=3600.0))
    for first in range(0, PAGES, 5_000):
        store.sql(MANY_PAGES, id=job.id, first=first)
    store.cancel(job.id)
    return crawl


def test_a_large_crawl_is_forgotten_in_pieces_and_its_job_then(store: Store, crawl: Frontier) -> None:
    assert delete_ended(store.database, timedelta(days=30)) == 0
    longest = rows = 0.0
    while True:
        begun = monotonic()
        deleted = delete_ended(store.database, AGE)
        longest = max(longest, monotonic() - begun)
        if not deleted:
            break
        assert deleted <= ROWS
        rows += deleted
    assert rows == PAGES + 1 + 1  # and the crawl's own row
    assert longest < 3
    with store.database.transaction() as connection:
        assert retention.delete_ended(connection, AGE) == 1
    assert crawl.waiting_hosts() == []


@pytest.mark.parametrize("kind", ["crawl", "quotes"])
def test_what_ends_later_is_kept(store: Store, kind: str) -> None:
    def begun(age: str) -> Frontier:
        job = store.submit(kind=kind)
        frontier = Frontier(store.database, job.id)
        frontier.begin(found("/", 0), Bounds(pages=1, bytes=10**9, seconds=3600.0))
        store.sql("UPDATE crawls SET started_at = now() - interval '40 days' WHERE job_id = :id", id=job.id)
        if age:
            store.sql(
                "UPDATE jobs SET state = 'REVOKED', finished_at = now() - CAST(:age AS interval) WHERE id = :id",
                age=age,
                id=job.id,
            )
        return frontier

    old, young, open_still = begun("31 days"), begun("29 days"), begun("")
    while delete_ended(store.database, timedelta(days=30)):
        pass
    known = [bool(each.waiting_hosts()) for each in (old, young, open_still)]
    assert known == [False, True, True]
    assert store.count("crawls") == 2
