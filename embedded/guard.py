"""Ends the stack's processes when the supervisor dies without doing so itself, `kill -9` included.

Run as a program of its own, with a pipe from the supervisor as standard input. Each line is one of these:

    started PID SIGNAL GRACE   this process leads a group of its own; this signal asks it to stop, for so many seconds
    ended PID                  it is gone
    remove FOLDER              delete this folder at the end

The end of the pipe is the end of the supervisor, however it came. Linux' own "signal on the parent's death" would need
no program, but reaches no grandchild. Of this project nothing is imported, so that the guard stands at once.
"""

import os
import shutil
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

LOOK_SECONDS = 0.05


class Guard:
    """The supervisor's end of the pipe."""

    def __init__(self, *, keep_open: tuple[int, ...] = ()) -> None:
        """`keep_open` are file descriptors, such as a lock's, that stay open until the guard's work is done."""
        self._process = subprocess.Popen(  # noqa: S603 - this very file
            [sys.executable, "-I", "-S", __file__],
            stdin=subprocess.PIPE,
            start_new_session=True,
            pass_fds=keep_open,
        )

    def started(self, pid: int, stop_signal: int, grace_seconds: float) -> None:
        """From now on the process ends with the supervisor."""
        self._tell(f"started {pid} {stop_signal} {grace_seconds}")

    def ended(self, pid: int) -> None:
        """The process is gone, and its number may soon be another's."""
        self._tell(f"ended {pid}")

    def remove(self, folder: Path) -> None:
        """The folder is deleted at the end."""
        self._tell(f"remove {folder}")

    def close(self) -> None:
        """Let the guard do what is left to do, and wait for it."""
        if self._process.stdin is not None:
            with suppress(BrokenPipeError):
                self._process.stdin.close()
        self._process.wait()

    def _tell(self, line: str) -> None:
        if self._process.stdin is not None:
            # A guard that was killed leaves the stack unguarded, which is no reason to stop it.
            with suppress(BrokenPipeError):
                self._process.stdin.write(os.fsencode(line) + b"\n")
                self._process.stdin.flush()


def main() -> None:
    """Listen until the supervisor is gone, then end what it left."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    processes: dict[int, tuple[int, float]] = {}
    folders: list[str] = []
    for line in sys.stdin.buffer:
        match os.fsdecode(line.rstrip(b"\n")).split(" ", 1):
            case ["started", rest]:
                pid, stop_signal, grace_seconds = rest.split()
                processes[int(pid)] = int(stop_signal), float(grace_seconds)
            case ["ended", pid]:
                processes.pop(int(pid), None)
            case ["remove", folder]:
                folders.append(folder)
    end(processes)
    for folder in folders:
        shutil.rmtree(folder, ignore_errors=True)


def end(processes: dict[int, tuple[int, float]]) -> None:
    """Ask every process to stop, and kill the groups of those that have not by the end of their grace."""
    begun = time.monotonic()
    for pid, (stop_signal, _) in processes.items():
        with suppress(ProcessLookupError, PermissionError):
            os.kill(pid, stop_signal)
    while processes:
        time.sleep(LOOK_SECONDS)
        for pid, (_, grace_seconds) in list(processes.items()):
            if time.monotonic() - begun > grace_seconds or not is_running(pid):
                kill_group(pid)
                del processes[pid]


def is_running(pid: int) -> bool:
    """Whether there is a process of this number."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def kill_group(leader: int) -> None:
    """SIGKILL for whatever is left of a process group."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(leader, signal.SIGKILL)


if __name__ == "__main__":
    main()
