"""A lane of a crawl: when it asks its site for which page."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from re import compile as pattern
from threading import Timer

import psycopg2
import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from dev.waiting import eventually
from embedded.servers import Servers
from job_core.errors import DatabaseUnavailable
from job_core.job import JsonObject
from job_core.kinds import GoOn, RunningJob
from job_core.store.database import TRANSACTION_SECONDS
from job_tasks import crawl_lane
from job_tasks.crawl_lane import read_pages
from job_tasks.fetching import fetcher
from job_tasks.site import LaneRequest, SiteRequest
from site_crawl.frontier import Bounds, Frontier
from site_crawl.read import incomplete_pages
from tests.integration.job_store import Store
from tests.integration.pausing import hung_database

LINKS = "".join(f'<a href="/{name}">{name}</a>' for name in "abcdef")


@pytest.fixture(autouse=True)
def _may_fetch_here(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("FETCH_ALLOWED_PRIVATE_NETWORKS", "127.0.0.0/8")
    monkeypatch.setenv("CRAWL_OWN_HOSTS", "localhost")  # no robots.txt is asked for
    fetcher.cache_clear()
    yield
    fetcher.cache_clear()


class Site:
    """Pages with LINKS, and a crawl of them. `before` has what happens before the nth request is answered."""

    def __init__(self, store: Store, server: HTTPServer) -> None:
        self._store = store
        self.targets: list[str] = []
        self.refuses_after = 99
        self.more = ""  # text of each page
        self.before: dict[int, Callable[[], object]] = {}
        server.expect_request(pattern("/.*")).respond_with_handler(self._answer)
        self._asked = SiteRequest(url=server.url_for("/"), sitemap="skip")
        self.crawl_id = store.claimed(kind="crawl").job_id
        bounds = Bounds(pages=100, bytes=10**9, seconds=3600.0)
        Frontier(store.database, self.crawl_id).begin(self._asked.start(), bounds)

    def _answer(self, request: Request) -> Response:
        self.targets.append(request.path)
        self.before.get(len(self.targets), lambda: None)()
        if len(self.targets) > self.refuses_after:
            return Response("busy", status=429, headers={"Retry-After": "60"})
        return Response(f"<p>About {request.path}</p>{LINKS}<p>{self.more}", content_type="text/html; charset=utf-8")

    def take_a_turn(self) -> JsonObject | GoOn:
        """Read pages by one lane."""
        held = self._store.claimed()
        asked = LaneRequest(
            crawl_id=self.crawl_id,
            site=self._asked,
            host=self._asked.start().host,
            place=0,
            lanes=0,
            share=99,
        )
        job = RunningJob(id=held.job_id, owner=None, attempt=held.attempt, progress=None, database=self._store.database)
        return read_pages(asked, job)

    def states(self) -> list[str]:
        """Of all pages."""
        return [state for (state,) in self._store.sql("SELECT state FROM crawl_pages ORDER BY state")]


@pytest.fixture
def site(store: Store, httpserver: HTTPServer) -> Site:
    return Site(store, httpserver)


def test_the_next_page_is_asked_for_before_the_one_that_came_is_written(site: Site, servers: Servers) -> None:
    with ThreadPoolExecutor(1) as pool, closing(psycopg2.connect(servers.database.url)) as other:
        with other, other.cursor() as cursor:
            site.before[2] = lambda: cursor.execute("SELECT FROM crawls FOR UPDATE")  # so that nothing can be written
            turn = pool.submit(site.take_a_turn)
            eventually(lambda: len(site.targets) == 3, "the page after the second is asked for", seconds=4)
        assert turn.result(30) == {}
    assert sorted(site.targets) == ["/", *(f"/{name}" for name in "abcdef")]
    assert site.states() == ["ENDED"] * 7


def test_no_other_page_is_asked_for_before_a_site_has_answered_that_it_is_busy(site: Site) -> None:
    site.refuses_after = 3
    assert site.take_a_turn() == GoOn({}, rest_seconds=60.0)
    assert len(site.targets) == 4
    assert site.states() == ["ENDED"] * 3 + ["WAITING"] * 4


def test_no_page_fails_for_a_database_that_was_away_for_a_while(site: Site, store: Store, servers: Servers) -> None:
    with ExitStack() as hung:
        site.before[2] = lambda: hung.enter_context(hung_database(servers))
        comes_back = Timer(TRANSACTION_SECONDS + 1, hung.close)
        site.before[1] = comes_back.start
        with pytest.raises(DatabaseUnavailable):
            site.take_a_turn()
        comes_back.join()
    assert store.sql("SELECT url FROM crawl_pages WHERE attempts > 0 OR reason IS NOT NULL") == []


def test_a_page_keeps_its_most_frequent_words_and_how_many_were_left_out(
    site: Site, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(crawl_lane, "MAX_DISTINCT_WORDS", 2)
    site.take_a_turn()
    rows = store.sql("SELECT words, counts, words_left_out FROM crawl_pages ORDER BY url LIMIT 2")
    assert [tuple(row) for row in rows] == [
        (2, {"about": 1, "abcdef": 1}, None),
        (3, {"a": 1, "abcdef": 1}, 1),
    ]
    with store.database.reading() as connection:
        assert incomplete_pages(connection, site.crawl_id) == 6


def test_a_word_is_one_in_whatever_form_of_unicode_pages_write_it(site: Site, store: Store) -> None:
    site.more = "Café cafe\u0301 CAFE\u0301 T\u0308 noe\u0308l"
    site.take_a_turn()
    ((counts,),) = store.sql("SELECT counts FROM crawl_pages ORDER BY url LIMIT 1")
    assert counts == {"about": 1, "abcdef": 1, "café": 3, "\u1e97": 1, "noël": 1}
