"""The queues in Redis: messages go in by one pipeline, and the oldest of each queue can be looked at.

Each queue is of four lists. A second one beside the first is for jobs that have waited before: released, retried, given
back. The same two are there for jobs in bulk: those that came with many others, until they begin. Workers take from all
in turn, so nobody waits behind a whole surge, nor can anybody overtake others without end. Each list is first in, first
out: that is what shows the reconciler which messages are lost.

The envelope is kombu's for virtual transports, its content Celery's message protocol 2:
https://docs.celeryq.dev/en/stable/internals/protocol.html. `apply_async` in a loop would do the same at a fifth of the
speed, since it goes to Redis once for each message, and every program that sends messages would have to load Celery.

Anybody with the broker's password can put anything into the queues, and Celery ends at much of it. So only what has,
byte by byte, the form of a message that is sent here is one; workers set everything else aside.
"""

import base64
import json
import math
import os
import re
import socket
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from uuid import uuid4

import structlog
from redis.exceptions import RedisError, ResponseError

from job_core.broker_client import bounded_client
from job_core.errors import BrokerUnavailable
from job_core.job import Message
from job_core.kinds import Kind
from job_core.metrics import count_set_aside
from job_core.shown import MAX_SHOWN, without_secrets

MAX_LOOKED_AT = 2_000
PUBLISHED_AT = "published_at"  # a header of ours, which Celery hands through
PROBE_KEY = "job_core.probe"
SET_ASIDE_KEY = "job_core.set_aside"
MAX_SET_ASIDE = 100
MAX_KEPT_BYTES = 16_384  # of each
SEND_AGAIN_SECONDS = 1.0  # after a caller waited in vain
WRONG_TYPE = "WRONGTYPE"  # the code of Redis' error for a key that is no list

# What Redis and its client say, in a few words that name neither address nor secret.
_REASONS = {
    "AuthenticationError": "wrong password",
    "AuthenticationWrongNumberOfArgsError": "wrong password",
    "OutOfMemoryError": "out of memory",
    "ReadOnlyError": "read-only",
    "BusyLoadingError": "starting up",
    "TimeoutError": "timed out",
    "MaxConnectionsError": "too many connections",
    "MasterNotFoundError": "no master",
}
_SAID = {
    "OOM": "out of memory",
    WRONG_TYPE: "a queue is no list",
    "CERTIFICATE_VERIFY_FAILED": "certificate not trusted",
    "previous master is now a slave": "read-only",
}

log = structlog.get_logger()


def requeued(queue: str) -> str:
    """The list beside `queue` for jobs that have waited before."""
    return f"{queue}.requeued"


def bulk(queue: str) -> str:
    """The list beside `queue` for jobs that came with many others."""
    return f"{queue}.bulk"


def lists(queue: str) -> tuple[str, str, str, str]:
    """All lists of `queue`: the first ones of jobs that came alone or as a few, then those of jobs in bulk."""
    return queue, requeued(queue), bulk(queue), requeued(bulk(queue))


@dataclass(frozen=True, kw_only=True)
class Oldest:
    """The message of a queue that is taken next: when it was sent. None: the queue holds no message of ours.

    `is_known` is False where others' messages hide the answer.
    """

    published_at: datetime | None
    is_known: bool = True


@dataclass(frozen=True, kw_only=True)
class Waiting:
    """What waits in one of the lists: how many entries, and the first of them, the next one before all."""

    name: str
    count: int
    first: Sequence[bytes]


