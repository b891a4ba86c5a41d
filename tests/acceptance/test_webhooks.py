"""A callback gets its job's end, at least once, whatever dies in between; and no receiver holds up jobs."""

import time
from collections.abc import Iterator
from typing import Any

import pytest
from standardwebhooks import Webhook

from dev.manager import SUCCESS, Manager
from dev.pages import PageServer, Received, served_pages
from dev.stack import RECOVERY_SECONDS, Stack
from dev.waiting import eventually
from embedded.ports import free_ports
from tests.acceptance.held import wait_until_held
from tests.acceptance.recovery import Recoveries
from tests.acceptance.stack import WEBHOOK_SECRETS

AGAIN_SECONDS = 40.0  # from a lost attempt to the next: 25 s until it counts as lost, and room
OLD, NEW = reversed(WEBHOOK_SECRETS)


@pytest.fixture
def receiver(stack: Stack) -> Iterator[PageServer]:
    with served_pages() as receiver:
        yield receiver
    stack.query("UPDATE deliveries SET state = 'GIVEN UP', due_at = NULL, last_error = 'test' WHERE state = 'PENDING'")


def verified(webhook: Received, secret: str) -> Any:
    """What it says, if it was signed with `secret`; else it raises."""
    return Webhook(secret).verify(webhook.body, webhook.headers)


def ids(receiver: PageServer, path: str) -> list[str]:
    """By which a receiver knows what it has had."""
    return [webhook.headers["webhook-id"] for webhook in receiver.received(path)]


def came(receiver: PageServer, path: str, *, number: int = 1, within: float = 10) -> Received:
    """The request of that number."""
    eventually(lambda: len(receiver.received(path)) >= number, f"webhook {number} at {path}", seconds=within)
    return receiver.received(path)[number - 1]


def delivered(manager: Manager, job_id: str, *, within: float = 10) -> dict[str, Any]:
    """The job's callback, once it was delivered."""

    def look() -> Any:
        callback = manager.job(job_id)["callback"]
        return callback if callback["state"] == "DELIVERED" else None

    return eventually(look, f"the delivery of {job_id}", seconds=within)


def test_a_callback_is_told_of_the_end_and_can_verify_it(stack: Stack, pages: PageServer, receiver: PageServer) -> None:
    path = "/taken/success"
    job_id = stack.manager.submit(pages.url("/words/3/reported"), callback_url=receiver.url(path))
    webhook = came(receiver, path)
    job = stack.manager.job(job_id)
    del job["attempts"], job["children"], job["progress"], job["callback"]
    for secret in (OLD, NEW):
        assert verified(webhook, secret) == {"type": "job.ended", "timestamp": job["finished_at"], "data": job}
    assert job["result"]["words"] == 3
    assert ids(receiver, path) == [job_id]
    assert webhook.headers["content-type"] == "application/json"
    assert abs(int(webhook.headers["webhook-timestamp"]) - time.time()) < 60
    callback = delivered(stack.manager, job_id)
    assert callback.pop("delivered_at") >= job["finished_at"]
    assert callback == {
        "url": receiver.url(path),
        "state": "DELIVERED",
        "attempts": 1,
        "due_at": None,
        "last_error": None,
    }
    assert len(receiver.received(path)) == 1


def test_every_end_is_told(stack: Stack, pages: PageServer, receiver: PageServer) -> None:
    paths = {"FAILURE": "/taken/failed", "REVOKED": "/taken/cancelled"}
    stack.manager.submit(pages.url("/missing"), callback_url=receiver.url(paths["FAILURE"]))
    cancelled = stack.manager.submit(pages.url("/held/cancelled"), callback_url=receiver.url(paths["REVOKED"]))
    wait_until_held(pages, "/held/cancelled")
    assert stack.manager.job(cancelled)["callback"]["state"] is None
    stack.manager.cancel(cancelled)
    poison = stack.manager.submit(pages.url("/"), kind="crash", callback_url=receiver.url("/taken/crashed"))
    for status, path in paths.items():
        assert verified(came(receiver, path), NEW)["data"]["status"] == status
    reported = verified(came(receiver, "/taken/crashed", within=30), NEW)["data"]
    assert (reported["id"], reported["status"], reported["error"]["type"]) == (poison, "FAILURE", "attempt-crashed")


def test_each_job_of_a_batch_is_told_of(stack: Stack, pages: PageServer, receiver: PageServer) -> None:
    urls = [pages.url(f"/words/{number}/batch") for number in range(1, 21)]
    body = {"urls": urls, "callback_url": receiver.url("/taken/batch")}
    jobs = stack.manager.ask("POST", "/count", body).body["jobs"]
    came(receiver, "/taken/batch", number=20, within=30)
    assert sorted(ids(receiver, "/taken/batch")) == [job["id"] for job in jobs]


def test_a_receiver_that_is_down_is_told_when_it_is_up(stack: Stack, pages: PageServer, receiver: PageServer) -> None:
    (port,) = free_ports(1)
    url = f"http://127.0.0.1:{port}/taken/late"
    job_id = stack.manager.submit(pages.url("/words/3/late"), callback_url=url)
    eventually(lambda: stack.manager.job(job_id)["callback"]["last_error"], "a first attempt failed", seconds=20)
    callback = stack.manager.job(job_id)["callback"]
    assert (callback["state"], callback["last_error"]) == (
        "PENDING",
        "The connection to the site failed or broke off.",
    )
    with served_pages(port=port) as late:
        assert verified(came(late, "/taken/late", within=60), NEW)["data"]["id"] == job_id
        assert delivered(stack.manager, job_id)["attempts"] >= 2
    assert receiver.received("/taken/late") == []


