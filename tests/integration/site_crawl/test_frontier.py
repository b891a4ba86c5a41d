"""The frontier of a crawl: every discovered URL ends with one outcome, and the sums are those of the rows."""

from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from hashlib import blake2b
from typing import Any

import pytest

from job_core.job import Claim
from job_core.store import workers
from site_crawl.frontier import Bounds, CrawlPage, FoundUrl, Frontier, Lane, PageEnd, lane_share
from site_crawl.robots_store import KeptRobots, find_robots, keep_robots, note_robots
from tests.integration.job_store import Store

SITE = "http://site.example"


def found(path: str, depth: int | None = 1, **more: Any) -> FoundUrl:
    url = SITE + path
    return FoundUrl(url=url, key=key(path), host="site.example", depth=depth, **more)


def key(path: str) -> bytes:
    return blake2b((SITE + path).encode(), digest_size=16).digest()


def counted(page: CrawlPage, words: int = 3, text: str | None = None, **more: Any) -> PageEnd:
    text_hash = blake2b((text or page.url).encode(), digest_size=16).digest()
    return PageEnd(
        id=page.id,
        outcome="counted",
        words=words,
        bytes=10,
        text_hash=text_hash,
        counts='{"a": 3}',
        host_failed=False,
        **more,
    )


class Crawl:
    """A crawl that begins at /, with lanes as jobs of their own."""

    def __init__(self, store: Store, **bounds: Any) -> None:
        self.store = store
        self.id = store.claimed().job_id
        self.frontier = Frontier(store.database, self.id)
        self.begin(**bounds)
        self.worker = store.worker()

    def begin(self, **bounds: Any) -> None:
        self.frontier.begin(found("/", 0), Bounds(**{"pages": 100, "bytes": 10**9, "seconds": 3600.0} | bounds))

    def lane(self) -> Lane:
        return self.lane_of(self.store.claimed(self.worker))

    def lane_of(self, held: Claim) -> Lane:
        return Lane(
            self.store.database,
            crawl_id=self.id,
            lane_id=held.job_id,
            attempt=held.attempt,
            host="site.example",
        )

    def outcomes(self) -> dict[str, str | None]:
        """By path; None for those that have not ended."""
        rows = self.store.sql("SELECT url, outcome FROM crawl_pages WHERE crawl_id = :id ORDER BY id", id=self.id)
        return {url.removeprefix(SITE): outcome for url, outcome in rows}

    def sums(self) -> dict[str, Any]:
        ((sums,),) = self.store.database.call("SELECT crawl_sums(%s)", self.id)
        return dict(sums)

    def check(self) -> dict[str, Any]:
        """The sums, which are those of the rows."""
        sums = self.sums()
        rows = self.store.sql(
            "SELECT state, outcome, coalesce(words, 0) AS words FROM crawl_pages WHERE crawl_id = :id", id=self.id
        )
        states = Counter(row.state for row in rows)
        outcomes = Counter(row.outcome for row in rows if row.outcome)
        if sums["stop_reason"]:
            outcomes += Counter({"not-read": states.pop("WAITING", 0) + states.pop("RUNNING", 0)})
        assert sums["discovered"] == len(rows)
        assert (sums["waiting"], sums["running"]) == (states["WAITING"], states["RUNNING"])
        assert sums["outcomes"] == outcomes
        assert sums["words"] == sum(row.words for row in rows if row.outcome == "counted")
        return sums


@pytest.fixture
def crawl(store: Store) -> Iterator[Callable[..., Crawl]]:
    """Crawls whose sums are compared with their rows in the end."""
    made: list[Crawl] = []

    def make(**bounds: Any) -> Crawl:
        made.append(Crawl(store, **bounds))
        return made[-1]

    yield make
    for each in made:
        each.check()