class JobQueue:
    """Sends messages to the workers of the app `name`.

    Every call ends within two `timeout_seconds`, or raises BrokerUnavailable.
    """

    def __init__(self, name: str, kinds: Mapping[str, Kind], url: str, *, timeout_seconds: float) -> None:
        self._name = name
        self._kinds = kinds
        self._templates: dict[tuple[str, str], str] = {}
        self._patterns: dict[str, re.Pattern[bytes]] = {}
        self._redis = bounded_client(url, timeout_seconds)
        self._long_wait_seconds = timeout_seconds / 2
        self._silent_at = -math.inf
        self._silence = BrokerUnavailable("")  # what was said then

    @property
    def names(self) -> list[str]:
        """The queues of all kinds: the first list of each."""
        return sorted({kind.queue for kind in self._kinds.values()})

    def publish(self, messages: Sequence[Message]) -> None:
        """Send `messages` in one pipeline, in their order. After BrokerUnavailable, some may have been sent.

        For a second after a caller has waited in vain, those who come next are told so at once.
        """
        began = time.monotonic()
        if began < self._silent_at + SEND_AGAIN_SECONDS:
            raise BrokerUnavailable(str(self._silence), reason=self._silence.reason) from self._silence.__cause__
        try:
            self._send(messages)
        except BrokerUnavailable as error:
            if time.monotonic() - began > self._long_wait_seconds:
                self._silence, self._silent_at = error, time.monotonic()
            raise

    def _send(self, messages: Sequence[Message]) -> None:
        pipeline = self._redis.pipeline(transaction=False)
        for name, group in groupby(messages, key=self._queue_of):
            pipeline.lpush(name, *(self._envelope(message, name) for message in group))  # workers take from the right
        with _broker_errors(), self._no_other_keys():
            pipeline.execute()

    def waiting(self) -> int:
        """How many messages wait to be taken."""
        pipeline = self._redis.pipeline(transaction=False)
        for name in self._lists():
            pipeline.llen(name)
        with _broker_errors():
            return sum(pipeline.execute())

    def look(self, most: int) -> tuple[list[Waiting], int]:
        """What waits in each list, `most` entries of each, and how many entries were set aside."""
        names = self._lists()
        pipeline = self._redis.pipeline(transaction=False)
        for name in names:
            pipeline.llen(name)
            pipeline.lrange(name, -most, -1)
        pipeline.llen(SET_ASIDE_KEY)
        with _broker_errors(), self._no_other_keys():
            *answers, set_aside = pipeline.execute()
        each = zip(names, answers[::2], answers[1::2], strict=True)
        return [Waiting(name=name, count=count, first=first[::-1]) for name, count, first in each], set_aside

    def oldest(self, name: str) -> Oldest:
        """The message of the queue `name` that is taken next."""
        for look in (1, MAX_LOOKED_AT):  # it is the very first one, unless somebody else sends messages, too
            with _broker_errors(), self._no_other_keys():
                envelopes: list[bytes] = self._redis.lrange(name, -look, -1)  # type: ignore[assignment] # not decoded
            for envelope in reversed(envelopes):
                if (published_at := self.published_at(name, envelope)) is not None:
                    return Oldest(published_at=published_at)
            if len(envelopes) < look:
                return Oldest(published_at=None)
        return Oldest(published_at=None, is_known=False)

    def published_at(self, name: str, envelope: bytes) -> datetime | None:
        """When this message of the queue `name` was sent; None for what is no message of ours."""
        if (pattern := self._patterns.get(name)) is None:
            pattern = self._patterns[name] = _pattern(self._name, name)
        if not (match := pattern.fullmatch(envelope)) or match["body"] != _body(match["id"].decode()).encode():
            return None
        try:
            return datetime.fromisoformat(match["published_at"].decode())
        except ValueError:  # February 30
            return None

    def set_aside(self, envelope: bytes) -> None:
        """Keep the beginning of what is no message of ours for people to look at, and forget the oldest of these."""
        pipeline = self._redis.pipeline(transaction=False)
        pipeline.lpush(SET_ASIDE_KEY, envelope[:MAX_KEPT_BYTES])
        pipeline.ltrim(SET_ASIDE_KEY, 0, MAX_SET_ASIDE - 1)
        with _broker_errors():
            pipeline.execute()

    @contextmanager
    def _no_other_keys(self) -> Iterator[None]:
        """Rename what stands in the place of a queue and is no list, once the block has failed over it.

        Nothing could be put into the queue or taken from it, until somebody deletes the key.
        """
        try:
            yield
        except ResponseError as error:
            if WRONG_TYPE not in str(error):
                raise
            for name in self._lists():
                if (kind := self._redis.type(name)) not in {b"list", b"none"}:
                    self._redis.rename(name, f"{SET_ASIDE_KEY}.{name}")
                    count_set_aside()
                    log.warning("set aside a key that is no queue", queue=name, type=kind)
            raise

    def ping(self) -> None:
        """Do nothing but raise BrokerUnavailable if the broker would not take a message."""
        with _broker_errors():
            self._redis.set(PROBE_KEY, "", ex=60)

    def _queue_of(self, message: Message) -> str:
        name = self.name_of(message.kind)
        name = bulk(name) if message.bulk else name
        return requeued(name) if message.requeued else name

    def _lists(self) -> list[str]:
        return [name for queue in self.names for name in lists(queue)]

    def name_of(self, kind: str) -> str:
        """The queue of a kind; the first one for a kind that is not known here, for it may be new."""
        known = self._kinds.get(kind)
        return known.queue if known else self.names[0]

    def _envelope(self, message: Message, queue: str) -> str:
        if (template := self._templates.get((message.kind, queue))) is None:
            origin = f"gen{os.getpid()}@{socket.gethostname()}"
            template = self._templates[message.kind, queue] = _template(f"{self._name}.{message.kind}", queue, origin)
        job_id = str(message.job_id)
        return (
            template.replace(_ID, job_id)
            .replace(_BODY, _body(job_id))
            .replace(_TIME, message.published_at.isoformat())
            .replace(_TAG, str(uuid4()))
            .replace(_SHOWN, json.dumps(without_secrets(message.label))[1:-1])  # at the end: any text may stand in it
        )


