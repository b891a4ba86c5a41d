"""The queue in Redis, looked at from outside."""

import base64
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Self
from uuid import UUID

from redis import Redis

from job_core.queue import QUEUE


@dataclass(frozen=True)
class Queue:
    """What lies in it, the message that is taken next first."""

    redis: Redis

    @classmethod
    @contextmanager
    def at(cls, url: str) -> Iterator[Self]:
        with Redis.from_url(url, decode_responses=True) as redis:
            yield cls(redis)

    def envelopes(self) -> list[dict[str, Any]]:
        return [json.loads(each) for each in reversed(self.redis.lrange(QUEUE, 0, -1))]

    def job_ids(self) -> list[UUID]:
        bodies = (json.loads(base64.b64decode(envelope["body"])) for envelope in self.envelopes())
        return [UUID(arguments[0]) for arguments, _, _ in bodies]

    def take(self) -> None:
        """Take one message, as a worker would."""
        assert self.redis.rpop(QUEUE) is not None

    def lose(self, job_id: UUID) -> None:
        """Lose one message among the others."""
        for raw in self.redis.lrange(QUEUE, 0, -1):
            if json.loads(raw)["headers"]["id"] == str(job_id):
                self.redis.lrem(QUEUE, 1, str(raw))

    def wipe(self) -> None:
        """Lose everything, as a broker does that restarts empty."""
        self.redis.flushall()

    def __len__(self) -> int:
        return int(self.redis.llen(QUEUE))
