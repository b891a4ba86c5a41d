"""`make status`, `make stop` and `make start`, on a supervisor with a service of its own."""

import json
import re
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import chdir
from pathlib import Path
from threading import Event, Thread

import pytest

from embedded.control import SOCKET, Control, ask
from embedded.errors import StackError
from embedded.services import PROJECT
from embedded.supervisor import Command, Supervisor

WHERE = {"manager": "http://127.0.0.1:5050"}
FOREVER = "import time; time.sleep(600)"


@pytest.fixture
def data(supervisor: Supervisor, command: Callable[..., Command], tmp_path: Path) -> Iterator[Path]:
    """The data folder of a stack of one service, below a path longer than that of a socket may be."""
    folder = tmp_path / ("long" * 30)
    folder.mkdir(mode=0o700)
    supervisor.start(command(FOREVER, name="job_worker_01"))
    ended = Event()

    def tend() -> None:
        while not ended.is_set():
            supervisor.tend()
            control.serve(0.05)

    with Control(folder, supervisor, WHERE) as control:
        thread = Thread(target=tend)
        thread.start()
        try:
            yield folder
        finally:
            ended.set()
            thread.join()


def run(data: Path, *arguments: str) -> tuple[int, str]:
    """The exit code of the command, and what it wrote."""
    command = (sys.executable, "-m", "embedded.control", *arguments, "--data", str(data))
    ended = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=False, timeout=60)
    return ended.returncode, ended.stdout + ended.stderr


def test_a_person_stops_and_starts_a_part_and_sees_it(data: Path) -> None:
    code, before = run(data, "status")
    assert code == 0
    assert re.search(r"^job_worker_01 +running +\d+ +\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$", before, re.MULTILINE)

    assert run(data, "stop", "job_worker_01") == (0, "job_worker_01 is stopped\n")
    assert re.search(r"^job_worker_01 +stopped +- ", run(data, "status")[1], re.MULTILINE)
    assert run(data, "start", "job_worker_01") == (0, "job_worker_01 is running\n")  # it is ready at once


def test_a_part_that_is_not_there_is_a_sentence(data: Path) -> None:
    assert run(data, "stop", "job_worker_9") == (1, "there is no part 'job_worker_9'; the parts are job_worker_01\n")


def test_where_no_stack_runs_that_is_a_sentence(tmp_path: Path) -> None:
    code, said = run(tmp_path, "status")
    assert code == 1
    assert re.fullmatch(r"no stack of `make up` is up here; .+\n", said)
    assert run(tmp_path / "nowhere", "stop", "job_db") == (code, said)


def test_a_stack_that_was_killed_is_no_stack(tmp_path: Path) -> None:
    with chdir(tmp_path), socket.socket(socket.AF_UNIX) as left:
        left.bind(SOCKET)
    with pytest.raises(StackError, match="no stack of `make up` is up here"):
        ask(tmp_path, "status")


def test_programs_are_told_where_the_stack_is(data: Path) -> None:
    assert ask(data, "status").where == WHERE


@pytest.mark.parametrize("nonsense", [b"nonsense\n", b"stop\n", b"\n", b"\xff\n", b"[" * 4_000 + b"\n"])
def test_nonsense_is_refused_and_the_next_request_answered(data: Path, nonsense: bytes) -> None:
    with chdir(data), socket.socket(socket.AF_UNIX) as connection:
        connection.connect(SOCKET)
        connection.sendall(nonsense)
        connection.settimeout(30)
        assert "error" in json.loads(connection.makefile("rb").readline())
    assert ask(data, "status").parts[0].name == "job_worker_01"


def test_a_caller_who_says_nothing_keeps_nobody_waiting(data: Path) -> None:
    with chdir(data), socket.socket(socket.AF_UNIX) as silent:
        silent.connect(SOCKET)
        assert ask(data, "status").parts[0].state == "running"
