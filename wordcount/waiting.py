"""Waiting for the end of many jobs, without asking for each of them.

Ids are UUIDv7, so a submission's jobs lie next to each other in `GET /jobs`, and workers take the oldest first: what
has ended since the last look is mostly at the old end. So a round looks at the oldest 200 that have not ended, and goes
on upward as long as it finds jobs that have; then at 200 further up, in turn, for those that end out of order. Rounds
take at most a fifth of the time.
"""

import time
from collections.abc import Iterable, Iterator, Sequence
from http import HTTPStatus
from uuid import UUID

from wordcount.errors import Refused
from wordcount.job import ENDED, UNKNOWN, JsonObject, job_of, jobs_in, unknown
from wordcount.manager import Manager

WINDOW = 200  # the longest page of GET /jobs
LONG_POLL_SECONDS = 1
ROUND_SECONDS = 0.25  # at least, from the beginning of one round to that of the next
SHARE = 5
_FIRST, _LAST = UUID(int=0), UUID(int=2**128 - 1)


class Waiting:
    """The jobs of `ids` that have not ended, as far as is known."""

    def __init__(self, manager: Manager, ids: Iterable[UUID]) -> None:
        self._manager = manager
        self._unfinished = sorted(set(ids))
        self._turn = 0

    def ended(self) -> Iterator[JsonObject]:
        """Each job, as soon as it is seen to have ended; `unknown` in place of one that is not there."""
        while self._unfinished:
            begun = time.monotonic()
            found = 0
            for job in self._round():
                found += 1
                yield job
            next_round = begun + max(ROUND_SECONDS, SHARE * (time.monotonic() - begun))
            if self._unfinished:
                if not found:
                    self._wait_for(self._unfinished[0])
                time.sleep(max(0.0, next_round - time.monotonic()))

    def _round(self) -> Iterator[JsonObject]:
        start = 0
        while start < len(self._unfinished):
            looked_at = min(WINDOW, len(self._unfinished) - start)
            ended = self._look(start)
            yield from ended
            if not ended:
                break
            start += looked_at - len(ended)
        # One more window further up, in turn.
        self._turn = max(self._turn, start) + WINDOW
        if self._turn < len(self._unfinished):
            yield from self._look(self._turn)
        else:
            self._turn = 0

    def _look(self, start: int) -> list[JsonObject]:
        """What has ended of the window that begins there; it is no longer unfinished."""
        window = self._unfinished[start : start + WINDOW]
        ended = ended_among(self._manager, window)
        gone = {UUID(job["id"]) for job in ended}
        self._unfinished[start : start + WINDOW] = [job_id for job_id in window if job_id not in gone]
        return ended

    def _wait_for(self, job_id: UUID) -> None:
        try:
            self._manager.ask("GET", f"/result/{job_id}", query={"wait": LONG_POLL_SECONDS})
        except Refused as error:
            if error.status != HTTPStatus.NOT_FOUND:  # the next round finds that out by itself
                raise


def ended_among(manager: Manager, job_ids: Sequence[UUID]) -> list[JsonObject]:
    """Those of `job_ids`, which are in ascending order, that have ended, and `unknown` for those that are not there.

    Each page begins at the highest id that is left, so what lies between is passed over.
    """
    left = list(job_ids)
    ended: list[JsonObject] = []
    while left:
        answer = manager.ask("GET", "/jobs", query={"limit": len(left), "cursor": str(_after(left[-1]))})
        page = {job_of(job).id: job for job in jobs_in(answer)}
        lowest = min(page, default=_FIRST)
        looked_at = [page.get(job_id) or unknown(job_id) for job_id in left if job_id >= lowest]
        ended += [job for job in looked_at if job["status"] in {*ENDED, UNKNOWN}]
        left = [job_id for job_id in left if job_id < lowest]
    return ended


def _after(job_id: UUID) -> UUID:
    return UUID(int=min(job_id.int + 1, _LAST.int))
