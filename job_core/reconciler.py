"""Repairs what the fast path missed: claims of dead workers, due retries, parked jobs with room, lost messages.

Safe to run twice at once: every step is a conditional UPDATE, and rows that another reconciler works on are skipped.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from job_core.config import Limits
from job_core.errors import AttemptOutOfTime, BrokerUnavailable, UnknownKind
from job_core.job import Message, Step
from job_core.kinds import Kind
from job_core.metrics import count_repairs
from job_core.queue import JobQueue, Oldest, lists
from job_core.store import limits, submissions
from job_core.store.claims import LOSS_ERROR, MAX_LOSSES, describe
from job_core.store.database import Database
from job_core.store.events import record_due, record_steps
from job_core.store.workers import LOST_AFTER

ROUND_SECONDS = 2.0
BATCH = 1_000  # rows in one statement, and messages in one pipeline
# A row this young may still be on its way to the broker. A submission that has not got so far by then sends nothing.
ON_THE_WAY = timedelta(seconds=2)
# A kind that is new may be accepted before the scheduler knows it.
UNKNOWN_AFTER = timedelta(minutes=10)

_OVERDUE = json.dumps(describe(AttemptOutOfTime("The attempt did not end within its time limit.")))
_UNKNOWN = json.dumps(describe(UnknownKind("No worker knows how to do jobs of this kind.")))
_LOST = json.dumps(describe(LOSS_ERROR))

log = structlog.get_logger()


@dataclass(frozen=True, kw_only=True)
class Repairs:
    """What one round did, in jobs (workers for `workers_lost`)."""

    workers_lost: int = 0
    taken_back: int = 0
    overdue: int = 0
    due: int = 0
    unknown: int = 0
    released: int = 0
    published: int = 0

    def __bool__(self) -> bool:
        return any(vars(self).values())


@dataclass(frozen=True, kw_only=True)
class Reconciler:
    """One round at a time, by whoever calls it every ROUND_SECONDS."""

    database: Database
    queue: JobQueue
    limits: Limits
    kinds: Mapping[str, Kind]  # those that workers know

    def round(self, *, judge_workers: bool) -> Repairs:
        """Do one round. Raises DatabaseUnavailable or BrokerUnavailable; what was done until then is kept.

        `judge_workers` is False while beats may be missing for another reason than a dead worker, namely right after
        the database itself was away.
        """
        if self._is_quiet():
            self.queue.look(1)  # at all lists at once; what stands in a list's place and is none, it sets aside
            return Repairs()
        self._mend_times()
        claims = self._repair_claims(LOST_AFTER if judge_workers else None)
        due = self._make_due()
        unknown = self._fail_unknown()
        count_repairs(**claims, due=due, unknown=unknown)
        return Repairs(
            **claims, due=due, unknown=unknown, released=self.release_parked(), published=self._publish_waiting()
        )

    def release_parked(self) -> int:
        """Send on parked jobs whose limit key has room; returns how many. Raises like `round`."""
        released = limits.release_all(self.database, self.limits)
        self._publish(released)
        count_repairs(released=len(released))
        return len(released)

    def seconds_to_next_release(self) -> float:
        """When to look for parked jobs again: at the end of a pause, or of the gap after what was just released."""
        pause = limits.seconds_to_next_pause_end(self.database)
        return min(wait for wait in (ROUND_SECONDS, pause, self.limits.gap_seconds or None) if wait is not None)

    def _is_quiet(self) -> bool:
        """Ask the database once for what a whole round asks ten times, since a service may rest for most of the day."""
        ((quiet,),) = self.database.call("SELECT is_quiet(%s)", LOST_AFTER)
        return bool(quiet)

    def _mend_times(self) -> None:
        ((mended,),) = self.database.call("SELECT mend_times(%s, %s)", LOST_AFTER, BATCH)
        if mended:
            log.warning("the database's clock was set back", mended=mended)

    def _repair_claims(self, lost_after: timedelta | None) -> dict[str, int]:
        # Never late: after a pause of the database, every worker would seem to have been silent for too long.
        rows = self.database.commit(
            "SELECT * FROM repair_claims(%s, %s, %s, %s, %s)", lost_after, _LOST, MAX_LOSSES, _OVERDUE, BATCH
        )
        steps = [Step._make(row) for row in rows]
        workers = [step for step in steps if step.outcome == "WORKER LOST"]
        self._publish(record_steps(step for step in steps if step.outcome != "WORKER LOST"))
        outcomes = [step.outcome for step in steps]
        return {
            "workers_lost": len(workers),
            "taken_back": outcomes.count("LOST"),
            "overdue": outcomes.count("CRASHED"),
        }

    def _make_due(self) -> int:
        due = [row[0] for row in self.database.call("SELECT make_due(%s)", BATCH)]
        record_due(due)
        return len(due)

    def _fail_unknown(self) -> int:
        statement = "SELECT * FROM fail_unknown(%s, %s, %s, %s)"
        rows = self.database.call(statement, list(self.kinds), UNKNOWN_AFTER, _UNKNOWN, BATCH)
        record_steps(map(Step._make, rows))
        return len(rows)

    def _publish_waiting(self) -> int:
        """Send messages for the rows that have none.

        Each list of a queue is first in, first out. So a waiting row that was sent before the oldest message of its
        list has no message any more; nor has any row if the list is empty.
        """
        published = 0
        waiting = {kind for (kind,) in self.database.call("SELECT waiting_kinds()")}
        for name in self.queue.names:
            # The time is taken once, before the look at the queue: else a round that takes longer than ON_THE_WAY would
            # see rows of its own first batch as lost, and never end.
            ((now,),) = self.database.call("SELECT now()")
            bounds = [_lost_before(self.queue.oldest(each), now) for each in lists(name)]
            kinds = [kind for kind in waiting if self.queue.name_of(kind) == name]
            published += self._publish_lost(kinds, bounds)
        return published

    def _publish_lost(self, kinds: Sequence[str], bounds: Sequence[datetime | None]) -> int:
        published = 0
        while True:
            rows = self.database.commit(
                "SELECT * FROM publish_waiting(%s, %s::timestamptz[], %s)", kinds, bounds, BATCH
            )
            self._publish(record_steps(map(Step._make, rows)))
            count_repairs(published=len(rows))
            published += len(rows)
            if len(rows) < BATCH:
                return published

    def _publish(self, messages: Sequence[Message]) -> None:
        if not messages:
            return
        try:
            self.queue.publish(messages)
        except BrokerUnavailable:
            submissions.unpublish(self.database, [message.job_id for message in messages])
            raise
        for message in messages:
            log.info("published", job_id=str(message.job_id))


def _lost_before(oldest: Oldest, now: datetime) -> datetime | None:
    """Messages that were sent before this are not in the queue any more; None: none is known to be lost.

    None is known either while the oldest was sent in the future: before the database's clock was set back.
    """
    sent = oldest.published_at or now
    return min(sent, now) - ON_THE_WAY if oldest.is_known and sent <= now + ON_THE_WAY else None
