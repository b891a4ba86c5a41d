"""Which child runs which job, and how one of them is killed without hitting another."""

import os
import signal
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Protocol
from uuid import UUID

BUSY_SECONDS = 1.0  # of sleep that do not count while no processor is idle
ZOMBIE_SECONDS = 2.0
LOOK_SECONDS = 0.01


class Running(Protocol):
    """What is known of a message whose task a child is running."""

    id: str
    killed: bool
    asleep_before: float
    idle_before: float


class Children:
    """The busy children of this worker, by process id.

    A child gets its next job only after the main thread has acknowledged its last one, and that takes the lock. So a
    kill under the lock hits the job that it is meant for, or a child that is idle.
    """

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._busy: dict[int, Running] = {}

    def began(self, pid: int, message: Running) -> None:
        """Note that the child `pid` runs the task of `message`."""
        with self._lock:
            message.asleep_before, message.idle_before = asleep_seconds(pid), idle_seconds()
            self._busy[pid] = message

    def ended(self, pid: int | None, message: Running) -> None:
        """Note that the child `pid` is done with `message`."""
        with self._lock:
            if pid is not None and self._busy.get(pid) is message:
                del self._busy[pid]

    def slept(self) -> list[float]:
        """For how many seconds each busy child has slept since its task began, while another could have run.

        On a machine whose processors are all busy, it may wait for somebody who waits for one: for the database, say.
        Such sleep counts too, but only what goes beyond BUSY_SECONDS.
        """
        with self._lock:
            idle = idle_seconds()
            slept = [(asleep_seconds(pid) - m.asleep_before, idle - m.idle_before) for pid, m in self._busy.items()]
        return [max(min(asleep, others), asleep - BUSY_SECONDS) for asleep, others in slept]

    def job_ids(self) -> list[UUID]:
        """The jobs that are worked on."""
        with self._lock:
            return [UUID(message.id) for message in self._busy.values() if not message.killed]

    def kill(self, worker: Any, wanted: Callable[[UUID], bool]) -> None:
        """Kill every child whose job is `wanted`, and let the pool replace it at once. `worker` is Celery's."""
        with self._lock:
            hit = [pid for pid, m in self._busy.items() if not m.killed and wanted(UUID(m.id))]
            for pid in hit:
                self._busy[pid].killed = True
                worker.pool.terminate_job(pid, signal.SIGKILL)
        for pid in hit:
            _await_death(pid)
        hub = worker.consumer and worker.consumer.hub
        if hit and hub:
            # The pool hears of a child's end a moment before it can be reaped, and would look again in 5 s only.
            hub.call_soon(worker.pool.maintain_pool)


def asleep_seconds(pid: int) -> float:
    """A clock that stands still while `pid` runs, or waits for a processor: on Linux. Elsewhere it never does."""
    awake = 0
    with suppress(OSError):  # the process is gone, or this is no Linux
        with open(f"/proc/{pid}/schedstat", "rb", buffering=0) as clocks:  # noqa: PTH123 - a third of the time of a Path
            ran, waited, _ = clocks.read().split()
        awake = int(ran) + int(waited)
    return time.monotonic() - awake / 1e9


def idle_seconds() -> float:
    """For how long the processors of this machine have been idle, in sum: on Linux. Elsewhere one always is."""
    try:
        with open("/proc/uptime", "rb", buffering=0) as clocks:  # noqa: PTH123 - as above
            return float(clocks.read().split()[1])
    except OSError:
        return time.monotonic()


def _await_death(pid: int) -> None:
    """Wait until the child is dead, and leave its reaping to the pool."""
    deadline = time.monotonic() + ZOMBIE_SECONDS
    while time.monotonic() < deadline:
        try:
            if os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT | os.WNOHANG):
                return
        except ChildProcessError:
            return
        time.sleep(LOOK_SECONDS)