_ID, _BODY, _TIME, _TAG = "<job id>", "<body>", "<published at>", "<delivery tag>"
_KIND, _ORIGIN, _SHOWN = "<kind>", "<origin>", "<shown>"
_ARGUMENTS = json.dumps([[_ID], {}, dict.fromkeys(("callbacks", "errbacks", "chain", "chord"))])


def _body(job_id: str) -> str:
    return base64.b64encode(_ARGUMENTS.replace(_ID, job_id).encode()).decode()


def _template(task: str, queue: str, origin: str) -> str:
    """The envelope of a task's messages, with names where each differs.

    Who changes it lets workers take both forms for one release: a worker sets aside what it does not know.
    """
    return json.dumps(
        {
            "body": _BODY,
            "content-encoding": "utf-8",
            "content-type": "application/json",
            "headers": _headers(task, origin),
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
    )


def _headers(task: str, origin: str) -> dict[str, object]:
    """What protocol 2 wants, and when we sent the message. The time limits are the worker's to know.

    `argsrepr` is what Flower shows as the task's arguments. Workers do nothing by it: the request is on the job's row.
    """
    unused = ("shadow", "eta", "expires", "group", "group_index", "parent_id", "stamped_headers")
    return dict.fromkeys(unused) | {
        "lang": "py",
        "task": task,
        "id": _ID,
        "root_id": _ID,
        "retries": 0,
        "timelimit": [None, None],
        "argsrepr": _SHOWN,
        "kwargsrepr": "{}",
        "origin": origin,
        "ignore_result": True,
        "replaced_task_nesting": 0,
        "stamps": {},
        PUBLISHED_AT: _TIME,
    }


def _pattern(app: str, queue: str) -> re.Pattern[bytes]:
    """What every message of a queue matches, also one of a kind that is not known here."""
    uuid = "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
    pattern = re.escape(_template(f"{app}.{_KIND}", queue, _ORIGIN))
    for placeholder, expression in (
        (_ID, f"(?P<id>{uuid})"),
        (_BODY, "(?P<body>[A-Za-z0-9+/=]+)"),
        (_TIME, r"(?P<published_at>20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{6})?[+-]\d\d:\d\d)"),
        (_TAG, uuid),
        (_KIND, r"(?:\w|\\u[0-9a-f]{4}){1,255}"),  # the name of a function, as JSON has it
        (_ORIGIN, r"(?:[ !#-\[\]-~]|\\u[0-9a-f]{4}){1,255}"),  # a machine may be called anything
        (_SHOWN, rf"(?:[ !#-\[\]-~]|\\[\"\\]|\\u[0-9a-f]{{4}}){{0,{2 * MAX_SHOWN}}}"),  # of two for rare characters
    ):
        pattern = pattern.replace(re.escape(placeholder), expression, 1)
    return re.compile(pattern.replace(re.escape(_ID), "(?P=id)").encode())


@contextmanager
def _broker_errors() -> Iterator[None]:
    try:
        yield
    except (RedisError, OSError) as error:
        other = "refused" if isinstance(error, ResponseError) else "not reachable"
        said = next((reason for part, reason in _SAID.items() if part in str(error)), other)
        reason = _REASONS.get(type(error).__name__, said)
        raise BrokerUnavailable("The broker did not take the message, or did not answer.", reason=reason) from error
