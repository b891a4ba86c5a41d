"""Which of many jobs have ended, asked of a list as `GET /jobs` gives it."""

import json
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from job_core.job import ENDED as ENDED_STATES
from job_core.job import State
from job_manager import requests
from wordcount import jobs
from wordcount.job import ENDED, STATES, UNKNOWN
from wordcount.manager import Manager
from wordcount.waiting import WINDOW, Waiting, ended_among


def job(number: int, status: str) -> dict[str, object]:
    rest = {"kind": "count", "url": "https://example.com/", "created_at": "", "result": None, "error": None}
    return {"id": str(UUID(int=number)), "status": status, **rest}


class Listing:
    """`GET /jobs` over the states of jobs by their number."""

    def __init__(self, server: HTTPServer) -> None:
        server.expect_request("/jobs").respond_with_handler(self.page)
        self.manager = Manager(server.url_for("/"), None, pytest.fail)
        self.states: dict[int, str] = {}
        self.pages = 0

    def page(self, request: Request) -> Response:
        self.pages += 1
        limit, before = int(request.args["limit"]), UUID(request.args["cursor"]).int
        assert 1 <= limit <= requests.MAX_LIMIT
        below = sorted((number for number in self.states if number < before), reverse=True)
        listed = [job(number, self.states[number]) for number in below[:limit]]
        following = "/jobs?cursor=…" if len(below) > limit else None
        return Response(json.dumps({"jobs": listed, "next": following}), content_type="application/json")


@pytest.fixture
def listing(httpserver: HTTPServer) -> Listing:
    return Listing(httpserver)


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    states=st.dictionaries(st.integers(1, 300), st.sampled_from(STATES), max_size=60),
    asked=st.sets(st.integers(1, 300), min_size=1, max_size=40),
)
def test_every_job_that_ended_or_is_not_there_is_found_among_those_of_others(
    listing: Listing, states: dict[int, str], asked: set[int]
) -> None:
    listing.states, listing.pages = states, 0
    found = {
        UUID(each["id"]).int: each["status"]
        for each in ended_among(listing.manager, [UUID(int=n) for n in sorted(asked)])
    }
    expected = {number: states.get(number, UNKNOWN) for number in asked}
    assert found == {number: state for number, state in expected.items() if state in {*ENDED, UNKNOWN}}
    assert listing.pages <= len(asked)


def test_jobs_that_lie_together_are_one_page(listing: Listing) -> None:
    listing.states = dict.fromkeys(range(1, 1_001), "SUCCESS")
    assert len(ended_among(listing.manager, [UUID(int=number) for number in range(401, 601)])) == WINDOW
    assert listing.pages == 1


def test_jobs_far_apart_are_not_looked_for_in_between(listing: Listing) -> None:
    listing.states = dict.fromkeys(range(1, 5_001), "SUCCESS")
    assert len(ended_among(listing.manager, [UUID(int=1), UUID(int=2_500), UUID(int=5_000)])) == 3
    assert listing.pages == 3


def test_ten_thousand_jobs_that_have_ended_are_fifty_pages(listing: Listing) -> None:
    listing.states = dict.fromkeys(range(1, 10_001), "SUCCESS")
    ended = list(Waiting(listing.manager, [UUID(int=number) for number in range(1, 10_001)]).ended())
    assert [UUID(each["id"]).int for each in ended] == list(range(1, 10_001))
    assert listing.pages == 50


def test_a_job_that_ends_far_behind_those_that_wait_is_seen(listing: Listing, httpserver: HTTPServer) -> None:
    listing.states = dict.fromkeys(range(1, 2_001), "RETRY") | {1_999: "SUCCESS"}

    waits: list[Request] = []

    def wait(request: Request) -> Response:
        waits.append(request)
        if len(waits) > 20:
            return Response("it was not seen", 500)
        return Response(json.dumps(job(1, "RETRY")), content_type="application/json")

    httpserver.expect_request(f"/result/{UUID(int=1)}").respond_with_handler(wait)
    first = next(Waiting(listing.manager, [UUID(int=number) for number in range(1, 2_001)]).ended())
    assert UUID(first["id"]).int == 1_999


def test_an_id_given_twice_is_waited_for_once(listing: Listing) -> None:
    listing.states = {7: "FAILURE"}
    assert len(list(Waiting(listing.manager, [UUID(int=7)] * 2).ended())) == 1


def test_the_largest_and_the_smallest_id_can_be_asked_for(listing: Listing) -> None:
    ids = [UUID(int=0), UUID(int=2**128 - 1)]
    assert [each["status"] for each in ended_among(listing.manager, ids)] == [UNKNOWN] * 2


def test_states_and_pages_are_the_managers() -> None:
    assert (set(STATES), ENDED) == (set(State), set(ENDED_STATES))
    assert requests.MAX_LIMIT == WINDOW == jobs.PAGE
