"""Crawls while parts of the stack die: what they find and count is what a calm crawl does."""

import json
import os
import signal
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import suppress

import pytest
import requests

from dev.crawl_site import MAX_DEPTH, CrawlSite, running_crawl_site
from dev.odd_site import OddSite, page, robots, running_odd_site
from dev.stack import Stack
from dev.waiting import eventually
from job_core.job import JsonObject

SIZE = 25
MAX_PAGES = 60
HELD = "/tree/2"
CANCEL_SECONDS = 4.0


@pytest.fixture
def site() -> Iterator[CrawlSite]:
    with running_crawl_site(SIZE) as site:
        yield site


@pytest.fixture
def odd_site() -> Iterator[OddSite]:
    with running_odd_site() as site:
        yield site


def crawl(stack: Stack, site: CrawlSite) -> str:
    asked = {"max_depth": MAX_DEPTH + 3, "max_pages": MAX_PAGES, "word": "pear"}
    return stack.manager.submit(f"{site.origin}/", kind="crawl", **asked)


def counted(job: JsonObject) -> JsonObject:
    """What does not depend on how long the crawl took."""
    assert job["status"] == "SUCCESS", job
    return {name: value for name, value in job["result"].items() if name != "seconds"}


def lane_pids(stack: Stack) -> list[int]:
    rows = stack.query("SELECT worker_pid FROM jobs WHERE kind = 'crawl_lane' AND state = 'STARTED'")
    return [pid for (pid,) in rows]


def kill_lanes(stack: Stack) -> None:
    for pid in lane_pids(stack):
        os.kill(pid, signal.SIGKILL)


def kill_worker(stack: Stack) -> None:
    (pid, *_) = lane_pids(stack)
    busy = next(worker for worker in stack.job_workers if pid in {child.pid for child in worker.family()})
    busy.kill()


def kill_scheduler(stack: Stack) -> None:
    stack.job_scheduler.kill()


def flush_broker(stack: Stack) -> None:
    with stack.redis() as client:
        client.flushall()


def restart_database(stack: Stack) -> None:
    stack.job_db.kill()
    stack.job_db.start()
    stack.job_db.wait_until_ready()


@pytest.mark.parametrize("fault", [kill_lanes, kill_worker, kill_scheduler, flush_broker, restart_database])
def test_a_fault_in_the_middle_changes_no_sum(stack: Stack, site: CrawlSite, fault: Callable[[Stack], None]) -> None:
    calm = counted(stack.manager.ended_job(crawl(stack, site), within=90))
    site.forget()
    held = site.hold(HELD)
    crawl_id = crawl(stack, site)
    eventually(lambda: HELD in site.log(), "the held page is asked for", seconds=60)
    fault(stack)
    held.set()
    stack.make_whole()
    assert counted(stack.manager.ended_job(crawl_id, within=120)) == calm
    files = {"/robots.txt", "/sitemap-index.xml", "/sitemap-1.xml", "/sitemap-2.xml.gz", "/sitemap-missing.xml"}
    assert len(set(site.log()) - files) <= MAX_PAGES


def test_a_page_that_kills_its_process_fails_alone(stack: Stack, odd_site: OddSite) -> None:
    odd_site.routes = {
        "/robots.txt": robots(),
        "/": page("words", "/poison", "/good", "/more"),
        "/poison": page("poison", seconds=60),
        "/good|/more": lambda target, _: page(f"page {target}"),
    }

    def kill_reader(crawl_id: str) -> bool:
        rows = stack.query(
            "SELECT worker_pid FROM jobs JOIN crawl_pages ON lane_id = jobs.id"
            " WHERE crawl_id = %s AND url LIKE '%%/poison' AND jobs.state = 'STARTED'",
            crawl_id,
        )
        for (pid,) in rows:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        return stack.manager.job(crawl_id)["status"] == "SUCCESS"

    crawl_id = stack.manager.submit(f"{odd_site.origin}/", kind="crawl", sitemap="skip")
    eventually(lambda: "/poison" in odd_site.targets(), "the page is asked for", seconds=30)
    eventually(lambda: kill_reader(crawl_id), "the crawl succeeds", seconds=90)
    assert stack.manager.job(crawl_id)["result"]["outcomes"] == {"counted": 3, "failed": 1}
    (failed,) = stack.manager.ask("GET", f"/result/{crawl_id}/pages?outcome=failed").expect(200)["pages"]
    assert failed["reason"] == "attempt-crashed"


