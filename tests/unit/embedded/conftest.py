"""Real processes for the tests of what starts and ends them."""

import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from io import StringIO
from pathlib import Path
from typing import Any

import psutil
import pytest

from embedded.guard import Guard
from embedded.supervisor import Command, Supervisor
from embedded.terminal import Terminal


@pytest.fixture
def command(tmp_path: Path) -> Callable[..., Command]:
    """Makes a command that runs a piece of Python."""

    def make(code: str, *, name: str = "service", **options: Any) -> Command:
        return Command(
            name=name,
            arguments=(sys.executable, "-I", "-S", "-u", "-c", code),
            environment={},
            folder=tmp_path,
            log=tmp_path / f"{name}.log",
            **options,
        )

    return make


@pytest.fixture
def guard() -> Iterator[Guard]:
    with closing(Guard()) as guard:
        yield guard


@pytest.fixture
def shown() -> StringIO:
    """What the person at the terminal has seen."""
    return StringIO()


@pytest.fixture
def terminal(shown: StringIO) -> Terminal:
    return Terminal(shown)


@pytest.fixture
def supervisor(guard: Guard, terminal: Terminal) -> Iterator[Supervisor]:
    with Supervisor(guard, terminal) as supervisor:
        yield supervisor


@pytest.fixture
def is_gone() -> Callable[[int], bool]:
    """Whether no process of this number runs any more; one that only waits to be reaped does not run."""

    def look(pid: int) -> bool:
        try:
            return bool(psutil.Process(pid).status() == psutil.STATUS_ZOMBIE)
        except psutil.NoSuchProcess:
            return True

    return look
