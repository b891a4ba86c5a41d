"""Jobs of any kind, also of one that was removed: listed, opened, filtered by it, and not tried again."""

import json
from html import unescape
from uuid import UUID

import pytest
from flask.testing import FlaskClient

from job_core.job import Claim
from tests.integration.job_store import Store

REQUEST = {"names": ["Ada", "<b>"], "loud": True}
RESULT = {"longest": "queue", "letters": 5, "all": ["a"]}


@pytest.fixture
def gone(store: Store) -> Claim:
    """A job of a kind that nobody knows any more, which had succeeded."""
    held = store.claimed(kind="gone", label="two <names>", limit_key=None, request=REQUEST)
    store.succeed(held, RESULT)
    return held


def test_a_job_of_a_removed_kind_is_answered_like_any(client: FlaskClient, gone: Claim) -> None:
    job = client.get(f"/result/{gone.job_id}").get_json()
    assert (job["kind"], job["label"], job["url"]) == ("gone", "two <names>", None)
    assert (job["request"], job["result"]) == (REQUEST, RESULT)
    assert [each["id"] for each in client.get("/jobs").get_json()["jobs"]] == [str(gone.job_id)]
    assert client.delete(f"/result/{gone.job_id}").get_json()["status"] == "SUCCESS"


@pytest.mark.parametrize(("query", "found"), [("", 1), ("&status=SUCCESS", 1), ("&status=FAILURE", 0)])
def test_jobs_of_a_removed_kind_can_be_asked_for(client: FlaskClient, gone: Claim, query: str, found: int) -> None:
    answer = client.get(f"/jobs?kind=gone{query}")
    assert answer.status_code == 200
    assert [each["id"] for each in answer.get_json()["jobs"]] == [str(gone.job_id)] * found


@pytest.mark.usefixtures("gone")
@pytest.mark.parametrize("kind", ["gon", "crawl_lane"])
def test_a_kind_of_which_there_is_no_job_is_refused_by_its_name(client: FlaskClient, kind: str) -> None:
    answer = client.get(f"/jobs?kind={kind}")
    assert answer.status_code == 422
    assert answer.get_json()["errors"][0]["detail"].startswith("must be one of count, crawl, quotes")


def test_it_cannot_be_tried_again(client: FlaskClient, gone: Claim) -> None:
    answer = client.post(f"/result/{gone.job_id}/retry")
    assert (answer.status_code, "not supported any more" in answer.get_json()["detail"]) == (404, True)


def test_the_page_lists_and_shows_it(web: FlaskClient, gone: Claim) -> None:
    listed = unescape(web.get("/").text)
    assert "longest: queue, letters: 5" in listed
    shown = web.get(f"/job/{gone.job_id}")
    assert shown.status_code == 200
    assert "two &lt;names&gt;" in shown.text
    text = unescape(shown.text)
    assert json.dumps(REQUEST, indent=2) in text
    assert json.dumps(RESULT, indent=2) in text
    assert "not supported any more" in text
    assert 'id="retry"' not in text
    filtered = web.get("/?kind=gone").text
    assert "<option selected>gone</option>" in filtered
    assert str(gone.job_id) in filtered
    assert web.get("/?kind=gon").status_code == 422


class TestTheFormOfAKind:
    """A page for each kind, made from what it takes."""

    def test_leads_from_the_first_page_over_the_kinds(self, web: FlaskClient) -> None:
        assert 'href="/kinds"' in web.get("/").text
        kinds = web.get("/kinds").text
        assert 'href="/kinds/crawl"' in kinds
        assert "Count the words of a whole site." in kinds
        assert "crawl_lane" not in kinds

    def test_has_a_control_for_each_field(self, web: FlaskClient) -> None:
        page = web.get("/kinds/crawl").text
        for name in ("url", "word", "max_depth", "scope", "include", "sitemap", "max_attempts", "callback_url"):
            assert f'name="{name}"' in page
        assert web.get("/kinds/crawl_lane").status_code == 404

    def test_submits_a_job(self, web: FlaskClient, store: Store) -> None:
        fields = {"url": "example.com", "max_depth": "2", "include": "/a\r\n/b", "sitemap": "skip", "word": ""}
        answer = web.post("/kinds/crawl", data=fields)
        assert (answer.status_code, store.count()) == (303, 1)
        job = store.job(UUID(answer.headers["Location"].rpartition("/")[2]))
        assert job.kind == "crawl"
        asked = ("url", "max_depth", "include", "sitemap", "word")
        assert [job.request[name] for name in asked] == ["https://example.com", 2, ["/a", "/b"], "skip", None]

    def test_says_what_is_wrong_beside_each_field_and_submits_nothing(self, web: FlaskClient, store: Store) -> None:
        fields = {"url": "ftp://example.com", "max_depth": "-1", "word": '<1>"'}
        answer = web.post("/kinds/crawl", data=fields)
        assert (answer.status_code, store.count()) == (422, 0)
        for name in ("url", "max_depth", "word"):
            assert f'id="wrong-{name}"' in answer.text
        assert 'value="&lt;1&gt;&#34;"' in answer.text

    def test_says_that_webhooks_are_not_offered(self, web: FlaskClient, store: Store) -> None:
        fields = {"url": "https://example.com/", "callback_url": "https://example.org/"}
        answer = web.post("/kinds/count", data=fields)
        assert (answer.status_code, store.count()) == (422, 0)
        assert "WEBHOOK_SECRETS" in answer.text
        assert "<details open>" in answer.text
