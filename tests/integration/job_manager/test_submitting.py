import re
from urllib.parse import quote
from uuid import UUID

import pytest
from flask.testing import FlaskClient

from dev.waiting import PATIENCE_SECONDS
from embedded.servers import Servers
from job_core import submitting
from job_core.job import OnFailure, State
from job_manager import admission
from job_manager.views import JobBatch
from tests.integration.job_manager.conftest import manager_on
from tests.integration.job_store import Store
from tests.integration.queue import Queue

URL = "https://example.com/page"


def test_a_job_is_accepted_kept_and_published(client: FlaskClient, store: Store, queue: Queue) -> None:
    answer = client.post("/count", json={"url": URL})
    assert answer.status_code == 202
    assert answer.content_type == "application/json"
    body = answer.get_json()
    job = store.job(UUID(body["id"]))
    assert answer.headers["Location"] == f"/result/{job.id}"
    assert int(answer.headers["Retry-After"]) >= 1
    assert queue.job_ids() == [job.id]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", body.pop("created_at"))
    assert body == {
        "id": str(job.id),
        "kind": "count",
        "label": URL,
        "url": URL,
        "status": "PENDING",
        "request": {
            "url": URL,
            "word": None,
            "top": 25,
            "tokenizer": "words",
        },
        "attempt": 0,
        "attempts_used": 0,
        "max_attempts": 5,
        "crashes": 0,
        "max_crashes": 3,
        "on_failure": "retry",
        "retry_of": None,
        "batch_id": None,
        "parent_id": None,
        "parked_at": None,
        "due_at": None,
        "started_at": None,
        "finished_at": None,
        "result": None,
        "error": None,
    }


REQUEST = {"url": URL, "word": "naïve", "top": 0, "tokenizer": "treebank"}
ASKED = REQUEST | {"max_attempts": 7, "on_failure": "discard"}


@pytest.mark.parametrize("sent", [{"json": ASKED}, {"data": {name: str(value) for name, value in ASKED.items()}}])
def test_json_and_form_say_the_same(client: FlaskClient, store: Store, sent: dict[str, object]) -> None:
    answer = client.post("/count", **sent)
    assert answer.status_code == 202
    job = store.job(UUID(answer.get_json()["id"]))
    assert job.request == REQUEST
    assert (job.max_attempts, job.on_failure) == (7, OnFailure.DISCARD)


def test_a_multipart_form_is_a_form(client: FlaskClient) -> None:
    answer = client.post("/count", data={"url": URL}, content_type="multipart/form-data")
    assert answer.status_code == 202


def test_credentials_are_never_kept(client: FlaskClient, store: Store) -> None:
    answer = client.post("/count", json={"url": "https://user:hunter2@example.com/"})
    assert "hunter2" not in answer.text
    assert "hunter2" not in str(store.sql("SELECT jobs::text FROM jobs"))


def test_a_url_with_an_at_sign_and_many_letters_is_found_as_it_was_submitted(client: FlaskClient) -> None:
    url = f"https://medium.example/@user/{'字' * 300}"
    submitted = client.post("/count", json={"url": url})
    assert (submitted.status_code, submitted.get_json()["url"]) == (202, url)
    listed = client.get("/jobs", query_string={"url": url}).get_json()["jobs"]
    assert [job["id"] for job in listed] == [submitted.get_json()["id"]]


def test_a_long_url_without_its_credentials_is_accepted_and_tried_again(client: FlaskClient, store: Store) -> None:
    submitted = client.post("/count", json={"url": f"https://user:hunter2@example.com/{'字' * 300}"})
    assert submitted.status_code == 202
    job = store.job(UUID(submitted.get_json()["id"]))
    assert (job.label, job.limit_key) == (f"https://example.com/{quote('字' * 300)}", "example.com")
    store.cancel(job.id)
    assert client.post(f"/result/{job.id}/retry").get_json()["url"] == job.label


