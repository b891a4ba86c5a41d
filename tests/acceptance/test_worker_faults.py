"""Workers and their children killed, frozen, stopped."""

from psutil import STATUS_ZOMBIE

from dev.manager import SUCCESS, Outcome
from dev.pages import PageServer
from dev.service import READY_SECONDS, ServiceProcess
from dev.stack import RECOVERY_SECONDS, Stack
from dev.waiting import eventually
from tests.acceptance.held import occupy, release, start_held, wait_until_held
from tests.acceptance.recovery import DRAIN_SECONDS, Claims, Recoveries
from tests.acceptance.stack import GRACE_SECONDS

STOP_SECONDS = GRACE_SECONDS + 5
CRASHED = "CRASHED: attempt-crashed"
LOST = Outcome(status="SUCCESS", attempts=["LOST", "SUCCESS"])
GIVEN_BACK = Outcome(status="SUCCESS", attempts=["GIVEN BACK", "SUCCESS"])


def test_jobs_of_a_killed_worker_go_on_with_the_other(stack: Stack, pages: PageServer, recoveries: Recoveries) -> None:
    busy = occupy(stack, pages, "worker-killed")
    victim = stack.job_workers[0]
    lost = [job_id for job_id in busy.values() if stack.worker_of(stack.manager.job(job_id)) is victim]
    kept = [job_id for job_id in busy.values() if job_id not in lost]
    assert len(lost) == len(kept) == 2
    victim.kill()
    with recoveries.measure("worker killed with its children, not started again"):
        release(pages, list(busy))
        assert stack.manager.ended_all(kept, within=10) == [SUCCESS] * 2
        assert stack.manager.ended_all(lost, within=RECOVERY_SECONDS) == [LOST] * 2


def test_a_killed_worker_that_is_started_again_leaves_no_job_behind(
    stack: Stack, pages: PageServer, recoveries: Recoveries
) -> None:
    paths = [f"/slow/worker-killed/{index}" for index in range(60)]
    job_ids = stack.manager.submit_all([pages.url(f"{path}?seconds=0.05") for path in paths])
    claims = Claims(stack, stack.job_workers[0])
    eventually(lambda: sum(map(pages.requests, paths)) >= 15 and claims.held(), "a quarter is under way", seconds=20)
    stack.job_workers[0].kill()
    with recoveries.measure("worker killed in the middle of 60 jobs, started again"):
        stack.job_workers[0].start()
        claims.wait_until_taken_back()
    outcomes = stack.manager.ended_all(job_ids, within=DRAIN_SECONDS)
    assert [outcome for outcome in outcomes if outcome not in (SUCCESS, LOST)] == []
    assert outcomes.count(LOST) <= 2


def test_a_killed_child_counts_as_a_crash_and_the_job_goes_on(
    stack: Stack, pages: PageServer, recoveries: Recoveries
) -> None:
    path = "/held/child-killed"
    job_id = start_held(stack.manager, pages, path)
    worker = stack.worker_of(stack.manager.job(job_id))
    worker.child_at(wait_until_held(pages, path)).kill()
    with recoveries.measure("child killed"):
        pages.release(path)
        assert stack.manager.ended(job_id, within=RECOVERY_SECONDS) == Outcome(
            status="SUCCESS", attempts=[CRASHED, "SUCCESS"], crashes=1
        )


def test_a_job_that_kills_every_child_fails_and_its_neighbours_do_not_notice(stack: Stack, pages: PageServer) -> None:
    neighbours = [start_held(stack.manager, pages, f"/held/beside-poison/{index}") for index in range(2)]
    poison = stack.manager.submit(pages.url("/"), kind="crash")
    later = [stack.manager.submit(pages.url(f"/slow/beside-poison/{index}?seconds=0.5")) for index in range(20)]
    assert stack.manager.ended(poison, within=30) == Outcome(
        status="FAILURE", attempts=[CRASHED] * 3, crashes=3, error="attempt-crashed"
    )
    pages.release_all()
    assert stack.manager.ended_all(neighbours + later, within=30) == [SUCCESS] * 22


