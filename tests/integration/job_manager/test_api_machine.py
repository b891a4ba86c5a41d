"""The HTTP interface under any order of requests, while workers take the jobs through every state."""

import json
from collections.abc import Iterator
from typing import Any, ClassVar
from uuid import UUID

import pytest
import requests
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, multiple, rule, run_state_machine_as_test

from embedded.servers import Servers
from job_core.config import Limits
from job_core.job import ENDED, Claim, State
from job_core.queue import JobQueue
from job_core.reconciler import Reconciler
from job_core.retrying import may_retry
from job_tasks.job_tasks import core
from tests.examples import examples
from tests.integration.job_store import BUSY, KINDS, NO_TEXT, RESULT, Store

URLS = ("https://example.com/a", "https://example.com/b")
FIELDS = st.fixed_dictionaries(
    {},
    optional={
        "top": st.integers(0, 3),
        "max_attempts": st.integers(1, 2),
        "on_failure": st.sampled_from(["retry", "discard"]),
    },
)
KEYS = st.none() | st.sampled_from(["key-1", "key-2"])
BAD_IDS = ("nonsense", "%00", str(UUID(int=7)), "0", "..jobs", "01a20c9c-c451-726f-a7db-dc9eca01d34e%20")
BAD_BODIES = (
    b"",
    b"{",
    b"[]",
    b'{"url": "nonsense"}',
    b'{"url": "https://example.com/", "top": -1}',
    b'{"urls": []}',
    b'{"urls": ["https://example.com/", 5]}',
    b'{"url": "https://example.com/\\u0000"}',
    b"\xff",
)

Body = dict[str, Any]