def test_crawls_share_half_of_the_children_of_the_workers_that_live(store: Store) -> None:
    alive = [store.worker() for _ in range(2)]
    shares: list[int] = []

    def look(children: int = 12) -> None:
        share, lanes = lane_share(store.database, held.job_id, children)
        assert lanes == 0
        shares.append(share)

    for _ in range(4):
        held = store.claimed(alive[0])
        Frontier(store.database, held.job_id).begin(found("/", 0), Bounds(pages=9, bytes=9, seconds=9))
        look()
    store.cancel(held.job_id)
    look()
    store.claimed(alive[0])  # a job that is no crawl
    workers.stop(store.database, alive[1], seconds=5)
    look()
    look(children=1)
    assert shares == [12, 6, 4, 3, 4, 2, 1]


def begun(page: CrawlPage | None) -> CrawlPage:
    assert page is not None
    return page


def test_pages_come_nearest_to_the_start_first(crawl: Callable[..., Crawl]) -> None:
    lane = crawl().lane()
    start = begun(lane.next_page())
    assert (start.url, start.depth) == (f"{SITE}/", 0)
    first = begun(lane.next_page(counted(start), [found("/late", 2), found("/a"), found("/b")]))
    second = begun(lane.next_page(counted(first), [found("/a"), found("/c", 2)]))
    assert {first.url, second.url} == {f"{SITE}/a", f"{SITE}/b"}
    assert begun(lane.next_page(counted(second))).depth == 2


def test_at_most_max_pages_are_begun_and_trying_again_does_not_count(crawl: Callable[..., Crawl]) -> None:
    site = crawl(pages=2)
    lane = site.lane()
    start = begun(lane.next_page())
    again = begun(lane.next_page(PageEnd(id=start.id, outcome=None, wait_seconds=0, host_failed=True)))
    assert (again.id, again.attempts) == (start.id, 1)
    second = begun(lane.next_page(counted(again), [found("/a"), found("/b")]))
    assert lane.next_page(counted(second)) is None
    assert site.frontier.waiting_hosts() == []
    assert site.frontier.finish()["stop_reason"] == "max-pages"
    assert site.check()["outcomes"] == {"counted": 2, "not-read": 1}


def test_what_needed_no_request_takes_no_place(crawl: Callable[..., Crawl]) -> None:
    site = crawl(pages=2)
    lane = site.lane()
    page = begun(lane.next_page(counted(begun(lane.next_page())), [found("/a"), found("/b")]))
    page = begun(lane.next_page(PageEnd(id=page.id, outcome="robots", was_asked=False)))
    assert lane.next_page(counted(page)) is None
    assert site.check()["outcomes"] == {"counted": 2, "robots": 1}


