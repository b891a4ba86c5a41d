"""The page's answers, as a browser gets them; what it does with them is in tests/acceptance/page."""

import json
from dataclasses import replace
from html import unescape
from uuid import UUID

import pytest
from flask.testing import FlaskClient

from dev.waiting import eventually
from embedded.servers import Servers
from job_core.job import JsonObject
from job_manager.web.form import EXAMPLE
from tests.conformance import PROBLEM
from tests.integration.job_manager.conftest import manager_on
from tests.integration.job_store import NEW_JOB, NO_TEXT, RESULT, Store
from tests.integration.kept_quotes import KeptQuotes, a_quote
from tests.integration.pausing import Stopwatch, hung_database

UNKNOWN = "/job/00000000-0000-0000-0000-000000000001"


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/", 200),
        ("/?status=LOST", 422),
        (UNKNOWN, 404),
        ("/docs", 200),
        ("/static/page.css", 200),
        ("/static/none", 404),
    ],
)
def test_every_answer_holds_the_browser_to_its_policy(web: FlaskClient, path: str, status: int) -> None:
    with web.get(path) as answer:
        answer.get_data()
    assert answer.status_code == status
    assert answer.headers["Content-Security-Policy"] == (
        "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; "
        "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
    )
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Referrer-Policy"] == "same-origin"


def test_pages_are_not_kept_and_style_and_script_are_asked_for_again(web: FlaskClient) -> None:
    assert web.get("/").headers["Cache-Control"] == "no-store"
    with web.get("/static/page.css") as style:
        style.get_data()
    assert style.headers["Cache-Control"] == "no-cache"
    with web.get("/static/page.css", headers={"If-None-Match": style.headers["ETag"]}) as again:
        assert again.status_code == 304


def test_the_list_says_how_many_wait_outside_the_queue(web: FlaskClient, store: Store) -> None:
    assert "outside the queue" not in web.get("/").text
    for _ in range(3):
        store.submit(limit_key="site.example", at_once=1)
    assert "(2 of them for a place at their site, outside the queue)" in web.get("/").text


@pytest.mark.parametrize("path", ["/count", "/result/{}/retry", "/job/{}/retry", "/job/{}/cancel", "/"])
@pytest.mark.parametrize("headers", [{"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://elsewhere.example"}])
def test_what_another_sites_page_sends_changes_nothing(
    web: FlaskClient, store: Store, path: str, headers: dict[str, str]
) -> None:
    job = store.submit()
    fields = {"url": "https://example.com/", "urls": "https://example.com/"}
    answer = web.post(path.format(job.id), data=fields, headers=headers)
    assert answer.status_code == 403
    assert "another site" in answer.text
    assert (store.count(), store.job(job.id)) == (1, job)


def test_a_search_by_author_shows_that_one_and_a_page_that_says_so(web: FlaskClient, quotes: KeptQuotes) -> None:
    other = "https://other.example/"
    quotes.keep(a_quote("One.", "Ada", confidence=0.9))
    quotes.keep(a_quote("One.", "Grace"), url=other)
    found = web.get("/quote?author=Grace").text.partition('id="search"')[2].partition("<li>")[2].partition("</li>")[0]
    assert f"<bdi>{other}</bdi></a>, attributed to " in found
    assert "<bdi>Grace</bdi></a>; " in found
    assert "seen on 2 pages" in found