def test_a_frozen_worker_that_wakes_writes_nothing_and_starts_anew(
    stack: Stack, pages: PageServer, recoveries: Recoveries
) -> None:
    path = "/held/frozen"
    job_id = start_held(stack.manager, pages, path)
    frozen = stack.worker_of(stack.manager.job(job_id))
    starts = _starts(stack, frozen)
    frozen.pause()
    with recoveries.measure("worker frozen: its job starts again on the other"):
        stack.manager.reached(job_id, "LOST", "STARTED", within=RECOVERY_SECONDS)
        wait_until_held(pages, path, 2)
    beside = start_held(stack.manager, pages, "/held/beside-frozen")  # now the other worker has its hands full
    pages.release(path, up_to=1)  # and this one has a result to write
    frozen.resume()
    eventually(lambda: _starts(stack, frozen) == starts + 1, "it starts again", seconds=READY_SECONDS)
    woken = stack.manager.submit(pages.url("/words/1/woken"))
    assert stack.manager.ended(woken, within=READY_SECONDS) == SUCCESS
    assert stack.worker_of(stack.manager.job(woken)) is frozen
    assert stack.manager.outcome(job_id) == Outcome(status="STARTED", attempts=["LOST", "STARTED"])
    pages.release_all()
    assert stack.manager.ended_all([job_id, beside], within=10) == [LOST, SUCCESS]
    assert [member for member in frozen.family() if member.status() == STATUS_ZOMBIE] == []
    _stops_cleanly(stack, frozen)


def _starts(stack: Stack, worker: ServiceProcess) -> int:
    """How often the worker was started, as the job store knows."""
    ((count,),) = stack.query("SELECT count(*) FROM workers WHERE name LIKE %s", f"{worker.name}@%")
    return int(count)


def _stops_cleanly(stack: Stack, worker: ServiceProcess) -> None:
    stop = worker.stop()
    assert (stop.exit_code, stop.left_behind) == (0, ())
    assert stop.seconds < STOP_SECONDS
    latest = "SELECT stopped_at IS NOT NULL FROM workers WHERE name LIKE %s ORDER BY id DESC LIMIT 1"
    assert stack.query(latest, f"{worker.name}@%") == [(True,)], "it did not say goodbye"


def test_a_worker_told_to_stop_finishes_what_it_can(stack: Stack, pages: PageServer) -> None:
    path = "/slow/finished-within-the-grace"
    job_id = stack.manager.submit(pages.url(f"{path}?seconds=1"))
    eventually(lambda: pages.requests(path), "the job runs", seconds=10)
    _stops_cleanly(stack, stack.worker_of(stack.manager.job(job_id)))
    assert stack.manager.outcome(job_id) == SUCCESS


def test_a_worker_told_to_stop_gives_back_what_it_cannot_finish(
    stack: Stack, pages: PageServer, recoveries: Recoveries
) -> None:
    path = "/held/given-back"
    job_id = start_held(stack.manager, pages, path)
    _stops_cleanly(stack, stack.worker_of(stack.manager.job(job_id)))
    with recoveries.measure("worker stopped over a long job"):
        wait_until_held(pages, path, 2)
        pages.release(path)
        assert stack.manager.ended(job_id, within=RECOVERY_SECONDS) == GIVEN_BACK


def test_a_worker_told_to_stop_while_the_broker_is_dead_gives_back_what_it_cannot_finish(
    stack: Stack, pages: PageServer
) -> None:
    path = "/held/given-back-without-broker"
    job_id = start_held(stack.manager, pages, path)
    stack.job_broker.kill()
    _stops_cleanly(stack, stack.worker_of(stack.manager.job(job_id)))
    assert stack.manager.outcome(job_id) == Outcome(status="PENDING", attempts=["GIVEN BACK"])
    stack.job_broker.restart()
    wait_until_held(pages, path, 2)
    pages.release(path)
    assert stack.manager.ended(job_id, within=RECOVERY_SECONDS) == GIVEN_BACK


def test_a_worker_told_to_stop_while_the_broker_hangs_gives_back_what_it_cannot_finish(
    stack: Stack, pages: PageServer
) -> None:
    path = "/held/given-back-with-broker-hung"
    job_id = start_held(stack.manager, pages, path)
    with stack.job_broker.paused():
        _stops_cleanly(stack, stack.worker_of(stack.manager.job(job_id)))
    wait_until_held(pages, path, 2)
    pages.release(path)
    assert stack.manager.ended(job_id, within=RECOVERY_SECONDS) == GIVEN_BACK


def test_a_frozen_worker_that_gets_sigterm_stops_when_it_wakes(stack: Stack, pages: PageServer) -> None:
    path = "/held/frozen-and-stopped"
    job_id = start_held(stack.manager, pages, path)
    frozen = stack.worker_of(stack.manager.job(job_id))
    frozen.pause()
    stack.manager.reached(job_id, "LOST", "STARTED", within=RECOVERY_SECONDS)
    frozen.ask_to_stop()
    frozen.resume()
    eventually(lambda: not frozen.is_running(), "it stops instead of starting again", seconds=STOP_SECONDS)
    assert frozen.process.exit_code() == 0
    pages.release(path)
    assert stack.manager.ended(job_id) == LOST