class TestAliases:
    def test_a_redirect_counts_under_the_url_that_it_leads_to(self, crawl: Callable[..., Crawl]) -> None:
        site = crawl()
        lane = site.lane()
        old = begun(lane.next_page(counted(begun(lane.next_page())), [found("/old")]))
        assert lane.next_page(counted(old, alias_key=key("/new"), is_redirect=True), [found("/new")]) is None
        assert site.outcomes() == {"/": "counted", "/old": "duplicate", "/new": "counted"}
        assert site.check()["words"] == 6

    def test_a_page_that_was_counted_is_not_counted_again_by_a_redirect(self, crawl: Callable[..., Crawl]) -> None:
        site = crawl()
        lane = site.lane()
        new = begun(lane.next_page(counted(begun(lane.next_page())), [found("/new"), found("/old", 2)]))
        old = begun(lane.next_page(counted(new)))
        assert lane.next_page(counted(old, alias_key=key("/new"), is_redirect=True), [found("/new")]) is None
        assert site.outcomes() == {"/": "counted", "/old": "duplicate", "/new": "counted"}

    def test_a_canonical_page_is_read_itself(self, crawl: Callable[..., Crawl]) -> None:
        site = crawl()
        lane = site.lane()
        sorted_list = begun(lane.next_page(counted(begun(lane.next_page())), [found("/list?sort=a")]))
        canonical = begun(lane.next_page(counted(sorted_list, alias_key=key("/list")), [found("/list")]))
        assert canonical.url == f"{SITE}/list"
        assert lane.next_page(counted(canonical)) is None
        assert site.outcomes() == {"/": "counted", "/list?sort=a": "duplicate", "/list": "counted"}

    def test_a_page_counts_until_the_one_that_it_names_as_canonical_is_counted(
        self, crawl: Callable[..., Crawl]
    ) -> None:
        site = crawl()
        lane = site.lane()
        page = begun(lane.next_page(counted(begun(lane.next_page())), [found("/list?sort=a"), found("/list?sort=b")]))
        for _ in range(2):
            page = begun(lane.next_page(counted(page, word_count=2, alias_key=key("/list")), [found("/list")]))
        assert site.check()["outcomes"] == {"counted": 3}
        assert page.url == f"{SITE}/list"
        assert lane.next_page(counted(page, word_count=1)) is None
        assert site.outcomes() == {
            "/": "counted",
            "/list?sort=a": "duplicate",
            "/list?sort=b": "duplicate",
            "/list": "counted",
        }
        sums = site.check()
        assert (sums["word_count"], sums["word_pages"]) == (1, 1)

    @pytest.mark.parametrize("outcome", ["failed", "robots", "nofollow", "max-depth", "trap-path", None])
    @pytest.mark.parametrize("is_known_before", [True, False])
    def test_a_page_counts_whose_canonical_one_is_not_read(
        self, crawl: Callable[..., Crawl], outcome: str | None, *, is_known_before: bool
    ) -> None:
        site = crawl(pages=2)
        lane = site.lane()
        canonical = found("/list", 2, outcome=outcome)
        links = [found("/list?sort=a"), canonical] if is_known_before else [found("/list?sort=a")]
        page = begun(lane.next_page(counted(begun(lane.next_page())), links))
        assert lane.next_page(counted(page, alias_key=key("/list")), [canonical]) is None
        assert site.outcomes() == {"/": "counted", "/list?sort=a": "counted", "/list": outcome}
        assert site.check()["words"] == 6

    def test_a_page_whose_canonical_one_redirects_counts_until_the_target_is_counted(
        self, crawl: Callable[..., Crawl]
    ) -> None:
        site = crawl()
        lane = site.lane()
        page = begun(lane.next_page(counted(begun(lane.next_page())), [found("/list?sort=a"), found("/new", 2)]))
        page = begun(lane.next_page(counted(page, alias_key=key("/list")), [found("/list")]))
        assert page.url == f"{SITE}/list"
        end = PageEnd(id=page.id, outcome="duplicate", reason=f"{SITE}/new", alias_key=key("/new"), is_redirect=True)
        page = begun(lane.next_page(end, [found("/new")]))
        assert site.check()["outcomes"] == {"counted": 2, "duplicate": 1}
        assert lane.next_page(counted(page)) is None
        assert site.outcomes() == {"/": "counted", "/list?sort=a": "duplicate", "/new": "counted", "/list": "duplicate"}

    def test_of_two_pages_that_name_each_other_one_is_counted(self, crawl: Callable[..., Crawl]) -> None:
        site = crawl()
        lane = site.lane()
        one = begun(lane.next_page(counted(begun(lane.next_page())), [found("/a"), found("/b")]))
        other = {f"{SITE}/a": "/b", f"{SITE}/b": "/a"}
        two = begun(lane.next_page(counted(one, alias_key=key(other[one.url])), [found(other[one.url])]))
        assert lane.next_page(counted(two, alias_key=key(other[two.url])), [found(other[two.url])]) is None
        assert sorted(map(str, site.outcomes().values())) == ["counted", "counted", "duplicate"]

    def test_the_same_text_is_counted_once(self, crawl: Callable[..., Crawl]) -> None:
        site = crawl()
        lane = site.lane()
        one = begun(lane.next_page(counted(begun(lane.next_page())), [found("/a"), found("/b")]))
        two = begun(lane.next_page(counted(one, text="same")))
        assert lane.next_page(counted(two, text="same")) is None
        assert site.check()["outcomes"] == {"counted": 2, "duplicate": 1}


