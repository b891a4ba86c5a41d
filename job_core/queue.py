"""The queues in Redis: messages go in by one pipeline, and the oldest of each queue can be looked at.

Each queue has a second one beside it, for jobs that have waited before: released, retried, given back. Workers take
from both in turn, so these jobs need not wait behind a whole surge, nor can they overtake others without end. Each of
the two is first in, first out: that is what shows the reconciler which messages are lost.

The envelope is kombu's for virtual transports, its content Celery's message protocol 2:
https://docs.celeryq.dev/en/stable/internals/protocol.html. `apply_async` in a loop would do the same at a fifth of the
speed, since it goes to Redis once for each message, and every program that sends messages would have to load Celery.
"""

import base64
import json
import os
import socket
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from uuid import UUID, uuid4

from redis import ConnectionPool, Redis
from redis.backoff import NoBackoff
from redis.connection import Connection
from redis.exceptions import RedisError
from redis.retry import Retry

from job_core.errors import BrokerUnavailable
from job_core.job import Message
from job_core.kinds import Kind
from job_core.name_lookup import ServiceName

MAX_LOOKED_AT = 2_000
PUBLISHED_AT = "published_at"  # a header of ours, which Celery hands through
PROBE_KEY = "job_core.probe"

# What Redis and its client say, in a few words that name neither address nor secret.
_REASONS = {
    "AuthenticationError": "wrong password",
    "AuthenticationWrongNumberOfArgsError": "wrong password",
    "OutOfMemoryError": "out of memory",
    "ReadOnlyError": "read-only",
    "BusyLoadingError": "starting up",
    "TimeoutError": "timed out",
    "MaxConnectionsError": "too many connections",
}


def requeued(queue: str) -> str:
    """The name of the second queue beside `queue`."""
    return f"{queue}.requeued"


@dataclass(frozen=True, kw_only=True)
class Oldest:
    """The message of a queue that is taken next: when it was sent. None: the queue holds no message of ours.

    `is_known` is False where others' messages hide the answer.
    """

    published_at: datetime | None
    is_known: bool = True


