"""Waiting for jobs, by the states that a manager lists."""

import json
from collections.abc import Callable, Iterable
from types import SimpleNamespace
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from job_core.job import ENDED as ENDED_STATES
from job_core.job import State
from job_manager import requests
from wordcount import show, watch
from wordcount.job import ENDED, STATES, UNKNOWN
from wordcount.manager import Manager
from wordcount.watch import HALF, ended_jobs


class Listing:
    """`GET /jobs` over the states of jobs by their number; by a clock that moves only while the command sleeps."""

    def __init__(self, server: HTTPServer) -> None:
        server.expect_request("/jobs").respond_with_handler(self.page)
        self.manager = Manager(server.url_for("/"), None, pytest.fail)
        self.states: dict[int, str] = {}
        self.requests = 0
        self.slept: list[float] = []
        self.meanwhile: Callable[[], None] = self.end_the_oldest  # in each pause

    def page(self, request: Request) -> Response:
        self.requests += 1
        numbers = [UUID(text).int for text in request.args.getlist("id")]
        assert 1 <= len(numbers) <= requests.MAX_LIMIT
        jobs = [job(number, self.states[number]) for number in numbers if number in self.states]
        return Response(json.dumps({"jobs": jobs, "next": None}), content_type="application/json")

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.meanwhile()

    def end_the_oldest(self) -> None:
        running = sorted(number for number, state in self.states.items() if state not in ENDED)
        self.states.update(dict.fromkeys(running[:1], "SUCCESS"))

    def ended(self, numbers: Iterable[int]) -> list[tuple[int, str]]:
        """Each job that was waited for, with its state."""
        ended = ended_jobs(self.manager, [UUID(int=number) for number in numbers])
        return [(UUID(each["id"]).int, each["status"]) for each in ended]


def job(number: int, status: str) -> dict[str, object]:
    rest = {"kind": "count", "url": "https://example.com/", "created_at": "", "result": None, "error": None}
    return {"id": str(UUID(int=number)), "status": status, **rest}


@pytest.fixture
def listing(httpserver: HTTPServer, monkeypatch: pytest.MonkeyPatch) -> Listing:
    listing = Listing(httpserver)
    clock = SimpleNamespace(sleep=listing.sleep, monotonic=lambda: sum(listing.slept))
    monkeypatch.setattr(watch, "time", clock)
    return listing


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    states=st.dictionaries(st.integers(0, 300), st.sampled_from(STATES), max_size=20),
    asked=st.lists(st.integers(0, 300), min_size=1, max_size=400),
)
def test_every_job_comes_once_when_it_has_ended_or_is_not_there(
    listing: Listing, states: dict[int, str], asked: list[int]
) -> None:
    listing.states = dict(states)
    expected = {number: states.get(number, UNKNOWN) for number in asked}
    expected.update({number: "SUCCESS" for number, state in expected.items() if state not in {*ENDED, UNKNOWN}})
    assert sorted(listing.ended(asked)) == sorted(expected.items())


def test_ten_thousand_jobs_that_have_ended_are_fifty_requests_without_a_pause(listing: Listing) -> None:
    listing.states = dict.fromkeys(range(10_000), "FAILURE")
    assert sorted(listing.ended(range(10_000))) == [(number, "FAILURE") for number in range(10_000)]
    assert (listing.requests, listing.slept) == (50, [])


def test_a_job_that_ends_far_behind_those_that_wait_is_seen(listing: Listing) -> None:
    listing.states = dict.fromkeys(range(2_000), "RETRY") | {1_999: "SUCCESS"}
    listing.meanwhile = lambda: None
    ids = [UUID(int=number) for number in range(2_000)]
    assert UUID(next(ended_jobs(listing.manager, ids))["id"]).int == 1_999
    assert listing.requests == 19
    assert sum(listing.slept) < 20


def test_pauses_grow_to_a_second_and_are_short_again_once_a_job_has_ended(listing: Listing) -> None:
    listing.states = {1: "STARTED", 2: "STARTED"}
    listing.meanwhile = lambda: listing.end_the_oldest() if len(listing.slept) in {6, 9} else None
    assert listing.ended([2, 1]) == [(1, "SUCCESS"), (2, "SUCCESS")]
    assert listing.slept == [0.375, 0.5625, 0.84375, 1.0, 1.0, 1.0, 0.25, 0.375, 0.5625]


def test_states_and_pages_are_the_managers() -> None:
    assert (set(STATES), ENDED) == (set(State), set(ENDED_STATES))
    assert requests.MAX_LIMIT == 2 * HALF == show.MAX_PAGE