class TestLinks:
    def test_a_link_that_was_not_to_be_followed_is_followed_where_another_says_so(
        self, crawl: Callable[..., Crawl]
    ) -> None:
        site = crawl()
        lane = site.lane()
        links = [found("/a"), found("/ad", outcome="nofollow"), found("/deep", outcome="max-depth")]
        page = begun(lane.next_page(counted(begun(lane.next_page())), links))
        assert site.outcomes() == {"/": "counted", "/a": None, "/ad": "nofollow", "/deep": "max-depth"}
        page = begun(lane.next_page(counted(page), [found("/ad", 2), found("/deep", 2)]))
        assert site.check()["outcomes"] == {"counted": 2}

    def test_of_urls_of_one_form_a_crawl_takes_so_many(self, crawl: Callable[..., Crawl]) -> None:
        site = crawl()
        lane = site.lane()
        days = [found(f"/calendar/{day}", form=b"calendar", most_of_form=200) for day in range(150)]
        page = begun(lane.next_page(counted(begun(lane.next_page())), days))
        more = [found(f"/calendar/{day}", 2, form=b"calendar", most_of_form=200) for day in range(100, 300)]
        assert lane.next_page(counted(page), more)
        assert site.check()["outcomes"] == {"counted": 2, "trap-template": 100}


