"""A worker: the Celery app of a core, with what keeps the promises hung into it."""

import os
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import structlog
from celery import bootsteps, signals
from celery.worker import state

from job_core.broker_url import read_sentinels
from job_core.core import JobCore
from job_core.worker.beat import Beat, kill_pool, worker_name
from job_core.worker.children import Children
from job_core.worker.connection import CheckedChannel, CheckedMasterChannel
from job_core.worker.deliverer import Deliverer
from job_core.worker.memory import limit_this_child, share_with_children
from job_core.worker.pool_size import PoolSize
from job_core.worker.request import AttemptRequest

HARD_EXIT_SECONDS = 4.0
SEND_EVENTS_SECONDS = 0.3  # Celery's events go out together, this often: each time costs what a job costs

log = structlog.get_logger()


def install_worker(
    core: JobCore,
    *,
    preload: Callable[[], object] = lambda: None,
    report_health: Callable[[], object] = lambda: None,
    report_life: Callable[[], object] = lambda: None,
    deliverer: Callable[[], Deliverer] | None = None,
) -> None:
    """Make the app of `core` a worker that keeps the promises.

    `preload` imports what tasks need, before children are forked, which share it. `report_health` is called at each
    beat of a worker that takes messages, `report_life` every few seconds also where database or broker are away.
    `deliverer` makes what sends webhooks.
    """
    program = _Program(core, report_health, report_life, deliverer)
    core.app.amqp_cls = "job_core.worker.connection:CappedAMQP"
    core.app.Task.Request = "job_core.worker.request:AttemptRequest"
    for step in (_BeatStep, _DeliveringStep):
        core.app.steps["worker"].add(step)
    core.app.steps["consumer"].add(_ConsumingStep)
    core.app.job_worker = program

    def prepare(**_: object) -> None:
        CheckedChannel.queue = core.queue()
        if sentinels := read_sentinels(core.config.broker_url):
            CheckedMasterChannel.sentinel_kwargs = sentinels.connecting()
        core.database(pool_size=1)  # connects to nothing, but loads what each child's own would load
        preload()
        share_with_children()

    signals.worker_init.connect(prepare, weak=False)
    signals.worker_process_init.connect(lambda **_: limit_this_child(core.config.worker_child_memory_mb), weak=False)
    signals.worker_shutting_down.connect(lambda **_: program.limit_the_stop(), weak=False)
    signals.worker_shutdown.connect(lambda **_: program.beat.deregister(), weak=False)


class _Program:
    """The parts of one worker process."""

    def __init__(
        self,
        core: JobCore,
        report_health: Callable[[], object],
        report_life: Callable[[], object],
        deliverer: Callable[[], Deliverer] | None,
    ) -> None:
        self._core = core
        self.children = Children()
        self.report_health = report_health
        self.beat = Beat(core, core.worker_id, self.children, report_health, report_life)
        self._make_deliverer = deliverer
        self._deliverer: Deliverer | None = None
        self._worker: Any = None
        self.pool_size = PoolSize(core, self.children)
        AttemptRequest.children, AttemptRequest.beat = self.children, self.beat
        AttemptRequest.pool_size = self.pool_size

    def start_beat(self, worker: Any) -> None:
        """Register the worker before it takes messages, then beat until the process ends."""
        self._worker = worker
        self.beat.register(worker_name(worker.hostname), wanted=lambda: state.should_stop is None)
        self.beat.start(worker)

    def start_delivering(self) -> None:
        """Deliver webhooks, whatever the broker does."""
        if self._make_deliverer is not None:
            self._deliverer = self._make_deliverer()
            self._deliverer.start()

    def limit_the_stop(self) -> None:
        """The worker is stopping, and takes no more messages. What runs may go on for the grace."""
        self.beat.told_to_stop = True
        if self._deliverer is not None:
            self._deliverer.stop()
        threading.Thread(target=self._end_what_is_left, name="stop", daemon=True).start()

    def _end_what_is_left(self) -> None:
        if self._worker and self._worker.consumer and (hub := self._worker.consumer.hub):
            hub.call_soon(lambda: None)  # it wakes up Celery's loop, which a signal alone does not
        time.sleep(self._core.config.worker_stop_grace_seconds)
        if self._worker:
            self.children.kill(self._worker, lambda _: True)
        self.beat.deregister()
        time.sleep(HARD_EXIT_SECONDS)
        # By now the main thread has ended the process, unless a broker that hangs holds it.
        log.warning("ends at once: the broker hangs")
        if self._worker:
            kill_pool(self._worker)
        os._exit(0)


class _BeatStep(bootsteps.StartStopStep):
    requires = ("celery.worker.components:Pool",)

    def start(self, worker: Any) -> None:
        worker.app.job_worker.start_beat(worker)


class _DeliveringStep(bootsteps.StartStopStep):
    """Begins after the children are forked: they want no such threads."""

    requires = ("celery.worker.components:Pool",)

    def start(self, worker: Any) -> None:
        worker.app.job_worker.start_delivering()


class _ConsumingStep(bootsteps.StartStopStep):
    """Knows whether the worker takes messages: between its start and stop it is connected to the broker."""

    requires = ("celery.worker.consumer.tasks:Tasks",)

    def __init__(self, consumer: Any, **options: Any) -> None:
        super().__init__(consumer, **options)
        _send_events_together(consumer)

    def start(self, consumer: Any) -> None:
        consumer.app.job_worker.beat.consuming = True
        consumer.app.job_worker.pool_size.follow(consumer)
        consumer.app.job_worker.report_health()  # the next beat, which would report so too, may be seconds away

    def stop(self, consumer: Any) -> None:
        consumer.app.job_worker.beat.consuming = False
        if consumer.app.job_worker.beat.told_to_stop:
            with suppress(Exception):  # Flower's last news; a broker that is away must not hold up the stop
                consumer._flush_events()  # noqa: SLF001 - Celery's own


def _send_events_together(consumer: Any) -> None:
    """Celery sends its events at each turn of its loop, each a round trip; let it gather them for a moment."""
    hub = consumer.hub
    if hub is None:
        return
    planned_for = 0.0

    def plan() -> None:
        nonlocal planned_for
        if time.monotonic() >= planned_for:  # a plan may be lost: the loop forgets its timers as it reconnects
            planned_for = time.monotonic() + SEND_EVENTS_SECONDS
            hub.call_later(SEND_EVENTS_SECONDS, consumer._flush_events)  # noqa: SLF001 - Celery's own

    consumer.on_send_event_buffered = plan