class JobQueue:
    """Sends messages to the workers of the app `name`.

    Every call ends within two `timeout_seconds`, or raises BrokerUnavailable.
    """

    def __init__(self, name: str, kinds: Mapping[str, Kind], url: str, *, timeout_seconds: float) -> None:
        self._name = name
        self._kinds = kinds
        self._templates: dict[tuple[str, str], tuple[str, str]] = {}
        pool = ConnectionPool.from_url(
            url,
            socket_timeout=timeout_seconds,
            socket_connect_timeout=timeout_seconds,
            retry=Retry(NoBackoff(), 0),
        )
        host = ServiceName(pool.connection_kwargs["host"])
        pool.connection_class = _with_bounded_lookup(pool.connection_class, host, timeout_seconds)
        self._redis = Redis(connection_pool=pool)

    @property
    def names(self) -> list[str]:
        """The queues of all kinds, without the second one of each."""
        return sorted({kind.queue for kind in self._kinds.values()})

    def publish(self, messages: Sequence[Message]) -> None:
        """Send `messages` in one pipeline, in their order. After BrokerUnavailable, some may have been sent."""
        pipeline = self._redis.pipeline(transaction=False)
        for name, group in groupby(messages, key=self._queue_of):
            pipeline.lpush(name, *(self._envelope(message, name) for message in group))  # workers take from the right
        with _broker_errors():
            pipeline.execute()

    def waiting(self) -> int:
        """How many messages wait to be taken."""
        pipeline = self._redis.pipeline(transaction=False)
        for name in self.names:
            pipeline.llen(name)
            pipeline.llen(requeued(name))
        with _broker_errors():
            return sum(pipeline.execute())

    def oldest(self, name: str) -> Oldest:
        """The message of the queue `name` that is taken next."""
        for look in (1, MAX_LOOKED_AT):  # it is the very first one, unless somebody else sends messages, too
            with _broker_errors():
                envelopes = self._redis.lrange(name, -look, -1)
            for envelope in reversed(envelopes):
                if (published_at := _published_at(envelope)) is not None:
                    return Oldest(published_at=published_at)
            if len(envelopes) < look:
                return Oldest(published_at=None)
        return Oldest(published_at=None, is_known=False)

    def ping(self) -> None:
        """Do nothing but raise BrokerUnavailable if the broker would not take a message."""
        with _broker_errors():
            self._redis.set(PROBE_KEY, "", ex=60)

    def _queue_of(self, message: Message) -> str:
        name = self.name_of(message.kind)
        return requeued(name) if message.requeued else name

    def name_of(self, kind: str) -> str:
        """The queue of a kind; the first one for a kind that is not known here, for it may be new."""
        known = self._kinds.get(kind)
        return known.queue if known else self.names[0]

    def _envelope(self, message: Message, queue: str) -> str:
        head, body = self._template(message.kind, queue)
        job_id = str(message.job_id)
        encoded = base64.b64encode(body.replace(_ID, job_id).encode()).decode()
        return (
            head.replace(_ID, job_id)
            .replace(_BODY, encoded)
            .replace(_TIME, message.published_at.isoformat())
            .replace(_TAG, str(uuid4()))
        )

    def _template(self, kind: str, queue: str) -> tuple[str, str]:
        """The envelope and the body of a kind's messages, with names where each differs."""
        if (made := self._templates.get((kind, queue))) is None:
            envelope = {
                "body": _BODY,
                "content-encoding": "utf-8",
                "content-type": "application/json",
                "headers": _headers(f"{self._name}.{kind}"),
                "properties": {
                    "correlation_id": _ID,
                    "reply_to": "",
                    "body_encoding": "base64",
                    "delivery_mode": 2,
                    "delivery_info": {"exchange": "", "routing_key": queue},
                    "delivery_tag": _TAG,
                    "priority": 0,
                },
            }
            body: list[object] = [[_ID], {}, dict.fromkeys(("callbacks", "errbacks", "chain", "chord"))]
            made = self._templates[kind, queue] = (json.dumps(envelope), json.dumps(body))
        return made


def _headers(task: str) -> dict[str, object]:
    """What protocol 2 wants, and when we sent the message. The time limits are the worker's to know."""
    unused = ("shadow", "eta", "expires", "group", "group_index", "parent_id", "stamped_headers")
    return dict.fromkeys(unused) | {
        "lang": "py",
        "task": task,
        "id": _ID,
        "root_id": _ID,
        "retries": 0,
        "timelimit": [None, None],
        "argsrepr": f"('{_ID}',)",
        "kwargsrepr": "{}",
        "origin": f"gen{os.getpid()}@{socket.gethostname()}",
        "ignore_result": True,
        "replaced_task_nesting": 0,
        "stamps": {},
        PUBLISHED_AT: _TIME,
    }


_ID, _BODY, _TIME, _TAG = "<job id>", "<body>", "<published at>", "<delivery tag>"


@contextmanager
def _broker_errors() -> Iterator[None]:
    try:
        yield
    except (RedisError, OSError) as error:
        reason = _REASONS.get(type(error).__name__) or ("out of memory" if "OOM" in str(error) else "not reachable")
        raise BrokerUnavailable("The broker did not take the message, or did not answer.", reason=reason) from error


def _with_bounded_lookup(connection_class: type[Connection], name: ServiceName, seconds: float) -> type[Connection]:
    """A connection that looks its host up first: redis-py's own look-up, which repeats it, knows no time-out."""

    class BoundedLookupConnection(connection_class):  # type: ignore[misc, valid-type] # with TLS or without, as the URL says
        def _connect(self) -> socket.socket:
            name.addresses(seconds)
            return super()._connect()  # type: ignore[no-any-return]

    return BoundedLookupConnection


def _published_at(envelope: str | bytes) -> datetime | None:
    """When a message was sent; None for what somebody else sent."""
    try:
        headers = json.loads(envelope)["headers"]
        UUID(headers["id"])
        return datetime.fromisoformat(headers[PUBLISHED_AT])
    except (ValueError, KeyError, TypeError, AttributeError):
        return None
