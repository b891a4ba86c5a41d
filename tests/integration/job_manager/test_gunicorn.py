"""The manager as it is deployed: many callers at once, and what only a real server meets."""

import http.client
import statistics
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import count
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import pytest
import requests

from dev.waiting import eventually
from embedded.servers import Servers
from job_core.job import Job, State
from tests.integration.job_manager.conftest import PLACES, THREADS
from tests.integration.job_store import Store
from tests.integration.pausing import Stopwatch, hung_broker, hung_database
from tests.integration.queue import Queue

URL = "https://example.com/"
NOTICED_SECONDS = 0.25


@pytest.fixture
def callers() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(THREADS + 8) as pool:
        yield pool


def wait_for(manager_url: str, job: Job, seconds: float) -> tuple[float, dict[str, Any]]:
    """When the answer came, and the answer."""
    answer: Any = requests.get(f"{manager_url}/result/{job.id}?wait={seconds:g}", timeout=40)
    return answer.came, answer.json()


def submit(manager_url: str, url: str = URL) -> tuple[float, requests.Response]:
    """How long the manager took for the submission, and its answer."""
    return timed_post(manager_url, {"url": url})


def timed_post(manager_url: str, body: dict[str, Any]) -> tuple[float, requests.Response]:
    begin = time.monotonic()
    answer: Any = requests.post(f"{manager_url}/count", json=body, timeout=40)
    return answer.came - begin, answer


def is_watched(store: Store, *jobs: Job) -> Callable[[], bool]:
    """Whether the manager asks the database about the end of `jobs`, and so has callers that wait for them."""

    def asked() -> bool:
        queries = store.sql("SELECT query FROM pg_stat_activity WHERE query LIKE '%jobs.attempt, jobs.state%'")
        return any(all(str(job.id) in row.query for job in jobs) for row in queries)

    return asked


class TestWaiting:
    """Long polls end soon after the job, and keep nobody else out."""

    @pytest.mark.parametrize("end", ["succeed", "fail", "cancel"])
    def test_a_caller_hears_of_the_end_within_250_ms(
        self, manager_url: str, store: Store, callers: ThreadPoolExecutor, end: str
    ) -> None:
        held = store.claimed()
        job = store.job(held.job_id)
        answer = callers.submit(wait_for, manager_url, job, 20)
        eventually(is_watched(store, job))
        if end == "cancel":
            store.cancel(job.id)
        else:
            getattr(store, end)(held)
        ended = time.monotonic()
        came, body = answer.result(30)
        assert came - ended < NOTICED_SECONDS
        assert body["status"] == {"succeed": State.SUCCESS, "fail": State.FAILURE, "cancel": State.REVOKED}[end]
        assert body["finished_at"] is not None

    def test_a_caller_whose_time_is_up_gets_the_job_as_it_is(self, manager_url: str, store: Store) -> None:
        job = store.submit()
        watch = Stopwatch()
        _, body = wait_for(manager_url, job, 0.5)
        assert 0.5 <= watch.seconds < 0.5 + NOTICED_SECONDS
        assert body["status"] == "PENDING"

    def test_waiting_callers_keep_no_submission_out(
        self, manager_url: str, store: Store, callers: ThreadPoolExecutor
    ) -> None:
        jobs = [store.submit() for _ in range(PLACES)]
        waiting = [callers.submit(wait_for, manager_url, job, 20) for job in jobs]
        eventually(is_watched(store, *jobs))
        took = []
        for _ in range(20):
            seconds, answer = submit(manager_url)
            assert answer.status_code == 202
            took.append(seconds)
        assert statistics.median(took) < 0.1
        assert not any(each.done() for each in waiting)
        for job in jobs:
            store.cancel(job.id)
        ended = time.monotonic()
        assert max(each.result(30)[0] for each in waiting) - ended < 2 * NOTICED_SECONDS

    def test_beyond_the_places_the_answer_comes_at_once(
        self, manager_url: str, store: Store, callers: ThreadPoolExecutor
    ) -> None:
        jobs = [store.submit() for _ in range(PLACES)]
        waiting = [callers.submit(wait_for, manager_url, job, 20) for job in jobs]
        eventually(is_watched(store, *jobs))
        watch = Stopwatch()
        _, body = wait_for(manager_url, store.submit(), 20)
        assert watch.seconds < 1
        assert body["status"] == "PENDING"
        for job in jobs:
            store.cancel(job.id)
        assert {each.result(30)[1]["status"] for each in waiting} == {"REVOKED"}

    def test_the_places_of_callers_that_went_are_free_again(
        self, manager_url: str, store: Store, callers: ThreadPoolExecutor
    ) -> None:
        for _ in range(2):
            job = store.submit()
            waiting = [callers.submit(wait_for, manager_url, job, 0.4) for _ in range(PLACES)]
            assert {each.result(30)[1]["status"] for each in waiting} == {"PENDING"}
        watch = Stopwatch()
        wait_for(manager_url, job, 0.4)
        assert watch.seconds >= 0.4

    def test_a_database_that_was_away_does_not_end_the_watch(
        self, manager_url: str, store: Store, servers: Servers, callers: ThreadPoolExecutor
    ) -> None:
        job = store.submit()
        answer = callers.submit(wait_for, manager_url, job, 20)
        eventually(is_watched(store, job))
        store.sql(
            "SELECT pg_terminate_backend(pid, 4000) FROM pg_stat_activity"
            " WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"
        )
        with hung_database(servers):
            assert requests.get(f"{manager_url}/readyz", timeout=10).status_code == 503
        store.cancel(job.id)
        ended = time.monotonic()
        came, body = answer.result(30)
        assert body["status"] == "REVOKED"
        assert came - ended < 5  # the watcher's own question may hang as long as any


