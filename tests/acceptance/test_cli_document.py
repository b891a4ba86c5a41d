"""The session of docs/cli.md was had as it stands there: again, it says the same but for ids, times and machines."""

import re
import socket
import sys
from collections.abc import Iterator
from pathlib import Path
from subprocess import DEVNULL, Popen

import pytest

from dev.stack import Stack
from dev.waiting import eventually
from embedded.ports import LOOPBACK, free_ports
from embedded.services import PROJECT
from tests.acceptance.command_line import COMMAND, CommandLine

SESSION = re.findall(r"```console\n(.*?)```", (PROJECT / "docs/cli.md").read_text(encoding="utf-8"), re.DOTALL)
ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
VARYING = re.compile(r"\d{4}-\d\d-\d\dT[0-9:.]+Z|job_worker_\S+ \(\S+\)")


@pytest.fixture
def page_port() -> Iterator[int]:
    """Where the page that ships with the project is served, by the README's own command."""
    (port,) = free_ports(1)
    arguments = (sys.executable, "-m", "http.server", str(port), "--bind", LOOPBACK, "--directory", "embedded")
    with Popen(arguments, cwd=PROJECT, stderr=DEVNULL) as server:
        eventually(lambda: _listens(port), "the page is served", seconds=20)
        yield port
        server.terminate()


def _listens(port: int) -> bool:
    with socket.socket() as client:
        return client.connect_ex((LOOPBACK, port)) == 0


def test_the_session_can_be_had_again(stack: Stack, page_port: int, tmp_path: Path) -> None:
    (session,) = SESSION
    command = CommandLine(server=f"http://{LOOPBACK}:{stack.manager.port}", home=tmp_path)
    job_id = ""
    for exchange in session.strip().split("\n\n$ "):
        typed, _, expected = exchange.removeprefix("$ ").partition("\n")
        line = ID.sub(job_id, typed).replace(":8000", f":{page_port}").replace("wordcount", " ".join(COMMAND), 1)
        said = command.run_line(f"{line} 2>&1").out.replace(f":{page_port}", ":8000")
        assert _comparable(said) == _comparable(expected), typed
        job_id = (ID.findall(said) or [job_id])[0]


def _comparable(text: str) -> list[list[str]]:
    """The words of each line, without what differs from one time to the next."""
    return [VARYING.sub("VARYING", ID.sub("ID", line)).split() for line in text.splitlines() if line.strip()]
