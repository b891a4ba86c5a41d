"""`make lecture` on a stack of `make up`: every experiment runs as it is printed, and shows what it says."""

import os
import pty
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import pytest

from dev.waiting import eventually
from embedded.lecture import NAMES
from embedded.services import PROJECT
from tests.acceptance.embedded_stack import START_SECONDS, Stack
from tests.acceptance.lecture.shown import check, experiments

ALL_SECONDS = 900.0

pytestmark = pytest.mark.thorough


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("lecture")


@pytest.fixture(scope="module")
def stack(folder: Path) -> Iterator[Stack]:
    stack = Stack(folder / "data", folder / "output", {"WORKER_CONCURRENCY": "24"})
    try:
        stack.wait_until_up()
        yield stack
    finally:
        stack.end()


@pytest.fixture(scope="module")
def shown(stack: Stack, folder: Path) -> dict[str, str]:
    """What each experiment showed, by its name, to nobody at the terminal."""
    assert stack.process.is_running()
    command = (sys.executable, "-m", "embedded.lecture", "--data", str(folder / "data"))
    ended = subprocess.run(
        command, cwd=PROJECT, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, timeout=ALL_SECONDS
    )
    assert (ended.returncode, ended.stderr) == (0, ""), ended.stdout
    return experiments(ended.stdout)


@pytest.mark.parametrize("name", NAMES)
def test_an_experiment_shows_what_the_lecture_says(shown: dict[str, str], name: str) -> None:
    check(name, shown[name])


def test_afterwards_every_part_runs(shown: dict[str, str], stack: Stack, folder: Path) -> None:
    assert list(shown) == list(NAMES)
    eventually(
        lambda: only_state(stack.control(folder, "status")) == "running", "all runs again", seconds=START_SECONDS
    )


def test_at_a_terminal_it_waits_for_enter_and_ctrl_c_leaves_nothing_stopped(stack: Stack, folder: Path) -> None:
    ours, theirs = pty.openpty()
    command = (sys.executable, "-m", "embedded.lecture", "--data", str(folder / "data"))
    with subprocess.Popen(
        command, cwd=PROJECT, stdin=theirs, stdout=subprocess.PIPE, text=True, start_new_session=True
    ) as walk:
        try:
            assert walk.stdout is not None
            read_until(walk.stdout, "=> In between, ")  # the end of the first experiment
            os.write(ours, b"\n")
            read_until(walk.stdout, "job_worker_02 is stopped")
            os.killpg(walk.pid, signal.SIGINT)
            assert walk.stdout.read().count(" is starting") == 2
            assert walk.wait(START_SECONDS) == 130
        finally:
            walk.kill()
            os.close(ours)
            os.close(theirs)
    eventually(lambda: only_state(stack.control(folder, "status")) == "running", "all runs", seconds=START_SECONDS)


def read_until(output: IO[str], text: str) -> None:
    """Return once a line holds it; fails at the end of the output."""
    assert any(text in line for line in output), text


def only_state(status: str) -> str:
    """The states of all parts, each once."""
    return " ".join(set(re.findall(r"^\w+ +(\w+) +[\d-]+ ", status, re.MULTILINE)))
