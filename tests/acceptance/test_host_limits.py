"""Many URLs of one site beside those of others: none is hammered, none starves, and a site that asks for it rests."""

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from statistics import median

import pytest

from dev.crawl_site import running_crawl_site
from dev.manager import SUCCESS, Manager, Outcome
from dev.pages import PageServer, served_pages
from dev.stack import QUEUES, Stack
from dev.waiting import eventually
from job_tasks.settings import Settings
from tests.acceptance.conftest import lent
from tests.acceptance.recovery import DRAIN_SECONDS, Claims, Recoveries
from tests.acceptance.stack import running_stack

AT_ONCE = 3
RETRY_AFTER_SECONDS = 4
CHILDREN = 6  # of each worker: more than one site may have
BIG = "127.0.2.1"
OTHERS = [f"127.0.3.{number}" for number in range(1, 11)]
PER_HOST = {"FETCH_ALLOWED_PRIVATE_NETWORKS": "127.0.0.0/8", "FETCH_MAX_PER_HOST": str(AT_ONCE)}

RunStack = Callable[..., AbstractContextManager[Stack]]


@pytest.fixture
def crowd() -> Iterator[PageServer]:
    with served_pages(address="0.0.0.0") as crowd:
        yield crowd


@pytest.fixture(scope="module")
def run_stack(tmp_path_factory: pytest.TempPathFactory, pages: PageServer, _server_programs: None) -> RunStack:
    """A stack with settings of its own."""

    @contextmanager
    def run(children: int = CHILDREN, **settings: str) -> Iterator[Stack]:
        folder, settings = tmp_path_factory.mktemp("stack"), {"WORKER_CONCURRENCY": str(children), **settings}
        with running_stack(folder, pages.port, **settings) as stack:
            yield stack

    return run


@pytest.fixture(scope="module")
def shared_stack(run_stack: RunStack) -> Iterator[Stack]:
    with run_stack(**PER_HOST) as stack:
        yield stack


@pytest.fixture
def stack(shared_stack: Stack, pages: PageServer, request: pytest.FixtureRequest) -> Iterator[Stack]:
    """A stack that fetches AT_ONCE of a site, with nothing under way."""
    with lent(shared_stack, pages, request) as stack:
        yield stack


