"""The lecture's stack loses jobs when a worker or the broker dies. This one, in containers, must not."""

import statistics
import time

import pytest

from dev.chaos.engine import docker
from tests.acceptance.compose.stack import WORKERS, Stack, all_counted_once, page
from tests.acceptance.waiting import eventually

pytestmark = pytest.mark.thorough

JOBS = 200
MIDDLE = 60


def test_a_page_is_counted_as_soon_as_up_returns(stack: Stack) -> None:
    job = stack.ended(stack.submit(page(0)), within=15)

    assert job["status"] == "SUCCESS"
    assert job["result"]["words"] == 5
    assert job["result"]["top"] == [["fish", 2], ["one", 1], ["red", 1], ["two", 1]]


def test_a_worker_killed_in_the_middle_loses_and_doubles_nothing(stack: Stack) -> None:
    jobs = stack.submit_pages(JOBS, seconds=0.3)
    stack.ended(jobs[MIDDLE])

    docker("kill", "--signal", "KILL", stack.compose.container("job_worker_01"))
    stack.compose.up("job_worker_01")

    assert stack.outcomes(jobs) == all_counted_once(JOBS)


def test_a_broker_killed_in_the_middle_with_all_its_data_loses_and_doubles_nothing(stack: Stack) -> None:
    jobs = stack.submit_pages(JOBS, seconds=0.3)
    stack.ended(jobs[MIDDLE])

    docker("kill", "--signal", "KILL", stack.compose.container("job_broker"))
    stack.compose("rm", "--force", "--stop", "job_broker")
    docker("volume", "rm", f"{stack.compose.environment['COMPOSE_PROJECT_NAME']}_job_broker")
    stack.compose.up("job_broker")

    assert stack.outcomes(jobs) == all_counted_once(JOBS)


def test_a_broker_whose_container_is_stopped_keeps_no_caller_waiting(stack: Stack) -> None:
    # A container that is stopped has no name any more, and Docker asks the name servers beyond for it.
    stack.compose("stop", "job_broker")
    seconds, jobs = [], []
    for number in range(5):
        before = time.perf_counter()
        jobs.append(stack.submit(page(0, number)))
        seconds.append(time.perf_counter() - before)
    stack.compose.up("job_broker")

    assert max(seconds) < 1
    assert stack.outcomes(jobs) == all_counted_once(5)


def test_a_database_whose_container_is_stopped_is_said_to_be_away_within_two_seconds(stack: Stack) -> None:
    count = "SELECT count(*) FROM jobs"
    before = stack.compose.sql(count)
    stack.compose("stop", "job_db")
    answers = []
    for _ in range(5):
        started = time.perf_counter()
        status, _answer = stack.ask("POST", "/count", {"url": page(0)})
        answers.append((status, time.perf_counter() - started < 2))
    stack.compose.up("job_db")

    assert answers == [(503, True)] * 5
    assert stack.compose.sql(count) == before
    stack.ended(stack.submit(page(0)))


def test_jobs_are_accepted_while_no_worker_runs_and_done_afterwards(stack: Stack) -> None:
    stack.compose("stop", *WORKERS)

    jobs, milliseconds = [], []
    for number in range(JOBS):
        before = time.perf_counter()
        jobs.append(stack.submit(page(0, number)))
        milliseconds.append((time.perf_counter() - before) * 1_000)
    print(f"\n{JOBS} submissions without a worker: median {statistics.median(milliseconds):.0f} ms")  # noqa: T201 - a figure for the reader
    stack.compose.up(*WORKERS)

    assert stack.outcomes(jobs) == all_counted_once(JOBS)
    assert statistics.median(milliseconds) < 500


def test_a_worker_that_is_stopped_gives_back_what_it_cannot_finish(stack: Stack) -> None:
    job_id = stack.submit(page(8))
    eventually(lambda: stack.job(job_id)["status"] == "STARTED", "the job is started", seconds=15)
    (first,) = stack.job(job_id)["attempts"]
    service = next(name for name in WORKERS if first["worker"].startswith(name))

    stack.compose("stop", service)
    left = stack.compose.inspect(service)["State"]
    job = stack.ended(job_id, within=30)
    stack.compose.up(service)

    assert left["ExitCode"] == 0
    assert (job["status"], job["attempts_used"]) == ("SUCCESS", 0)
    assert [attempt["outcome"] for attempt in job["attempts"]] == ["GIVEN BACK", "SUCCESS"]


def test_a_worker_that_was_paused_too_long_starts_anew_in_the_same_container(stack: Stack) -> None:
    container = stack.compose.container("job_worker_02")
    started = stack.compose.inspect("job_worker_02")["State"]["StartedAt"]
    alive = "SELECT id FROM workers WHERE name LIKE 'job_worker_02%' AND stopped_at IS NULL AND lost_at IS NULL"
    (old,) = stack.compose.sql(alive)

    docker("pause", container)
    eventually(lambda: not stack.compose.sql(alive), "the worker is declared lost", seconds=30)
    docker("unpause", container)

    eventually(lambda: len(stack.compose.sql(alive)) == 1, "it is there again", seconds=30)
    assert stack.compose.sql(alive) != [old]
    assert stack.compose.inspect("job_worker_02")["State"]["StartedAt"] == started
    eventually(lambda: stack.compose.health("job_worker_02") == "healthy", "it is healthy", seconds=30)


def test_workers_can_be_added(stack: Stack) -> None:
    alive = "SELECT count(*) FROM workers WHERE name LIKE 'job_worker_02%' AND stopped_at IS NULL AND lost_at IS NULL"

    stack.compose.up("--no-recreate", "--scale", "job_worker_02=2")
    assert stack.compose.sql(alive) == ["2"]

    stack.compose.up("--no-recreate", "--scale", "job_worker_02=1")
    assert stack.compose.sql(alive) == ["1"]


@pytest.mark.parametrize("services", [["job_manager"], []], ids=["manager", "everything"])
def test_results_outlive_the_containers(stack: Stack, services: list[str]) -> None:
    before = stack.ended(stack.submit(page(0)))

    stack.compose("down", *services)
    stack.compose.up()

    assert stack.job(before["id"]) == before