def test_attempts_that_were_refused_carry_the_same_id(stack: Stack, pages: PageServer, receiver: PageServer) -> None:
    path = "/busy/twice"
    job_id = stack.manager.submit(pages.url("/words/3/twice"), callback_url=receiver.url(f"{path}?times=2"))
    assert delivered(stack.manager, job_id, within=40)["attempts"] == 3
    webhooks = receiver.received(path)
    assert ids(receiver, path) == [job_id] * 3
    assert len({webhook.body for webhook in webhooks}) == 1
    assert all(verified(webhook, NEW) for webhook in webhooks)


def test_everything_is_killed_between_the_end_and_its_delivery(
    stack: Stack, pages: PageServer, receiver: PageServer, recoveries: Recoveries
) -> None:
    """The result is written, its webhook is on the way, and the receiver has not answered yet."""
    path = "/held/killed"
    job_id = stack.manager.submit(pages.url("/words/3/killed"), callback_url=receiver.url(path))
    came(receiver, path)
    assert stack.manager.outcome(job_id) == SUCCESS
    assert stack.manager.job(job_id)["callback"]["state"] == "PENDING"
    for service in reversed(stack.all):
        service.kill()
    receiver.release(path)
    stack.make_whole()
    with recoveries.measure("everything killed between a result and its webhook"):
        came(receiver, path, number=2, within=AGAIN_SECONDS)
        assert delivered(stack.manager, job_id)["attempts"] == 2
    assert ids(receiver, path) == [job_id] * 2
    assert verified(receiver.received(path)[1], NEW) == verified(receiver.received(path)[0], NEW)


def test_an_end_without_any_worker_is_told_once_there_is_one(
    stack: Stack, pages: PageServer, receiver: PageServer
) -> None:
    for worker in stack.job_workers:
        worker.kill()
    path = "/taken/without-workers"
    job_id = stack.manager.submit(pages.url("/words/3/without-workers"), callback_url=receiver.url(path))
    stack.manager.cancel(job_id)
    for service in (stack.job_manager, stack.job_scheduler, stack.job_broker, stack.job_db):
        service.kill()
    assert receiver.received(path) == []
    stack.make_whole()
    assert verified(came(receiver, path, within=RECOVERY_SECONDS), NEW)["data"]["status"] == "REVOKED"


def test_a_hanging_receiver_holds_up_neither_jobs_nor_other_receivers(
    stack: Stack, pages: PageServer, receiver: PageServer
) -> None:
    hanging = [pages.url(f"/words/1/hanging/{number}") for number in range(20)]
    body = {"urls": hanging, "callback_url": receiver.url("/held/hanging")}
    jobs = [job["id"] for job in stack.manager.ask("POST", "/count", body).body["jobs"]]
    assert stack.manager.ended_all(jobs, within=30) == [SUCCESS] * 20
    came(receiver, "/held/hanging", number=8)
    begun = time.monotonic()
    with served_pages() as other:
        beside = stack.manager.submit(pages.url("/words/1/beside"), callback_url=other.url("/taken/beside"))
        assert stack.manager.ended(beside, within=5) == SUCCESS
        came(other, "/taken/beside", within=5)
    assert time.monotonic() - begun < 10
    assert len(receiver.received("/held/hanging")) == 8, "four at a time from each worker"


def test_a_worker_with_a_hanging_receiver_stops_in_time(stack: Stack, pages: PageServer, receiver: PageServer) -> None:
    path = "/held/stopping"
    job_id = stack.manager.submit(pages.url("/words/1/stopping"), callback_url=receiver.url(path))
    came(receiver, path)
    for worker in stack.job_workers:
        stop = worker.stop()
        assert (stop.exit_code, stop.left_behind) == (0, ())
        assert stop.seconds < 8
    receiver.release(path)
    stack.make_whole()
    # Else the first attempt counts as lost in 25 s only. One that has been made again is not due any more.
    stack.query("UPDATE deliveries SET due_at = now() WHERE job_id = %s AND due_at IS NOT NULL", job_id)
    came(receiver, path, number=2)
    assert delivered(stack.manager, job_id)["attempts"] == 2


@pytest.mark.parametrize(
    ("path", "state", "error"),
    [
        ("/gone/for-good", "GIVEN UP", "The receiver answered 410 Gone: it wants no more webhooks."),
        ("/moved/elsewhere", "PENDING", "The receiver answered 307."),
    ],
)
def test_what_the_receiver_answers_stands_on_the_job(
    stack: Stack, pages: PageServer, receiver: PageServer, path: str, state: str, error: str
) -> None:
    job_id = stack.manager.submit(pages.url("/words/1/answered"), callback_url=receiver.url(path))
    eventually(lambda: stack.manager.job(job_id)["callback"]["last_error"], "an attempt failed", seconds=20)
    callback = stack.manager.job(job_id)["callback"]
    assert (callback["state"], callback["last_error"]) == (state, error)
    assert receiver.received("/taken/moved") == [], "redirects are not followed"


def test_an_answer_without_end_is_no_burden(stack: Stack, pages: PageServer, receiver: PageServer) -> None:
    job_id = stack.manager.submit(pages.url("/words/1/drip"), callback_url=receiver.url("/flood/"))
    assert delivered(stack.manager, job_id)["attempts"] == 1