def test_a_job_is_cancelled_only_by_what_may_change_something(web: FlaskClient, store: Store) -> None:
    job = store.submit()
    assert web.get(f"/job/{job.id}/cancel").status_code == 405
    assert web.delete(f"/result/{job.id}", headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403
    assert web.post(f"/job/{job.id}/cancel").headers["Location"] == f"/job/{job.id}"
    assert store.state(job.id) == "REVOKED"


def test_a_database_that_is_away_is_explained_within_two_seconds(web: FlaskClient, servers: Servers) -> None:
    web.get("/")
    with hung_database(servers):
        for method, path in (("GET", "/"), ("GET", UNKNOWN), ("POST", "/")):
            watch = Stopwatch()
            answer = web.open(path, method=method, data={"urls": "example.com"} if method == "POST" else None)
            assert (answer.status_code, answer.mimetype) == (503, "text/html")
            assert "The job store is not reachable" in answer.text
            assert int(answer.headers["Retry-After"]) > 0
            assert watch.seconds < 2


def test_a_body_that_is_too_large_is_explained(web: FlaskClient) -> None:
    answer = web.post("/", data={"urls": "x" * 2**21})
    assert (answer.status_code, answer.mimetype) == (413, "text/html")


@pytest.mark.parametrize("query", ["text=%00", "kind=none", "cursor=x", "status=x"])
def test_a_filter_that_makes_no_sense_is_explained(web: FlaskClient, query: str) -> None:
    answer = web.get(f"/?{query}")
    assert (answer.status_code, answer.mimetype) == (422, "text/html")
    assert "The request is not valid" in answer.text


@pytest.mark.parametrize(
    ("path", "status"), [("/nowhere", 404), ("/job", 404), ("/job/x/cancel", 405), ("/result", 404)]
)
def test_an_unknown_address_is_a_page_where_a_browser_asks_and_a_problem_elsewhere(
    web: FlaskClient, path: str, status: int
) -> None:
    browser = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8"}
    for headers, expected in ((browser, "text/html"), ({"Accept": "*/*"}, PROBLEM), ({}, PROBLEM)):
        answer = web.get(path, headers=headers)
        assert (answer.status_code, answer.mimetype) == (status, expected)
    assert "script-src 'self'" in web.get(path, headers=browser).headers["Content-Security-Policy"]


@pytest.mark.parametrize(
    "back", ["//elsewhere.example/", "/\\elsewhere.example", "https://elsewhere.example/", "", "/\r\nX: y", "/ä"]
)
def test_a_form_leads_back_to_a_page_here_only(web: FlaskClient, store: Store, back: str) -> None:
    job = store.submit()
    assert web.post("/theme", data={"back": back}).headers["Location"] == "/"
    assert web.post(f"/job/{job.id}/cancel", data={"back": back}).headers["Location"] == f"/job/{job.id}"
    assert web.post(f"/job/{job.id}/cancel", data={"back": "/?text=a#jobs"}).headers["Location"] == "/?text=a#jobs"


@pytest.mark.parametrize("path", ["/batch/x", "/batch/00000000-0000-0000-0000-000000000001"])
def test_an_unknown_batch_is_explained(web: FlaskClient, path: str) -> None:
    for each in (path, f"{path}/jobs.csv"):
        answer = web.get(each)
        assert (answer.status_code, answer.mimetype) == (404, "text/html")
        assert "There is no such batch" in answer.text


def test_a_large_batch_page_by_page(web: FlaskClient, store: Store) -> None:
    jobs = store.accept([replace(NEW_JOB, label=f"https://example.com/{number}") for number in range(201)]).jobs
    path = f"/batch/{jobs[0].batch_id}"
    for job in (jobs[0], jobs[200]):
        held = store.claim(job)
        assert held is not None
        assert store.succeed(held, RESULT | {"words": 700})
    assert ['<dd id="words">1,400</dd>' in web.get(f"{path}?page={page}").text for page in (1, 2)] == [True, True]
    assert "2 of 201 have ended" in web.get(path).text
    assert [web.get(f"{path}?page={page}").text.count('<a id="job-') for page in (1, 2, 3, 4)] == [100, 100, 1, 0]
    assert web.get(f"{path}/jobs.csv").text.count("\r\n") == 202


def test_the_empty_page_offers_an_example(web: FlaskClient, store: Store) -> None:
    assert 'id="example"' in web.get("/").text
    answer = web.post("/", data=EXAMPLE | {"urls": EXAMPLE["url"]})
    assert store.job(UUID(answer.headers["Location"].rpartition("/")[2])).request.items() >= EXAMPLE.items()
    assert 'id="example"' not in web.get("/").text


def test_a_job_that_asked_for_too_few_words_to_hide_stop_words_can_be_counted_again(
    web: FlaskClient, store: Store
) -> None:
    few, enough = store.claimed(), store.claimed()
    top = [["the", 5], ["of", 4], ["queue", 3]]
    assert store.succeed(few, RESULT | {"top": top, "unique_words": 50, "language": "en"})
    assert store.succeed(enough, RESULT | {"top": top, "unique_words": 3, "language": "en"})
    page = web.get(f"/job/{few.job_id}?stop=hide").text
    assert "The job asked for 3 words; without stop words, 1 is left." in page
    assert 'id="too-few"' not in web.get(f"/job/{few.job_id}").text
    assert 'id="too-few"' not in web.get(f"/job/{enough.job_id}?stop=hide").text


def test_flower_is_where_the_setting_says(servers: Servers, store: Store) -> None:
    job = store.submit()
    client = manager_on(servers, FLOWER_URL="https://flower.example/base/")
    assert f'href="https://flower.example/base/task/{job.id}"' in client.get(f"/job/{job.id}").text


def test_totals_are_of_all_jobs_and_a_second_old_at_most(web: FlaskClient, store: Store) -> None:
    store.accept(
        [replace(NEW_JOB, label="https://example.com/listed", request={"url": "https://example.com/listed"})] * 3
    )
    assert 'waiting <span class="count">3</span>' in web.get("/?text=nothing").text
    store.submit()
    eventually(lambda: 'waiting <span class="count">4</span>' in web.get("/?text=nothing").text, seconds=2)


def test_only_a_job_of_a_kind_that_is_still_done_can_be_tried_again(web: FlaskClient, store: Store) -> None:
    done, gone = store.submit(), store.submit(kind="gone")
    for job in (done, gone):
        store.cancel(job.id)
    assert ['id="retry"' in web.get(f"/job/{job.id}").text for job in (done, gone)] == [True, False]


@pytest.mark.parametrize(
    "result", [{"top": 5}, {"top": ["a", "b"]}, {"top": [["a", "b"]], "language": ["en"], "words": 3}]
)
def test_a_result_of_ones_own_kind_is_shown_as_it_is(web: FlaskClient, store: Store, result: JsonObject) -> None:
    held = store.claimed(kind="longest")
    assert store.succeed(held, result)
    answer = web.get(f"/job/{held.job_id}")
    assert answer.status_code == 200
    assert unescape(answer.text).count(f'<pre tabindex="0">{json.dumps(result, indent=2)}</pre>') == 1


def test_only_a_count_is_counted_again(web: FlaskClient, store: Store) -> None:
    count, other = store.claimed(), store.claimed(kind="longest")
    for held in (count, other):
        assert store.succeed(held, RESULT)
    assert "Count again" in web.get(f"/job/{count.job_id}").text
    assert "Count again" not in web.get(f"/job/{other.job_id}").text


def test_only_the_failure_of_a_job_about_a_page_speaks_of_one(web: FlaskClient, store: Store) -> None:
    about_a_page, about_none = store.claimed(), store.claimed(request={"names": []})
    for held in (about_a_page, about_none):
        assert store.fail(held, NO_TEXT)
    assert "will not help unless the page changes." in web.get(f"/job/{about_a_page.job_id}").text
    assert "will not help." in web.get(f"/job/{about_none.job_id}").text


def test_half_a_surrogate_pair_in_a_result_breaks_no_page(web: FlaskClient, store: Store) -> None:
    held = store.claimed(kind="own")
    store.succeed(held, {"found": "\ud800"})
    answer = web.get(f"/job/{held.job_id}")
    assert answer.status_code == 200
    assert "\\ud800" in unescape(answer.get_data(as_text=True))
