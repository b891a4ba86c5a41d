from uuid import UUID

import pytest
from flask.testing import FlaskClient

from job_core.errors import PermanentError
from job_core.job import OnFailure, State
from job_core.store import claims
from job_manager.views import JobDetail
from tests.integration.job_store import BUSY, NEW_JOB, RESULT, Store
from tests.integration.queue import Queue


class Http2Refused(PermanentError):
    """As the author of a task would add it."""


def shown(client: FlaskClient, job_id: UUID) -> dict[str, object]:
    answer = client.get(f"/result/{job_id}")
    assert answer.status_code == 200
    body: dict[str, object] = answer.get_json()
    JobDetail.model_validate(body)
    return body


class TestLooking:
    """The whole job, whatever it does."""

    def test_while_it_waits(self, client: FlaskClient, store: Store) -> None:
        job = store.submit()
        body = shown(client, job.id)
        assert body.items() >= {"id": str(job.id), "status": "PENDING", "attempt": 0, "attempts": []}.items()

    def test_once_it_succeeded(self, client: FlaskClient, store: Store) -> None:
        held = store.claimed(store.worker("job_worker_02"))
        store.succeed(held)
        body = shown(client, held.job_id)
        assert (body["status"], body["result"], body["error"]) == ("SUCCESS", RESULT, None)
        assert body["finished_at"] is not None
        assert body["attempts"] == [
            {
                "number": 1,
                "worker": "job_worker_02",
                "started_at": body["started_at"],
                "ended_at": body["finished_at"],
                "outcome": "SUCCESS",
                "error": None,
            }
        ]

    def test_while_its_children_work(self, client: FlaskClient, store: Store) -> None:
        parent = store.claimed()
        claims.fan_out(store.database, parent, [NEW_JOB] * 3, at_once=2)
        child = UUID(client.get(f"/jobs?parent={parent.job_id}").get_json()["jobs"][0]["id"])
        store.cancel(child)
        body = shown(client, parent.job_id)
        assert (body["status"], body["children"]) == ("STARTED", {"PENDING": 2, "REVOKED": 1})
        assert shown(client, child).items() >= {"parent_id": str(parent.job_id), "children": {}}.items()
        page = client.get(f"/job/{parent.job_id}").text
        children = '2 <span title="PENDING">waiting</span>, 1 <span title="REVOKED">cancelled</span>'
        assert children in page
        assert f'href="/job/{parent.job_id}"' in client.get(f"/job/{child}").text

    def test_while_it_waits_for_its_next_attempt(self, client: FlaskClient, store: Store) -> None:
        held = store.claimed()
        store.retry(held)
        body = shown(client, held.job_id)
        error = {"type": "connection-failed", "title": BUSY.title, "detail": str(BUSY), "retryable": True}
        assert (body["status"], body["attempts_used"], body["error"]) == ("RETRY", 1, error)
        assert body["due_at"] is not None

    def test_once_it_failed(self, client: FlaskClient, store: Store) -> None:
        held = store.claimed()
        store.fail(held)
        body = shown(client, held.job_id)
        assert (body["status"], body["result"]) == ("FAILURE", None)
        assert body["error"] == {
            "type": "not-text",
            "title": "The page is not text",
            "detail": "It is image/png.",
            "retryable": False,
        }

    def test_whatever_text_its_result_holds(self, client: FlaskClient, store: Store) -> None:
        held = store.claimed()
        store.succeed(held, RESULT | {"top": [["half a pair \ud800", 1], ["\u2028</script>", 1]]})
        result: object = shown(client, held.job_id)["result"]
        assert result == RESULT | {"top": [["half a pair \ud800", 1], ["\u2028</script>", 1]]}

    def test_once_it_failed_by_an_error_of_ones_own_with_a_digit_in_its_name(
        self, client: FlaskClient, store: Store
    ) -> None:
        held = store.claimed()
        store.fail(held, Http2Refused("It speaks HTTP/1.1 only."))
        assert shown(client, held.job_id)["error"] == {
            "type": "http2-refused",
            "title": "Not possible",
            "detail": "It speaks HTTP/1.1 only.",
            "retryable": False,
        }
        assert [job["id"] for job in client.get("/jobs").get_json()["jobs"]] == [str(held.job_id)]

    def test_by_its_id_in_any_spelling(self, client: FlaskClient, store: Store) -> None:
        job = store.submit()
        assert shown(client, job.id) == client.get(f"/result/{str(job.id).upper()}/").get_json()

    def test_at_an_end_answers_a_wait_at_once(self, client: FlaskClient, store: Store) -> None:
        job = store.submit()
        store.cancel(job.id)
        assert client.get(f"/result/{job.id}?wait=30").get_json()["status"] == "REVOKED"


