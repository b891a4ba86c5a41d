"""The queue of a chaos run, looked at all the time: at most 1.1 messages for each job that waits.

Not counted are jobs whose messages the run doubled itself, and messages of cancelled jobs, which lie there until a
worker drops them. A look is not one moment, and a few jobs may pass meanwhile: hence SLACK.
"""

import json
import threading
from collections.abc import Collection
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass

import psycopg2
import redis

from dev.chaos.checks import Breach, Kind
from dev.chaos.tables import Tables
from job_core.queue import QUEUE

LOOK_SECONDS = 0.25
ANSWER_SECONDS = 2.0
MOST_MESSAGES = 1.1
SLACK = 10

_STATES = "SELECT id::text, state FROM jobs WHERE finished_at IS NULL OR id = ANY(%s::uuid[])"


@dataclass(frozen=True, kw_only=True)
class Look:
    """One look: jobs that wait, and messages that count."""

    waiting: int
    messages: int

    def breach(self) -> Breach | None:
        """Whether there are too many messages."""
        if self.messages <= MOST_MESSAGES * self.waiting + SLACK:
            return None
        return Breach(kind=Kind.QUEUE, detail=f"{self.messages} messages for {self.waiting} waiting jobs")


class QueueWatch:
    """Looks from `start` to `stop`, whenever broker and database answer."""

    def __init__(self, broker_url: str, database_url: str) -> None:
        self._redis = redis.Redis.from_url(broker_url, socket_timeout=ANSWER_SECONDS)
        self._tables = Tables(database_url)
        self._doubled: set[str] = set()
        self._unfinished = 0
        self._looks = 0
        self._worst = 0
        self._breaches: list[Breach] = []
        self._stopping = threading.Event()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="queue-watch")

    def start(self) -> None:
        """Begin to look."""
        self._looking = self._thread.submit(self._run)

    def stop(self) -> None:
        """End."""
        self._stopping.set()
        self._looking.result()  # raises what it raised
        self._thread.shutdown()
        self._tables.close()
        self._redis.close()

    def breaches(self) -> list[Breach]:
        """What was seen to be wrong."""
        return list(self._breaches)

    def unfinished(self) -> int:
        """How many jobs had not ended at the latest look."""
        return self._unfinished

    @property
    def summary(self) -> str:
        """How much was looked at."""
        return f"the queue was looked at {self._looks:,} times; {self._worst} messages at most beyond 1 a waiting job"

    def ignore(self, job_ids: Collection[str]) -> None:
        """Messages of these jobs were doubled on purpose."""
        self._doubled.update(job_ids)

    def _run(self) -> None:
        while not self._stopping.wait(LOOK_SECONDS):
            with suppress(psycopg2.Error, redis.RedisError):
                self._unfinished = len(self._tables.unfinished())
                self._note(self._look())

    def _look(self) -> Look:
        lying = job_ids_in(self._redis.lrange(QUEUE, 0, -1))
        states = dict(self._tables.ask(_STATES, lying))
        return Look(
            waiting=sum(state == "PENDING" and job_id not in self._doubled for job_id, state in states.items()),
            messages=sum(states.get(job_id) != "REVOKED" and job_id not in self._doubled for job_id in lying),
        )

    def _note(self, look: Look) -> None:
        self._looks += 1
        self._worst = max(self._worst, look.messages - look.waiting)
        if (breach := look.breach()) is not None:
            self._breaches.append(breach)


def job_ids_in(envelopes: Collection[bytes | str]) -> list[str]:
    """Whom the messages are about."""
    return [str(json.loads(envelope)["headers"]["id"]) for envelope in envelopes]
