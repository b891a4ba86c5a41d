"""Starts services, waits until they are ready, restarts those that die, and stops them, all or one.

Each runs in a process group of its own, writes its log to a file, and has a grace period for stopping.
"""

import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from embedded.account import Account
from embedded.errors import StackError
from embedded.guard import Guard, kill_group
from embedded.terminal import Terminal, wait_until

READY_SECONDS = 60.0
KILL_SECONDS = 5.0
FIRST_WAIT_SECONDS = 1.0
MAX_WAIT_SECONDS = 30.0
GOOD_AGE_SECONDS = 10.0
TAIL_BYTES = 8192
TAIL_LINES = 15


@dataclass(frozen=True, kw_only=True)
class Command:
    """How to run a service, or a program that ends. `account` is None for the caller's own.

    `environment` is complete: nothing is inherited. A service that others need `stops_last`.
    """

    name: str
    arguments: tuple[str, ...]
    environment: Mapping[str, str]
    folder: Path
    log: Path
    account: Account | None = None
    stop_signal: signal.Signals = signal.SIGTERM
    grace_seconds: float = 10.0
    before_start: Callable[[], None] = lambda: None
    is_ready: Callable[[], bool] = lambda: True
    stops_last: bool = False


class Process:
    """A running command, which ends when it is killed, by itself, or by the guard."""

    def __init__(self, command: Command, guard: Guard) -> None:
        """Start the command; raises StackError if it cannot be run at all."""
        self.command = command
        self.started = time.monotonic()
        self._guard = guard
        account = command.account
        command.before_start()
        try:
            with command.log.open("ab") as log:
                self._process = subprocess.Popen(  # noqa: S603 - the commands are the stack's own
                    command.arguments,
                    cwd=command.folder,
                    env=dict(command.environment),
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    start_new_session=True,
                    user=account.uid if account else None,
                    group=account.gid if account else None,
                    extra_groups=[] if account else None,
                )
        except (OSError, subprocess.SubprocessError) as error:
            raise StackError(f"{command.name} cannot be started: {error}") from error
        guard.started(self.pid, command.stop_signal, command.grace_seconds)

    @property
    def pid(self) -> int:
        """The PID, which is also the number of its process group."""
        return self._process.pid

    def exit_code(self) -> int | None:
        """None while it runs. Once it has ended, the rest of its group is killed, so nothing outlives it."""
        if self._process.returncode is None and self._process.poll() is not None:
            self._end_group()
        return self._process.returncode

    def ask_to_stop(self) -> None:
        """Send the stop signal to the leader alone, which decides about its children."""
        if self.exit_code() is None:
            self._process.send_signal(self.command.stop_signal)

    def kill(self) -> None:
        """Kill the whole group, and wait for its end."""
        if self.exit_code() is None:
            kill_group(self.pid)
            self._process.wait(KILL_SECONDS)
            self._end_group()

    def failure(self) -> StackError:
        """The error for a process that failed: how it ended, and the last lines of its log."""
        log = self.command.log
        return StackError(f"{self.describe_end()}. The last lines of {log}:\n{tail(log)}")

    def describe_end(self) -> str:
        """How it ended, in a few words."""
        code = self.exit_code()
        if code is None:
            return f"{self.command.name} did not become ready in time"
        return f"{self.command.name} ended with {f'exit code {code}' if code >= 0 else signal.Signals(-code).name}"

    def _end_group(self) -> None:
        kill_group(self.pid)
        self._guard.ended(self.pid)


def tail(log: Path) -> str:
    """The last lines of a log, indented."""
    with log.open("rb") as file:
        file.seek(max(0, log.stat().st_size - TAIL_BYTES))
        lines = file.read().decode("utf-8", errors="replace").splitlines()
    return "\n".join(f"    {line}" for line in lines[-TAIL_LINES:]) or "    (it is empty)"


@dataclass(frozen=True, kw_only=True)
class Part:
    """A service as a person sees it: `since` is the Unix time at which it came into its state.

    `state` is starting, running, restarting (it died, and is started again soon), stopping or stopped.
    """

    name: str
    state: str
    pid: int | None
    since: float


class _Kept:
    """A service's current process, whether it is to run, and when to restart or to kill it."""

    def __init__(self, process: Process) -> None:
        self.process = process
        self.is_wanted = True
        self.wait_seconds = FIRST_WAIT_SECONDS
        self.start_at: float | None = None
        self.kill_at: float | None = None
        self._is_ready = False
        self._seen = ("starting", time.time())

    def replace(self, process: Process) -> None:
        self.process = process
        self.start_at = self.kill_at = None
        self._is_ready = False

    def part(self) -> Part:
        """What it is now, and since when: as of the first look that saw it so."""
        is_running = self.process.exit_code() is None
        state = self._state(is_running=is_running)
        if state != self._seen[0]:
            self._seen = (state, time.time())
        pid = self.process.pid if is_running else None
        return Part(name=self.process.command.name, state=state, pid=pid, since=self._seen[1])

    def _state(self, *, is_running: bool) -> str:
        if not self.is_wanted:
            return "stopping" if is_running else "stopped"
        if not is_running:
            return "restarting"
        self._is_ready = self._is_ready or self.process.command.is_ready()
        return "running" if self._is_ready else "starting"