class TestCancelling:
    """DELETE, as often as one likes."""

    def test_before_its_attempt(self, client: FlaskClient, store: Store) -> None:
        job = store.submit()
        answers = [client.delete(f"/result/{job.id}") for _ in range(2)]
        assert [answer.status_code for answer in answers] == [200, 200]
        assert answers[0].get_json() == answers[1].get_json() == shown(client, job.id)
        assert store.state(job.id) is State.REVOKED
        assert store.claim(job) is None

    def test_during_its_attempt(self, client: FlaskClient, store: Store) -> None:
        held = store.claimed()
        assert client.delete(f"/result/{held.job_id}").get_json()["status"] == "REVOKED"
        assert not store.succeed(held)
        body = shown(client, held.job_id)
        assert (body["status"], body["result"]) == ("REVOKED", None)

    def test_after_its_end(self, client: FlaskClient, store: Store) -> None:
        held = store.claimed()
        store.succeed(held)
        before = shown(client, held.job_id)
        answer = client.delete(f"/result/{held.job_id}")
        assert (answer.status_code, answer.get_json()) == (200, before)


class TestTryingAgain:
    """A new job with the same request, which names the old one."""

    @pytest.mark.parametrize("end", ["succeed", "fail", "cancel"])
    def test_of_a_job_that_has_ended(self, client: FlaskClient, store: Store, queue: Queue, end: str) -> None:
        held = store.claimed(max_attempts=7, on_failure=OnFailure.DISCARD)
        if end == "cancel":
            store.cancel(held.job_id)
        else:
            getattr(store, end)(held)
        answer = client.post(f"/result/{held.job_id}/retry")
        assert answer.status_code == 202
        new = store.job(UUID(answer.get_json()["id"]))
        assert answer.headers["Location"] == f"/result/{new.id}"
        assert (new.state, new.retry_of, new.request) == (State.PENDING, held.job_id, NEW_JOB.request)
        assert (new.attempt, new.max_attempts, new.on_failure) == (0, 7, OnFailure.DISCARD)
        assert new.id != held.job_id
        assert queue.job_ids() == [new.id]

    @pytest.mark.parametrize("started", [False, True])
    def test_of_a_job_that_has_not(self, client: FlaskClient, store: Store, started: bool) -> None:  # noqa: FBT001 - a parameter of the table
        job = store.submit()
        if started:
            store.claim(job)
        answer = client.post(f"/result/{job.id}/retry")
        assert answer.status_code == 409
        assert answer.get_json(force=True)["type"] == "urn:job-manager:job-not-ended"
        assert store.count() == 1

    def test_of_a_kind_that_nothing_does_any_more(self, client: FlaskClient, store: Store) -> None:
        job = store.submit(kind="gone")
        store.cancel(job.id)
        again = client.post(f"/result/{job.id}/retry")
        assert (again.status_code, again.get_json()["detail"]) == (
            404,
            "Jobs of the kind `gone` are not supported any more.",
        )
        assert store.count() == 1

    def test_is_one_job_by_an_idempotency_key(self, client: FlaskClient, store: Store) -> None:
        job = store.submit()
        store.cancel(job.id)
        first, second = (client.post(f"/result/{job.id}/retry", headers={"Idempotency-Key": "1"}) for _ in range(2))
        assert first.get_json() == second.get_json()
        assert store.count() == 2
