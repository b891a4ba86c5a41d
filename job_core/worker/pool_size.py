"""How many children a worker has: a few, and one more for each attempt that takes long.

An attempt takes long because its site is slow, and its child does nothing but wait. Another child takes its place, up
to the concurrency of the worker: so slow sites hold up no others, and a worker without any has no more children than
it needs.
"""

import math
import os
import time
from typing import Any

import structlog
from celery.worker.state import reserved_requests

from job_core.core import JobCore
from job_core.worker.children import Children

LONG_SECONDS = 0.15  # on an idle machine: even if all attempts take just less, two workers end 50 of them a second
REST_SECONDS = 60.0  # after this, children that were not needed leave, one at each look
IDLE_LOOK_SECONDS = 1.0

log = structlog.get_logger()


class PoolSize:
    """The size of one worker's pool. All of this runs in Celery's event loop."""

    def __init__(self, core: JobCore, children: Children) -> None:
        self._core = core
        self._children = children
        self._consumer: Any = None
        self._next_look = math.inf
        self._needed_at = 0.0  # when all children were needed for the last time

    def follow(self, consumer: Any) -> None:
        """Begin, or begin again: the event loop forgets its timers as it connects to the broker."""
        self._consumer = consumer
        self._next_look = math.inf
        self.plan()

    def plan(self, seconds: float = LONG_SECONDS) -> None:
        """Look at the children in a moment, as is worth it when an attempt has begun."""
        look_at = time.monotonic() + seconds
        if look_at < self._next_look and self._consumer.hub:
            self._next_look = look_at
            self._consumer.hub.call_later(seconds, self._look)

    def _look(self) -> None:
        if (now := time.monotonic()) < self._next_look:
            return  # an earlier look has come in between
        self._next_look = math.inf
        size, config, busy = self._consumer.pool.num_processes, self._core.config, self._children.busy()
        needed = min(config.min_children + sum(seconds >= _long() for seconds in busy), config.worker_concurrency)
        if needed >= size:
            self._needed_at = now
        if needed > size:
            self._change(needed - size)
        elif needed < size and now - self._needed_at > REST_SECONDS and not reserved_requests:
            self._change(-1)
        if busy:
            self.plan()
        elif size > config.min_children:
            self.plan(IDLE_LOOK_SECONDS)

    def _change(self, by: int) -> None:
        pool = self._consumer.pool
        if by > 0:
            pool.grow(by)
        else:
            pool.shrink(-by)
        self._consumer._update_prefetch_count(by)  # noqa: SLF001 - as Celery's own commands do
        pool.maintain_pool()
        log.info("changed the number of children", children=pool.num_processes)


def _long() -> float:
    """How many seconds are long: the more processes wait for a processor, the longer all of them take."""
    return LONG_SECONDS * max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1))