class Supervisor:
    """Keeps services running while its `with` block does."""

    def __init__(self, guard: Guard, terminal: Terminal) -> None:
        self.guard = guard
        self._terminal = terminal
        self._kept: list[_Kept] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def run(self, command: Command, *, seconds: float = READY_SECONDS, good: Sequence[int] = (0,)) -> None:
        """Run a program to its end; raises StackError if it takes too long or ends with no `good` exit code."""
        process = Process(command, self.guard)
        try:
            wait_until(lambda: process.exit_code() is not None, seconds=seconds, between=self._terminal.check)
            if process.exit_code() not in good:
                raise process.failure()
        finally:
            process.kill()

    def start(self, *commands: Command) -> None:
        """Start services, without waiting for them."""
        self._kept += [_Kept(Process(command, self.guard)) for command in commands]

    def wait_until_ready(self, *names: str) -> None:
        """Wait for the services of these names, or for all; raises StackError for the first that ends or is late."""
        for kept in self._kept:
            process = kept.process
            is_waited_for = not names or process.command.name in names
            if is_waited_for and not wait_until(process.command.is_ready, seconds=READY_SECONDS, between=self._check):
                raise process.failure()

    def tend(self) -> None:
        """Restart each service that has died, with a growing delay for one that keeps dying young. Call it often.

        One that was stopped stays so; it is killed at the end of its grace.
        """
        for kept in self._kept:
            if kept.kill_at is not None and time.monotonic() >= kept.kill_at:
                kept.process.kill()
            if kept.is_wanted and kept.start_at is None and kept.process.exit_code() is not None:
                self._plan_restart(kept)
            if kept.start_at is not None and time.monotonic() >= kept.start_at:
                kept.replace(Process(kept.process.command, self.guard))
            kept.part()

    def parts(self) -> list[Part]:
        """Every service, in the order in which they were started."""
        return [kept.part() for kept in self._kept]

    def stop_part(self, name: str) -> None:
        """Ask one service to stop, and leave it stopped; `tend` sees to its end. Raises StackError if there is none."""
        kept = self._named(name)
        if kept.is_wanted:
            kept.is_wanted = False
            kept.start_at = None
            kept.kill_at = time.monotonic() + kept.process.command.grace_seconds
            kept.process.ask_to_stop()
            self._terminal.say(f"{name} is being stopped, and stays stopped until it is started")

    def start_part(self, name: str) -> None:
        """Start one service that was stopped, or at the end of its stop. Raises StackError if there is none."""
        kept = self._named(name)
        if not kept.is_wanted:
            kept.is_wanted = True
            kept.wait_seconds = FIRST_WAIT_SECONDS
            if kept.process.exit_code() is not None:
                kept.replace(Process(kept.process.command, self.guard))
                self._terminal.say(f"{name} is started")

    def stop(self) -> None:
        """Stop every service, those that others need last."""
        for last in (False, True):
            self._stop_all([kept.process for kept in self._kept if kept.process.command.stops_last is last])
        self._kept.clear()

    def _stop_all(self, processes: Sequence[Process]) -> None:
        """Ask the processes to stop, and kill each at the end of its grace, or at once if the person asks again."""
        requests = self._terminal.stop_requests
        for process in processes:
            process.ask_to_stop()
        begun = time.monotonic()
        for process in sorted(processes, key=lambda process: process.command.grace_seconds):
            wait_until(
                lambda: process.exit_code() is not None or self._terminal.stop_requests > requests,  # noqa: B023 - at once
                seconds=process.command.grace_seconds - (time.monotonic() - begun),
                between=self._terminal.show_logs,
            )
            process.kill()

    def _named(self, name: str) -> _Kept:
        for kept in self._kept:
            if kept.process.command.name == name:
                return kept
        names = ", ".join(kept.process.command.name for kept in self._kept)
        raise StackError(f"there is no part {name!r}; the parts are {names}")

    def _plan_restart(self, kept: _Kept) -> None:
        if time.monotonic() - kept.process.started > GOOD_AGE_SECONDS:
            kept.wait_seconds = FIRST_WAIT_SECONDS
        kept.start_at = time.monotonic() + kept.wait_seconds
        self._terminal.say(f"{kept.process.describe_end()}; restarting it in {kept.wait_seconds:g} s")
        kept.wait_seconds = min(2 * kept.wait_seconds, MAX_WAIT_SECONDS)

    def _check(self) -> None:
        self._terminal.check()
        for kept in self._kept:
            if kept.process.exit_code() is not None:
                raise kept.process.failure()
