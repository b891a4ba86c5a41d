"""With API keys, each caller sees its own jobs, and nobody without a key sees anything."""

from uuid import UUID

import pytest
from flask.testing import FlaskClient

from embedded.servers import Servers
from job_core.job import State
from job_tasks.api_keys import ApiKey, hash_key, make_key
from tests.integration.job_manager.conftest import described, manager_on
from tests.integration.job_store import Store
from tests.integration.queue import Queue

URL = "https://example.com/"
ALICE, BOB, BOBS_NEXT = make_key(), make_key(), make_key()
SETTING = "\n".join(
    str(ApiKey(name=name, sha256=hash_key(key))) for name, key in [("alice", ALICE), ("bob", BOB), ("bob", BOBS_NEXT)]
)
UNKNOWN = UUID(int=1)


@pytest.fixture(scope="module")
def manager(servers: Servers) -> FlaskClient:
    return manager_on(servers, MANAGER_API_KEYS=SETTING)


def by(key: str, **more: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}", **more}


def submit(manager: FlaskClient, key: str, **headers: str) -> UUID:
    answer = manager.post("/count", json={"url": URL}, headers=by(key, **headers))
    assert answer.status_code == 202
    return UUID(answer.get_json()["id"])


def listed(manager: FlaskClient, key: str, query: str = "") -> list[UUID]:
    return [UUID(job["id"]) for job in manager.get(f"/jobs{query}", headers=by(key)).get_json()["jobs"]]


OPEN = ("/healthz", "/readyz", "/metrics", "/openapi.json", "/docs")
PATHS = described()["paths"].items()
CLOSED = [(method, path) for path, methods in PATHS for method in methods if path not in OPEN]


class TestWithoutAKey:
    """401, whatever is asked."""

    @pytest.mark.parametrize(("method", "path"), [*CLOSED, ("get", "/nonsense"), ("options", "/jobs")])
    @pytest.mark.parametrize(
        "authorization",
        [
            None,
            "",
            "Bearer",
            "Bearer ",
            f"Basic {ALICE}",
            ALICE,
            f"Bearer {ALICE}x",
            f"Bearer {ALICE[:-1]}",
            f"Bearer {hash_key(ALICE)}",
            "Bearer na\xefve",
            "Bearer " + "x" * 5_000,
        ],
        ids="none empty no-key blank basic bare longer shorter hashed not-ascii long".split(),
    )
    def test_nothing_is_told_or_done(
        self, manager: FlaskClient, store: Store, method: str, path: str, authorization: str | None
    ) -> None:
        headers = {} if authorization is None else {"Authorization": authorization}
        answer = manager.open(path.replace("{job_id}", str(UNKNOWN)), method=method, json={"url": URL}, headers=headers)
        assert answer.status_code == 401
        asked = 'Bearer realm="job_manager", Basic realm="job_manager", charset="UTF-8"'
        assert answer.headers["WWW-Authenticate"] == asked
        assert answer.get_json(force=True)["type"] == "urn:job-manager:unauthenticated"
        assert store.count() == 0

    @pytest.mark.parametrize("path", OPEN)
    def test_what_is_open_answers(self, manager: FlaskClient, path: str) -> None:
        assert manager.get(path).status_code == 200

    def test_the_description_says_so(self, manager: FlaskClient) -> None:
        document = manager.get("/openapi.json").get_json()
        assert document["security"] == [{"key": []}]
        open_paths = {
            path
            for path, methods in document["paths"].items()
            for operation in methods.values()
            if operation.get("security") == [] and "401" not in operation["responses"]
        }
        assert open_paths == set(OPEN)


