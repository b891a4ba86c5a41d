"""One process of the stack: started in a group of its own, logged to a file, stopped within a grace."""

import signal
import subprocess
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from embedded.account import Account
from embedded.errors import StackError
from embedded.guard import Guard, Guarded, kill_group
from embedded.terminal import wait_until

TAIL_BYTES = 8192
TAIL_LINES = 15
KILL_SECONDS = 5.0


@dataclass(frozen=True, kw_only=True)
class Command:
    """What to run as service `name`. `environment` is the whole of it; `account` is None for the caller's own."""

    name: str
    arguments: tuple[str, ...]
    environment: Mapping[str, str]
    folder: Path
    log: Path
    account: Account | None = None
    stop_signal: signal.Signals = signal.SIGTERM
    grace_seconds: float = 10.0


class Process:
    """A running command. It lives until `stop`, until it ends by itself, or until the guard ends it."""

    def __init__(self, command: Command, guard: Guard) -> None:
        """Starts the command; raises StackError if it cannot be run at all."""
        self.command = command
        self._guard = guard
        self._started = time.monotonic()
        account = command.account
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
        guard.started(
            Guarded(pid=self.pid, stop_signal=command.stop_signal, grace_seconds=command.grace_seconds),
        )

    @property
    def pid(self) -> int:
        """The number of the process, which is its group's too."""
        return self._process.pid

    @property
    def age_seconds(self) -> float:
        """How long ago it was started."""
        return time.monotonic() - self._started

    def exit_code(self) -> int | None:
        """None while it runs. Once it has ended, the rest of its group is killed, so that nothing outlives it."""
        if self._process.returncode is None and self._process.poll() is not None:
            self._end_group()
        return self._process.returncode

    def ask_to_stop(self) -> None:
        """The stop signal, to the leader alone: what its children are to do is for it to say."""
        if self.exit_code() is None:
            self._process.send_signal(self.command.stop_signal)

    def kill(self) -> None:
        """SIGKILL for the whole group, and its end."""
        if self.exit_code() is None:
            kill_group(self.pid)
            self._process.wait(KILL_SECONDS)
            self._end_group()

    def wait(self, seconds: float, *, between: Callable[[], None]) -> bool:
        """Whether it ended within `seconds`; `between` as in `wait_until`."""
        return wait_until(lambda: self.exit_code() is not None, seconds=seconds, between=between)

    def failure(self) -> StackError:
        """What to tell the person about a process that did not do as it should: its end, and the end of its log."""
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
