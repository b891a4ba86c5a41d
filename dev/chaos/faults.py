"""The faults. Each is injected into a running stack, and has ended when its function returns.

A fault has ended when nothing is withheld from the stack any more: what was killed is started again (not: has become
ready), what was paused goes on, what was cut is joined.
"""

import json
import threading
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass

import redis

from dev.chaos.journal import Order
from dev.chaos.queue_watch import job_ids_in
from dev.chaos.scene import Scene
from dev.chaos.stack import paused
from dev.chaos.tables import Tables
from embedded.terminal import wait_until
from job_core.queue import QUEUE

PAUSE_SECONDS = (1.0, 20.0)
PAST_ITS_CLAIM_SECONDS = (9.5, 14.0)  # a worker unseen for 9 s has lost its claims
CUT_SECONDS = (2.0, 10.0)
BESIDE_SECONDS = (2.0, 6.0)
SLOW_PAGE_SECONDS = 1.0
LONG_PAGE_SECONDS = 5.0
MOST_DOUBLED = 20
COMMIT_SECONDS = 5.0
UNACKNOWLEDGED = "unacked"  # kombu's, for messages that workers have


@dataclass(frozen=True, kw_only=True)
class Fault:
    """`times` is how often it comes in a round of the schedule."""

    name: str
    inject: Callable[[Scene], None]
    times: int = 1


def _kill_child(scene: Scene) -> None:
    scene.occupy(SLOW_PAGE_SECONDS)
    scene.stack.kill_child(scene.worker().name, scene.chance)


def _kill_worker(scene: Scene) -> None:
    scene.occupy(SLOW_PAGE_SECONDS)
    worker = scene.worker()
    worker.kill()
    worker.start()


def _kill_worker_main(scene: Scene) -> None:
    scene.occupy(SLOW_PAGE_SECONDS)
    worker = scene.worker()
    worker.kill_main()
    worker.start()


def _freeze_worker(scene: Scene) -> None:
    """With pages that take so long that others are at work on what it held when it wakes."""
    scene.occupy(LONG_PAGE_SECONDS)
    with paused(scene.worker()):
        scene.last(PAST_ITS_CLAIM_SECONDS)


def _stop_worker(scene: Scene) -> None:
    scene.occupy(LONG_PAGE_SECONDS)
    worker = scene.worker()
    worker.stop()
    worker.start()


def _kill_scheduler(scene: Scene) -> None:
    scene.stack.scheduler.kill()
    scene.stack.scheduler.start()


def _kill_manager(scene: Scene) -> None:
    scene.stack.manager.kill()
    scene.stack.manager.start()


def _kill_manager_before_it_publishes(scene: Scene) -> None:
    """The broker hangs for a moment, so that the manager has committed and cannot publish: then it is killed."""
    order = scene.new_order(1)
    with closing(Tables(scene.stack.database_url)) as tables, paused(scene.stack.broker):
        caller = threading.Thread(target=scene.order, args=(order,))
        caller.start()
        wait_until(lambda: _is_committed(tables, order), seconds=COMMIT_SECONDS, between=lambda: None)
        scene.stack.manager.kill()
        caller.join()
    scene.stack.manager.start()


def _is_committed(tables: Tables, order: Order) -> bool:
    return bool(tables.ask("SELECT id FROM jobs WHERE url = %s", order.urls[0]))


def _kill_broker(scene: Scene) -> None:
    scene.stack.broker.kill()
    scene.stack.broker.start()


def _wipe_broker(scene: Scene) -> None:
    scene.stack.broker.kill()
    scene.stack.empty_broker()
    scene.stack.broker.start()


def _pause_broker(scene: Scene) -> None:
    with paused(scene.stack.broker):
        scene.last(PAUSE_SECONDS)


def _kill_database(scene: Scene) -> None:
    scene.stack.database.kill_main()
    scene.stack.database.start()


def _pause_database(scene: Scene) -> None:
    with paused(scene.stack.database):
        scene.last(PAUSE_SECONDS)


def _cut_off(scene: Scene) -> None:
    with scene.stack.cut_off():
        scene.last(CUT_SECONDS)


def _double_messages(scene: Scene) -> None:
    """Messages that lie in the queue, and those that workers have."""
    scene.order(scene.new_order(MOST_DOUBLED))
    with redis.Redis.from_url(scene.stack.broker_url) as client:
        lying = client.lrange(QUEUE, -MOST_DOUBLED, -1)
        taken = [json.dumps(json.loads(held)[0]).encode() for held in client.hvals(UNACKNOWLEDGED)]
        envelopes = [*lying, *taken[:MOST_DOUBLED]]
        scene.queue.ignore(job_ids_in(envelopes))
        if envelopes:
            client.rpush(QUEUE, *envelopes)


def _two_schedulers(scene: Scene) -> None:
    with scene.stack.second_scheduler():
        scene.last(BESIDE_SECONDS)


FAULTS = {
    fault.name: fault
    for fault in (
        Fault(name="child-killed", inject=_kill_child, times=10),
        Fault(name="worker-killed", inject=_kill_worker, times=2),
        Fault(name="worker-main-killed", inject=_kill_worker_main),
        Fault(name="worker-frozen", inject=_freeze_worker),
        Fault(name="worker-stopped", inject=_stop_worker, times=2),
        Fault(name="scheduler-killed", inject=_kill_scheduler, times=3),
        Fault(name="manager-killed", inject=_kill_manager, times=3),
        Fault(name="manager-killed-before-publish", inject=_kill_manager_before_it_publishes, times=2),
        Fault(name="broker-killed", inject=_kill_broker, times=4),
        Fault(name="broker-wiped", inject=_wipe_broker, times=2),
        Fault(name="broker-paused", inject=_pause_broker),
        Fault(name="database-killed", inject=_kill_database, times=3),
        Fault(name="database-paused", inject=_pause_database),
        Fault(name="broker-cut-off", inject=_cut_off),
        Fault(name="messages-doubled", inject=_double_messages, times=8),
        Fault(name="two-schedulers", inject=_two_schedulers),
    )
}