@pytest.mark.thorough
def test_many_urls_of_one_site_neither_hammer_it_nor_starve_the_others(stack: Stack, crowd: PageServer) -> None:
    many = 1_000
    big = stack.manager.submit_all([crowd.url(f"/slow/{number}?seconds=0.1", BIG) for number in range(many)])
    others = stack.manager.submit_all(
        [crowd.url(f"/slow/{number}?seconds=0.05", host) for number in range(many // 20) for host in OTHERS]
    )
    assert stack.manager.ended_all(others, within=60) == [SUCCESS] * len(others)
    assert ended(stack, big) < many / 2
    eventually(lambda: ended(stack, big) == many, "all have ended", seconds=240)
    assert messages_beyond_waiting(stack) == 0
    assert stack.manager.outcome(big[many // 2]) == SUCCESS
    outcomes = "SELECT outcome, count(*) FROM attempts WHERE job_id = ANY(%s::uuid[]) GROUP BY outcome"
    assert stack.query(outcomes, big + others) == [("SUCCESS", len(big + others))]
    assert crowd.max_at_once(BIG) == AT_ONCE


def test_a_site_that_asks_for_a_pause_is_left_alone_by_all_its_jobs(stack: Stack, crowd: PageServer) -> None:
    first = stack.manager.submit(crowd.url(f"/busy/first?times=1&after={RETRY_AFTER_SECONDS}", BIG))
    stack.manager.reached(first, "RETRY: server-busy")
    (asked,) = crowd.starts(BIG)
    jobs = stack.manager.submit_all([crowd.url(f"/words/200/{number}", BIG) for number in range(20)])
    beside = stack.manager.submit(crowd.url("/words/200", OTHERS[0]))
    assert stack.manager.ended(beside) == SUCCESS
    eventually(lambda: stack.manager.job(jobs[-1])["parked_at"], "the last is parked", seconds=10)
    assert stack.manager.ended_all(jobs, within=20) == [SUCCESS] * 20
    assert stack.manager.ended(first, within=20) == Outcome(
        status="SUCCESS", attempts=["RETRY: server-busy", "SUCCESS"], attempts_used=1
    )
    _, second, *_ = crowd.starts(BIG)
    assert RETRY_AFTER_SECONDS <= second - asked <= RETRY_AFTER_SECONDS + 4


@pytest.mark.thorough
def test_between_two_starts_on_a_site_lies_the_gap(run_stack: RunStack, crowd: PageServer) -> None:
    gap = 0.5
    with run_stack(**PER_HOST, FETCH_HOST_GAP_SECONDS=str(gap)) as stack:
        jobs = stack.manager.submit_all([crowd.url(f"/words/200/{number}", BIG) for number in range(20)])
        begun = time.monotonic()
        assert stack.manager.ended_all(jobs, within=60) == [SUCCESS] * 20
        assert time.monotonic() - begun < 20 * 2, "no better than one in each round of the reconciler"
    # Between claim and request lies work, which takes its time, and not always the same.
    assert sum(crowd.gaps(BIG)) / 19 >= gap
    assert min(crowd.gaps(BIG)) >= gap / 2


def test_jobs_that_are_parked_as_a_worker_is_killed_all_end(
    stack: Stack, crowd: PageServer, recoveries: Recoveries
) -> None:
    jobs = stack.manager.submit_all([crowd.url(f"/slow/{number}?seconds=0.5", BIG) for number in range(40)])
    claims = Claims(stack, stack.job_workers[0])
    eventually(lambda: len(crowd.starts(BIG)) >= 10 and claims.held(), "a quarter is under way", seconds=30)
    stack.job_workers[0].kill()
    stack.job_scheduler.kill()
    with recoveries.measure("worker and scheduler killed over parked jobs, the scheduler started again"):
        stack.job_scheduler.start()
        claims.wait_until_taken_back()
    outcomes = stack.manager.ended_all(jobs, within=DRAIN_SECONDS)
    lost = Outcome(status="SUCCESS", attempts=["LOST", "SUCCESS"])
    assert [outcome for outcome in outcomes if outcome not in (SUCCESS, lost)] == []
    assert outcomes.count(lost) <= AT_ONCE
    assert crowd.max_at_once(BIG) <= AT_ONCE + outcomes.count(lost)  # a site may not notice at once who is dead


def test_a_parked_job_is_cancelled_and_never_begun(stack: Stack, crowd: PageServer) -> None:
    hanging = stack.manager.submit_all([crowd.url(f"/held/{number}", BIG) for number in range(AT_ONCE)])
    eventually(lambda: len(crowd.starts(BIG)) == AT_ONCE, "the site is full", seconds=20)
    parked = stack.manager.submit(crowd.url("/words/200", BIG))
    eventually(lambda: stack.manager.job(parked)["parked_at"], "it is parked", seconds=10)
    cancelled = stack.manager.cancel(parked)
    assert (cancelled["status"], cancelled["parked_at"]) == ("REVOKED", None)
    for job_id in hanging:
        stack.manager.cancel(job_id)
    later = stack.manager.submit(crowd.url("/words/200", BIG))
    assert stack.manager.ended(later, within=20) == SUCCESS
    assert stack.manager.outcome(parked) == Outcome(status="REVOKED")
    assert len(crowd.starts(BIG)) == AT_ONCE + 1


def test_sites_that_hang_leave_room_for_good_pages(stack: Stack, crowd: PageServer) -> None:
    hang = [crowd.url(f"/held/{number}", "127.0.5.1") for number in range(20)]
    hang += [crowd.url("/held/", f"127.0.5.{number}") for number in range(2, 6)]
    hung = stack.manager.submit_all(hang)
    eventually(lambda: all(crowd.starts(f"127.0.5.{number}") for number in range(1, 6)), "all hang", seconds=20)
    good = [crowd.url(f"/slow/{number}?seconds=0.1", host) for number in range(5) for host in OTHERS]
    assert stack.manager.ended_all(stack.manager.submit_all(good), within=60) == [SUCCESS] * 50
    assert ended(stack, hung) == 0
    assert crowd.max_at_once("127.0.5.1") == AT_ONCE


HOSTS = [f"127.0.4.{number}" for number in range(1, 41)]
PATIENT = {
    "FETCH_ALLOWED_PRIVATE_NETWORKS": "127.0.0.0/8",
    "FETCH_READ_TIMEOUT_SECONDS": "",
    "FETCH_TOTAL_TIMEOUT_SECONDS": "",
}
DEFAULT_CHILDREN = Settings.model_fields["worker_concurrency"].default


def good_pages(crowd: PageServer) -> list[str]:
    return [crowd.url(f"/slow/{number}?seconds=0.5", HOSTS[number % len(HOSTS)]) for number in range(200)]


def bad_pages(crowd: PageServer) -> list[str]:
    return [crowd.url(("/drip/", "/held/")[number % 2], f"127.0.5.{number}") for number in range(1, 21)]


@pytest.mark.thorough
def test_beside_twenty_misbehaving_sites_good_pages_take_at_most_twice_their_usual_time(
    run_stack: RunStack, crowd: PageServer
) -> None:
    good = good_pages(crowd)
    with run_stack(children=DEFAULT_CHILDREN, **PATIENT) as stack:
        seconds_for(stack, good)  # children that have not fetched yet are slower
        usual = seconds_for(stack, good)
        hung = stack.manager.submit_all(bad_pages(crowd))
        eventually(lambda: all(crowd.starts(f"127.0.5.{number}") for number in range(1, 21)), "all hang", seconds=20)
        beside = seconds_for(stack, good)
        assert ended(stack, hung) == 0
    assert beside <= 2 * usual, f"{beside:.1f} s, usually {usual:.1f} s"


@pytest.mark.thorough
def test_the_same_holds_for_workers_that_have_rested_and_have_few_children(
    run_stack: RunStack, crowd: PageServer
) -> None:
    # Both run before the first is measured, so that the machine is as it was when the second is.
    with (
        run_stack(children=DEFAULT_CHILDREN, **PATIENT) as calm,
        run_stack(children=DEFAULT_CHILDREN, **PATIENT) as stack,
    ):
        usual = seconds_for(calm, good_pages(crowd))
        hung = stack.manager.submit_all(bad_pages(crowd))
        beside = seconds_for(stack, good_pages(crowd))
        assert ended(stack, hung) == 0
    assert beside <= 2 * usual, f"{beside:.1f} s, usually {usual:.1f} s"


LATER_SECONDS = 2.0  # the median for one URL beside those of others, beyond that on an idle stack
SINGLES = [f"127.0.7.{number}" for number in range(1, 21)]
MEDIAN = """
    SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM finished_at - created_at))
    FROM jobs WHERE id = ANY(%s::uuid[])
"""


def test_one_url_does_not_wait_behind_hundreds_of_others(stack: Stack, crowd: PageServer) -> None:
    usual = median_seconds(stack, [submit_one(stack.manager, crowd, host) for host in SINGLES[:3]])
    urls = [crowd.url(f"/slow/{number}?seconds=0.5", f"127.0.6.{number % 120}") for number in range(360)]
    others = stack.manager.submit_all(urls)
    beside = median_seconds(stack, [submit_one(stack.manager, crowd, host) for host in SINGLES[:5]])
    done = ended(stack, others)
    stack.query("SELECT cancel_job(id) FROM jobs WHERE finished_at IS NULL")
    assert beside <= usual + LATER_SECONDS, f"{beside:.1f} s, usually {usual:.1f} s"
    assert done < len(others) / 2


@pytest.mark.thorough
def test_one_url_does_not_wait_behind_twenty_thousand_on_two_hundred_hosts(
    run_stack: RunStack, crowd: PageServer
) -> None:
    with run_stack(children=DEFAULT_CHILDREN, **PATIENT, MANAGER_PROCESSES="") as stack:
        manager = replace(stack.manager, check=lambda _: None)  # a thousand jobs an answer
        usual = median_seconds(stack, [submit_one(manager, crowd, host) for host in SINGLES])
        others, singles = [], []
        for host in SINGLES:
            urls = [crowd.url(f"/words/200/{host}/{number}", f"127.0.6.{number % 200}") for number in range(1_000)]
            others += manager.submit_all(urls)
            singles.append(submit_one(manager, crowd, host))
        beside = median_seconds(stack, singles)
        eventually(lambda: ended(stack, others) > len(others) / 10, "the others are being counted", seconds=120)
        later = median_seconds(stack, [submit_one(manager, crowd, host) for host in SINGLES])
        assert ended(stack, others) < len(others) / 2
    assert max(beside, later) <= usual + LATER_SECONDS, f"{beside:.1f} s, {later:.1f} s, usually {usual:.1f} s"


LANES = """
    SELECT parent_id, count(*) FROM jobs WHERE kind = 'crawl_lane' AND worker_id IS NOT NULL
    GROUP BY parent_id ORDER BY parent_id
"""


def test_crawls_share_half_of_the_children_and_leave_the_others_to_single_urls(stack: Stack, crowd: PageServer) -> None:
    usual = median_seconds(stack, [submit_one(stack.manager, crowd, host) for host in SINGLES[:3]])
    with running_crawl_site(size=3_000, seconds=0.5) as site:

        def crawl(number: int) -> str:
            url = f"http://127.0.8.{number}:{site.port}/tree/0"
            return stack.manager.submit(url, kind="crawl", max_pages=3_000)

        first = crawl(1)
        eventually(lambda: stack.query(LANES) == [(first, AT_ONCE)], "the first has all its lanes", seconds=30)
        others = [crawl(number) for number in (2, 3, 4)]
        a_lane_each = [(crawl_id, CHILDREN // 4) for crawl_id in (first, *others)]
        eventually(lambda: stack.query(LANES) == a_lane_each, "each has its share", seconds=60)
        beside = [median_seconds(stack, [submit_one(stack.manager, crowd, host)]) for host in SINGLES[:10]]
        for crawl_id in others:
            stack.manager.cancel(crawl_id)
        eventually(lambda: stack.query(LANES) == [(first, AT_ONCE)], "the first has all its lanes again", seconds=60)
        stack.manager.cancel(first)
    assert median(beside) <= usual + LATER_SECONDS, f"{median(beside):.1f} s, usually {usual:.1f} s"


def submit_one(manager: Manager, crowd: PageServer, host: str) -> str:
    """Submit one URL of a host that nobody else asks for."""
    return manager.submit(crowd.url("/words/20", host))


def median_seconds(stack: Stack, jobs: list[str]) -> float:
    """The median time from the acceptance of a job until it has succeeded."""
    assert stack.manager.ended_all(jobs, within=300) == [SUCCESS] * len(jobs)
    ((seconds,),) = stack.query(MEDIAN, jobs)
    return float(seconds)


def seconds_for(stack: Stack, urls: list[str]) -> float:
    """How long it takes until all these have succeeded."""
    begun = time.monotonic()
    jobs = stack.manager.submit_all(urls)
    eventually(lambda: ended(stack, jobs) == len(jobs), "all have ended", seconds=120)
    seconds = time.monotonic() - begun
    ((succeeded,),) = stack.query("SELECT count(*) FROM jobs WHERE id = ANY(%s::uuid[]) AND state = 'SUCCESS'", jobs)
    assert succeeded == len(urls)
    return seconds


def ended(stack: Stack, jobs: list[str]) -> int:
    """How many of `jobs` have ended."""
    ((count,),) = stack.query("SELECT count(*) FROM jobs WHERE id = ANY(%s::uuid[]) AND finished_at IS NOT NULL", jobs)
    return int(count)


def messages_beyond_waiting(stack: Stack) -> int:
    """How many more messages there are than jobs that wait."""
    ((waiting,),) = stack.query("SELECT count(*) FROM jobs WHERE state = 'PENDING'")
    with stack.redis() as client:
        return max(0, sum(int(client.llen(name)) for name in QUEUES) - int(waiting))
