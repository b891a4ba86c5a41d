"""Pausing a service, by real processes."""

import subprocess
import sys
from collections.abc import Iterator

import psutil
import pytest

from dev.service import family_of, resume, suspend
from dev.waiting import eventually

FORKING = """
import os, signal, time
signal.signal(signal.SIGCHLD, signal.SIG_IGN)
while True:
    if not os.fork():
        time.sleep(0.2)
        os._exit(0)
    time.sleep(0.001)
"""


@pytest.fixture
def forking() -> Iterator[psutil.Process]:
    """A process that starts children all the time, of which each soon ends."""
    with subprocess.Popen([sys.executable, "-I", "-S", "-c", FORKING]) as process:
        leader = psutil.Process(process.pid)
        try:
            yield leader
        finally:
            process.kill()
            for child in leader.children():
                child.kill()


def running(leader: psutil.Process) -> list[psutil.Process]:
    return [member for member in family_of(leader) if not has_stopped(member)]


def has_stopped(process: psutil.Process) -> bool:
    try:
        return bool(process.status() == psutil.STATUS_STOPPED)
    except psutil.NoSuchProcess:  # it was at its end already
        return True


def test_what_a_paused_process_starts_at_that_moment_is_paused_as_well(forking: psutil.Process) -> None:
    for _ in range(5):
        eventually(lambda: len(running(forking)) > 10, "children run")
        suspend(forking)
        assert running(forking) == []
        resume(family_of(forking))
