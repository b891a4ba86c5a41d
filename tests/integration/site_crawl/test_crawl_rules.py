"""What no row of a crawl may say, whoever writes."""

import pytest
from sqlalchemy.exc import IntegrityError

from site_crawl.frontier import Bounds, FoundUrl, Frontier
from tests.integration.job_store import Store


@pytest.fixture
def crawl(store: Store) -> None:
    """A crawl whose start waits."""
    frontier = Frontier(store.database, store.claimed().job_id)
    start = FoundUrl(url="http://site.example/", key=b"start", host="site.example", depth=0)
    frontier.begin(start, Bounds(pages=1, bytes=1, seconds=1))


@pytest.mark.usefixtures("crawl")
@pytest.mark.parametrize(
    ("rule", "change"),
    [
        ("crawls_max_pages_check", "crawls SET max_pages = 0"),
        ("at_most_max_pages", "crawls SET taken = 2"),
        ("every_url_is_somewhere", "crawls SET waiting = -1"),
        ("every_url_is_somewhere", "crawls SET running = 1"),
        ("crawl_pages_state_check", "crawl_pages SET state = 'LATER'"),
        ("ended_has_an_outcome", "crawl_pages SET state = 'ENDED'"),
        ("ended_has_an_outcome", "crawl_pages SET outcome = 'failed'"),
        ("running_on_a_lane", "crawl_pages SET state = 'RUNNING'"),
        ("counted_has_words", "crawl_pages SET state = 'ENDED', outcome = 'counted'"),
        ("counted_has_words", "crawl_pages SET state = 'ENDED', outcome = 'failed', counts = '{}'"),
    ],
)
def test_a_crawl_keeps_every_rule(store: Store, rule: str, change: str) -> None:
    with pytest.raises(IntegrityError, match=rule):
        store.sql(f"UPDATE {change}")


@pytest.mark.usefixtures("crawl")
def test_a_crawl_goes_with_its_job(store: Store) -> None:
    store.sql("DELETE FROM jobs")
    assert store.sql("SELECT FROM crawl_pages") == []
