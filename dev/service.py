"""One service of a stack as a process that can be killed, paused, stopped and restarted at will."""

import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

import psutil

from dev.waiting import eventually
from embedded.errors import StackError
from embedded.guard import Guard, kill_group
from embedded.supervisor import Command, Process

READY_SECONDS = 120.0  # a worker's start is seconds of work, and a machine may be busy


@dataclass(frozen=True, kw_only=True)
class Stop:
    """How a service stopped that was asked to."""

    exit_code: int | None
    seconds: float
    left_behind: tuple[str, ...]  # processes that outlived it, zombies among them


class ServiceProcess:
    """One service. `describe` is called for each start, so files of an earlier start are gone by then."""

    def __init__(self, describe: Callable[[], Command], guard: Guard) -> None:
        self._describe = describe
        self._guard = guard
        self._process: Process | None = None
        self._was_ended = False

    @property
    def process(self) -> Process:
        """The current process, or the last one."""
        if self._process is None:
            raise StackError("the service was never started")
        return self._process

    @property
    def name(self) -> str:
        """The service's name."""
        return self.process.command.name

    def is_running(self) -> bool:
        """Whether there is a process that has not ended yet."""
        return self._process is not None and self._process.exit_code() is None

    def died_by_itself(self) -> bool:
        """Whether the process ended although nothing here ended it."""
        return not self.is_running() and not self._was_ended

    def start(self) -> None:
        """Start the process, without waiting for it."""
        if self.is_running():
            raise StackError(f"{self.name} runs already")
        self._was_ended = False
        self._process = Process(self._describe(), self._guard)

    def wait_until_ready(self) -> None:
        """Wait until the process does its work; one that ends before is restarted, as every supervisor does."""
        eventually(self._is_ready, f"{self.name} is ready", seconds=READY_SECONDS)

    def _is_ready(self) -> bool:
        if not self.is_running():
            self.start()
        return self.process.command.is_ready()

    def restart(self) -> None:
        """Start it, and wait until it does its work."""
        self.start()
        self.wait_until_ready()

    def family(self) -> list[psutil.Process]:
        """The process, and then everything that it started; empty if there is none."""
        with suppress(psutil.NoSuchProcess):
            return family_of(psutil.Process(self._process.pid)) if self._process else []
        return []

    def kill(self) -> None:
        """`kill -9` for all its processes, as when its container is killed."""
        family = self.family()
        kill_group(self.process.pid)
        for member in family:
            with suppress(psutil.NoSuchProcess):
                member.kill()
        self._wait_for_end(family)

    def kill_main(self) -> None:
        """`kill -9` for the main process alone; its children end when they notice."""
        family = self.family()
        psutil.Process(self.process.pid).kill()
        eventually(
            lambda: all(map(_has_ended, family[1:])), f"{self.name} ends with its main process", seconds=READY_SECONDS
        )
        self._wait_for_end(family)

    def ask_to_stop(self) -> None:
        """Ask it to stop, without waiting for its end."""
        self._was_ended = True
        self.process.ask_to_stop()

    def stop(self) -> Stop:
        """Ask it to stop, and wait for its end."""
        family = self.family()
        self.ask_to_stop()
        begun = time.monotonic()
        eventually(lambda: _has_ended(family[0]), f"{self.name} stops", seconds=READY_SECONDS)
        seconds = time.monotonic() - begun
        # Before `exit_code` kills the rest of the group.
        _, alive = psutil.wait_procs(family[1:], timeout=0.5)
        left = tuple(f"{member.pid} {member.status()}" for member in alive if member.is_running())
        self._wait_for_end([])
        return Stop(exit_code=self.process.exit_code(), seconds=seconds, left_behind=left)

    def _wait_for_end(self, family: list[psutil.Process]) -> None:
        self._was_ended = True
        eventually(
            lambda: not self.is_running() and all(map(_has_ended, family)), f"{self.name} ends", seconds=READY_SECONDS
        )

    def pause(self) -> None:
        """SIGSTOP for all its processes."""
        with suppress(psutil.NoSuchProcess):
            suspend(psutil.Process(self.process.pid))

    def resume(self) -> None:
        """SIGCONT for all its processes."""
        resume(self.family())

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Paused for the length of the block."""
        self.pause()
        try:
            yield
        finally:
            self.resume()

    def kill_child(self, chance: random.Random, busy_at: int) -> None:
        """`kill -9` for one of its children, for one with a connection to the port `busy_at` if possible."""
        children = self.family()[1:]
        busy = [child for child in children if any(there == busy_at for _, there in _connections(child))]
        chance.choice(busy or children).kill()

    def child_at(self, port: int) -> psutil.Process:
        """The process of this service that has a connection from the local `port`."""
        return next(member for member in self.family() if any(here == port for here, _ in _connections(member)))

    def is_connected_to(self, port: int) -> bool:
        """Whether the main process has a connection to that port."""
        return any(there == port for _, there in _connections(psutil.Process(self.process.pid)))


def family_of(leader: psutil.Process) -> list[psutil.Process]:
    """The process, and then everything that it started."""
    return [leader, *leader.children(recursive=True)]


def suspend(leader: psutil.Process) -> None:
    """SIGSTOP for a process and everything that it started, until nothing is left that could start more."""
    suspended: set[psutil.Process] = set()
    while running := [member for member in family_of(leader) if member not in suspended]:
        for member in running:  # the leader first, as PostgreSQL's makes a process for whoever connects meanwhile
            with suppress(psutil.NoSuchProcess):
                member.suspend()
        suspended.update(running)


def resume(family: list[psutil.Process]) -> None:
    """SIGCONT for them."""
    for member in family:
        with suppress(psutil.NoSuchProcess):
            member.resume()


def _connections(process: psutil.Process) -> list[tuple[int, int]]:
    """The local and the remote port of each."""
    with suppress(psutil.Error):
        connections = process.net_connections("tcp4")
        return [(each.laddr.port, each.raddr.port) for each in connections if each.status == psutil.CONN_ESTABLISHED]
    return []


def _has_ended(process: psutil.Process) -> bool:
    """Whether it has stopped running; its parent may not have reaped it yet."""
    try:
        return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True
