"""What a chaos run watches: the queue all the time, and the recovery from each fault."""

import json
import threading
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass

import psycopg2
import redis

from dev.chaos.checks import Breach, Flaw
from dev.chaos.load import Client, count_pages
from dev.stack import QUEUES, RECOVERY_SECONDS, AnyStack
from embedded.terminal import wait_until
from job_core.job import ENDED

LOOK_SECONDS = 0.25
MAX_MESSAGES = 1.1  # for each job that waits
SLACK = 10
PATIENCE_SECONDS = 120.0  # beyond the bound, to see how long a recovery takes, or whether it comes at all

_STATES = "SELECT id::text, state FROM jobs WHERE finished_at IS NULL OR id = ANY(%s::uuid[])"
_UNFINISHED = "SELECT id::text FROM jobs WHERE finished_at IS NULL"


@dataclass(frozen=True, kw_only=True)
class Look:
    """One look at the queue: how many jobs wait, and how many messages there are.

    Jobs whose messages the run doubled do not count, nor do messages of cancelled jobs, which stay until a worker
    drops them. A look takes a moment, in which some jobs can move on: hence SLACK.
    """

    waiting: int
    messages: int

    def breach(self) -> Breach | None:
        """The breach, if there are too many messages."""
        if self.messages <= MAX_MESSAGES * self.waiting + SLACK:
            return None
        return Breach(flaw=Flaw.QUEUE, detail=f"{self.messages} messages for {self.waiting} waiting jobs")


class QueueWatch:
    """Looks at the queue from `start` to `stop`, whenever broker and database answer."""

    def __init__(self, stack: AnyStack) -> None:
        self._stack = stack
        self._doubled: set[str] = set()
        self._unfinished = 0
        self._looks = 0
        self._most = 0
        self._breaches: list[Breach] = []
        self._stopping = threading.Event()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="queue-watch")

    def start(self) -> None:
        """Start the thread that looks."""
        self._looking = self._thread.submit(self._run)

    def stop(self) -> None:
        """Stop the thread; raises what it raised."""
        self._stopping.set()
        self._looking.result()
        self._thread.shutdown()

    def breaches(self) -> list[Breach]:
        """The breaches that were seen."""
        return list(self._breaches)

    def unfinished(self) -> int:
        """How many jobs had not ended at the latest look."""
        return self._unfinished

    @property
    def summary(self) -> str:
        """How often it looked, and what it saw."""
        return f"the queue was looked at {self._looks:,} times; {self._most} messages at most beyond 1 a waiting job"

    def ignore(self, job_ids: Collection[str]) -> None:
        """Messages of these jobs were doubled on purpose."""
        self._doubled.update(job_ids)

    def _run(self) -> None:
        with self._stack.redis() as client:
            while not self._stopping.wait(LOOK_SECONDS):
                with suppress(psycopg2.Error, redis.RedisError):
                    self._note(self._look(client))

    def _look(self, client: "redis.Redis") -> Look:
        lying = job_ids_in([each for name in QUEUES for each in client.lrange(name, 0, -1)])
        states: dict[str, str] = dict(self._stack.query(_STATES, lying))
        self._unfinished = sum(state not in ENDED for state in states.values())
        return Look(
            waiting=sum(state == "PENDING" and job_id not in self._doubled for job_id, state in states.items()),
            messages=sum(states.get(job_id) != "REVOKED" and job_id not in self._doubled for job_id in lying),
        )

    def _note(self, look: Look) -> None:
        self._looks += 1
        self._most = max(self._most, look.messages - look.waiting)
        if (breach := look.breach()) is not None:
            self._breaches.append(breach)


def job_ids_in(envelopes: Collection[bytes | str]) -> list[str]:
    """The ids of the jobs that the messages are for; others than messages may be among them."""
    found = []
    for envelope in envelopes:
        with suppress(ValueError, TypeError, KeyError, RecursionError):
            found.append(str(json.loads(envelope)["headers"]["id"]))
    return found


@dataclass(frozen=True, kw_only=True)
class Injected:
    """An injected fault: the jobs that it met, and how long the stack took to recover."""

    fault: str
    jobs: frozenset[str]
    recovery_seconds: float
    late: frozenset[str]  # had not ended RECOVERY_SECONDS after the fault


def recover(stack: AnyStack, client: Client, fault: str, probe: str, *, during: Callable[[], None]) -> Injected:
    """Inject a fault, and wait until the stack has recovered.

    The time is measured from the end of the fault to the end of these jobs: all that had not ended when the fault began
    or when it ended, and a probe, submitted at the end of the fault until it is accepted. `probe` is its name and key.
    """
    before = _unfinished(stack)
    during()
    begun = time.monotonic()
    url = f"{stack.site}/stamped/3/{probe}"
    submission = count_pages((url,), key=probe)
    wait_until(lambda: client.submit(submission), seconds=PATIENCE_SECONDS)
    probes = {job_id for (job_id,) in stack.query("SELECT id::text FROM jobs WHERE label = %s", url)}
    jobs = before | _unfinished(stack) | probes
    late = _left(stack, jobs, begun + RECOVERY_SECONDS)
    _left(stack, late, begun + PATIENCE_SECONDS)
    return Injected(fault=fault, jobs=jobs, recovery_seconds=time.monotonic() - begun, late=late)


def _unfinished(stack: AnyStack) -> frozenset[str]:
    return frozenset(job_id for (job_id,) in stack.query(_UNFINISHED))


def _left(stack: AnyStack, jobs: frozenset[str], deadline: float) -> frozenset[str]:
    """Those of `jobs` that have not ended by the deadline, or are missing."""
    asked = "SELECT id::text FROM jobs WHERE id = ANY(%s::uuid[]) AND finished_at IS NOT NULL"
    left = set(jobs)

    def all_ended() -> bool:
        left.difference_update(job_id for (job_id,) in stack.query(asked, list(left)))
        return not left

    wait_until(all_ended, seconds=deadline - time.monotonic())
    return frozenset(left)


def slow(injected: Sequence[Injected]) -> Iterator[Breach]:
    """A breach for each job that had not ended in time after a fault."""
    for each in injected:
        for job_id in sorted(each.late):
            detail = f"not ended {RECOVERY_SECONDS:g} s after {each.fault}; it took {each.recovery_seconds:.1f} s"
            yield Breach(flaw=Flaw.SLOW, job_id=job_id, detail=detail)
