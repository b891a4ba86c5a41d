"""The database's clock, set back by ten minutes while jobs run: nothing waits for it to come round again."""

from dev.manager import SUCCESS
from dev.pages import PageServer, served_pages
from dev.stack import RECOVERY_SECONDS, Stack
from dev.waiting import eventually
from tests.acceptance.held import occupy, release
from tests.acceptance.recovery import ALIVE, Recoveries
from tests.acceptance.test_worker_faults import LOST
from tests.clock import SET_BACK


def test_running_jobs_and_webhooks_go_on_and_no_worker_is_lost(
    stack: Stack, pages: PageServer, recoveries: Recoveries
) -> None:
    eventually(lambda: len(stack.query(ALIVE)) == len(stack.job_workers), "earlier workers are known to be lost")
    workers = stack.query(ALIVE)
    with served_pages() as receiver:
        told = stack.manager.submit(
            pages.url("/words/1/told"), callback_url=receiver.url("/busy/told?times=1&after=10")
        )
        eventually(lambda: stack.manager.job(told)["callback"]["last_error"], "a first delivery failed", seconds=20)
        busy = occupy(stack, pages, "clock")
        waits = stack.manager.submit(pages.url("/words/1/clock-waits"))
        stack.query(SET_BACK)
        with recoveries.measure("clock set back by ten minutes"):
            release(pages, list(busy))
            outcomes = stack.manager.ended_all([*busy.values(), waits], within=RECOVERY_SECONDS)
            eventually(lambda: len(receiver.received("/busy/told")) == 2, "the webhook", seconds=RECOVERY_SECONDS)
    assert outcomes == [SUCCESS] * (len(busy) + 1)
    assert [pages.requests(path) for path in busy] == [1] * len(busy)
    assert stack.query(ALIVE) == workers


def test_a_site_gets_the_pause_that_it_asked_for_and_no_longer_one(
    stack: Stack, pages: PageServer, recoveries: Recoveries
) -> None:
    again = stack.manager.submit(pages.url("/busy/clock?times=1&after=10"))
    stack.manager.reached(again, "RETRY: server-busy")
    paused = stack.manager.submit(pages.url("/words/1/clock-paused"))
    stack.query(SET_BACK)
    with recoveries.measure("clock set back by ten minutes during a pause of 10 s"):
        assert stack.manager.ended(paused, within=RECOVERY_SECONDS) == SUCCESS
        assert stack.manager.ended(again, within=RECOVERY_SECONDS).attempts == ["RETRY: server-busy", "SUCCESS"]


def test_jobs_of_a_dead_worker_and_lost_messages_go_on(stack: Stack, pages: PageServer, recoveries: Recoveries) -> None:
    busy = occupy(stack, pages, "clock-dead")
    waits = stack.manager.submit(pages.url("/words/1/clock-lost"))
    victim = stack.job_workers[0]
    lost = [path for path, job_id in busy.items() if stack.worker_of(stack.manager.job(job_id)) is victim]
    victim.kill()
    stack.query(SET_BACK)
    with stack.redis() as client:
        client.flushall()
    with recoveries.measure("clock set back by ten minutes, a worker dead, and the broker flushed"):
        release(pages, list(busy))
        assert stack.manager.ended(waits, within=RECOVERY_SECONDS) == SUCCESS
        assert stack.manager.ended_all([busy[path] for path in lost], within=RECOVERY_SECONDS) == [LOST] * 2
    assert [pages.requests(path) for path in lost] == [2] * 2
