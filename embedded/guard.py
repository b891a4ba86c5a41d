"""Stops the stack's processes if the supervisor dies before it could, even by `kill -9`.

It runs as a separate program, with a pipe from the supervisor as standard input. Each line is one of these:

    started PID SIGNAL GRACE   this process leads a group; SIGNAL asks it to stop, within GRACE seconds
    ended PID                  it is gone
    remove FOLDER              delete this folder at the end

When the supervisor ends, for whatever reason, so does the pipe. Linux's "signal on the parent's death" would need no
program, but does not reach grandchildren. The guard imports nothing of this project, so it is there at once.
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
        """From now on, the process ends with the supervisor."""
        self._tell(f"started {pid} {stop_signal} {grace_seconds}")

    def ended(self, pid: int) -> None:
        """The process is gone, and its number may soon be another's."""
        self._tell(f"ended {pid}")

    def remove(self, folder: Path) -> None:
        """The folder is deleted at the end."""
        self._tell(f"remove {folder}")

    def close(self) -> None:
        """End the pipe, and wait until the guard has done its work."""
        if self._process.stdin is not None:
            with suppress(BrokenPipeError):
                self._process.stdin.close()
        self._process.wait()

    def _tell(self, line: str) -> None:
        if self._process.stdin is not None:
            # If the guard was killed, the stack goes on unguarded.
            with suppress(BrokenPipeError):
                self._process.stdin.write(os.fsencode(line) + b"\n")
                self._process.stdin.flush()


def main() -> None:
    """Listen until the supervisor is gone, then stop what it left running."""
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
    """Ask every process to stop, and kill the groups of those that have not stopped within their grace."""
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
    """Send SIGKILL to whatever is left of a process group, and to what its leader has in groups of their own.

    PostgreSQL's processes are in such. They end when they notice that the leader has, unless they are paused.
    """
    others = descendants(leader)
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(leader, signal.SIGKILL)
    for pid in others:
        with suppress(ProcessLookupError, PermissionError):
            os.kill(pid, signal.SIGKILL)


def descendants(pid: int) -> list[int]:
    """What the process has started, and these; none where the system has no /proc, or the process is gone."""
    with suppress(OSError):
        lists = [file.read_text(encoding="ascii").split() for file in Path(f"/proc/{pid}/task").glob("*/children")]
        children = [int(child) for found in lists for child in found]
        return children + [each for child in children for each in descendants(child)]
    return []


if __name__ == "__main__":
    main()
