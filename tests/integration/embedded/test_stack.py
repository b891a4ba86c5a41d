"""The embedded stack, at a moment that a test can choose."""

import os
import socket
from contextlib import ExitStack
from io import StringIO
from pathlib import Path

import pytest

from embedded import stack as stack_module
from embedded.data_folder import DataFolder
from embedded.errors import StackError
from embedded.ports import LOOPBACK, free_ports
from embedded.stack import EmbeddedStack, running_stack
from embedded.terminal import Terminal


class TakesPorts:
    """Somebody who listens on a port of the stack between choice and start, at its first `times` starts."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, listeners: ExitStack, *, times: int) -> None:
        self.taken: list[int] = []

        def start(stack: EmbeddedStack, _terminal: Terminal) -> None:
            if len(self.taken) < times:
                self.taken.append(stack.servers.broker.port)
                listeners.enter_context(socket.create_server((LOOPBACK, stack.servers.broker.port)))
            stack.servers.start()

        monkeypatch.setattr(stack_module.EmbeddedStack, "start", start)


@pytest.mark.parametrize("data", ["temporary", "kept"])
def test_a_port_that_is_taken_between_choice_and_start_is_no_matter(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, data: str
) -> None:
    said = StringIO()
    with ExitStack() as listeners:
        somebody = TakesPorts(monkeypatch, listeners, times=1)
        folder = DataFolder(tmp_path / "data")
        with running_stack(folder, Terminal(said), os.environ, temporary=data == "temporary") as stack:
            assert stack.servers.broker.is_ready()
            assert stack.servers.database.is_ready()
            assert stack.servers.broker.port not in somebody.taken
    assert f"port {somebody.taken[0]} was taken meanwhile; starting again on others" in said.getvalue()


def test_whoever_takes_every_port_ends_the_start_with_the_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with ExitStack() as listeners:
        somebody = TakesPorts(monkeypatch, listeners, times=9)
        running = running_stack(DataFolder(tmp_path), Terminal(StringIO()), os.environ, temporary=False)
        with pytest.raises(StackError, match="job_broker ended"), running:
            pass
    assert len(somebody.taken) == 3


def test_what_has_no_taken_port_is_not_tried_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    starts = []

    def start(stack: EmbeddedStack, _terminal: Terminal) -> None:
        starts.append(stack)
        raise StackError("a wrong setting")

    monkeypatch.setattr(stack_module.EmbeddedStack, "start", start)
    environment = os.environ | {"MANAGER_PORT": str(free_ports(1)[0])}
    running = running_stack(DataFolder(tmp_path), Terminal(StringIO()), environment, temporary=False)
    with pytest.raises(StackError, match="a wrong setting"), running:
        pass
    assert len(starts) == 1
