import errno
import os
import signal
from collections.abc import Iterator
from io import StringIO
from pathlib import Path

import pytest

from dev.waiting import eventually
from embedded.errors import StopRequested
from embedded.terminal import Terminal, wait_until


class ClosedTerminal(StringIO):
    def write(self, _: str) -> int:
        raise OSError(errno.EIO, "Input/output error")


@pytest.fixture
def _handlers_kept() -> Iterator[None]:
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = {number: signal.getsignal(number) for number in numbers}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.usefixtures("_handlers_kept")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_is_noticed_where_the_code_asks(
    number: signal.Signals,
) -> None:
    terminal = Terminal(StringIO())
    terminal.take_signals()
    terminal.check()
    os.kill(os.getpid(), number)
    eventually(lambda: terminal.stop_requests == 1)
    with pytest.raises(StopRequested):
        terminal.check()


def test_new_lines_of_the_logs_are_shown_at_each_check(tmp_path: Path) -> None:
    out = StringIO()
    terminal = Terminal(out, logs=tmp_path)
    (tmp_path / "job_db.log").write_text("ready\n")
    terminal.check()
    assert out.getvalue() == "job_db        | ready\n"


def test_a_terminal_that_was_closed_breaks_nothing_off(tmp_path: Path) -> None:
    terminal = Terminal(ClosedTerminal(), logs=tmp_path)
    (tmp_path / "job_db.log").write_text("ready\n")
    terminal.say("stopped")
    terminal.check()


def test_waiting_ends_when_it_has_come_true() -> None:
    answers = iter([False, False, True])
    assert wait_until(lambda: next(answers), seconds=10, between=lambda: None)


def test_waiting_ends_when_the_time_is_up() -> None:
    assert not wait_until(lambda: False, seconds=0, between=lambda: None)