def at_once(many: int, callers: ThreadPoolExecutor, call: Callable[[], Any]) -> list[Any]:
    together = threading.Barrier(many)

    def meet() -> Any:
        together.wait(10)
        return call()

    answers: list[Future[Any]] = [callers.submit(meet) for _ in range(many)]
    return [answer.result(40) for answer in answers]


class TestManyAtOnce:
    """Every thread has a submission while a service is away."""

    def test_with_the_database_hung(
        self, manager_url: str, store: Store, servers: Servers, queue: Queue, callers: ThreadPoolExecutor
    ) -> None:
        submit(manager_url)
        queue.wipe()
        with hung_database(servers):
            answers = at_once(THREADS, callers, lambda: submit(manager_url))
        assert {answer.status_code for _, answer in answers} == {503}
        assert max(seconds for seconds, _ in answers) < 2.5  # 2 s, and room for 24 callers on one core
        others = "SELECT 1 FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"
        eventually(lambda: store.sql(f"{others} AND state <> 'idle'") == [])
        assert (store.count(), len(queue)) == (1, 0)
        eventually(lambda: submit(manager_url)[1].status_code == 202)

    def test_with_the_broker_hung(
        self, manager_url: str, store: Store, servers: Servers, queue: Queue, callers: ThreadPoolExecutor
    ) -> None:
        submit(manager_url)
        with hung_broker(servers):
            answers = at_once(THREADS, callers, lambda: submit(manager_url))
        assert {answer.status_code for _, answer in answers} == {202}
        assert max(seconds for seconds, _ in answers) < 1.5  # 1 s, and room for 24 callers on one core
        assert store.count() == THREADS + 1
        queue.wipe()
        hosts = count()  # beyond its host's room a job has no message
        eventually(lambda: submit(manager_url, f"https://{next(hosts)}.example.com/") and len(queue), "a message")

    def test_with_all_well(self, manager_url: str, store: Store, queue: Queue, callers: ThreadPoolExecutor) -> None:
        hosts = iter(range(THREADS))  # beyond its host's room a job has no message
        answers = at_once(THREADS, callers, lambda: submit(manager_url, f"https://{next(hosts)}.example.com/")[1])
        ids = [UUID(answer.json()["id"]) for answer in answers]
        assert len(set(ids)) == store.count() == THREADS
        assert set(queue.job_ids()) == set(ids)

    def test_batches_take_turns_and_each_is_accepted(
        self, manager_url: str, store: Store, callers: ThreadPoolExecutor
    ) -> None:
        batch = {"urls": [f"https://{number}.example.com/" for number in range(100)]}
        answers = at_once(12, callers, lambda: requests.post(f"{manager_url}/count", json=batch, timeout=40))
        assert [answer.status_code for answer in answers] == [202] * 12
        assert store.count() == 1_200

    def test_batches_fail_together_with_the_database_hung(
        self, manager_url: str, store: Store, servers: Servers, callers: ThreadPoolExecutor
    ) -> None:
        batch = {"urls": [URL, URL]}

        timed_post(manager_url, batch)
        with hung_database(servers):
            answers = at_once(12, callers, lambda: timed_post(manager_url, batch))
        assert {answer.status_code for _, answer in answers} == {503}
        assert max(seconds for seconds, _ in answers) < 2.5  # 2 s, and room for 12 callers on one core
        assert store.count() == 2

    def test_with_one_idempotency_key(self, manager_url: str, store: Store, callers: ThreadPoolExecutor) -> None:
        def repeat() -> requests.Response:
            key = {"Idempotency-Key": "the same"}
            return requests.post(f"{manager_url}/count", json={"url": URL}, headers=key, timeout=40)

        answers = at_once(THREADS, callers, repeat)
        assert {answer.status_code for answer in answers} == {202}
        assert len({answer.json()["id"] for answer in answers}) == store.count() == 1