class TestOwners:
    """A job is visible to the keys of its owner only."""

    def test_the_owner_sees_cancels_and_tries_again(self, manager: FlaskClient, store: Store) -> None:
        job_id = submit(manager, ALICE)
        assert store.job(job_id).owner == "alice"
        assert manager.get(f"/result/{job_id}", headers=by(ALICE)).status_code == 200
        assert manager.delete(f"/result/{job_id}", headers=by(ALICE)).get_json()["status"] == "REVOKED"
        again = manager.post(f"/result/{job_id}/retry", headers=by(ALICE))
        assert again.status_code == 202
        assert store.job(UUID(again.get_json()["id"])).owner == "alice"

    def test_to_others_the_pages_and_words_of_a_crawl_are_as_if_they_were_not(self, manager: FlaskClient) -> None:
        job_id = manager.post("/crawl", json={"url": URL}, headers=by(ALICE)).get_json()["id"]
        for path in ("pages", "words", "words/the", "pages?format=csv"):
            shown = [
                manager.get(f"/result/{each}/{path}", headers=by(key)).status_code
                for each, key in [(job_id, ALICE), (job_id, BOB), (UNKNOWN, ALICE)]
            ]
            assert shown == [200, 404, 404], path

    def test_to_others_it_is_as_if_it_were_not(self, manager: FlaskClient, store: Store) -> None:
        job_id = submit(manager, ALICE)
        for method, path in [("GET", ""), ("DELETE", ""), ("POST", "/retry"), ("GET", "?wait=20")]:
            theirs = manager.open(f"/result/{job_id}{path}", method=method, headers=by(BOB))
            unknown = manager.open(f"/result/{UNKNOWN}{path}", method=method, headers=by(BOB))
            assert (theirs.status_code, theirs.get_json(force=True)) == (404, unknown.get_json(force=True))
        assert (store.state(job_id), store.count()) == (State.PENDING, 1)

    def test_a_list_holds_the_owners_jobs_only(self, manager: FlaskClient, store: Store) -> None:
        store.submit(label=URL)
        alices = [submit(manager, ALICE) for _ in range(3)]
        bobs = [submit(manager, BOB) for _ in range(2)]
        for query in ("", f"?url={URL}", "?status=PENDING", "?kind=count", "?kind=count&status=PENDING"):
            assert listed(manager, ALICE, query) == alices[::-1]
            assert listed(manager, BOB, query) == bobs[::-1]

    def test_pages_hold_the_owners_jobs_only(self, manager: FlaskClient) -> None:
        mixed = [(key, submit(manager, key)) for key in (ALICE, BOB) * 4]
        seen: list[str] = []
        following = "/jobs?limit=1"
        while following:
            page = manager.get(following, headers=by(ALICE)).get_json()
            seen += [job["id"] for job in page["jobs"]]
            following = page["next"]
        assert seen == [str(job_id) for key, job_id in mixed if key == ALICE][::-1]

    def test_two_keys_of_one_name_are_one_owner(self, manager: FlaskClient) -> None:
        job_id = submit(manager, BOB)
        assert listed(manager, BOBS_NEXT) == [job_id]
        assert manager.get(f"/result/{job_id}", headers=by(BOBS_NEXT)).status_code == 200

    def test_a_batch_is_the_owners_too(self, manager: FlaskClient, store: Store) -> None:
        manager.post("/count", json={"urls": [URL, URL]}, headers=by(BOB))
        assert [row.owner for row in store.sql("SELECT owner FROM jobs")] == ["bob", "bob"]

    def test_each_has_idempotency_keys_of_its_own(self, manager: FlaskClient, store: Store, queue: Queue) -> None:
        key = {"Idempotency-Key": "the same"}
        alices = [submit(manager, ALICE, **key) for _ in range(2)]
        bobs = [submit(manager, BOB, **key), submit(manager, BOBS_NEXT, **key)]
        assert alices[0] == alices[1] != bobs[0] == bobs[1]
        assert store.count() == len(queue) == 2

    def test_jobs_of_owners_are_hidden_where_there_are_no_keys(self, manager: FlaskClient, client: FlaskClient) -> None:
        job_id = submit(manager, ALICE)
        assert client.get("/jobs").get_json()["jobs"] == []
        assert client.get(f"/result/{job_id}").status_code == 404

    def test_jobs_without_an_owner_are_hidden_where_there_are_keys(self, manager: FlaskClient, store: Store) -> None:
        job = store.submit()
        assert listed(manager, ALICE) == []
        assert manager.delete(f"/result/{job.id}", headers=by(ALICE)).status_code == 404
        assert store.state(job.id) is State.PENDING


def test_the_scheme_may_be_spelled_in_any_case(manager: FlaskClient) -> None:
    assert manager.get("/jobs", headers={"Authorization": f"bearer {ALICE}"}).status_code == 200


class TestBrowsers:
    """A person gives the key as the password that the browser asks for."""

    def test_the_page_asks_for_the_key_and_shows_the_owners_jobs(self, manager: FlaskClient, store: Store) -> None:
        refused = manager.get("/")
        assert (refused.status_code, refused.mimetype) == (401, "text/html")
        assert "Basic" in refused.headers["WWW-Authenticate"]
        job_id = submit(manager, ALICE)
        assert manager.get("/", auth=("", "wrong")).status_code == 401
        assert [str(job_id) in manager.get("/", auth=("", key)).text for key in (ALICE, BOB)] == [True, False]
        shown = [manager.get(f"/job/{job_id}", auth=("", key)).status_code for key in (ALICE, BOB)]
        assert shown == [200, 404]
        assert manager.post(f"/job/{job_id}/cancel", auth=("", BOB)).status_code == 404
        assert store.state(job_id) is State.PENDING
