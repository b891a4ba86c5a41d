"""Entries of the queues that are no messages of ours: they are set aside, and work goes on at once."""

import base64
import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
import requests
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from redis import Redis
from uuid_utils.compat import uuid7

from dev.manager import SUCCESS
from dev.pages import PageServer
from dev.stack import QUEUES, Stack
from dev.waiting import eventually
from embedded.ports import LOOPBACK
from embedded.services import WORKERS
from job_core.job import Message
from job_core.queue import MAX_KEPT_BYTES, MAX_SET_ASIDE, SET_ASIDE_KEY, JobQueue
from job_tasks.job_tasks import core
from tests.acceptance.held import occupy
from tests.broken_messages import BROKEN, mutations
from tests.examples import examples

AT_ONCE_SECONDS = 10.0
AT_A_TIME = 50
FLOOD = 5_000


@pytest.fixture
def broker(stack: Stack) -> Iterator[Redis]:
    with stack.redis() as client:
        client.delete(SET_ASIDE_KEY)
        yield client


@pytest.fixture
def processes(stack: Stack) -> Iterator[None]:
    """The workers' processes are the same afterwards."""
    before = [worker.process.pid for worker in stack.job_workers]
    yield
    assert [worker.process.pid for worker in stack.job_workers if worker.is_running()] == before


pytestmark = pytest.mark.usefixtures("processes")


def message(stack: Stack, queue: str) -> bytes:
    """One as the manager sends it, about a job that is not there; it is in no queue."""
    elsewhere = stack.broker_url.replace("/0", "/1")
    is_bulk, is_requeued = queue in QUEUES[2:], queue in QUEUES[1::2]
    sent = Message(
        kind="count", job_id=uuid7(), label="", published_at=datetime.now(UTC), bulk=is_bulk, requeued=is_requeued
    )
    JobQueue(core.name, core.kinds, elsewhere, timeout_seconds=5).publish([sent])
    with Redis.from_url(elsewhere) as client:
        taken = client.rpop(queue)
    assert isinstance(taken, bytes)
    return taken


def set_aside(stack: Stack) -> int:
    """How many the workers counted."""
    counted = 0.0
    for worker in WORKERS:
        figures = requests.get(f"http://{LOOPBACK}:{stack.services.metrics_ports[worker]}/metrics", timeout=10).text
        counted += sum(map(float, re.findall(r"^wordcount_messages_set_aside_total (.+)$", figures, re.MULTILINE)))
    return int(counted)


def assert_work_goes_on(stack: Stack, pages: PageServer, broker: Redis) -> None:
    eventually(lambda: not any(broker.llen(queue) for queue in QUEUES), "the queues are empty", seconds=30)
    job_id = stack.manager.submit(pages.url("/words/1/beside-broken-messages"))
    assert stack.manager.ended(job_id, within=AT_ONCE_SECONDS) == SUCCESS


@pytest.mark.parametrize("queue", QUEUES)
def test_each_is_set_aside_and_counted(stack: Stack, pages: PageServer, broker: Redis, queue: str) -> None:
    ours = message(stack, queue)
    broken = [make(ours) for make in BROKEN.values()]
    before = set_aside(stack)
    for entry in broken:
        broker.lpush(queue, entry)
    assert_work_goes_on(stack, pages, broker)
    kept = [entry[:MAX_KEPT_BYTES] for entry in broken]
    eventually(lambda: set_aside(stack) - before == len(broken), "each is counted")
    assert sorted(broker.lrange(SET_ASIDE_KEY, 0, -1)) == sorted(kept)


def test_a_job_whose_message_was_broken_gets_another(stack: Stack, pages: PageServer, broker: Redis) -> None:
    occupy(stack, pages, "broken")
    job_id = stack.manager.submit(pages.url("/words/1/broken"))
    envelope = broker.rpop(QUEUES[0])
    assert isinstance(envelope, bytes)
    broker.lpush(QUEUES[0], BROKEN["a body that is not base64"](envelope))
    pages.release_all()
    assert stack.manager.ended(job_id, within=AT_ONCE_SECONDS) == SUCCESS


@pytest.mark.parametrize("queue", QUEUES)
def test_a_key_of_another_type_in_the_place_of_a_queue_is_set_aside(
    stack: Stack, pages: PageServer, broker: Redis, queue: str
) -> None:
    broker.delete(queue)
    broker.set(queue, "somebody's")
    job_id = stack.manager.submit(pages.url("/words/1/behind-a-key"))
    assert stack.manager.ended(job_id, within=AT_ONCE_SECONDS) == SUCCESS
    eventually(lambda: broker.get(f"{SET_ASIDE_KEY}.{queue}") == b"somebody's", "it was renamed")
    broker.delete(f"{SET_ASIDE_KEY}.{queue}")
    assert_work_goes_on(stack, pages, broker)


@pytest.mark.parametrize("kind", [b"gone", rb"\ud800"], ids=repr)
def test_those_of_a_kind_that_no_worker_knows_end_none(
    stack: Stack, pages: PageServer, broker: Redis, kind: bytes
) -> None:
    broker.lpush(QUEUES[0], message(stack, QUEUES[0]).replace(b"job_tasks.count", b"job_tasks." + kind))
    assert_work_goes_on(stack, pages, broker)
    assert broker.llen(SET_ASIDE_KEY) == 0


def test_many_hold_up_nobody_and_the_latest_are_kept(stack: Stack, pages: PageServer, broker: Redis) -> None:
    broker.rpush(QUEUES[0], *(f"garbage {number}" for number in range(FLOOD)))
    job_id = stack.manager.submit(pages.url("/words/1/behind-a-flood"))
    assert stack.manager.ended(job_id, within=AT_ONCE_SECONDS) == SUCCESS
    assert_work_goes_on(stack, pages, broker)
    assert broker.llen(SET_ASIDE_KEY) == MAX_SET_ASIDE


def test_whatever_is_made_of_a_message_workers_live_and_go_on(stack: Stack, pages: PageServer, broker: Redis) -> None:
    @settings(max_examples=examples(5), suppress_health_check=list(HealthCheck), print_blob=True)
    @given(st.lists(mutations(message(stack, QUEUES[0])), min_size=AT_A_TIME, max_size=AT_A_TIME))
    def they_go_on(entries: list[bytes]) -> None:
        for queue in QUEUES:
            broker.rpush(queue, *entries)
        assert_work_goes_on(stack, pages, broker)
        assert all(worker.is_running() for worker in stack.job_workers)

    they_go_on()


BROADCAST = "/0.celery.pidbox"  # kombu's, on which Flower asks workers


def test_those_that_are_broadcast_end_no_worker(stack: Stack, pages: PageServer, broker: Redis) -> None:
    ours = message(stack, QUEUES[0])
    asked = {"method": "ping", "arguments": {}, "destination": None, "pattern": None, "matcher": None}
    ping = json.loads(ours) | {"body": base64.b64encode(json.dumps(asked).encode()).decode()}
    for name, make in BROKEN.items():
        for entry in (make(ours), make(json.dumps(ping).encode())):
            # Celery listens no more for a moment after each that it does not understand.
            eventually(lambda: broker.publish(BROADCAST, entry) == len(WORKERS), f"both listen before {name}")  # noqa: B023 - at once
    assert_work_goes_on(stack, pages, broker)
