"""The faults, and their schedule, which depends on a seed alone.

Each function injects one fault into a running stack. When it returns, the fault has ended: what was killed has been
started again (but need not be ready yet), what was paused has been resumed, and what was cut has been joined.
"""

import random
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from dev.chaos.load import Client, Submission, count_pages
from dev.chaos.watch import QueueWatch, job_ids_in
from dev.containers import Container, ContainerStack
from dev.service import ServiceProcess
from dev.stack import QUEUES, Stack
from embedded.terminal import wait_until

PAUSE_SECONDS = (1.0, 20.0)
PAST_ITS_CLAIM_SECONDS = (9.5, 14.0)  # a worker unseen for 9 s has lost its claims
CUT_SECONDS = (2.0, 10.0)
BESIDE_SECONDS = (2.0, 6.0)
CALM_SECONDS = (0.1, 1.0)  # between a recovery and the next fault
SLOW_PAGE_SECONDS = 1.0
LONG_PAGE_SECONDS = 5.0
BUSY_PAGES = 8
STARTED_SECONDS = 3.0
SURGE_PAGES = 60
MAX_DOUBLED = 20
UNREADABLE = (b"garbage{", b"[]", b"null", b"{}", bytes(range(256)), b"[" * 10_000)
TAKEN_SECONDS = (0.05, 0.5)  # after which workers have most of the messages
COMMIT_SECONDS = 5.0


