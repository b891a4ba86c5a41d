"""The scheduler doubled, killed, and away."""

from dev.manager import SUCCESS, Outcome
from dev.pages import PageServer
from dev.stack import RECOVERY_SECONDS, Stack
from tests.acceptance.held import start_held
from tests.acceptance.recovery import Recoveries

JOBS = 30


def test_two_schedulers_at_once_do_everything_once(stack: Stack, pages: PageServer, recoveries: Recoveries) -> None:
    with stack.second_scheduler():
        held = start_held(stack.manager, pages, "/held/two-schedulers")
        stack.job_broker.kill()
        paths = [f"/words/1/two-schedulers/{index}" for index in range(JOBS)]
        job_ids = stack.manager.submit_all([pages.url(path) for path in paths])
        stack.worker_of(stack.manager.job(held)).kill()
        stack.empty_broker()
        stack.job_broker.restart()
        with recoveries.measure("broker emptied and worker killed under two schedulers"):
            pages.release("/held/two-schedulers")
            assert stack.manager.ended_all(job_ids, within=RECOVERY_SECONDS) == [SUCCESS] * JOBS
            assert stack.manager.ended(held, within=RECOVERY_SECONDS) == Outcome(
                status="SUCCESS", attempts=["LOST", "SUCCESS"]
            )
        assert list(map(pages.requests, paths)) == [1] * JOBS


def test_jobs_run_without_a_scheduler_and_are_mended_when_it_is_back(
    stack: Stack, pages: PageServer, recoveries: Recoveries
) -> None:
    stack.job_scheduler.kill()
    assert stack.manager.ended(stack.manager.submit(pages.url("/words/1/no-scheduler"))) == SUCCESS
    waits = stack.manager.submit(pages.url("/busy/no-scheduler?times=1"))
    stack.manager.reached(waits, "RETRY: server-busy")
    with recoveries.measure("scheduler killed and started again"):
        stack.job_scheduler.start()
        assert stack.manager.ended(waits, within=RECOVERY_SECONDS) == Outcome(
            status="SUCCESS", attempts=["RETRY: server-busy", "SUCCESS"], attempts_used=1
        )
