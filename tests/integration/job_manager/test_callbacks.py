"""`callback_url`: who may have one, what is kept of it, and what a job says of it."""

from uuid import UUID

import pytest
from flask.testing import FlaskClient

from embedded.servers import Servers
from job_core.errors import WebhookNotTaken
from job_tasks.api_keys import hash_key
from tests.integration.job_manager.conftest import WEBHOOK_SECRET, manager_on
from tests.integration.job_store import Store

URL = "https://example.com/"
CALLBACK = "https://example.org/counted"
WAITING = {"state": None, "attempts": 0, "due_at": None, "delivered_at": None, "last_error": None}


@pytest.fixture(scope="module")
def without_secrets(servers: Servers) -> FlaskClient:
    return manager_on(servers)


def submitted(client: FlaskClient, callback_url: str = CALLBACK) -> UUID:
    answer = client.post("/count", json={"url": URL, "callback_url": callback_url})
    assert answer.status_code == 202
    return UUID(answer.get_json()["id"])


@pytest.mark.parametrize("many", [{"url": URL}, {"urls": [URL, URL]}])
def test_without_secrets_a_callback_is_refused_and_nothing_is_kept(
    without_secrets: FlaskClient, store: Store, many: dict[str, object]
) -> None:
    answer = without_secrets.post("/count", json=many | {"callback_url": CALLBACK})
    assert answer.status_code == 422
    assert answer.get_json(force=True)["errors"] == [
        {
            "field": "callback_url",
            "detail": "is not offered here: no WEBHOOK_SECRETS are set to sign webhooks with",
        }
    ]
    assert store.count() == 0


def test_without_secrets_a_job_that_had_a_callback_is_not_tried_again(
    client: FlaskClient, without_secrets: FlaskClient, store: Store
) -> None:
    job_id = submitted(client)
    store.cancel(job_id)
    assert without_secrets.post(f"/result/{job_id}/retry").status_code == 422


def test_a_job_says_of_its_callback_how_it_stands(client: FlaskClient, store: Store) -> None:
    job_id = submitted(client)

    def callback() -> dict[str, object]:
        shown: dict[str, object] = client.get(f"/result/{job_id}").get_json()["callback"]
        return shown

    assert callback() == {"url": CALLBACK} | WAITING
    store.cancel(job_id)
    pending = callback()
    assert pending.pop("due_at")
    assert pending.items() >= {"state": "PENDING", "attempts": 0, "last_error": None}.items()
    held = store.claim_due()
    assert held is not None
    store.not_delivered(held, WebhookNotTaken("The receiver answered 500."))
    assert callback().items() >= {"attempts": 1, "last_error": "The receiver answered 500."}.items()
    store.sql("UPDATE deliveries SET due_at = now()")
    held = store.claim_due()
    assert held is not None
    store.delivered(held)
    delivered = callback()
    assert delivered.pop("delivered_at")
    assert delivered == {"url": CALLBACK, "state": "DELIVERED", "attempts": 2, "due_at": None, "last_error": None}


def test_a_job_without_one_has_none(client: FlaskClient) -> None:
    job_id = client.post("/count", json={"url": URL}).get_json()["id"]
    assert client.get(f"/result/{job_id}").get_json()["callback"] is None


def test_it_is_read_as_browsers_read_it_and_its_credentials_are_never_kept(client: FlaskClient, store: Store) -> None:
    job_id = submitted(client, "https://user:hunter2@EXAMPLE.org:443/a/../counted?x=1#part")
    assert store.job(job_id).callback_url == "https://example.org/counted?x=1"
    assert "hunter2" not in str(store.sql("SELECT jobs::text FROM jobs"))


def test_a_form_says_the_same(client: FlaskClient, store: Store) -> None:
    answer = client.post("/count", data={"url": URL, "callback_url": CALLBACK})
    assert store.job(UUID(answer.get_json()["id"])).callback_url == CALLBACK


def test_each_job_of_a_batch_has_it(client: FlaskClient, store: Store) -> None:
    jobs = client.post("/count", json={"urls": [URL, URL], "callback_url": CALLBACK}).get_json()["jobs"]
    assert [store.job(UUID(job["id"])).callback_url for job in jobs] == [CALLBACK] * 2


def test_a_job_that_is_tried_again_tells_the_same_callback(client: FlaskClient, store: Store) -> None:
    job_id = submitted(client)
    store.cancel(job_id)
    again = client.post(f"/result/{job_id}/retry").get_json()["id"]
    assert store.job(UUID(again)).callback_url == CALLBACK


def test_the_same_idempotency_key_with_another_callback_is_another_request(client: FlaskClient) -> None:
    key = {"Idempotency-Key": "once"}
    first, again, other = (
        client.post("/count", json={"url": URL, "callback_url": url}, headers=key)
        for url in (CALLBACK, CALLBACK, f"{CALLBACK}/2")
    )
    assert (first.status_code, again.get_json(), other.status_code) == (202, first.get_json(), 422)


def test_a_private_network_that_is_listed_may_be_called(servers: Servers, store: Store) -> None:
    listed = manager_on(servers, WEBHOOK_SECRETS=WEBHOOK_SECRET, FETCH_ALLOWED_PRIVATE_NETWORKS="10.1.0.0/16")
    assert store.job(submitted(listed, "http://10.1.2.3:9000/counted")).callback_url == "http://10.1.2.3:9000/counted"
    assert listed.post("/count", json={"url": URL, "callback_url": "http://10.2.0.1/"}).status_code == 422


def test_nobody_but_the_owner_sees_it(servers: Servers) -> None:
    keys = {name: f"wc_{name}" for name in ("alice", "bob")}
    lines = ",".join(f"{name}:{hash_key(key)}" for name, key in keys.items())
    manager = manager_on(servers, WEBHOOK_SECRETS=WEBHOOK_SECRET, MANAGER_API_KEYS=lines)
    by = {name: {"Authorization": f"Bearer {key}"} for name, key in keys.items()}
    asked = {"url": URL, "callback_url": CALLBACK}
    job_id = manager.post("/count", json=asked, headers=by["alice"]).get_json()["id"]
    assert manager.get(f"/result/{job_id}", headers=by["alice"]).get_json()["callback"] == {"url": CALLBACK} | WAITING
    refused = manager.get(f"/result/{job_id}", headers=by["bob"])
    assert (refused.status_code, "example.org" in refused.text) == (404, False)
