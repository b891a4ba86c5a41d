"""`make lecture` on a stack of `make up`: every experiment runs as it is printed, and shows what it says."""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from dev.waiting import eventually
from embedded.lecture import NAMES
from embedded.services import PROJECT
from tests.acceptance.embedded_stack import START_SECONDS, Stack
from tests.acceptance.lecture import check, experiments

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


def only_state(status: str) -> str:
    """The states of all parts, each once."""
    return " ".join(set(re.findall(r"^\w+ +(\w+) +[\d-]+ ", status, re.MULTILINE)))
