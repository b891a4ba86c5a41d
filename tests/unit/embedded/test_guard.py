import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from dev.waiting import eventually

PROJECT = Path(__file__).parents[3]

# Ignores the signal that asks it to stop, and so does its child; both print their numbers.
DEAF_SERVICE = """
import os, signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
os.fork()
print(os.getpid(), flush=True)
time.sleep(600)
"""
# Starts that service under a guard, and prints the two numbers.
SUPERVISOR = """
import signal, subprocess, sys, time
from pathlib import Path
from embedded.guard import Guard
folder, code = sys.argv[1:]
command = [sys.executable, "-I", "-S", "-c", code]
service = subprocess.Popen(command, start_new_session=True, stdout=subprocess.PIPE, text=True)
pids = [service.stdout.readline().strip() for _ in range(2)]
guard = Guard()
guard.started(service.pid, signal.SIGTERM, 0.2)
guard.remove(Path(folder))
print(*pids, flush=True)
time.sleep(600)
"""


def test_a_killed_supervisor_leaves_neither_process_nor_temporary_folder(
    tmp_path: Path,
    is_gone: Callable[[int], bool],
) -> None:
    folder = tmp_path / "a folder"
    folder.mkdir()
    command = [sys.executable, "-c", SUPERVISOR, str(folder), DEAF_SERVICE]
    with subprocess.Popen(command, cwd=PROJECT, stdout=subprocess.PIPE, text=True) as supervisor:
        assert supervisor.stdout is not None
        pids = [int(pid) for pid in supervisor.stdout.readline().split()]
        assert len(pids) == 2
        assert not any(is_gone(pid) for pid in pids)
        supervisor.kill()
    eventually(lambda: all(is_gone(pid) for pid in pids))
    eventually(lambda: not folder.exists())