class TestLanes:
    def test_a_lane_that_asks_again_gets_the_page_that_it_holds(self, crawl: Callable[..., Crawl]) -> None:
        lane = crawl().lane()
        assert lane.next_page() == lane.next_page()

    def test_an_end_that_is_written_twice_counts_once(self, crawl: Callable[..., Crawl]) -> None:
        site = crawl()
        lane = site.lane()
        start = begun(lane.next_page())
        for _ in range(2):
            page = begun(lane.next_page(counted(start), [found("/a")]))
        assert page.url == f"{SITE}/a"
        assert site.check()["outcomes"] == {"counted": 1}

    def test_pages_of_an_attempt_whose_process_died_are_read_again_and_end_at_the_bound(
        self, crawl: Callable[..., Crawl], store: Store
    ) -> None:
        site = crawl()
        job = store.submit(max_crashes=10)
        for number in range(1, 4):
            held = store.claim(store.job(job.id), site.worker)
            assert held is not None
            lane = site.lane_of(held)
            lane.begin()
            assert begun(lane.next_page()).url == f"{SITE}/", number
            store.crash(held)
        held = store.claim(store.job(job.id), site.worker)
        assert held is not None
        lane = site.lane_of(held)
        lane.begin()
        assert lane.next_page() is None
        assert site.outcomes() == {"/": "failed"}
        assert site.frontier.end_of(key("/")) == ("failed", "attempt-crashed", None)

    def test_a_page_at_which_one_lane_after_the_other_ends_by_a_fault_ends_at_the_bound(
        self, crawl: Callable[..., Crawl], store: Store
    ) -> None:
        site = crawl()
        for number in range(1, 4):
            held = store.claimed(site.worker)
            assert begun(site.lane_of(held).next_page()).url == f"{SITE}/", number
            store.fail(held)
            site.frontier.release_all()
        assert site.lane().next_page() is None
        assert site.frontier.end_of(key("/")) == ("failed", "attempt-crashed", None)

    def test_an_attempt_that_lost_its_claim_begins_nothing_and_writes_nothing(
        self, crawl: Callable[..., Crawl], store: Store
    ) -> None:
        site = crawl()
        held = store.claimed(site.worker)
        lane = site.lane_of(held)
        start = begun(lane.next_page())
        site.frontier.release_all()
        store.cancel(held.job_id)
        assert lane.next_page(counted(start), [found("/a")]) is None
        assert site.outcomes()["/"] is None

    def test_more_pages_than_are_enough_end_the_round(self, crawl: Callable[..., Crawl]) -> None:
        site = crawl()
        lane = site.lane()
        links = [found(f"/{number}") for number in range(3)]
        assert lane.next_page(counted(begun(lane.next_page())), links, most_waiting=2) is None
        (host,) = site.frontier.waiting_hosts()
        assert (host.host, host.ready) == ("site.example", 3)

    def test_many_lanes_at_once_count_every_page_once(self, crawl: Callable[..., Crawl]) -> None:
        site = crawl(pages=60)
        urls = [found(f"/{number}", 1 + number // 10) for number in range(100)]

        def work(lane: Lane) -> list[str]:
            done = []
            page = lane.next_page()
            while page is not None:
                done.append(page.url)
                links = urls[len(done) * 7 : len(done) * 7 + 30][:: (-1) ** len(done)]
                page = lane.next_page(counted(page), links, takes_ahead=len(done) % 3 > 0)
            return done

        lanes = [site.lane() for _ in range(6)]
        start = begun(lanes[0].next_page())
        lanes[0].end(counted(start), urls[:20])
        with ThreadPoolExecutor(6) as pool:
            pages = [url for done in pool.map(work, lanes) for url in done]
        assert len(set(pages)) == len(pages) == 59
        assert site.check()["outcomes"] == {"counted": 60}


class TestAhead:
    LINKS = tuple(found(f"/{number}") for number in range(6))

    def begun(self, lane: Lane) -> CrawlPage:
        """The first page after the start. The lane has another ahead."""
        page = begun(lane.next_page(counted(begun(lane.next_page())), self.LINKS, takes_ahead=True))
        assert lane.ahead is not None
        assert lane.ahead != page
        return page

    def test_the_page_that_a_lane_has_ahead_is_its_next(self, crawl: Callable[..., Crawl]) -> None:
        site = crawl()
        lane = site.lane()
        page = self.begun(lane)
        for _ in range(2):
            ahead = lane.ahead
            page = begun(lane.next_page(counted(page), takes_ahead=True))
            assert page == ahead
        assert site.check()["running"] == 2

    def test_the_last_pages_are_left_to_other_lanes(self, crawl: Callable[..., Crawl]) -> None:
        site = crawl()
        lane, other = site.lane(), site.lane()
        assert begun(lane.next_page(counted(begun(lane.next_page())), self.LINKS[:2], takes_ahead=True))
        assert lane.ahead is None
        assert begun(other.next_page())

    def test_a_page_ahead_that_was_not_asked_for_waits_again_and_takes_no_place(
        self, crawl: Callable[..., Crawl]
    ) -> None:
        site = crawl(pages=3)
        lane = site.lane()
        lane.end(counted(self.begun(lane)))
        assert lane.ahead is None
        sums = site.check()
        assert (sums["asked_for"], sums["running"]) == (2, 0)
        assert lane.next_page(counted(begun(lane.next_page()))) is None
        assert site.check()["outcomes"] == {"counted": 3}

    def test_no_more_pages_are_taken_ahead_than_may_be_read(self, crawl: Callable[..., Crawl]) -> None:
        lane = crawl(pages=2).lane()
        assert begun(lane.next_page(counted(begun(lane.next_page())), self.LINKS, takes_ahead=True))
        assert lane.ahead is None

    def test_a_host_that_is_left_alone_is_not_asked_for_the_page_ahead(self, crawl: Callable[..., Crawl]) -> None:
        site = crawl()
        lane = site.lane()
        page = begun(lane.next_page(counted(begun(lane.next_page())), [found(f"/{number}") for number in range(60)]))
        for _ in range(19):
            page = begun(lane.next_page(PageEnd(id=page.id, outcome="failed", host_failed=True), takes_ahead=True))
            assert lane.ahead is not None
        failed = PageEnd(id=page.id, outcome="failed", host_failed=True)
        assert lane.next_page(failed, takes_ahead=True) is None
        assert lane.ahead is None
        assert site.check()["running"] == 0

    def test_no_page_ends_because_another_killed_its_process(self, crawl: Callable[..., Crawl], store: Store) -> None:
        site = crawl()
        start = site.lane()
        start.end(counted(begun(start.next_page())), self.LINKS)
        job = store.submit(max_crashes=100)
        poison = f"{SITE}/0"
        while None in site.outcomes().values():
            held = store.claim(store.job(job.id), site.worker)
            assert held is not None
            lane = site.lane_of(held)
            lane.begin()
            page = lane.next_page(takes_ahead=True)
            while page is not None and page.url != poison:
                page = lane.next_page(counted(page), takes_ahead=True)
            store.crash(held)
        assert site.check()["outcomes"] == {"counted": 6, "failed": 1}
        assert site.outcomes()["/0"] == "failed"


class TestHosts:
    def test_a_host_that_fails_in_a_row_is_left_alone_and_then_for_good(
        self, crawl: Callable[..., Crawl], store: Store
    ) -> None:
        site = crawl()
        lane = site.lane()
        page = begun(lane.next_page(counted(begun(lane.next_page())), [found(f"/{number}") for number in range(80)]))
        for _ in range(3):
            for _ in range(20):
                following = lane.next_page(PageEnd(id=page.id, outcome="failed", reason="busy", host_failed=True))
                if following is None:
                    break
                page = following
            assert lane.next_page() is None
            store.sql("UPDATE crawl_hosts SET due_at = now()")
            page = lane.next_page() or page
        assert site.check()["outcomes"] == {"counted": 1, "failed": 80}
        assert site.frontier.finish()["stop_reason"] == "site-unavailable"

    def test_an_origin_without_its_robots_stops_no_other_of_its_host(
        self, crawl: Callable[..., Crawl], store: Store
    ) -> None:
        site = crawl()
        lane = site.lane()
        other = FoundUrl(url="https://site.example/", key=key("s"), host="site.example", depth=2)
        page = begun(lane.next_page(counted(begun(lane.next_page())), [found("/a"), other]))
        for failures in range(1, 6):
            note_robots(
                store.database, site.id, KeptRobots(origin=SITE, state="unreachable", http_status=503, rules="{}")
            )
            lane.robots_failed(page, SITE)
            if failures == 1:
                assert begun(lane.next_page()).url == other.url
            store.sql("UPDATE crawl_robots SET due_at = now()")
            store.sql("UPDATE crawl_pages SET due_at = now() WHERE due_at IS NOT NULL")
        assert site.outcomes() == {"/": "counted", "/a": "robots", other.url: None}

    def test_an_origin_without_its_robots_is_left_alone_whatever_page_of_it_turns_up(
        self, crawl: Callable[..., Crawl], store: Store
    ) -> None:
        site = crawl()
        lane = site.lane()
        unreachable = KeptRobots(origin=SITE, state="unreachable", http_status=503, rules="{}")
        keep_robots(store.database, unreachable)
        note_robots(store.database, site.id, unreachable)
        lane.robots_failed(begun(lane.next_page()), SITE)
        store.sql("UPDATE robots SET expires_at = now()")
        other = crawl()
        assert find_robots(store.database, site.id, SITE) == unreachable
        assert find_robots(store.database, other.id, SITE) is None
        store.sql("UPDATE crawl_robots SET due_at = now()")
        assert find_robots(store.database, site.id, SITE) is None

    def test_without_its_robots_a_host_is_asked_for_nothing(self, crawl: Callable[..., Crawl], store: Store) -> None:
        site = crawl()
        lane = site.lane()
        for _ in range(5):
            page = lane.next_page()
            assert page is not None
            unreachable = KeptRobots(origin=SITE, state="unreachable", http_status=503, rules="{}", detail="503.")
            note_robots(store.database, site.id, unreachable)
            for _ in range(3):  # lanes that ask at the same time count once
                lane.robots_failed(page, SITE)
            assert lane.next_page() is None
            store.sql("UPDATE crawl_robots SET due_at = now()")
            store.sql("UPDATE crawl_pages SET due_at = now() WHERE due_at IS NOT NULL")
        assert lane.next_page() is None
        assert site.frontier.end_of(key("/")) == ("robots", "robots-unreachable", "503.")