class TestBatches:
    """Up to 1,000 URLs in one request."""

    URLS = tuple(f"https://{number}.example.com/" for number in range(1_000))

    @pytest.mark.parametrize("form", [None, "application/x-www-form-urlencoded", "multipart/form-data"])
    def test_each_url_is_a_job_in_the_order_of_the_request(
        self,
        client: FlaskClient,
        store: Store,
        queue: Queue,
        monkeypatch: pytest.MonkeyPatch,
        form: str | None,
    ) -> None:
        monkeypatch.setattr(submitting, "PUBLISH_WITHIN_SECONDS", PATIENCE_SECONDS)  # else the reconciler may publish
        fields = {"urls": list(self.URLS), "top": 3}
        answer = client.post("/count", **({"data": fields, "content_type": form} if form else {"json": fields}))
        assert answer.status_code == 202
        JobBatch.model_validate_json(answer.data)
        jobs = answer.get_json()["jobs"]
        assert [job["url"] for job in jobs] == list(self.URLS)
        assert [job["request"]["top"] for job in jobs] == [3] * 1_000
        assert [str(job_id) for job_id in queue.job_ids()] == [job["id"] for job in jobs]
        assert store.count() == 1_000

    def test_urls_of_one_host_beyond_its_limit_are_parked(
        self, client: FlaskClient, store: Store, queue: Queue
    ) -> None:
        urls = [f"https://EXAMPLE.com.:{80 + number}/" for number in range(20)] + ["https://example.org/"]
        jobs = client.post("/count", json={"urls": urls}).get_json()["jobs"]
        published = [job["id"] for job in jobs if job["parked_at"] is None]
        assert published == [job["id"] for job in (*jobs[:8], jobs[20])]
        assert [str(job_id) for job_id in queue.job_ids()] == published
        assert {
            (row.limit_key, row.many)
            for row in store.sql("SELECT limit_key, count(*) AS many FROM jobs GROUP BY limit_key")
        } == {
            ("example.com", 20),
            ("example.org", 1),
        }

    def test_one_bad_url_refuses_them_all(self, client: FlaskClient, store: Store) -> None:
        answer = client.post("/count", json={"urls": [URL, "nonsense", URL]})
        assert answer.status_code == 422
        assert [error["field"] for error in answer.get_json(force=True)["errors"]] == ["urls[1]"]
        assert store.count() == 0

    def test_a_batch_of_one_is_a_batch(self, client: FlaskClient) -> None:
        answer = client.post("/count", data={"urls": URL})
        assert len(answer.get_json()["jobs"]) == 1


class TestIdempotencyKey:
    """The same key and body give the same job."""

    KEY = {"Idempotency-Key": "order 66"}  # noqa: RUF012 - never changed

    def test_a_repetition_names_the_same_job_and_publishes_nothing(
        self, client: FlaskClient, store: Store, queue: Queue
    ) -> None:
        first = client.post("/count", json={"url": URL, "top": 3}, headers=self.KEY)
        second = client.post("/count", json={"top": 3, "url": URL}, headers=self.KEY)
        assert (second.status_code, second.get_json()) == (202, first.get_json())
        assert second.headers["Location"] == first.headers["Location"]
        assert store.count() == len(queue) == 1

    def test_a_batch_is_repeated_as_a_batch(self, client: FlaskClient, store: Store) -> None:
        first, second = (client.post("/count", json={"urls": [URL, URL]}, headers=self.KEY) for _ in range(2))
        assert second.get_json() == first.get_json()
        assert store.count() == 2

    def test_a_repetition_shows_the_job_as_it_is_now_without_its_result(
        self, client: FlaskClient, store: Store
    ) -> None:
        first = client.post("/count", json={"url": URL}, headers=self.KEY).get_json()
        held = store.claim(store.job(UUID(first["id"])))
        assert held is not None
        store.succeed(held)
        again = client.post("/count", json={"url": URL}, headers=self.KEY).get_json()
        assert (again["id"], again["status"], again["result"]) == (first["id"], "SUCCESS", None)
        assert client.get(f"/result/{first['id']}").get_json()["result"] is not None

    def test_a_repetition_is_answered_whatever_waits_and_takes_no_room(
        self, servers: Servers, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(admission, "FRESH_SECONDS", 60.0)
        client = manager_on(servers, MANAGER_MAX_BACKLOG="2")
        first = client.post("/count", json={"url": URL}, headers=self.KEY)
        again = client.post("/count", json={"url": URL}, headers=self.KEY)
        assert client.post("/count", json={"url": URL}).status_code == 202
        assert client.post("/count", json={"url": URL}).status_code == 503
        once_more = client.post("/count", json={"url": URL}, headers=self.KEY)
        assert (again.status_code, again.get_json()) == (202, first.get_json())
        assert (once_more.status_code, once_more.get_json()) == (202, first.get_json())

    def test_another_body_is_refused(self, client: FlaskClient, store: Store) -> None:
        client.post("/count", json={"url": URL}, headers=self.KEY)
        answer = client.post("/count", json={"url": URL, "top": 3}, headers=self.KEY)
        assert answer.status_code == 422
        assert answer.get_json(force=True)["type"] == "urn:job-manager:idempotency-key-reused"
        assert store.count() == 1

    def test_a_request_that_was_refused_leaves_the_key_free(self, client: FlaskClient) -> None:
        assert client.post("/count", json={"url": "nonsense"}, headers=self.KEY).status_code == 422
        assert client.post("/count", json={"url": URL}, headers=self.KEY).status_code == 202

    @pytest.mark.parametrize("key", ["", "x" * 256, "naïve", "a\tb"])
    def test_a_bad_key_is_refused(self, client: FlaskClient, key: str) -> None:
        answer = client.post("/count", json={"url": URL}, headers={"Idempotency-Key": key})
        assert answer.status_code == 422
        assert [error["field"] for error in answer.get_json(force=True)["errors"]] == ["Idempotency-Key"]


def test_a_job_can_be_claimed_by_the_time_of_the_answer(client: FlaskClient, store: Store) -> None:
    job = store.job(UUID(client.post("/count", json={"url": URL}).get_json()["id"]))
    assert job.state is State.PENDING
    assert store.claim(job)
