"""An attempt, from its claim to its outcome, in this process."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from threading import Event
from typing import Any

import pytest
from celery.exceptions import Ignore, Retry, SoftTimeLimitExceeded
from pydantic import BaseModel
from sqlalchemy import text

from dev.waiting import eventually
from embedded.servers import Servers
from job_core.client import JobClient
from job_core.config import RetryPolicy
from job_core.core import JobCore
from job_core.errors import (
    AttemptOutOfMemory,
    AttemptOutOfTime,
    InvalidChildRequest,
    PermanentError,
    TransientError,
    UnexpectedError,
)
from job_core.job import Job, JsonObject, State
from job_core.kinds import FanOut, Kind, RunningJob
from job_core.queue import requeued
from job_core.store import workers
from job_core.store.read import JobFilter, page_of
from job_core.worker.attempt import run_attempt, this_process
from job_tasks.count import CountRequest
from job_tasks.job_tasks import core, count
from tests.integration.job_store import BUSY, NO_TEXT, Store
from tests.integration.pausing import refused_port, with_port
from tests.integration.queue import QUEUE, Queue

WAITS_FOR_THE_LOCK = "SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND wait_event = 'advisory'"


class Nothing(BaseModel):
    """A request without fields."""


def kind_of(work: Callable[..., Any], **options: Any) -> Kind:
    return Kind(name="count", request=Nothing, work=work, **options)


def run(job: Job, work: Callable[..., Any], **options: Any) -> str:
    return run_attempt(core, kind_of(work, **options), core.app.tasks["job_tasks.count"], job.id)


@pytest.fixture
def job(store: Store) -> Job:
    workers.register(store.database, core.worker_id, "job_worker_01", seconds=5)
    return store.submit(request={})


def test_a_result_is_written(store: Store, job: Job) -> None:
    run(job, lambda _: {"said": "naïve"})
    ended = store.job(job.id)
    assert (ended.state, ended.result) == (State.SUCCESS, {"said": "naïve"})
    assert store.outcomes(job.id) == ["SUCCESS"]


def _fails(_: JsonObject) -> str:
    raise KeyError


@pytest.mark.parametrize(
    ("summary", "said"),
    [
        (lambda result: f"said {result['said']}", "said https://example.com/?…"),
        (lambda _: "", "done"),
        (_fails, "done"),
    ],
    ids=["a summary", "none", "one that fails"],
)
def test_what_flower_shows_of_a_result_is_its_summary_without_secrets(
    store: Store, job: Job, summary: Callable[[JsonObject], str], said: str
) -> None:
    assert run(job, lambda _: {"said": "https://u:secret@example.com/?secret"}, summary=summary) == said
    assert store.state(job.id) is State.SUCCESS


def test_a_task_may_know_the_job_that_it_works_on(store: Store, job: Job) -> None:
    owned = store.submit(request={}, owner="busy")
    known = []

    def work(_: Nothing, running: RunningJob) -> JsonObject:
        known.append(running)
        return {}

    for each in (job, owned):
        run(each, work)
    assert known == [
        RunningJob(id=each.id, owner=each.owner, attempt=1, progress=None, database=store.database)
        for each in (job, owned)
    ]


def raising(error: BaseException) -> Callable[[Nothing], JsonObject]:
    def work(_: Nothing) -> JsonObject:
        raise error

    return work


@pytest.mark.parametrize(
    ("raised", "seen", "state", "outcome"),
    [
        (BUSY, Retry, State.RETRY, "RETRY"),
        (NO_TEXT, PermanentError, State.FAILURE, "FAILURE"),
        (ZeroDivisionError("by a mistake"), UnexpectedError, State.FAILURE, "FAILURE"),
        (SoftTimeLimitExceeded(), AttemptOutOfTime, State.PENDING, "CRASHED"),
        (MemoryError(), AttemptOutOfMemory, State.PENDING, "CRASHED"),
    ],
    ids=["transient", "permanent", "unexpected", "out of time", "out of memory"],
)
def test_what_an_error_makes_of_the_job_and_what_celery_sees(
    store: Store, job: Job, raised: BaseException, seen: type[Exception], state: State, outcome: str
) -> None:
    with pytest.raises(seen):
        run(job, raising(raised))
    now = store.job(job.id)
    assert (now.state, store.outcomes(job.id)) == (state, [outcome])
    assert now.error is not None
    assert "mistake" not in str(now.error), "the text of an unexpected error is in the log only"


@pytest.mark.parametrize(
    "result", [{"words": {"a", "set"}}, {"mean": float("nan")}, None, ["a", "list"], {"found": "x" * 1_000_000}]
)
def test_a_result_that_no_row_may_hold_ends_the_job_with_the_reason(store: Store, job: Job, result: object) -> None:
    with pytest.raises(UnexpectedError):
        run(job, lambda _: result)
    ended = store.job(job.id)
    assert (ended.state, ended.result) == (State.FAILURE, None)
    assert ended.error is not None
    assert ended.error["type"] == "unexpected-error"


def test_a_child_whose_request_is_invalid_ends_its_parent_with_the_reason(store: Store, job: Job) -> None:
    def work(_: Nothing) -> FanOut:
        return FanOut([count.job(CountRequest(url=url)) for url in ("https://example.com/", "ftp://example.com/")])

    with pytest.raises(InvalidChildRequest):
        run(job, work, join=lambda _request, _children: {})
    ended = store.job(job.id)
    assert ended.error == {
        "type": "invalid-child-request",
        "title": "The request of a child job is not valid",
        "detail": "CountRequest: url must begin with http:// or https://.",
        "retryable": False,
    }
    assert ended.open_children == 0


def test_a_child_may_crash_as_often_as_the_operator_says_unless_its_task_says_otherwise(
    store: Store, job: Job, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(vars(core), "config", replace(core.config, max_crashes=7))
    request = CountRequest(url="https://example.com/")
    children = [count.job(request), count.job(request, max_crashes=1)]
    with pytest.raises(Retry, match="waits for its children"):
        run(job, lambda _: FanOut(children), join=lambda _, __: {})
    with store.database.reading() as connection:
        given = page_of(connection, JobFilter(parent=job.id), None, 10).jobs
    assert sorted([child.max_crashes for child in given]) == [1, 7]


def test_a_job_of_a_program_may_crash_as_often_as_the_operator_says(
    store: Store, queue: Queue, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(vars(core), "config", replace(core.config, max_crashes=7))
    (submitted,) = JobClient(core).submit(count.job(CountRequest(url="https://example.com/")))
    assert (store.job(submitted.id).max_crashes, len(queue)) == (7, 1)


def test_a_model_that_a_task_without_children_could_not_make_is_unexpected(store: Store, job: Job) -> None:
    with pytest.raises(UnexpectedError):
        run(job, lambda _: vars(CountRequest(url="ftp://example.com/")))
    assert store.job(job.id).state is State.FAILURE


def test_a_kind_may_have_a_retry_policy_of_its_own(store: Store, job: Job) -> None:
    with pytest.raises(Retry):
        run(job, raising(BUSY), retry=RetryPolicy(base_seconds=1e-9, cap_seconds=1e-9))
    (row,) = store.sql("SELECT due_at <= now() AS is_due FROM jobs")
    assert row.is_due


def test_a_kind_may_have_a_time_limit_of_its_own(store: Store, job: Job) -> None:
    seen: list[timedelta] = []

    def work(_: Nothing) -> JsonObject:
        (row,) = store.sql("SELECT overdue_at - started_at AS seconds FROM jobs")
        seen.append(row.seconds)
        return {}

    run(job, work, hard_time_limit_seconds=1_000)
    assert seen == [timedelta(seconds=1_060)]


def test_a_job_that_has_ended_is_not_worked_on(store: Store, job: Job) -> None:
    store.cancel(job.id)
    with pytest.raises(Ignore):
        run(job, raising(AssertionError("it was")))
    assert store.outcomes(job.id) == []


def test_an_outcome_without_a_claim_is_dropped(store: Store, job: Job) -> None:
    def work(_: Nothing) -> JsonObject:
        store.cancel(job.id)
        return {"said": "too late"}

    with pytest.raises(Ignore):
        run(job, work)
    ended = store.job(job.id)
    assert (ended.state, ended.result) == (State.REVOKED, None)


class TestParkedJobs:
    """The end of an attempt makes room for the next job of its key."""

    @pytest.fixture
    def parked(self, store: Store, job: Job) -> Job:
        parked = store.submit(request={}, at_once=1)
        assert (parked.limit_key, parked.parked_at is not None) == (job.limit_key, True)
        return parked

    def test_its_message_is_sent_at_once(self, job: Job, parked: Job, queue: Queue) -> None:
        run(job, lambda _: {})
        assert queue.job_ids(requeued(QUEUE)) == [parked.id]
        assert queue.job_ids(QUEUE) == []

    def test_it_is_left_to_the_reconciler_if_the_broker_is_away(
        self, store: Store, servers: Servers, job: Job, parked: Job, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        away = replace(core.config, broker_url=with_port(servers.broker.url, refused_port()))
        without_broker = JobCore("job_tasks", config=lambda: away)
        without_broker.kinds = core.kinds
        monkeypatch.setattr(this_process(core), "queue", without_broker.queue())
        run(job, lambda _: {})
        assert store.state(job.id) is State.SUCCESS
        released = store.job(parked.id)
        assert (released.state, released.parked_at) == (State.PENDING, None)

    def test_one_without_room_is_not_worked_on(self, store: Store, job: Job) -> None:
        holders = [store.claimed() for _ in range(core.config.limits.at_once)]
        assert len(holders) > 1
        with pytest.raises(Retry, match="room"):
            run(job, raising(AssertionError("it was")))
        assert (store.state(job.id), store.job(job.id).parked_at is not None) == (State.PENDING, True)


def test_the_end_of_an_attempt_whose_site_wants_a_pause_and_a_claim_do_not_wait_for_one_another(
    store: Store, job: Job
) -> None:
    """Both write the pause of the key, and both have its lock."""
    is_running, may_end = Event(), Event()

    def work(_: Nothing) -> JsonObject:
        is_running.set()
        may_end.wait(10)
        raise TransientError("It is busy.", type="server-busy", retry_after=30, limit_key="example.com")

    other = store.submit(request={})
    with ThreadPoolExecutor(1) as child, store.database.transaction(20) as claiming:
        attempt = child.submit(run, job, work)
        assert is_running.wait(10)
        claiming.execute(text("SELECT pg_advisory_xact_lock(1751348084, hashtext('example.com'))"))
        may_end.set()
        eventually(lambda: len(store.sql(WAITS_FOR_THE_LOCK)) == 1)
        claim = "SELECT verdict FROM claim_job(:job, :worker, 1, 8, '10 seconds', '90 seconds')"
        assert claiming.execute(text(claim), {"job": other.id, "worker": core.worker_id}).scalar_one() == "CLAIMED"
        claiming.exec_driver_sql("COMMIT")
        assert isinstance(attempt.exception(20), Retry)
    assert [store.state(each.id) for each in (job, other)] == [State.RETRY, State.STARTED]
    (pause,) = store.sql("SELECT until - now() AS length FROM limit_pauses WHERE limit_key = 'example.com'")
    assert timedelta(seconds=10) < pause.length < timedelta(seconds=30)
