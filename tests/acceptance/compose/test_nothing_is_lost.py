"""The lecture's stack loses jobs when a worker or the broker dies. This one, in containers, must not."""

import statistics
import time

import pytest

from dev.containers import ContainerStack, docker
from dev.waiting import eventually
from embedded.services import WORKERS
from tests.acceptance.compose.stack import ALL_DONE_SECONDS, all_counted_once, outcomes, page, submit_pages

pytestmark = pytest.mark.thorough

JOBS = 200
MIDDLE = 60


def test_a_page_is_counted_as_soon_as_up_returns(stack: ContainerStack) -> None:
    job = stack.manager.ended_job(stack.manager.submit(page(stack)), within=15)

    assert job["status"] == "SUCCESS", job
    assert job["result"]["words"] == 5
    assert job["result"]["top"] == [["word", 5]]


def test_the_database_compiles_no_query(stack: ContainerStack) -> None:
    # Only the servers of the containers can; those that tests and `make up` bring along are built without it.
    login = 'PGPASSWORD="$DATABASE_PASSWORD" psql -h 127.0.0.1 -U job_service -d jobs -AtXc'
    assert stack.compose.run_in("job_db", "bash", "-c", f"{login} 'SHOW jit'").stdout == "off\n"
    repair = "SET statement_timeout = '1s'; SELECT mend_times('9 s', 1000), is_quiet('9 s'), make_due(1000)"
    assert stack.compose.run_in("job_db", "psql", "-U", "postgres", "-d", "jobs", "-c", repair).stderr == ""


def test_a_worker_killed_in_the_middle_loses_and_doubles_nothing(stack: ContainerStack) -> None:
    jobs = submit_pages(stack, JOBS, seconds=0.3)
    stack.manager.ended_job(jobs[MIDDLE], within=ALL_DONE_SECONDS)

    docker("kill", "--signal", "KILL", stack.compose.container("job_worker_01"))
    stack.compose.up("job_worker_01")

    assert outcomes(stack.manager, jobs) == all_counted_once(JOBS)


def test_a_broker_killed_in_the_middle_with_all_its_data_loses_and_doubles_nothing(stack: ContainerStack) -> None:
    jobs = submit_pages(stack, JOBS, seconds=0.3)
    stack.manager.ended_job(jobs[MIDDLE], within=ALL_DONE_SECONDS)

    docker("kill", "--signal", "KILL", stack.compose.container("job_broker"))
    stack.compose("rm", "--force", "--stop", "job_broker")
    docker("volume", "rm", f"{stack.compose.project}_job_broker")
    stack.compose.up("job_broker")

    assert outcomes(stack.manager, jobs) == all_counted_once(JOBS)


def test_a_broker_whose_container_is_stopped_keeps_no_caller_waiting(stack: ContainerStack) -> None:
    # A container that is stopped has no name any more, and Docker asks the name servers beyond for it.
    stack.compose("stop", "job_broker")
    seconds, jobs = [], []
    for number in range(5):
        before = time.perf_counter()
        jobs.append(stack.manager.submit(page(stack, 0, number)))
        seconds.append(time.perf_counter() - before)
    stack.compose.up("job_broker")

    assert max(seconds) < 1
    assert outcomes(stack.manager, jobs) == all_counted_once(5)


def test_a_database_whose_container_is_stopped_is_said_to_be_away_within_two_seconds(stack: ContainerStack) -> None:
    count = "SELECT count(*) FROM jobs"
    before = stack.compose.sql(count)
    stack.compose("stop", "job_db")
    answers = []
    for _ in range(5):
        started = time.perf_counter()
        answer = stack.manager.ask("POST", "/count", {"url": page(stack)})
        answers.append((answer.status, time.perf_counter() - started < 2))
    stack.compose.up("job_db")

    assert answers == [(503, True)] * 5
    assert stack.compose.sql(count) == before
    stack.manager.ended_job(stack.manager.submit(page(stack)), within=ALL_DONE_SECONDS)


def test_jobs_are_accepted_while_no_worker_runs_and_done_afterwards(stack: ContainerStack) -> None:
    stack.compose("stop", *WORKERS)

    jobs, milliseconds = [], []
    for number in range(JOBS):
        before = time.perf_counter()
        jobs.append(stack.manager.submit(page(stack, 0, number)))
        milliseconds.append((time.perf_counter() - before) * 1_000)
    print(f"\n{JOBS} submissions without a worker: median {statistics.median(milliseconds):.0f} ms")  # noqa: T201 - a figure for the reader
    stack.compose.up(*WORKERS)

    assert outcomes(stack.manager, jobs) == all_counted_once(JOBS)
    assert statistics.median(milliseconds) < 500


def test_a_worker_that_is_stopped_gives_back_what_it_cannot_finish(stack: ContainerStack) -> None:
    job_id = stack.manager.submit(page(stack, 8))
    eventually(lambda: stack.manager.job(job_id)["status"] == "STARTED", "the job is started", seconds=15)
    (first,) = stack.manager.job(job_id)["attempts"]
    service = next(name for name in WORKERS if first["worker"].startswith(name))

    stack.compose("stop", service)
    left = stack.compose.inspect(service)["State"]
    job = stack.manager.ended_job(job_id, within=30)
    stack.compose.up(service)

    assert left["ExitCode"] == 0
    assert (job["status"], job["attempts_used"]) == ("SUCCESS", 0)
    assert [attempt["outcome"] for attempt in job["attempts"]] == ["GIVEN BACK", "SUCCESS"]


def test_a_worker_that_was_paused_too_long_starts_anew_in_the_same_container(stack: ContainerStack) -> None:
    started = stack.compose.inspect("job_worker_02")["State"]["StartedAt"]
    alive = "SELECT id FROM workers WHERE name LIKE 'job_worker_02%' AND stopped_at IS NULL AND lost_at IS NULL"
    (old,) = stack.compose.sql(alive)

    with stack.job_workers[1].paused():
        eventually(lambda: not stack.compose.sql(alive), "the worker is declared lost", seconds=30)

    eventually(lambda: len(stack.compose.sql(alive)) == 1, "it is there again", seconds=30)
    assert stack.compose.sql(alive) != [old]
    assert stack.compose.inspect("job_worker_02")["State"]["StartedAt"] == started
    eventually(lambda: _health(stack, "job_worker_02") == "healthy", "it is healthy", seconds=30)


def _health(stack: ContainerStack, service: str) -> str:
    return str(stack.compose.inspect(service)["State"]["Health"]["Status"])


def test_workers_can_be_added(stack: ContainerStack) -> None:
    alive = "SELECT count(*) FROM workers WHERE name LIKE 'job_worker_02%' AND stopped_at IS NULL AND lost_at IS NULL"

    stack.compose.up("--no-recreate", "--scale", "job_worker_02=2")
    assert stack.compose.sql(alive) == ["2"]

    stack.compose.up("--no-recreate", "--scale", "job_worker_02=1")
    assert stack.compose.sql(alive) == ["1"]


@pytest.mark.parametrize("services", [["job_manager"], []], ids=["manager", "everything"])
def test_results_outlive_the_containers(stack: ContainerStack, services: list[str]) -> None:
    before = stack.manager.ended_job(stack.manager.submit(page(stack)), within=ALL_DONE_SECONDS)

    stack.compose("down", *services)
    stack.compose.up()

    assert stack.manager.job(before["id"]) == before
