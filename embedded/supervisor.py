"""Starts services, waits until they are ready, starts again what dies, and stops them all."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Self

from embedded.guard import Guard
from embedded.processes import Command, Process
from embedded.terminal import Terminal, wait_until

READY_SECONDS = 60.0
FIRST_WAIT_SECONDS = 1.0
LONGEST_WAIT_SECONDS = 30.0
GOOD_AGE_SECONDS = 10.0


@dataclass(frozen=True, kw_only=True)
class Service:
    """A command that is to run all the time. One that others need, `stops_last`."""

    command: Command
    is_ready: Callable[[], bool]
    stops_last: bool = False


class _Kept:
    """A service with its present process, and when to start it again."""

    def __init__(self, service: Service, process: Process) -> None:
        self.service = service
        self.process = process
        self.wait_seconds = FIRST_WAIT_SECONDS
        self.start_at: float | None = None


class Supervisor:
    """Keeps services running while its `with` block does."""

    def __init__(self, guard: Guard, terminal: Terminal) -> None:
        self._guard = guard
        self._terminal = terminal
        self._kept: list[_Kept] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def run(self, command: Command) -> None:
        """Run a command to its end; raises StackError if that is not a good one or does not come in time."""
        process = Process(command, self._guard)
        try:
            process.wait(READY_SECONDS, between=self._terminal.check)
            if process.exit_code() != 0:
                raise process.failure()
        finally:
            process.kill()

    def start(self, service: Service) -> None:
        """Start a service, without waiting for it."""
        self._kept.append(_Kept(service, Process(service.command, self._guard)))

    def start_and_wait(self, service: Service) -> None:
        """Start a service and wait for it alone; raises StackError as `wait_until_ready` does."""
        self.start(service)
        self._wait_for(self._kept[-1])

    def wait_until_ready(self) -> None:
        """Wait for every service started so far; raises StackError for the first that ends or takes too long."""
        for kept in self._kept:
            self._wait_for(kept)

    def tend(self) -> None:
        """Look after the services once: start again what has died, a little later each time it dies young."""
        for kept in self._kept:
            if kept.start_at is None and kept.process.exit_code() is not None:
                self._plan_restart(kept)
            if kept.start_at is not None and time.monotonic() >= kept.start_at:
                kept.start_at = None
                kept.process = Process(kept.service.command, self._guard)

    def stop(self) -> None:
        """Stop every service, those that others need last."""
        for last in (False, True):
            self._stop_all([kept.process for kept in self._kept if kept.service.stops_last is last])
        self._kept.clear()

    def _stop_all(self, processes: Sequence[Process]) -> None:
        """Ask the processes to stop. What does not within its grace is killed, and so is all once asked again."""
        requests = self._terminal.stop_requests
        for process in processes:
            process.ask_to_stop()
        begun = time.monotonic()
        for process in sorted(processes, key=lambda process: process.command.grace_seconds):
            while process.exit_code() is None and self._terminal.stop_requests == requests:
                left = process.command.grace_seconds - (time.monotonic() - begun)
                if left <= 0:
                    break
                process.wait(min(left, 1.0), between=self._terminal.show_logs)
            process.kill()

    def _plan_restart(self, kept: _Kept) -> None:
        if kept.process.age_seconds > GOOD_AGE_SECONDS:
            kept.wait_seconds = FIRST_WAIT_SECONDS
        kept.start_at = time.monotonic() + kept.wait_seconds
        self._terminal.say(f"{kept.process.describe_end()}; starting it again in {kept.wait_seconds:g} s")
        kept.wait_seconds = min(2 * kept.wait_seconds, LONGEST_WAIT_SECONDS)

    def _wait_for(self, kept: _Kept) -> None:
        if not wait_until(kept.service.is_ready, seconds=READY_SECONDS, between=self._check):
            raise kept.process.failure()

    def _check(self) -> None:
        self._terminal.check()
        for kept in self._kept:
            if kept.process.exit_code() is not None:
                raise kept.process.failure()