def test_a_cancelled_crawl_asks_for_nothing_soon(stack: Stack, odd_site: OddSite) -> None:
    odd_site.routes = {
        "/robots.txt": robots(),
        "/.*": lambda target, _: page(f"page {target}", *(f"{target}x{n}" for n in "abc"), seconds=0.1),
    }
    crawl_id = stack.manager.submit(f"{odd_site.origin}/", kind="crawl", sitemap="skip", max_pages=5_000)
    eventually(lambda: len(odd_site.targets()) > 20, "the crawl has begun", seconds=30)
    stack.manager.cancel(crawl_id)
    cancelled = time.monotonic()
    stack.wait_until_quiet()
    assert max(odd_site.times()) < cancelled + CANCEL_SECONDS
    pages = stack.manager.ask("GET", f"/result/{crawl_id}/pages?outcome=counted").expect(200)["pages"]
    assert pages
    left = stack.manager.ask("GET", f"/result/{crawl_id}/pages?outcome=not-read&limit=200").expect(200)["pages"]
    assert {each["outcome"] for each in left} == {"not-read"}
    assert stack.manager.ask("GET", f"/result/{crawl_id}/words/page").expect(200)["count"] > 0


def test_two_crawls_of_a_site_both_go_on_and_single_counts_do_not_wait(stack: Stack, odd_site: OddSite) -> None:
    odd_site.routes = {
        "/robots.txt": robots(),
        "/single": page("a single page"),
        "/.*": lambda target, _: page(f"page {target}", *(f"{target}x{n}" for n in "abc"), seconds=0.02),
    }
    crawls = [
        stack.manager.submit(f"{odd_site.origin}/{name}", kind="crawl", sitemap="skip", max_pages=400) for name in "ab"
    ]
    running = "SELECT taken FROM crawls JOIN jobs ON id = job_id WHERE state <> 'SUCCESS' AND id = ANY(%s::uuid[])"
    eventually(
        lambda: [taken > 1 for (taken,) in stack.query(running, crawls)] == [True] * 2, "both read pages", seconds=30
    )
    delays: list[float] = []
    shares: list[int] = []
    for _ in range(9):
        begun = time.monotonic()
        stack.manager.ended_job(stack.manager.submit(f"{odd_site.other_origin}/single"), within=60)
        delays.append(time.monotonic() - begun)
        shares += [taken for (taken,) in stack.query(running, crawls)]
    ended = [stack.manager.ended_job(each, within=180)["result"] for each in crawls]
    assert [each["stop_reason"] for each in ended] == ["max-pages"] * 2
    assert statistics.median(delays) <= 2, delays
    assert min(shares, default=1) > 0


def test_a_list_of_many_words_and_pages_comes_whole_as_csv_and_by_cursors(stack: Stack, odd_site: OddSite) -> None:
    words = " ".join(f"w{number}x" for number in range(2_500))
    odd_site.routes = {
        "/robots.txt": robots(),
        "/": page(f"{words} =cmd", *(f"/p/{number}a" for number in range(1_500))),
    }
    crawl_id = stack.manager.submit(f"{odd_site.origin}/", kind="crawl", sitemap="skip", max_pages=20)
    stack.manager.ended_job(crawl_id, within=90)
    for name, rows in (("words", 2_502), ("pages", 1_501)):
        url = f"{stack.manager.url}/result/{crawl_id}/{name}"
        with requests.get(url, params={"format": "csv"}, timeout=60) as answer:
            lines = answer.text.splitlines()
        first = [line.split(",")[0] for line in lines[1:]]
        assert (len(lines), len(set(first))) == (1 + rows, rows)
        seen: list[str] = []
        path: str | None = f"/result/{crawl_id}/{name}?limit=200"
        while path:
            body = stack.manager.ask("GET", path).expect(200)
            seen += [json.dumps(each) for each in body[name]]
            path = body["next"]
        assert (len(seen), len(set(seen))) == (rows, rows)
        for cursor in ("x", "1", "1.", "-1.2", "1.2.3", "9" * 30 + ".1", "1.\0"):
            bad = requests.get(url, params={"cursor": cursor}, timeout=30)
            assert bad.status_code in {200, 400, 422}, (cursor, bad.text)


def test_a_form_may_name_several_globs_and_a_crawl_can_be_repeated(stack: Stack, odd_site: OddSite) -> None:
    odd_site.routes = {
        "/robots.txt": robots(),
        "/": page("words", "/a/1", "/b/1", "/c/1"),
        "/./1": lambda target, _: page(target),
    }
    form = [("url", f"{odd_site.origin}/"), ("include", "/a/*"), ("include", "/b/*"), ("sitemap", "skip")]
    key = {"Idempotency-Key": odd_site.origin}
    answers = [requests.post(f"{stack.manager.url}/crawl", data=form, headers=key, timeout=30) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [202, 202], answers[0].text
    ((first, second),) = [tuple(answer.json()["id"] for answer in answers)]
    assert first == second
    assert stack.manager.ended_job(first)["result"]["outcomes"] == {"counted": 3}
    again = stack.manager.ask("POST", f"/result/{first}/retry").expect(202)["id"]
    assert stack.manager.ended_job(again)["result"]["outcomes"] == {"counted": 3}