class ApiMachine(RuleBasedStateMachine):
    """Callers and workers, in whatever order. `states` is what the jobs must be, by all that was done."""

    manager_url: ClassVar[str]
    store: ClassVar[Store]
    queue: ClassVar[JobQueue]

    jobs = Bundle("jobs")
    claims = Bundle("claims")

    def __init__(self) -> None:
        super().__init__()
        self.store.sql("TRUNCATE jobs, attempts, deliveries, workers, idempotency_keys CASCADE")
        self.worker = self.store.worker()
        self.session = requests.Session()
        self.states: dict[str, State] = {}
        self.ended: dict[str, Body] = {}
        self.made_by_key: dict[str, tuple[str, list[str]]] = {}
        self.pids: dict[tuple[UUID, int], int] = {}  # of the process of each attempt
        self.reconciler = Reconciler(
            database=self.store.database,
            queue=self.queue,
            limits=Limits(at_once=8),
            kinds=KINDS,
        )

    def ask(self, method: str, path: str, **options: Any) -> requests.Response:
        return self.session.request(method, self.manager_url + path, timeout=40, **options)

    def accept(self, path: str, body: Body | None, key: str | None) -> list[str]:
        """Submit, and give the jobs that are new. A key that came before gives the same jobs, or a refusal."""
        asked = json.dumps([path, body], sort_keys=True)
        answer = self.ask("POST", path, json=body, headers={"Idempotency-Key": key} if key else {})
        if key in self.made_by_key and self.made_by_key[key][0] != asked:
            assert answer.status_code == 422
            assert answer.json()["type"] == "urn:job-manager:idempotency-key-reused"
            return []
        assert answer.status_code == 202
        accepted = answer.json().get("jobs") or [answer.json()]
        ids = [job["id"] for job in accepted]
        if key in self.made_by_key:
            assert ids == self.made_by_key[key][1]
            assert [job["status"] for job in accepted] == [self.states[job_id] for job_id in ids]
            return []
        assert {job["status"] for job in accepted} == {State.PENDING}
        assert not self.states.keys() & set(ids)
        self.states |= dict.fromkeys(ids, State.PENDING)
        if key:
            self.made_by_key[key] = (asked, ids)
        return ids

    @rule(target=jobs, url=st.sampled_from(URLS), fields=FIELDS, key=KEYS)
    def submit(self, url: str, fields: Body, key: str | None) -> Any:
        return multiple(*self.accept("/count", {"url": url, **fields}, key))

    @rule(target=jobs, urls=st.lists(st.sampled_from(URLS), min_size=1, max_size=3), fields=FIELDS, key=KEYS)
    def submit_a_batch(self, urls: list[str], fields: Body, key: str | None) -> Any:
        return multiple(*self.accept("/count", {"urls": urls, **fields}, key))

    @rule(body=st.sampled_from(BAD_BODIES), key=KEYS)
    def submit_nonsense(self, body: bytes, key: str | None) -> None:
        headers = {"Content-Type": "application/json"} | ({"Idempotency-Key": key} if key else {})
        assert self.ask("POST", "/count", data=body, headers=headers).status_code in {400, 422}

    @rule(target=jobs, job_id=jobs, key=KEYS)
    def try_again(self, job_id: str, key: str | None) -> Any:
        if self.states[job_id] in ENDED:
            new = self.accept(f"/result/{job_id}/retry", None, key)
            assert all(self.store.job(UUID(each)).retry_of == UUID(job_id) for each in new)
            return multiple(*new)
        assert self.ask("POST", f"/result/{job_id}/retry").status_code == 409
        return multiple()

    @rule(job_id=jobs)
    def cancel(self, job_id: str) -> None:
        if self.states[job_id] not in ENDED:
            self.states[job_id] = State.REVOKED
        answer = self.ask("DELETE", f"/result/{job_id}")
        assert (answer.status_code, answer.json()["status"]) == (200, self.states[job_id])

    @rule(job_id=jobs, wait=st.sampled_from(["", "?wait=0", "?wait=0.01"]))
    def look(self, job_id: str, wait: str) -> None:
        answer = self.ask("GET", f"/result/{job_id}{wait}")
        assert (answer.status_code, answer.json()["id"]) == (200, job_id)
        attempts = answer.json()["attempts"]
        assert [attempt["number"] for attempt in attempts] == list(range(1, answer.json()["attempt"] + 1))
        assert [attempt["outcome"] for attempt in attempts].count(None) == (self.states[job_id] is State.STARTED)

    @rule(bad=st.sampled_from(BAD_IDS), method=st.sampled_from(["GET", "DELETE", "POST"]))
    def ask_for_what_is_not_there(self, bad: str, method: str) -> None:
        path = f"/result/{bad}/retry" if method == "POST" else f"/result/{bad}"
        assert self.ask(method, path).status_code in {404, 405}

    @rule(state=st.sampled_from(State), limit=st.integers(1, 5))
    def turn_over_the_pages(self, state: State, limit: int) -> None:
        seen: list[str] = []
        following: str | None = f"/jobs?status={state}&limit={limit}"
        while following:
            page = self.ask("GET", following).json()
            seen += [job["id"] for job in page["jobs"]]
            following = page["next"]
        assert seen == sorted((job_id for job_id, now in self.states.items() if now is state), reverse=True)

    @rule(target=claims, job_id=jobs)
    def begin(self, job_id: str) -> Any:
        pid = len(self.pids) + 1
        held = self.store.claim(self.store.job(UUID(job_id)), self.worker, pid=pid)
        assert (held is not None) is (self.states[job_id] is State.PENDING)
        if held is None:
            return multiple()
        self.states[job_id] = State.STARTED
        self.pids[held.job_id, held.attempt] = pid
        return held

    @rule(held=claims)
    def succeed(self, held: Claim) -> None:
        self.move(held, State.SUCCESS, self.store.succeed(held, RESULT))

    @rule(held=claims)
    def fail(self, held: Claim) -> None:
        self.move(held, State.FAILURE, self.store.fail(held, NO_TEXT))

    @rule(held=claims)
    def end_in_transient_error(self, held: Claim) -> None:
        if may_retry(held, BUSY):
            self.move(held, State.RETRY, self.store.retry(held, BUSY))
        else:
            self.move(held, State.FAILURE, self.store.fail(held, BUSY))

    @rule(held=claims)
    def crash(self, held: Claim) -> None:
        before, was_held = self.store.job(held.job_id), self.is_held(held)
        assert self.store.crash(held) is was_held
        if was_held:
            last = before.crashes + 1 >= before.max_crashes
            self.states[str(held.job_id)] = State.FAILURE if last else State.PENDING

    @rule(held=claims)
    def give_back(self, held: Claim) -> None:
        was_held = self.is_held(held)
        self.store.give_back(self.worker, held.job_id, pid=self.pids[held.job_id, held.attempt])
        if was_held:
            self.states[str(held.job_id)] = State.PENDING

    @rule()
    def let_retries_become_due(self) -> None:
        self.store.sql("UPDATE jobs SET due_at = now() - interval '1 second' WHERE state = 'RETRY'")
        self.reconciler.round(judge_workers=False)
        due = {job_id: State.PENDING for job_id, state in self.states.items() if state is State.RETRY}
        self.states |= due

    def is_held(self, held: Claim) -> bool:
        job = self.store.job(held.job_id)
        return self.states[str(held.job_id)] is State.STARTED and job.attempt == held.attempt

    def move(self, held: Claim, state: State, moved: bool) -> None:  # noqa: FBT001 - what the store said
        job_id = str(held.job_id)
        assert not moved or self.states[job_id] is State.STARTED
        if moved:
            self.states[job_id] = state

    @invariant()
    def the_interface_shows_what_was_done(self) -> None:
        listed = self.ask("GET", "/jobs?limit=200").json()["jobs"]
        assert {job["id"]: job["status"] for job in listed} == self.states
        for job in listed:
            state = State(job["status"])
            assert (job["result"] is not None) is (state is State.SUCCESS), job
            assert (job["finished_at"] is not None) is (state in ENDED), job
            assert (job["due_at"] is not None) is (state is State.RETRY), job
            assert job["error"] is not None or state not in {State.FAILURE, State.RETRY}, job
            if state in ENDED:
                assert self.ended.setdefault(job["id"], job) == job

    def teardown(self) -> None:
        self.session.close()


@pytest.fixture
def machine(manager_url: str, store: Store, servers: Servers) -> Iterator[type[ApiMachine]]:
    ApiMachine.manager_url, ApiMachine.store = manager_url, store
    ApiMachine.queue = JobQueue(core.name, core.kinds, servers.broker.url, timeout_seconds=2.0)
    yield ApiMachine
    del ApiMachine.manager_url, ApiMachine.store, ApiMachine.queue


@pytest.mark.hypothesis
def test_no_order_of_requests_shows_what_is_not_so(machine: type[ApiMachine]) -> None:
    bounded = settings(max_examples=examples(5), stateful_step_count=30, suppress_health_check=list(HealthCheck))
    run_state_machine_as_test(machine, settings=bounded)
