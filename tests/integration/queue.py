"""The queues in Redis, looked at from outside."""

import base64
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Self
from uuid import UUID

from kombu import Consumer, Message
from redis import Redis

from job_core.queue import bulk, requeued
from job_tasks.job_tasks import core
from tests.integration.pausing import refused_port

QUEUE = "celery"
QUEUES = tuple(name for first in (QUEUE, bulk(QUEUE)) for name in (requeued(first), first))


@dataclass(frozen=True)
class Queue:
    """What lies in the lists of the queue."""

    redis: Redis
    url: str

    @classmethod
    @contextmanager
    def at(cls, url: str) -> Iterator[Self]:
        with Redis.from_url(url, decode_responses=True) as redis:
            yield cls(redis, url)

    def envelopes(self, *names: str) -> list[dict[str, Any]]:
        """The messages of the lists `names`, or of all."""
        return [json.loads(each) for name in names or QUEUES for each in reversed(self.redis.lrange(name, 0, -1))]

    def job_ids(self, *names: str) -> list[UUID]:
        """The jobs of the messages of the lists `names`, or of all: those that were sent again come first."""
        bodies = (json.loads(base64.b64decode(envelope["body"])) for envelope in self.envelopes(*names))
        return [UUID(arguments[0]) for arguments, _, _ in bodies]

    @contextmanager
    def consumer(self) -> Iterator[Callable[[], UUID]]:
        """Take messages one by one as a worker does, from all lists in turn; returns the job of each."""
        taken: list[UUID] = []

        def note(_: object, message: Message) -> None:
            message.ack()
            taken.append(UUID(message.headers["id"]))

        def take() -> UUID:
            before = len(taken)
            while len(taken) == before:
                connection.drain_events(timeout=10)
            return taken[-1]

        with (
            core.app.connection_for_read() as connection,
            Consumer(connection, core.app.conf.task_queues, callbacks=[note], accept=["json"]) as consumer,
        ):
            consumer.qos(prefetch_count=1)
            yield take

    def take(self) -> None:
        """Take one message, as a worker would."""
        assert any(self.redis.rpop(name) is not None for name in QUEUES)

    def taken(self, name: str) -> bytes:
        """The message of the queue `name` that is next, as it lay there."""
        return str(self.redis.rpop(name)).encode()

    def lose(self, job_id: UUID) -> None:
        """Lose one message among the others."""
        for name in QUEUES:
            for raw in self.redis.lrange(name, 0, -1):
                if json.loads(raw)["headers"]["id"] == str(job_id):
                    self.redis.lrem(name, 1, str(raw))

    def wipe(self) -> None:
        """Lose everything, as a broker does that restarts empty."""
        self.redis.flushall()

    def __len__(self) -> int:
        return sum(int(self.redis.llen(name)) for name in QUEUES)


@contextmanager
def full(queue: Queue) -> Iterator[None]:
    """Redis has no memory for another message."""
    queue.redis.config_set("maxmemory", "1")
    try:
        yield
    finally:
        queue.redis.config_set("maxmemory", "0")


@contextmanager
def without_its_replicas(queue: Queue) -> Iterator[None]:
    """Redis takes writes only where another copies them, and none does."""
    queue.redis.config_set("min-replicas-to-write", "1")
    try:
        yield
    finally:
        queue.redis.config_set("min-replicas-to-write", "0")


@contextmanager
def replica(queue: Queue) -> Iterator[None]:
    """Redis copies another, and takes no writes of its own."""
    queue.redis.slaveof("127.0.0.1", str(refused_port()))
    try:
        yield
    finally:
        queue.redis.slaveof()