@dataclass(frozen=True, kw_only=True)
class Scene:
    """The stack under load in which a fault happens, and the random numbers that decide the details."""

    stack: Stack | ContainerStack
    client: Client
    queue: QueueWatch
    chance: random.Random

    def worker(self) -> ServiceProcess | Container:
        """One of the workers."""
        workers: Sequence[ServiceProcess | Container] = self.stack.job_workers
        return self.chance.choice(workers)

    def hold(self, seconds: tuple[float, float]) -> None:
        """Let the fault last for a random time within these bounds."""
        time.sleep(self.chance.uniform(*seconds))

    def new_submission(self, pages: int, seconds: float = 0) -> Submission:
        """A submission, not sent yet, of pages that take that long."""
        names = [f"{self.chance.getrandbits(64):x}" for _ in range(pages)]
        urls = tuple(f"{self.stack.site}/stamped/7/{name}?seconds={seconds:g}" for name in names)
        return count_pages(urls, batch=pages > 1, key=f"{self.chance.getrandbits(64):x}")

    def occupy(self, seconds: float) -> None:
        """Submit pages that take that long, and wait for a moment at which workers are busy with them."""
        submission = self.new_submission(BUSY_PAGES, seconds)
        self.client.submit(submission)  # if there is no answer, the load sends it again
        wait_until(lambda: self._started(submission) > BUSY_PAGES // 2, seconds=STARTED_SECONDS)
        time.sleep(self.chance.uniform(0, seconds / 2))

    def _started(self, submission: Submission) -> int:
        started = "SELECT 1 FROM jobs WHERE label = ANY(%s) AND state = 'STARTED'"
        return len(self.stack.query(started, list(submission.labels)))


@dataclass(frozen=True, kw_only=True)
class Fault:
    """A fault, and how often it comes in a round of the schedule."""

    name: str
    inject: Callable[[Scene], None]
    times: int = 1


def _kill_child(scene: Scene) -> None:
    scene.occupy(SLOW_PAGE_SECONDS)
    scene.worker().kill_child(scene.chance, scene.stack.page_port)


def _kill_worker(scene: Scene) -> None:
    scene.occupy(SLOW_PAGE_SECONDS)
    _kill_and_start(scene.worker())


def _kill_worker_main(scene: Scene) -> None:
    scene.occupy(SLOW_PAGE_SECONDS)
    worker = scene.worker()
    worker.kill_main()
    worker.start()


def _freeze_worker(scene: Scene) -> None:
    """The pages take so long that another worker still has its jobs when it wakes."""
    scene.occupy(LONG_PAGE_SECONDS)
    with scene.worker().paused():
        scene.hold(PAST_ITS_CLAIM_SECONDS)


def _stop_worker(scene: Scene) -> None:
    scene.occupy(LONG_PAGE_SECONDS)
    worker = scene.worker()
    worker.stop()
    worker.start()


def _stop_all_workers(scene: Scene) -> None:
    """While no worker runs, more pages are submitted than all children can take at once."""
    for worker in scene.stack.job_workers:
        worker.stop()
    scene.client.submit(scene.new_submission(SURGE_PAGES))
    scene.hold(BESIDE_SECONDS)
    for worker in scene.stack.job_workers:
        worker.start()


def _kill_manager_before_it_publishes(scene: Scene) -> None:
    """The broker hangs, so the manager has committed but cannot publish; then it is killed."""
    submission = scene.new_submission(1)
    committed = "SELECT 1 FROM jobs WHERE label = %s"
    with scene.stack.job_broker.paused():
        caller = threading.Thread(target=scene.client.submit, args=(submission,))
        caller.start()
        wait_until(lambda: scene.stack.query(committed, submission.labels[0]), seconds=COMMIT_SECONDS)
        scene.stack.job_manager.kill()
        caller.join()
    scene.stack.job_manager.start()


def _wipe_broker(scene: Scene) -> None:
    scene.stack.job_broker.kill()
    scene.stack.empty_broker()
    scene.stack.job_broker.start()


def _pause_broker(scene: Scene) -> None:
    with scene.stack.job_broker.paused():
        scene.hold(PAUSE_SECONDS)


def _kill_database(scene: Scene) -> None:
    scene.stack.job_db.kill_main()
    scene.stack.job_db.start()


def _pause_database(scene: Scene) -> None:
    with scene.stack.job_db.paused():
        scene.hold(PAUSE_SECONDS)


def _cut_off(scene: Scene) -> None:
    with scene.stack.cut_off():
        scene.hold(CUT_SECONDS)


def _double_messages(scene: Scene) -> None:
    """Double messages that are in a queue, and once more when workers have taken them."""
    scene.client.submit(scene.new_submission(MAX_DOUBLED))
    with scene.stack.redis() as client:
        envelopes = {name: client.lrange(name, -MAX_DOUBLED, -1) for name in QUEUES}
        scene.queue.ignore(job_ids_in([each for some in envelopes.values() for each in some]))
        for wait in ((0.0, 0.0), TAKEN_SECONDS):
            scene.hold(wait)
            for name, some in envelopes.items():
                if some:
                    client.rpush(name, *some)


def _make_messages_unreadable(scene: Scene) -> None:
    """Messages that are in a queue are spoilt, and more is added that nobody can read."""
    scene.client.submit(scene.new_submission(MAX_DOUBLED))
    with scene.stack.redis() as client:
        for name in QUEUES:
            taken = client.rpop(name, MAX_DOUBLED) or []
            scene.queue.ignore(job_ids_in(taken))
            spoilt = [envelope.replace(b'"body": "', b'"body": "@') for envelope in taken]
            client.rpush(name, *spoilt, *UNREADABLE)


def _two_schedulers(scene: Scene) -> None:
    with scene.stack.second_scheduler():
        scene.hold(BESIDE_SECONDS)


def _kill_and_start(service: ServiceProcess | Container) -> None:
    service.kill()
    service.start()


FAULTS = {
    fault.name: fault
    for fault in (
        Fault(name="child-killed", inject=_kill_child, times=10),
        Fault(name="worker-killed", inject=_kill_worker, times=2),
        Fault(name="worker-main-killed", inject=_kill_worker_main),
        Fault(name="worker-frozen", inject=_freeze_worker),
        Fault(name="worker-stopped", inject=_stop_worker, times=2),
        Fault(name="workers-stopped", inject=_stop_all_workers),
        Fault(name="scheduler-killed", inject=lambda scene: _kill_and_start(scene.stack.job_scheduler), times=3),
        Fault(name="manager-killed", inject=lambda scene: _kill_and_start(scene.stack.job_manager), times=3),
        Fault(name="manager-killed-before-publish", inject=_kill_manager_before_it_publishes, times=2),
        Fault(name="broker-killed", inject=lambda scene: _kill_and_start(scene.stack.job_broker), times=4),
        Fault(name="broker-wiped", inject=_wipe_broker, times=2),
        Fault(name="broker-paused", inject=_pause_broker),
        Fault(name="database-killed", inject=_kill_database, times=3),
        Fault(name="database-paused", inject=_pause_database),
        Fault(name="broker-cut-off", inject=_cut_off),
        Fault(name="messages-doubled", inject=_double_messages, times=8),
        Fault(name="message-unreadable", inject=_make_messages_unreadable, times=4),
        Fault(name="two-schedulers", inject=_two_schedulers),
    )
}


@dataclass(frozen=True, kw_only=True)
class Planned:
    """A fault, the pause before it, and the random numbers that decide its details."""

    fault: Fault
    calm_seconds: float
    chance: random.Random


def schedule(seed: int, faults: Sequence[Fault]) -> Iterator[Planned]:
    """An endless schedule. In each round, every fault comes `times` times, in a new order."""
    chance = random.Random(seed)
    while True:
        deck = [fault for fault in faults for _ in range(fault.times)]
        chance.shuffle(deck)
        for fault in deck:
            calm_seconds = chance.uniform(*CALM_SECONDS)
            yield Planned(fault=fault, calm_seconds=calm_seconds, chance=random.Random(chance.getrandbits(64)))
