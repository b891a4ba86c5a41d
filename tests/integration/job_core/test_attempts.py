"""An attempt, from its claim to its outcome, in this process."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Event

import pytest
from celery.exceptions import Retry

from job_core.errors import TransientError, UnexpectedError
from job_core.job import Job, JsonObject, State
from job_core.kinds import JobRequest, Kind
from job_core.store import limits as hosts
from job_core.store import workers
from job_core.worker.attempt import WORKER_ID, run_attempt
from job_tasks import job_tasks
from tests.integration.job_store import Store
from tests.waiting import eventually

WAITS_FOR_THE_LOCK = "SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND wait_event = 'advisory'"


@pytest.fixture
def job(store: Store) -> Job:
    with store.database.transaction() as connection:
        workers.register(connection, WORKER_ID, "job_worker_01")
    return store.submit(request={})


def test_the_end_of_an_attempt_whose_site_wants_a_pause_and_a_claim_do_not_wait_for_one_another(
    store: Store, job: Job
) -> None:
    """Both write the pause of the host, and both have its lock."""
    is_running, may_end = Event(), Event()

    def work(_: JobRequest) -> JsonObject:
        is_running.set()
        may_end.wait(10)
        raise TransientError("It is busy.", type="server-busy", retry_after=30, limit_key="example.com")

    kind = Kind(name="count", request=JobRequest, work=work)
    with ThreadPoolExecutor(1) as child, store.database.transaction(20) as claiming:
        attempt = child.submit(run_attempt, job.id, kind, job_tasks.count)
        assert is_running.wait(10)
        hosts.lock(claiming, "example.com")
        may_end.set()
        eventually(lambda: len(store.sql(WAITS_FOR_THE_LOCK)) == 1)
        hosts.pause_as_asked(claiming, TransientError("It is busy.", retry_after=10, limit_key="example.com"))
        claiming.commit()
        assert isinstance(attempt.exception(20), Retry)
    assert store.job(job.id).state is State.RETRY
    (pause,) = store.sql("SELECT until - now() AS length FROM host_pauses WHERE host = 'example.com'")
    assert timedelta(seconds=10) < pause.length < timedelta(seconds=30)


def test_a_result_beyond_a_megabyte_is_not_kept(store: Store, job: Job) -> None:
    kind = Kind(name="count", request=JobRequest, work=lambda _: {"found": "x" * 1_000_000})
    with pytest.raises(UnexpectedError):
        run_attempt(job.id, kind, job_tasks.count)
    ended = store.job(job.id)
    assert (ended.state, ended.result) == (State.FAILURE, None)