class TestOnTheWire:
    """What Flask's own client cannot send."""

    FORM = "application/x-www-form-urlencoded"

    def raw(
        self, manager_url: str, body: Any, content_type: str = "application/json", **headers: str
    ) -> tuple[int, str]:
        place = urlsplit(manager_url)
        connection = http.client.HTTPConnection(place.hostname or "", place.port, timeout=20)
        try:
            connection.request("POST", "/count", body, {"Content-Type": content_type} | headers)
            answer = connection.getresponse()
            answer.read()
            return answer.status, answer.headers["Content-Type"]
        finally:
            connection.close()

    def test_a_body_in_chunks_is_read(self, manager_url: str) -> None:
        assert self.raw(manager_url, iter([b'{"url": ', b'"https://example.com/"}']))[0] == 202

    @pytest.mark.parametrize(
        ("body", "content_type"),
        [
            (b'{"url": "https://example.com/"}' + b" " * 65_536, "application/json"),
            (b"url=https://example.com/&word=" + b"x" * 65_536, FORM),
            (
                b'--b\r\nContent-Disposition: form-data; name="url"\r\n\r\n' + b"x" * 65_536 + b"\r\n--b--\r\n",
                "multipart/form-data; boundary=b",
            ),
            (b'{"urls": ["https://example.com/"]}' + b" " * 2**20, "application/json"),
            (b"urls=https://example.com/&word=" + b"x" * 2**20, FORM),
        ],
        ids=["JSON", "form", "multipart", "urls in JSON", "urls in a form"],
    )
    @pytest.mark.parametrize("chunked", [False, True], ids=["whole", "in chunks"])
    def test_a_body_that_is_too_large_is_refused(
        self,
        manager_url: str,
        store: Store,
        body: bytes,
        content_type: str,
        chunked: bool,  # noqa: FBT001 - a parameter of the table
    ) -> None:
        answer = self.raw(manager_url, iter([body[:1_000], body[1_000:]]) if chunked else body, content_type)
        assert answer == (413, "application/problem+json")
        assert store.count() == 0

    def test_a_length_that_is_no_number_is_refused(self, manager_url: str) -> None:
        assert self.raw(manager_url, b"{}", **{"Content-Length": "many"}) == (400, "application/problem+json")

    def test_a_line_that_is_too_long_is_refused(self, manager_url: str) -> None:
        answer = requests.get(f"{manager_url}/jobs?url={'x' * 10_000}", timeout=20)
        assert (answer.status_code, answer.headers["Content-Type"]) == (414, "application/problem+json")
