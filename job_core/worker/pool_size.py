"""How many children a worker has: a few, and one more for each attempt that waits long.

A child whose site is slow does nothing but sleep. Another child takes its place, up to the concurrency of the worker:
so slow sites hold up no others, and a worker without any has no more children than it needs. Where all children sleep,
as many again come at once, since more messages wait, as a rule. A busy machine makes attempts long, too, but does not
make them sleep: more children would not help there.
"""

import math
import time
from typing import Any

import structlog
from celery.worker.control import pool_grow, pool_shrink
from celery.worker.state import reserved_requests

from job_core.core import JobCore
from job_core.worker.children import Children

LONG_SECONDS = 0.1  # even if all attempts sleep just less, the four children of two workers end 40 of them a second
REST_SECONDS = 60.0  # after this, children that were not needed leave

log = structlog.get_logger()


class PoolSize:
    """The size of one worker's pool. All of this runs in Celery's event loop."""

    def __init__(self, core: JobCore, children: Children) -> None:
        self._core = core
        self._children = children
        self.consumer: Any = None  # Celery's; its commands take it from here
        self._next_look = math.inf
        self._needed_at = 0.0  # when all children were needed for the last time

    def follow(self, consumer: Any) -> None:
        """Begin, or begin again: the event loop forgets its timers as it connects to the broker."""
        self.consumer = consumer
        self._next_look = math.inf
        self.plan()

    def plan(self, seconds: float = LONG_SECONDS) -> None:
        """Look at the children in a moment, as is worth it when an attempt has begun."""
        look_at = time.monotonic() + seconds
        if look_at < self._next_look and self.consumer.hub:
            self._next_look = look_at
            self.consumer.hub.call_later(seconds, self._look)

    def _look(self) -> None:
        if (now := time.monotonic()) < self._next_look:
            return  # an earlier look has come in between
        self._next_look = math.inf
        size, config, slept = self.consumer.pool.num_processes, self._core.config, self._children.slept()
        long = sum(seconds >= LONG_SECONDS for seconds in slept)
        needed = max(config.min_children + long, 2 * size if long >= size else 0)
        needed = min(needed, config.worker_concurrency)
        if needed >= size:
            self._needed_at = now
        if needed > size:
            self._change(needed - size)
        elif needed < size and now - self._needed_at >= REST_SECONDS and not reserved_requests:
            self._change(needed - size)  # none of those that leave has been sent a message
        if slept:
            self.plan()
        elif self.consumer.pool.num_processes > config.min_children:
            self.plan(REST_SECONDS)

    def _change(self, by: int) -> None:
        if by > 0:
            pool_grow(self, by)
        else:
            pool_shrink(self, -by)
        self.consumer.pool.maintain_pool()  # at once, for the loop does it every 5 s
        log.info("changed the number of children", children=self.consumer.pool.num_processes)
